//! Patterns of the shell: `*`, `?`, sets in brackets, and `\` before what stands for itself, as `fnmatch` has them in the C
//! locale.

/// Whether the whole of `text` is like the pattern; with `folds`, whatever the case of letters.
///
/// Takes as many steps as the two are long, multiplied, whatever they hold.
pub(super) fn is_like(pattern: &[u8], text: &[u8], folds: bool) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    // After the last star, and where the text is tried next. Nothing else is gone back to.
    let mut again: Option<(&[u8], &[u8])> = None;
    loop {
        if let Some((b'*', rest)) = pattern.split_first() {
            (pattern, again) = (rest, Some((rest, text)));
            continue;
        }
        if pattern.is_empty() && text.is_empty() {
            return true;
        }
        let step = text.split_first().and_then(|(letter, after)| Some((one(pattern, *letter, folds)?, after)));
        (pattern, text) = match (step, again) {
            (Some(step), _) => step,
            (None, Some((rest, [_, after @ ..]))) => {
                again = Some((rest, after));
                (rest, after)
            }
            (None, _) => return false,
        };
    }
}

/// The pattern with the octets that are shown as `\xe9`: those of no text and of control characters. `None` if there are
/// none.
pub(super) fn octets(pattern: &str) -> Option<Vec<u8>> {
    let shown = |escape: &str| {
        let digits = escape.strip_prefix("\\x")?.get(..2).filter(|digits| !digits.starts_with('+'))?;
        u8::from_str_radix(digits, 16).ok().filter(|octet| !(b' '..=b'~').contains(octet))
    };
    let (mut octets, mut rest, mut has_any) = (Vec::new(), pattern, false);
    while let Some(place) = rest.find('\\') {
        let (plain, escape) = rest.split_at(place);
        octets.extend_from_slice(plain.as_bytes());
        let length = if let Some(octet) = shown(escape) {
            has_any = true;
            octets.push(octet);
            4
        } else {
            // With the letter that stands for itself.
            let length = escape.chars().take(2).map(char::len_utf8).sum();
            octets.extend(escape.bytes().take(length));
            length
        };
        rest = escape.get(length..)?;
    }
    octets.extend_from_slice(rest.as_bytes());
    has_any.then_some(octets)
}

/// What is left of a pattern when its first part is like the letter.
fn one(pattern: &[u8], letter: u8, folds: bool) -> Option<&[u8]> {
    let is = |wanted: &u8| fold(*wanted, folds) == fold(letter, folds);
    match pattern {
        [] => None,
        [b'?', rest @ ..] => Some(rest),
        [b'[', inner @ ..] => match set(inner, letter, folds) {
            Some((true, rest)) => Some(rest),
            Some((false, _)) => None,
            // A bracket that nothing closes is a plain letter.
            None => (letter == b'[').then_some(inner),
        },
        [b'\\', wanted, rest @ ..] | [wanted, rest @ ..] => is(wanted).then_some(rest),
    }
}

/// Whether the set that begins here has the letter, and what follows it; `None` when it has no end.
fn set(inner: &[u8], letter: u8, folds: bool) -> Option<(bool, &[u8])> {
    let (negated, mut rest) = match inner {
        [b'!' | b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let letter = fold(letter, folds);
    let (mut found, mut is_first) = (false, true);
    loop {
        match rest {
            [b']', after @ ..] if !is_first => return Some((found != negated, after)),
            [b'[', b':', named @ ..] => {
                let end = named.windows(2).position(|pair| pair == b":]")?;
                let (name, after) = named.split_at(end);
                found |= is_of_class(name, letter) || folds && is_of_class(name, letter.to_ascii_uppercase());
                rest = after.get(2..)?;
            }
            _ => {
                let (low, after) = letter_of(rest)?;
                let (high, after) = match after {
                    [b'-', next, ..] if *next != b']' => letter_of(after.get(1..)?)?,
                    _ => (low, after),
                };
                found |= (fold(low, folds)..=fold(high, folds)).contains(&letter);
                rest = after;
            }
        }
        is_first = false;
    }
}

fn fold(letter: u8, folds: bool) -> u8 {
    if folds { letter.to_ascii_lowercase() } else { letter }
}

fn letter_of(rest: &[u8]) -> Option<(u8, &[u8])> {
    match rest {
        [b'\\', letter, after @ ..] | [letter, after @ ..] => Some((*letter, after)),
        [] => None,
    }
}

fn is_of_class(name: &[u8], letter: u8) -> bool {
    match name {
        b"alnum" => letter.is_ascii_alphanumeric(),
        b"alpha" => letter.is_ascii_alphabetic(),
        b"blank" => matches!(letter, b' ' | b'\t'),
        b"cntrl" => letter.is_ascii_control(),
        b"digit" => letter.is_ascii_digit(),
        b"graph" => letter.is_ascii_graphic(),
        b"lower" => letter.is_ascii_lowercase(),
        b"print" => matches!(letter, b' '..=b'~'),
        b"punct" => letter.is_ascii_punctuation(),
        b"space" => letter.is_ascii_whitespace() || letter == 0x0b,
        b"upper" => letter.is_ascii_uppercase(),
        b"xdigit" => letter.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_a_shell() {
        for (pattern, name, folded, plain) in [
            ("*", "", true, true),
            ("", "", true, true),
            ("", "a", false, false),
            ("eth0", "eth01", false, false),
            ("eth?", "eth", false, false),
            ("/run/*.sock", "/run/User/a.SOCK", true, false),
            ("tcpext*drops", "TcpExtListenDrops", true, false),
            ("@a\\*b", "@a*b", true, true),
            ("@a\\*b", "@acb", false, false),
            ("*a*b", "aab", true, true),
            ("*a*b", "aabc", false, false),
            ("**a", "bba", true, true),
            ("*a*b*c", "xxaxxbxxbxxc", true, true),
            ("*a*b*c", "xxaxxbxxbxx", false, false),
            ("e?h[0-9]", "eth7", true, true),
            ("[!a]*b*c", "xabbc", true, true),
            ("Ip[6E]*", "Ip6InReceives", true, true),
            ("Ip[!6]*", "Ip6InReceives", false, false),
            ("Ip[a-f]x", "IpEx", true, false),
            ("@[x-z]", "@Y", true, false),
            ("[", "[", true, true),
            ("[abc", "[abc", true, true),
            ("[a", "a", false, false),
            ("[]a]", "]", true, true),
            ("[[:digit:]x]*", "5a", true, true),
            ("[[:upper:]]", "a", true, false),
            ("[\\]]", "]", true, true),
        ] {
            assert_eq!(is_like(pattern.as_bytes(), name.as_bytes(), true), folded, "{pattern} {name}");
            assert_eq!(is_like(pattern.as_bytes(), name.as_bytes(), false), plain, "{pattern} {name}");
        }
        assert_eq!(octets("v\\xe9*\\*\\x1b").as_deref(), Some(&b"v\xe9*\\*\x1b"[..]));
        for none in ["v*", "v\\\\xe9", "\\x41", "\\xe", "\\", "\\x+9", "\\é"] {
            assert_eq!(octets(none), None, "{none}");
        }
        let hostile = "*a".repeat(2_000);
        assert!(!is_like(hostile.as_bytes(), "a".repeat(1_999).as_bytes(), true));
    }
}
