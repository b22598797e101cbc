//! The gateway's account on a virtual clock, with an SP written by hand, and what both kinds of desk are asked for.

use crate::common::{Desk, encode};
use bytes::BytesMut;
use sanwang::Event;
use sanwang::account::slab::Key;
use sanwang::account::{Account, AccountProfile, Core, Room};
use sanwang::dialect::{Credentials, LOGIN_GATEWAY, dialect};
use sanwang::gateway::{IdForm, IdMaker, Lobby, LobbyEvent, Party};
use sanwang::message::{EventKinds, SubmitRequest, Trouble};
use sanwang::session::{SeqSource, SessionRules, Tolerances};
use sanwang::settings::AccountSettings;
use sanwang::time::{BEIJING_MINUTES, Now, SECOND, WireTime};
use sanwang::wire::{AnyPdu, Header, Note, Notes, Protocol, Seq, Version, frame};
use std::sync::Arc;

/// Now on every desk: 8 July 2026, 10:10:23 in Beijing.
pub(crate) const NOW_MS: i64 = 1_783_476_623_000;

/// A gateway's account with one connection, that an SP opened.
pub(crate) struct Stand {
    pub(crate) account: Account<Party>,
    pub(crate) conn: Key,
    pub(crate) now: Now,
    protocol: Protocol,
    version: Version,
    events: Vec<Event>,
}

impl Stand {
    /// An SP that has logged in.
    pub(crate) fn online(protocol: Protocol, version: &str, settings: &[(&str, &str)]) -> Self {
        let mut own = AccountSettings::for_gateway(protocol);
        own.set("version", version).unwrap();
        for (key, value) in settings {
            own.set(key, value).unwrap();
        }
        let speaks = dialect(protocol, own.version);
        let now = Now { mono_ns: SECOND, unix_ms: NOW_MS };
        let sgip = protocol == Protocol::Sgip;
        let profile = AccountProfile {
            index: 0,
            name: Arc::from("901234"),
            user: "901234".to_owned(),
            secret: Arc::from(&b"secret"[..]),
            addresses: Vec::new(),
            login_mode: LOGIN_GATEWAY,
            settings: Arc::new(own.clone()),
            dialect: speaks.clone(),
            node: None,
            sends_on_accepted: !sgip || own.push_back,
            sends_on_dialed: false,
            on_demand: false,
            wants: EventKinds::ALL,
            seed: 1,
        };
        let ids = Arc::new(IdMaker::new(IdForm::Dated, own.gateway_id, 480));
        let room = Arc::new(Room::new(1000, 1 << 20, 1000));
        let mut account = Account::new(Core::new(profile, room), Party::new(ids).joins(&own));
        account.start(now);
        let rules: SessionRules = (**account.core.rules()).clone();
        let mut lobby = Lobby::new(speaks.clone(), Arc::new(rules));
        let who = lobby.enter(now);
        let at = WireTime::from_unix_ms(now.unix_ms, BEIJING_MINUTES);
        let mode = if sgip { 1 } else { 2 };
        let login = Credentials { user: "901234", source_addr: "", secret: b"secret", mode, at };
        let mut octets = BytesMut::new();
        speaks.login(&login, Seq::new(3_010_012_345, 1, 1), &mut octets).unwrap();
        let told = lobby.receive(now, who, &octets);
        assert!(
            matches!(&told[..], [LobbyEvent::Login(request)] if speaks.login_is_valid(request, b"secret"))
        );
        let (rules, seqs) = (account.core.rules().clone(), SeqSource::Own(0));
        let session = lobby.admit(now, who, speaks, Some(b"secret"), rules, seqs).unwrap();
        let conn = account.adopt(now, session, "192.0.2.9:1");
        account.resume(now, conn);
        let mut stand = Stand { account, conn, now, protocol, version: own.version, events: Vec::new() };
        assert_eq!(stand.sent().len(), 1, "the answer to the login");
        stand
    }

    pub(crate) fn give_octets(&mut self, octets: &[u8]) {
        self.account.received(self.now, self.conn, octets);
        self.events.append(&mut self.account.core.events);
    }

    pub(crate) fn give(&mut self, pdu: &AnyPdu, seq: Seq) {
        let octets = encode(pdu, self.version, seq);
        self.give_octets(&octets);
    }

