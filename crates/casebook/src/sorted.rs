//! A map that is walked in the order of its keys and searched by their hashes. A plan looks through the effects that
//! were sent and the facts that are known dozens of times, and they grow a hundred times in a run: finding is a fifth
//! of a plan's time in a tree or a sorted list, whose keys differ late. Not for what grows large.

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use std::fmt;
use std::hash::Hash;
use std::ops::Index;

/// Keys with values, in the order of the keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Sorted<K: Eq + Hash, V> {
    pairs: IndexMap<K, V, RandomState>,
}

impl<K: Eq + Hash, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self { pairs: IndexMap::default() }
    }
}

impl<K: Ord + Hash, V> Sorted<K, V> {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// What stands under a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.pairs.get(key)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.pairs.get_mut(key)
    }

    /// What stands under a key, and where nothing does, `fresh`, which then stands there.
    pub fn get_or_insert(&mut self, key: K, fresh: V) -> &mut V {
        let at = match self.pairs.get_index_of(&key) {
            Some(at) => at,
            None => self.pairs.insert_sorted(key, fresh).0,
        };
        &mut self.pairs[at]
    }

    /// Puts a value under a key, in place of the one that stood there.
    pub fn insert(&mut self, key: K, value: V) {
        self.pairs.insert_sorted(key, value);
    }

    /// Drops what stands under a key.
    pub fn remove(&mut self, key: &K) {
        self.pairs.shift_remove(key);
    }

    /// Those from a key on, in order, whether or not something stands under it.
    pub fn from<'a>(&'a self, key: &K) -> impl Iterator<Item = (&'a K, &'a V)> + use<'a, K, V> {
        let (Ok(at) | Err(at)) = self.pairs.binary_search_keys(key);
        self.pairs[at..].iter()
    }
}

impl<K: Eq + Hash, V> Sorted<K, V> {
    /// All keys with their values, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.pairs.iter()
    }

    /// The same, to change the values.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.pairs.iter_mut()
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.pairs.keys()
    }

    /// All values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.pairs.values()
    }

    /// All values, to change them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.pairs.values_mut()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

impl<K: Ord + Hash, V> Index<&K> for Sorted<K, V> {
    type Output = V;

    fn index(&self, key: &K) -> &V {
        self.get(key).expect("a key that is indexed stands there")
    }
}

impl<K: fmt::Debug + Eq + Hash, V: fmt::Debug> fmt::Debug for Sorted<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_order_and_one_value_a_key() {
        let mut sorted = Sorted::new();
        for key in [3, 1, 2, 1] {
            sorted.insert(key, key * 10);
        }
        *sorted.get_or_insert(2, 0) += 1;
        sorted.get_or_insert(4, 40);
        sorted.remove(&3);
        assert_eq!(sorted.iter().collect::<Vec<_>>(), [(&1, &10), (&2, &21), (&4, &40)]);
        assert_eq!((sorted.get(&3), sorted[&4]), (None, 40));
        assert!(sorted.from(&2).eq([(&2, &21), (&4, &40)]) && sorted.from(&3).eq([(&4, &40)]));
    }
}
