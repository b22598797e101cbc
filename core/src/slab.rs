//! A table of things with stable keys and generations, so that a stale key finds nothing.

#[derive(Debug)]
struct Place<T> {
    generation: u32,
    value: Option<T>,
}

/// Values under keys that are given out again with another generation.
#[derive(Debug)]
pub struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

/// Where a value is: index and generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Key {
    /// Index into the table.
    pub index: u32,
    /// Which use of that index, 24 bits.
    pub generation: u32,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Values held.
    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a value in and says where it is.
    pub fn insert(&mut self, value: T) -> Key {
        if let Some(index) = self.free.pop()
            && let Some(place) = self.places.get_mut(index as usize)
        {
            place.value = Some(value);
            return Key { index, generation: place.generation };
        }
        let index = self.places.len() as u32;
        self.places.push(Place { generation: 1, value: Some(value) });
        Key { index, generation: 1 }
    }

    fn place(&mut self, key: Key) -> Option<&mut Place<T>> {
        self.places.get_mut(key.index as usize).filter(|p| p.generation == key.generation)
    }

    /// The value, unless the key is stale.
    pub fn get(&self, key: Key) -> Option<&T> {
        self.places.get(key.index as usize).filter(|p| p.generation == key.generation)?.value.as_ref()
    }

    /// The value to change, unless the key is stale.
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.place(key)?.value.as_mut()
    }

    /// Takes the value out; the key is stale from now on.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        let place = self.place(key)?;
        let value = place.value.take()?;
        Self::outdate(place);
        self.free.push(key.index);
        Some(value)
    }

    /// Drops the value where it is; the key is stale from now on.
    pub fn discard(&mut self, key: Key) {
        if let Some(place) = self.place(key)
            && place.value.is_some()
        {
            place.value = None;
            Self::outdate(place);
            self.free.push(key.index);
        }
    }

    fn outdate(place: &mut Place<T>) {
        // 24 bits, because a token has no more room for it; 0 is left out so that no key is all zero.
        place.generation = (place.generation + 1) & 0xff_ffff;
        if place.generation == 0 {
            place.generation = 1;
        }
    }

    /// Places there are, empty ones included: for going through with [`Slab::key_at`].
    pub fn places(&self) -> usize {
        self.places.len()
    }

    /// The key of the value at a place.
    pub fn key_at(&self, index: usize) -> Option<Key> {
        let place = self.places.get(index).filter(|p| p.value.is_some())?;
        Some(Key { index: index as u32, generation: place.generation })
    }

    /// Every key in use.
    pub fn keys(&self) -> Vec<Key> {
        let used = self.places.iter().enumerate().filter(|(_, p)| p.value.is_some());
        used.map(|(i, p)| Key { index: i as u32, generation: p.generation }).collect()
    }

    /// Every value, to change.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.places.iter_mut().filter_map(|p| p.value.as_mut())
    }

    /// Every value.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.places.iter().filter_map(|p| p.value.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_keys_find_nothing() {
        let mut slab = Slab::default();
        let a = slab.insert("a");
        assert_eq!(slab.remove(a), Some("a"));
        let b = slab.insert("b");
        assert_eq!((a.index, slab.get(a)), (b.index, None));
        assert_eq!(slab.get_mut(a), None);
        assert_eq!(slab.remove(a), None);
        assert_eq!((slab.get(b), slab.len(), slab.keys()), (Some(&"b"), 1, vec![b]));
        slab.discard(a);
        assert_eq!(slab.len(), 1);
        slab.discard(b);
        slab.discard(b);
        assert_eq!((slab.get(b), slab.len(), slab.free.len()), (None, 0, 1));
    }
}
