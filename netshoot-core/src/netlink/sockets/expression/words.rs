//! The words of a filter.

use std::borrow::Cow;

/// One word of a filter.
pub(super) struct Word<'t> {
    /// Where it begins, in octets.
    pub(super) begin: usize,
    /// With its backslashes.
    pub(super) written: &'t str,
    /// Without the backslashes that take the letter after them as it is.
    pub(super) plain: Cow<'t, str>,
}

/// Words in their order. Parentheses are words of their own where a word begins, and where it ends unless it has the
/// one that they close.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut begin = None;
    let mut is_escaped = false;
    for (place, letter) in text.char_indices().chain([(text.len(), '\n')]) {
        if letter.is_whitespace() && !(is_escaped && place < text.len()) {
            if let Some(begin) = begin.take() {
                divide(text, begin, place, &mut words);
            }
        } else {
            begin = begin.or(Some(place));
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    words
}

fn divide<'t>(text: &'t str, mut begin: usize, mut end: usize, words: &mut Vec<Word<'t>>) {
    let word = |begin: usize, end: usize| text.get(begin..end).unwrap_or_default();
    let parenthesis =
        |place| Word { begin: place, written: word(place, place + 1), plain: word(place, place + 1).into() };
    while word(begin, end).starts_with('(') {
        words.push(parenthesis(begin));
        begin += 1;
    }
    let own = word(begin, end);
    let open = own.matches('(').count();
    let closed = own.matches(')').count();
    let at_end = own.len() - own.trim_end_matches(')').len();
    // One that a backslash stands before belongs to the word.
    let escaped = usize::from(at_end > 0 && own.trim_end_matches(')').ends_with('\\'));
    let apart = closed.saturating_sub(open).min(at_end - escaped);
    end -= apart;
    if begin < end {
        let written = word(begin, end);
        words.push(Word { begin, written, plain: unescaped(written) });
    }
    words.extend((end..end + apart).map(parenthesis));
}

fn unescaped(word: &str) -> Cow<'_, str> {
    if !word.contains('\\') {
        return Cow::Borrowed(word);
    }
    let mut letters = word.chars();
    let mut plain = String::with_capacity(word.len());
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    Cow::Owned(plain)
}
