//! Logins that deviate, at a gateway on real sockets: taken and counted, or refused with the protocol's status.

use crate::stand::{hex, md5};
use sanwang::wire::Note;
use sanwang::{Event, EventKinds, Gateway};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What a gateway made of a login.
pub(crate) struct Seen {
    /// The status of the answer; `None`: closed without one.
    pub(crate) status: Option<u32>,
    /// The version octet of the answer.
    pub(crate) version: Option<u8>,
    /// What was tolerated.
    pub(crate) notes: Vec<Note>,
    /// What the log says of it.
    pub(crate) log: String,
}

/// Sends a login to a gateway with this listener and these accounts.
pub(crate) fn at(listen: &str, octets: &[u8]) -> Seen {
    let gateway = Gateway::builder()
        .listen(listen)
        .account("901234", "1234")
        .account("4453", "shared123")
        .polled(EventKinds::LOG)
        .open()
        .unwrap();
    let mut peer = TcpStream::connect(gateway.listeners()[0].1).unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    peer.write_all(octets).unwrap();
    let mut head = [0; 4];
    let answer = match peer.read_exact(&mut head) {
        Ok(()) => {
            let mut rest = vec![0; u32::from_be_bytes(head) as usize - 4];
            peer.read_exact(&mut rest).unwrap();
            [&head[..], &rest].concat()
        }
        Err(_) => Vec::new(),
    };
    let wide = answer.len() == 33;
    let status = answer.get(12).map(|one| match wide {
        true => u32::from_be_bytes(answer[12..16].try_into().unwrap()),
        false => u32::from(*one),
    });
    let of = |m: &sanwang::metrics::AccountMetrics| {
        m.tolerances.iter().filter(|(_, n)| *n > 0).map(|(note, _)| note).collect::<Vec<_>>()
    };
    let notes = gateway.metrics().first().map(of).unwrap_or_default();
    // Who is turned away is told after the answer has been written.
    let mut log = String::new();
    while status != Some(0) && !log.contains("did not log in") {
        for event in gateway.poll(16, Duration::from_secs(20)).unwrap() {
            if let Event::Log(line) = event {
                log.push_str(&line.text);
            }
        }
    }
    gateway.close(Duration::ZERO).unwrap();
    Seen { status, version: answer.last().copied(), notes, log }
}

/// A login of CMPP with the time of the worked example: months ago, or to come.
pub(crate) fn cmpp(version: u8) -> Vec<u8> {
    with_digest(version, b"0708101023")
}

/// As an old client writes it: its digest is over nine digits.
pub(crate) fn unpadded() -> Vec<u8> {
    with_digest(0x30, b"708101023")
}

fn with_digest(version: u8, time: &[u8]) -> Vec<u8> {
    let digest = md5(&[b"901234", &[0; 9], b"1234", time]);
    [&hex("00000027 00000001 00000001")[..], b"901234", &digest, &[version], &708_101_023u32.to_be_bytes()]
        .concat()
}

/// A login of SMGP. `padding`: octets of NUL behind the name in its digest.
pub(crate) fn smgp(padding: usize, mode: u8, version: u8) -> Vec<u8> {
    let time = 8_080_808u32;
    let digest = md5(&[b"4453", &vec![0; padding], b"shared123", b"0008080808"]);
    let name = b"4453\0\0\0\0";
    [&hex("0000002a 00000001 00000001")[..], name, &digest, &[mode], &time.to_be_bytes(), &[version]].concat()
}

/// A listener, a login, the status of the answer, the version it names and what is noted beside the time.
type Case = (&'static str, Vec<u8>, u32, u8, &'static [Note]);

#[test]
fn version_octets_of_old_clients_mean_2_0_and_private_ones_are_refused() {
    let at_3 = "cmpp://127.0.0.1:0";
    let cases: [Case; 7] = [
        (at_3, cmpp(0x30), 0, 0x30, &[]),
        (at_3, cmpp(0x20), 0, 0x20, &[]),
        (at_3, cmpp(0), 0, 0x20, &[Note::VersionOctet]),
        (at_3, cmpp(1), 0, 0x20, &[Note::VersionOctet]),
        (at_3, cmpp(2), 0, 0x20, &[Note::VersionOctet]),
        (at_3, cmpp(0x7f), 4, 0x30, &[]),
        (at_3, cmpp(0x40), 4, 0x30, &[]),
    ];
    check(&cases);
}

#[test]
fn a_time_that_never_changes_logs_in_again_and_again() {
    // The same octets twice: there is no memory of times.
    for _ in 0..2 {
        let seen = at("cmpp://127.0.0.1:0", &cmpp(0x30));
        assert_eq!(seen.status, Some(0));
    }
    let seen = at("smgp://127.0.0.1:0", &smgp(7, 2, 0x30));
    assert_eq!((seen.status, seen.notes), (Some(0), vec![Note::LoginTime]), "8 08 08:08 is no date");
}

#[test]
fn logins_of_old_clients_are_known_by_their_digests() {
    let cases: [Case; 6] = [
        ("cmpp://127.0.0.1:0", unpadded(), 0, 0x30, &[Note::UnpaddedTime]),
        ("smgp://127.0.0.1:0", smgp(7, 2, 0x30), 0, 0x30, &[]),
        ("smgp://127.0.0.1:0", smgp(11, 2, 0x30), 0, 0x30, &[Note::PaddedName]),
        ("smgp://127.0.0.1:0", smgp(7, 3, 1), 0, 0x30, &[Note::VersionOctet, Note::LoginMode]),
        ("smgp://127.0.0.1:0?version=2.0", smgp(7, 2, 0x1e), 0, 0x20, &[Note::VersionOctet]),
        ("smgp://127.0.0.1:0", smgp(7, 2, 0x40), 22, 0x30, &[]),
    ];
    check(&cases);
}

fn check(cases: &[Case]) {
    for (listen, login, status, version, notes) in cases {
        let seen = at(listen, login);
        let what = format!("{listen} {login:02x?}: {}", seen.log);
        assert_eq!((seen.status, seen.version), (Some(*status), Some(*version)), "{what}");
        let found: Vec<Note> = seen.notes.into_iter().filter(|note| *note != Note::LoginTime).collect();
        assert_eq!(found, *notes, "{what}");
    }
}
