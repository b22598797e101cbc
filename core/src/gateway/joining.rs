//! Long submits joined at a gateway: their segments wait, unanswered, until the last one is there.

use crate::message::{JoinedPart, JoinedSubmit, SubmitRequest, Token};
use crate::settings::AccountSettings;
use crate::store::fingerprint;
use crate::text::udh::{Concat, UdhList};
use crate::text::{JoinRules, JoinState, Joiner, Message, Part};
use crate::time::{Now, nanos};
use crate::wire::{MsgId, Text};
use bytes::Bytes;
use std::collections::HashMap;

/// What tells the segments of one long submit from those of another, beside the reference: sender, first receiver, and
/// a number for all receivers.
type Between = (Text<32>, Text<32>, u64);

/// A segment that waits for the others.
#[derive(Debug)]
struct Held {
    request: SubmitRequest,
    concat: Concat,
    /// The same segment again, on another connection or with another sequence.
    copies: Vec<Token>,
}

/// A joined submit, and the requests that share its answer.
#[derive(Debug)]
pub(super) struct Whole {
    /// What the handler sees.
    pub(super) request: SubmitRequest,
    /// Its other segments.
    pub(super) others: Vec<Token>,
}

/// The long submits of one account.
#[derive(Debug)]
pub(super) struct Joining {
    joiner: Joiner<Between>,
    held: HashMap<u64, Held>,
    places: HashMap<(Between, Concat), u64>,
    next: u64,
}

/// What a segment is a segment of; `None` for a submit that stands for itself.
pub(super) fn concat_of(content: &[u8], has_udh: bool) -> Option<Concat> {
    let header = has_udh.then(|| UdhList::parse(content).ok()).flatten()?;
    header.concat_from_zero().filter(|concat| concat.total > 1)
}

fn between(sender: Text<32>, receivers: &[Text<32>]) -> Between {
    let all: Vec<&[u8]> = receivers.iter().map(Text::as_bytes).collect();
    (sender, receivers.first().copied().unwrap_or_default(), fingerprint(&all))
}

fn rules(settings: &AccountSettings) -> JoinRules {
    JoinRules {
        deadline_ns: nanos(settings.join_deadline),
        max_sets: settings.join_sets as usize,
        max_octets: settings.join_octets as usize,
    }
}

impl Joining {
    /// With the bounds of the account.
    pub(super) fn new(settings: &AccountSettings) -> Self {
        Joining {
            joiner: Joiner::new(rules(settings)),
            held: HashMap::new(),
            places: HashMap::new(),
            next: 0,
        }
    }

    /// Takes other bounds, for what comes from now on.
    pub(super) fn change(&mut self, settings: &AccountSettings) {
        self.joiner.change(rules(settings));
    }

    /// The id of the very same segment, where one waits: a copy gets no other.
    pub(super) fn id_of_copy(
        &self,
        sender: Text<32>,
        receivers: &[Text<32>],
        concat: Concat,
        content: &[u8],
    ) -> Option<MsgId> {
        let tag = self.places.get(&(between(sender, receivers), concat))?;
        let held = self.held.get(tag)?;
        (held.request.content == content).then_some(held.request.message_id)
    }

    /// Takes a segment; gives the submits that are whole with it, or given up.
    pub(super) fn add(&mut self, now: Now, request: SubmitRequest, concat: Concat) -> Vec<Whole> {
        let key = between(request.sender, &request.receivers);
        let header = UdhList::parse(&request.content).map_or(0, |header| header.octets().len());
        let payload = request.content.slice(header.min(request.content.len())..);
        self.next += 1;
        let (tag, token) = (self.next, request.token);
        let part = Part { coding: request.coding, content: payload, tag };
        let before = self.places.insert((key, concat), tag);
        self.held.insert(tag, Held { request, concat, copies: Vec::new() });
        let joined = self.joiner.add(now.mono_ns, key, concat, part);
        let mut whole: Vec<Whole> = joined.displaced.into_iter().filter_map(|m| self.take(m)).collect();
        match joined.state {
            JoinState::Parked => {
                // Taking a displaced set has cleared the place.
                if self.held.contains_key(&tag) {
                    self.places.insert((key, concat), tag);
                }
            }
            JoinState::Duplicate => {
                self.held.remove(&tag);
                if let Some(first) = before {
                    self.places.insert((key, concat), first);
                    if let Some(held) = self.held.get_mut(&first) {
                        held.copies.push(token);
                    }
                }
            }
            JoinState::Complete(message) => whole.extend(self.take(message)),
        }
        whole
    }

    /// When [`Joining::expire`] wants to be called.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.joiner.deadline()
    }

    /// Gives up what has waited too long.
    pub(super) fn expire(&mut self, now_ns: u64) -> Vec<Whole> {
        let given_up = self.joiner.expire(now_ns);
        given_up.into_iter().filter_map(|message| self.take(message)).collect()
    }

    /// Gives up everything.
    pub(super) fn drain(&mut self) -> Vec<Whole> {
        let given_up = self.joiner.drain();
        given_up.into_iter().filter_map(|message| self.take(message)).collect()
    }

    fn take(&mut self, message: Message<Between>) -> Option<Whole> {
        let mut others = Vec::new();
        let mut parts = Vec::new();
        let mut first: Option<SubmitRequest> = None;
        for part in message.parts.iter().flatten() {
            let Some(Held { request, concat, copies }) = self.held.remove(&part.tag) else { continue };
            self.places.remove(&(message.key, concat));
            parts.push(JoinedPart {
                segment: concat.index,
                message_id: request.message_id,
                pdu: request.pdu.clone(),
            });
            others.extend(copies);
            match first {
                None => first = Some(request),
                Some(_) => others.push(request.token),
            }
        }
        let first = first?;
        let header = UdhList::parse(&first.content).map_or(0, |header| header.octets().len());
        let udh: Bytes = first.content.slice(..header.min(first.content.len()));
        let joined = JoinedSubmit {
            text: message.text().text,
            udh,
            complete: message.complete,
            parts,
            show: first.show,
        };
        let request = SubmitRequest {
            content: message.octets(),
            coding: message.coding,
            has_udh: false,
            segments: message.total,
            joined: Some(Box::new(joined)),
            ..first
        };
        Some(Whole { request, others })
    }
}
