//! The last frames of a connection: what went on before it ended. Headers and results only, so neither a number nor a
//! content is kept.

use crate::time::{Now, SECOND};
use crate::wire::{AnyPdu, Protocol, Seq, frame};
use std::fmt::Write as _;

/// Frames that are kept.
const KEPT: usize = 8;

#[derive(Clone, Copy, Debug, Default)]
struct Glimpse {
    at_ns: u64,
    sent: bool,
    command: u32,
    seq: Seq,
    octets: u32,
    result: Option<u32>,
}

/// The last frames, both ways.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recent {
    ring: [Glimpse; KEPT],
    /// Frames ever seen.
    seen: usize,
}

impl Recent {
    /// A whole frame was written or read.
    #[inline]
    pub(super) fn note(&mut self, protocol: Protocol, sent: bool, octets: &[u8], now: Now) {
        let Ok(header) = frame::header(protocol, octets) else { return };
        self.put(Glimpse {
            at_ns: now.mono_ns,
            sent,
            command: header.command,
            seq: header.seq,
            octets: u32::try_from(octets.len()).unwrap_or(u32::MAX),
            result: None,
        });
    }

    fn put(&mut self, glimpse: Glimpse) {
        if let Some(place) = self.ring.get_mut(self.seen % KEPT) {
            *place = glimpse;
            self.seen = self.seen.wrapping_add(1);
        }
    }

    /// The frame noted last is an answer with this result.
    #[inline]
    pub(super) fn result(&mut self, result: u32) {
        if let Some(last) = self.ring.get_mut(self.seen.wrapping_sub(1) % KEPT) {
            last.result = Some(result);
        }
    }

    /// One line a frame, the oldest first: how long ago, which way, what, its sequence, its size, its result.
    pub(super) fn lines(&self, protocol: Protocol, now: Now) -> String {
        let first = self.seen.saturating_sub(KEPT);
        let mut lines = String::new();
        for at in first..self.seen {
            let Some(g) = self.ring.get(at % KEPT) else { continue };
            let ago = now.mono_ns.saturating_sub(g.at_ns) as f64 / SECOND as f64;
            let way = if g.sent { "sent" } else { "received" };
            if !lines.is_empty() {
                lines.push('\n');
            }
            let _ = write!(lines, "{ago:.3} s before: {way} {} ", name(protocol, g.command));
            let _ = match protocol {
                Protocol::Sgip => write!(lines, "{}-{:010}-{}", g.seq.node, g.seq.time, g.seq.serial),
                Protocol::Cmpp | Protocol::Smgp => write!(lines, "{}", g.seq.serial),
            };
            let _ = write!(lines, ", {} octets", g.octets);
            if let Some(result) = g.result {
                let _ = write!(lines, ", result {result}");
            }
        }
        lines
    }
}

/// The name of a PDU, or its command id where no list has it.
fn name(protocol: Protocol, command: u32) -> String {
    let known = AnyPdu::table(protocol).iter().find(|info| info.command == command);
    known.map_or_else(|| format!("0x{command:08x}"), |info| info.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::cmpp;
    use bytes::BytesMut;

    #[test]
    fn the_last_eight_are_told_in_order_with_their_results() {
        let mut recent = Recent::default();
        assert_eq!(recent.lines(Protocol::Cmpp, Now::default()), "");
        for serial in 1..=9u32 {
            let mut out = BytesMut::new();
            let pdu = cmpp::Pdu::from(cmpp::SubmitResp { msg_id: 1, result: serial });
            pdu.encode(cmpp::V30, Seq::serial(serial), &mut out).unwrap();
            let at = Now { mono_ns: u64::from(serial) * SECOND, unix_ms: 0 };
            recent.note(Protocol::Cmpp, serial % 2 == 0, &out, at);
            if serial == 9 {
                recent.result(8);
            }
        }
        let told = recent.lines(Protocol::Cmpp, Now { mono_ns: 10 * SECOND, unix_ms: 0 });
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), KEPT);
        assert_eq!(lines[0], "8.000 s before: sent submit_resp 2, 24 octets");
        assert_eq!(lines[7], "1.000 s before: received submit_resp 9, 24 octets, result 8");
    }

    #[test]
    fn commands_that_no_list_has_keep_their_number() {
        assert_eq!(name(Protocol::Sgip, 0x7fff_0001), "0x7fff0001");
        assert_eq!(name(Protocol::Smgp, 0x0000_0004), "active_test");
    }
}
