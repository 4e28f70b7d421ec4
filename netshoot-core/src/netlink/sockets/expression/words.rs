//! The words of a filter.

use std::borrow::Cow;

/// Words and where they begin. Parentheses are words of their own where a word begins, and where it ends unless it has the
/// one that they close.
pub(super) fn words(text: &str) -> Vec<(usize, Cow<'_, str>)> {
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

fn divide<'t>(text: &'t str, mut begin: usize, mut end: usize, words: &mut Vec<(usize, Cow<'t, str>)>) {
    let word = |begin: usize, end: usize| text.get(begin..end).unwrap_or_default();
    while word(begin, end).starts_with('(') {
        words.push((begin, Cow::Borrowed(word(begin, begin + 1))));
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
        words.push((begin, unescaped(word(begin, end))));
    }
    words.extend((end..end + apart).map(|place| (place, Cow::Borrowed(word(place, place + 1)))));
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
