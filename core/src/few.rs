//! A list that is almost always of one element: the segments of a message, the receivers of a PDU. One element
//! takes no memory of its own.

use std::ops::{Deref, DerefMut};

/// Zero, one or many; reads like a slice.
#[derive(Clone, Debug)]
pub enum Few<T> {
    /// Exactly one.
    One(T),
    /// Any other number, or one that grew or shrank to it.
    Many(Vec<T>),
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few::Many(Vec::new())
    }
}

impl<T: PartialEq> PartialEq for Few<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Few<T> {}

impl<T> Few<T> {
    /// Adds an element.
    pub fn push(&mut self, value: T) {
        match self {
            Few::Many(list) if list.capacity() == 0 => *self = Few::One(value),
            Few::Many(list) => list.push(value),
            Few::One(_) => {
                if let Few::One(first) = std::mem::take(self) {
                    *self = Few::Many(vec![first, value]);
                }
            }
        }
    }
}

impl<T> From<Vec<T>> for Few<T> {
    fn from(mut list: Vec<T>) -> Self {
        match list.pop() {
            Some(only) if list.is_empty() => Few::One(only),
            Some(last) => {
                list.push(last);
                Few::Many(list)
            }
            None => Few::default(),
        }
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match self {
            Few::One(value) => std::slice::from_ref(value),
            Few::Many(list) => list,
        }
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Few::One(value) => std::slice::from_mut(value),
            Few::Many(list) => list,
        }
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        let mut iter = iter.into_iter();
        let Some(first) = iter.next() else { return Few::default() };
        match iter.next() {
            None => Few::One(first),
            Some(second) => {
                let mut list = Vec::with_capacity(2 + iter.size_hint().0);
                list.extend([first, second]);
                list.extend(iter);
                Few::Many(list)
            }
        }
    }
}

impl<'a, T> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut Few<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_list() {
        for n in 0..5 {
            let mut few = Few::default();
            for i in 0..n {
                few.push(i);
            }
            let collected: Few<i32> = (0..n).collect();
            assert_eq!(&few[..], &(0..n).collect::<Vec<_>>()[..]);
            assert_eq!(collected, few);
            assert_eq!(Few::from((0..n).collect::<Vec<_>>()), few);
            assert_eq!(matches!(few, Few::One(_)), n == 1);
        }
    }
}