    /// What the gateway wrote since the last call.
    pub(crate) fn sent(&mut self) -> Vec<(Header, AnyPdu)> {
        let octets = self.account.transmit(self.conn).map(BytesMut::split).unwrap_or_default();
        decode_all(self.protocol, self.version, &octets)
    }

    /// The octets it wrote since the last call.
    pub(crate) fn octets(&mut self) -> Vec<u8> {
        self.account.transmit(self.conn).map(|out| out.split().to_vec()).unwrap_or_default()
    }

    /// The submits its handler was given since the last call.
    pub(crate) fn submits(&mut self) -> Vec<SubmitRequest> {
        let events = std::mem::take(&mut self.events).into_iter();
        let (submits, rest): (Vec<Event>, Vec<Event>) = events.partition(|e| matches!(e, Event::Submit(_)));
        self.events = rest;
        let read = submits.into_iter().filter_map(|event| match event {
            Event::Submit(submit) => Some(*submit),
            _ => None,
        });
        read.collect()
    }

    /// The handler accepts.
    pub(crate) fn accept(&mut self, submit: &SubmitRequest) {
        assert!(self.account.answer(self.now, submit.token, 0));
        self.account.settle(self.now);
    }
}

/// Every PDU of a stream of whole frames.
pub(crate) fn decode_all(protocol: Protocol, version: Version, octets: &[u8]) -> Vec<(Header, AnyPdu)> {
    let mut rest = octets;
    let mut all = Vec::new();
    while let Some(length) = frame::next(protocol, rest, 65_536).unwrap() {
        let (one, more) = rest.split_at(length);
        all.push(AnyPdu::decode(protocol, version, one, &mut Notes::default()).unwrap());
        rest = more;
    }
    assert!(rest.is_empty(), "whole frames only");
    all
}

/// A side whose account counts tolerances and tells of troubles.
pub(crate) trait Counts {
    fn tolerances(&self) -> Tolerances;
    fn events(&self) -> &[Event];
    fn is_over(&self, conn: Key) -> bool;

    /// How often a tolerance was used.
    fn tolerated(&self, note: Note) -> u64 {
        self.tolerances().iter().find(|(one, _)| *one == note).map_or(0, |(_, n)| n)
    }

    /// The tolerances that were used.
    fn notes(&self) -> Vec<Note> {
        self.tolerances().iter().filter(|(_, n)| *n > 0).map(|(note, _)| note).collect()
    }

    /// The troubles so far.
    fn troubles(&self) -> Vec<&Trouble> {
        let troubles = self.events().iter().filter_map(|e| match e {
            Event::Trouble(t) => Some(&**t),
            _ => None,
        });
        troubles.collect()
    }
}

impl Counts for Stand {
    fn tolerances(&self) -> Tolerances {
        self.account.core.tolerances()
    }

    fn events(&self) -> &[Event] {
        &self.events
    }

    fn is_over(&self, conn: Key) -> bool {
        self.account.is_over(conn)
    }
}

impl Counts for Desk {
    fn tolerances(&self) -> Tolerances {
        self.account.core.tolerances()
    }

    fn events(&self) -> &[Event] {
        &self.events
    }

    fn is_over(&self, conn: Key) -> bool {
        self.account.is_over(conn)
    }
}

/// Octets of hexadecimal digits; blanks between them are left out.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

/// A frame with its length set to the octets it has.
pub(crate) fn sized(mut octets: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(octets.len()).unwrap();
    octets[..4].copy_from_slice(&length.to_be_bytes());
    octets
}

/// MD5 over the concatenation of `parts`.
pub(crate) fn md5(parts: &[&[u8]]) -> [u8; 16] {
    use md5::{Digest, Md5};
    let mut hash = Md5::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// A golden vector.
pub(crate) fn vector(protocol: Protocol, name: &str) -> Vec<u8> {
    let path = format!("{}/../tests/vectors/{protocol}.json", env!("CARGO_MANIFEST_DIR"));
    let all: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let one = all.iter().find(|v| v["name"] == name).unwrap_or_else(|| panic!("no vector {name}"));
    hex(one["hex"].as_str().unwrap())
}
