//! What belongs together: answers to requests, reports to submits.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use super::quick::Quick;
use crate::wire::frame::RESPONSE;
use crate::wire::{
    AnyPdu, CmppReport, Header, MsgId, Notes, Protocol, Seq, SmgpReport, Text, cmpp, sgip, smgp,
};

/// A PDU of the output: its number, and when it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) number: u64,
    pub(super) at: Option<i64>,
}

/// A map that forgets what came first when it is full.
#[derive(Debug)]
struct Recent<K, V> {
    map: HashMap<K, V, Quick>,
    order: VecDeque<K>,
    most: usize,
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    fn new(most: usize) -> Self {
        Self { map: HashMap::default(), order: VecDeque::new(), most }
    }

    fn put(&mut self, key: K, value: V) {
        if self.map.insert(key, value).is_none() {
            self.order.push_back(key);
        }
        // Keys that were taken stay in the queue until they come to its front.
        while self.map.len() > self.most || self.order.len() > 2 * self.most {
            let Some(oldest) = self.order.pop_front() else { break };
            self.map.remove(&oldest);
        }
    }

    fn take(&mut self, key: &K) -> Option<V> {
        let taken = self.map.remove(key);
        // Most are taken in the order in which they came. The map is asked about the next ones only then: what came
        // long ago is in no cache.
        if self.order.front() == Some(key) {
            self.order.pop_front();
            while self.order.front().is_some_and(|oldest| !self.map.contains_key(oldest)) {
                self.order.pop_front();
            }
        }
        taken
    }
}

/// A request: connection, direction, command, sequence.
type Request = (u32, bool, u32, Seq);

struct Open {
    mark: Mark,
    /// Receivers of a submit, which share the id in its answer.
    receivers: u16,
}

/// Where the request and the submit of a PDU were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Related {
    /// The request that this answers.
    pub(super) answers: Option<Mark>,
    /// The submit that this reports on.
    pub(super) reports_on: Option<Mark>,
    /// The id that this reports on, and the state where that is a text.
    pub(super) report: Option<(MsgId, Text<8>)>,
}

/// Requests without answer, and submits that may be reported on.
pub(super) struct Tracker {
    open: Recent<Request, Open>,
    submits: Recent<(Protocol, MsgId), Mark>,
}

impl Tracker {
    pub(super) fn new() -> Self {
        Self { open: Recent::new(100_000), submits: Recent::new(300_000) }
    }

    /// Requests that were not answered, as far as they are remembered.
    pub(super) fn unanswered(&self) -> usize {
        self.open.map.len()
    }

    /// Files a PDU and finds what it belongs to.
    pub(super) fn see(
        &mut self,
        talk: u32,
        is_reply_side: bool,
        mark: Mark,
        header: &Header,
        pdu: &AnyPdu,
    ) -> Related {
        let mut related = Related::default();
        if pdu.command() & RESPONSE == 0 {
            let request = (talk, is_reply_side, pdu.command(), header.seq);
            self.open.put(request, Open { mark, receivers: receivers(pdu) });
            if let AnyPdu::Sgip(sgip::Pdu::Submit(_)) = pdu {
                self.submits.put((Protocol::Sgip, MsgId::from_sgip(header.seq)), mark);
            }
            related.report = reported(pdu);
            if let Some((id, _)) = related.report {
                related.reports_on = self.submits.map.get(&(pdu.protocol(), id)).copied();
            }
            return related;
        }
        let request = (talk, !is_reply_side, pdu.command() & !RESPONSE, header.seq);
        if let Some(open) = self.open.take(&request) {
            related.answers = Some(open.mark);
            if let Some(id) = accepted(pdu).filter(|id| !id.is_zero()) {
                for index in 0..open.receivers {
                    if let Some(id) = id.of_receiver(index).or((index == 0).then_some(id)) {
                        self.submits.put((pdu.protocol(), id), open.mark);
                    }
                }
            }
        }
        related
    }
}

fn receivers(pdu: &AnyPdu) -> u16 {
    let count = match pdu {
        AnyPdu::Cmpp(cmpp::Pdu::Submit(submit)) => submit.dest_terminal_id.len(),
        AnyPdu::Smgp(smgp::Pdu::Submit(submit)) => submit.dest_term_id.len(),
        _ => 1,
    };
    u16::try_from(count).unwrap_or(1)
}

/// The id that an answer gives to a submit.
fn accepted(pdu: &AnyPdu) -> Option<MsgId> {
    match pdu {
        AnyPdu::Cmpp(cmpp::Pdu::SubmitResp(resp)) => Some(MsgId::from_cmpp(resp.msg_id)),
        AnyPdu::Smgp(smgp::Pdu::SubmitResp(resp)) => Some(MsgId::from_smgp(resp.msg_id)),
        _ => None,
    }
}

/// The id of the message that a PDU reports on, and its state.
fn reported(pdu: &AnyPdu) -> Option<(MsgId, Text<8>)> {
    let of_cmpp = |report: CmppReport| (MsgId::from_cmpp(report.msg_id), report.stat);
    let of_smgp = |report: SmgpReport| (MsgId::from_smgp(report.msg_id), report.stat);
    let notes = &mut Notes::default();
    match pdu {
        AnyPdu::Cmpp(cmpp::Pdu::Deliver(deliver)) if deliver.registered_delivery != 0 => {
            CmppReport::parse(&deliver.msg_content, notes).ok().map(of_cmpp)
        }
        AnyPdu::Cmpp(cmpp::Pdu::Fwd(fwd)) if fwd.msg_fwd_type == 2 => {
            CmppReport::parse(&fwd.msg_content, notes).ok().map(of_cmpp)
        }
        AnyPdu::Sgip(sgip::Pdu::Report(report)) => {
            Some((MsgId::from_sgip(report.submit_sequence), Text::EMPTY))
        }
        AnyPdu::Smgp(smgp::Pdu::Deliver(deliver)) if deliver.is_report == 1 => {
            SmgpReport::parse(&deliver.msg_content, notes).ok().map(of_smgp)
        }
        AnyPdu::Smgp(smgp::Pdu::Forward(forward)) if forward.report_flag == 0 => {
            SmgpReport::parse(&forward.msg_content, notes).ok().map(of_smgp)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut recent = Recent::new(3);
        for key in 0..5 {
            recent.put(key, key * 10);
        }
        assert_eq!((recent.take(&1), recent.take(&2), recent.map.len()), (None, Some(20), 2));
        for key in 5..1000 {
            recent.put(key, 0);
            assert_eq!(recent.take(&key), Some(0));
            assert!(recent.order.len() <= 6);
        }
        assert_eq!(recent.take(&3), None, "what is never taken does not hold the queue up");
    }
}
