//! Values in the order of their last use.

/// A table whose entries are found by a number, and which knows the one that was not used for longest.
#[derive(Debug)]
pub(super) struct Recent<T> {
    entries: Vec<Entry<T>>,
    /// Entries without a value.
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
}

#[derive(Debug)]
struct Entry<T> {
    value: Option<T>,
    newer: u32,
    older: u32,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), free: Vec::new(), newest: NONE, oldest: NONE }
    }
}

impl<T> Recent<T> {
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.entries.get_mut(at as usize)?.value.as_mut()
    }

    /// The entry that was not used for longest.
    pub(super) fn oldest(&self) -> Option<(u32, &T)> {
        let value = self.entries.get(self.oldest as usize)?.value.as_ref()?;
        Some((self.oldest, value))
    }

    /// The entry that was used last.
    #[inline]
    pub(super) fn newest(&self) -> Option<(u32, &T)> {
        let value = self.entries.get(self.newest as usize)?.value.as_ref()?;
        Some((self.newest, value))
    }

    /// Puts a value in, as the one used last.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        let entry = Entry { value: Some(value), newer: NONE, older: NONE };
        let at = match self.free.pop() {
            Some(at) => {
                if let Some(place) = self.entries.get_mut(at as usize) {
                    *place = entry;
                }
                at
            }
            None => {
                self.entries.push(entry);
                self.entries.len() as u32 - 1
            }
        };
        self.link(at);
        at
    }

    /// Notes that an entry is used.
    #[inline]
    pub(super) fn touch(&mut self, at: u32) {
        if self.newest != at {
            self.unlink(at);
            self.link(at);
        }
    }

    pub(super) fn remove(&mut self, at: u32) -> Option<T> {
        let value = self.entries.get_mut(at as usize)?.value.take()?;
        self.unlink(at);
        self.free.push(at);
        Some(value)
    }

    fn link(&mut self, at: u32) {
        let before = std::mem::replace(&mut self.newest, at);
        if let Some(entry) = self.entries.get_mut(at as usize) {
            (entry.older, entry.newer) = (before, NONE);
        }
        match self.entries.get_mut(before as usize) {
            Some(entry) => entry.newer = at,
            None => self.oldest = at,
        }
    }

    fn unlink(&mut self, at: u32) {
        let Some(entry) = self.entries.get(at as usize) else { return };
        let (newer, older) = (entry.newer, entry.older);
        match self.entries.get_mut(newer as usize) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
        match self.entries.get_mut(older as usize) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
    }
}

const NONE: u32 = u32::MAX;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_the_one_not_used_for_longest() {
        let mut recent = Recent::default();
        let [a, b, c] = ['a', 'b', 'c'].map(|name| recent.insert(name));
        recent.touch(a);
        recent.touch(a);
        assert_eq!((recent.oldest(), recent.newest()), (Some((b, &'b')), Some((a, &'a'))));
        assert_eq!(recent.remove(c), Some('c'));
        assert_eq!(recent.remove(b), Some('b'));
        assert_eq!((recent.oldest(), recent.len()), (Some((a, &'a')), 1));
        let d = recent.insert('d');
        assert_eq!(recent.get_mut(d), Some(&mut 'd'));
        assert_eq!(recent.oldest(), Some((a, &'a')));
        assert_eq!(recent.remove(a), Some('a'));
        assert_eq!(recent.remove(a), None);
        assert_eq!(recent.remove(d), Some('d'));
        assert_eq!((recent.oldest(), recent.len()), (None, 0));
    }
}
