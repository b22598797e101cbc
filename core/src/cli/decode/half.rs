//! One direction of a TCP connection: segments in any order to octets in order.

/// Octets in order, or a hole.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Octets(&'a [u8]),
    /// So many octets are not in the capture.
    Gap(u32),
}

/// Segments that wait for an earlier one; more of them mean that the earlier one is not in the capture.
const WAITING: usize = 256;

/// What happened to the segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Oddities {
    pub(super) repeated: u64,
    pub(super) reordered: u64,
    pub(super) gaps: u64,
    pub(super) lost_octets: u64,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Half {
    next: Option<u32>,
    /// Segments behind a hole, in the order of their numbers.
    waiting: Vec<(u32, Vec<u8>)>,
    /// Octets in `waiting`.
    pub(super) held: usize,
}

/// How far `to` is behind `from`; negative if it is before.
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

impl Half {
    /// The connection begins here.
    pub(super) fn begin(&mut self, seq: u32) {
        *self = Self { next: Some(seq.wrapping_add(1)), ..Self::default() };
    }

    /// A segment came. What is in order now goes to `give`.
    pub(super) fn push(
        &mut self,
        seq: u32,
        payload: &[u8],
        odd: &mut Oddities,
        give: &mut impl FnMut(Piece<'_>),
    ) {
        let next = *self.next.get_or_insert(seq);
        if payload.is_empty() {
            return;
        }
        let ahead = distance(next, seq);
        if ahead > 0 {
            odd.reordered += 1;
            self.hold(seq, payload);
            if self.waiting.len() > WAITING {
                self.skip(odd, give);
            }
            return;
        }
        let known = ahead.unsigned_abs() as usize;
        let Some(fresh) = payload.get(known..).filter(|fresh| !fresh.is_empty()) else {
            // A link probe repeats one octet; that is nothing to count.
            odd.repeated += u64::from(payload.len() > 1);
            return;
        };
        odd.repeated += u64::from(known > 0);
        self.next = Some(next.wrapping_add(fresh.len() as u32));
        give(Piece::Octets(fresh));
        if !self.waiting.is_empty() {
            self.release(odd, give);
        }
    }

    /// The other side has received everything before `ack`: what is missing of that will not come any more.
    pub(super) fn acknowledged(&mut self, ack: u32, odd: &mut Oddities, give: &mut impl FnMut(Piece<'_>)) {
        while let (Some(next), Some((first, _))) = (self.next, self.waiting.first()) {
            if distance(*first, ack) <= 0 || distance(next, *first) <= 0 {
                break;
            }
            self.skip(odd, give);
        }
    }

    /// Nothing more comes; gives what waits.
    pub(super) fn finish(&mut self, odd: &mut Oddities, give: &mut impl FnMut(Piece<'_>)) {
        while !self.waiting.is_empty() {
            self.skip(odd, give);
        }
    }

    fn hold(&mut self, seq: u32, payload: &[u8]) {
        let at = self.waiting.partition_point(|(other, _)| distance(*other, seq) > 0);
        match self.waiting.get_mut(at) {
            Some((other, octets)) if *other == seq => {
                if payload.len() > octets.len() {
                    self.held += payload.len() - octets.len();
                    *octets = payload.to_vec();
                }
            }
            _ => {
                self.held += payload.len();
                self.waiting.insert(at, (seq, payload.to_vec()));
            }
        }
    }

    /// Gives up the hole before the first waiting segment.
    pub(super) fn skip(&mut self, odd: &mut Oddities, give: &mut impl FnMut(Piece<'_>)) {
        if let (Some(next), Some((first, _))) = (self.next, self.waiting.first()) {
            let lost = distance(next, *first).max(0).cast_unsigned();
            if lost > 0 {
                odd.gaps += 1;
                odd.lost_octets += u64::from(lost);
                give(Piece::Gap(lost));
                self.next = Some(*first);
            }
        }
        self.release(odd, give);
    }

    /// Gives the waiting segments that are in order now.
    fn release(&mut self, odd: &mut Oddities, give: &mut impl FnMut(Piece<'_>)) {
        let mut next = self.next.unwrap_or(0);
        let ready = self.waiting.iter().take_while(|(seq, octets)| {
            let is_ready = distance(next, *seq) <= 0;
            let end = seq.wrapping_add(octets.len() as u32);
            if is_ready && distance(next, end) > 0 {
                next = end;
            }
            is_ready
        });
        let ready = ready.count();
        let mut at = self.next.unwrap_or(0);
        for (seq, octets) in self.waiting.drain(..ready) {
            self.held -= octets.len();
            let known = distance(seq, at).max(0).cast_unsigned() as usize;
            match octets.get(known..).filter(|fresh| !fresh.is_empty()) {
                Some(fresh) => give(Piece::Octets(fresh)),
                None => odd.repeated += 1,
            }
            let end = seq.wrapping_add(octets.len() as u32);
            if distance(at, end) > 0 {
                at = end;
            }
        }
        self.next = Some(next);
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// What comes out, holes as `~`.
    #[derive(Default)]
    struct Out(Vec<u8>, Oddities);

    impl Out {
        fn push(&mut self, half: &mut Half, seq: u32, payload: &[u8]) {
            half.push(seq, payload, &mut self.1, &mut take(&mut self.0));
        }
    }

    fn take(out: &mut Vec<u8>) -> impl FnMut(Piece<'_>) + '_ {
        |piece| match piece {
            Piece::Octets(octets) => out.extend_from_slice(octets),
            Piece::Gap(lost) => out.extend(vec![b'~'; lost as usize]),
        }
    }

    #[test]
    fn any_order_and_any_overlap_gives_the_stream() {
        let text = b"the quick brown fox jumps over the lazy dog";
        // Numbers wrap in the middle of the text.
        let base = u32::MAX - 20;
        let mut state = 7u32;
        for _ in 0..500 {
            let mut half = Half::default();
            half.begin(base.wrapping_sub(1));
            let mut out = Out::default();
            let mut cuts: Vec<(usize, usize)> = (0..text.len()).step_by(5).map(|at| (at, 7)).collect();
            for at in 0..cuts.len() {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                cuts.swap(at, state as usize % (at + 1));
            }
            for (at, length) in cuts {
                let end = text.len().min(at + length);
                out.push(&mut half, base.wrapping_add(at as u32), &text[at..end]);
            }
            assert_eq!(out.0, text);
            assert_eq!((half.held, half.waiting.len(), out.1.gaps), (0, 0, 0));
        }
    }

    #[test]
    fn repeats_are_dropped_and_counted() {
        let (mut half, mut out) = (Half::default(), Out::default());
        out.push(&mut half, 100, b"abc");
        out.push(&mut half, 100, b"abc");
        out.push(&mut half, 101, b"bcde");
        assert_eq!((&out.0[..], out.1.repeated), (&b"abcde"[..], 2));
    }

    #[test]
    fn an_acknowledged_hole_is_a_gap() {
        let (mut half, mut out) = (Half::default(), Out::default());
        out.push(&mut half, 100, b"abc");
        out.push(&mut half, 105, b"fg");
        let mut odd = Oddities::default();
        half.acknowledged(103, &mut odd, &mut take(&mut out.0));
        assert_eq!(out.0, b"abc", "the hole may still be filled");
        half.acknowledged(107, &mut odd, &mut take(&mut out.0));
        assert_eq!((&out.0[..], odd.gaps, odd.lost_octets), (&b"abc~~fg"[..], 1, 2));
        out.push(&mut half, 103, b"de");
        out.push(&mut half, 107, b"h");
        assert_eq!(out.0, b"abc~~fgh");
    }

    #[test]
    fn what_waits_is_bounded_and_given_at_the_end() {
        let (mut half, mut out) = (Half::default(), Out::default());
        out.push(&mut half, 0, b"x");
        for at in 0..2000u32 {
            out.push(&mut half, 10 + at * 2, b"y");
            assert!(half.waiting.len() <= WAITING);
        }
        assert!(out.1.gaps > 1000);
        let mut odd = Oddities::default();
        half.finish(&mut odd, &mut take(&mut out.0));
        assert_eq!((half.held, half.waiting.len()), (0, 0));
    }
}
