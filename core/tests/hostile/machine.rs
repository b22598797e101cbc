//! What takes time, at the state machine: a login of one octet a second, and what piles up behind one.

use bytes::BytesMut;
use sanwang::dialect::{Credentials, dialect};
use sanwang::gateway::{Lobby, LobbyEvent};
use sanwang::session::{EndReason, SessionRules};
use sanwang::time::{BEIJING_MINUTES, Now, SECOND, WireTime};
use sanwang::wire::{Protocol, Seq, Version, cmpp, sgip, smgp};
use std::sync::Arc;

const SPOKEN: [(Protocol, Version); 3] =
    [(Protocol::Cmpp, cmpp::V30), (Protocol::Sgip, sgip::V12), (Protocol::Smgp, smgp::V30)];

fn at(seconds: u64) -> Now {
    Now { mono_ns: seconds * SECOND, unix_ms: 1_783_476_623_000 + seconds as i64 * 1000 }
}

fn lobby(protocol: Protocol, version: Version) -> (Lobby, Vec<u8>) {
    let speaks = dialect(protocol, version);
    let at = WireTime::from_unix_ms(1_783_476_623_000, BEIJING_MINUTES);
    let who = Credentials { user: "901234", source_addr: "", secret: b"hush-hush", mode: 1, at };
    let mut login = BytesMut::new();
    speaks.login(&who, Seq::serial(1), &mut login).unwrap();
    (Lobby::new(speaks, Arc::new(SessionRules::default())), login.to_vec())
}

#[test]
fn one_octet_a_second_is_not_life_enough() {
    for (protocol, version) in SPOKEN {
        let (mut lobby, login) = lobby(protocol, version);
        let (who, other) = (lobby.enter(at(0)), lobby.enter(at(20)));
        assert_eq!(lobby.deadline(), Some(30 * SECOND));
        for (second, octet) in login.iter().enumerate().take(30) {
            assert!(lobby.receive(at(second as u64), who, &[*octet]).is_empty());
            assert!(lobby.due(at(second as u64)).is_empty(), "{protocol} {second} s");
        }
        assert_eq!(lobby.due(at(30)), [who]);
        let told = lobby.timeout(at(30), who);
        assert!(matches!(&told[..], [LobbyEvent::Ended(EndReason::LoginTimeout)]), "{told:?}");
        assert!(lobby.is_over(who) && lobby.is_here(other));
        lobby.forget(who);
        assert_eq!((lobby.len(), lobby.deadline()), (1, Some(50 * SECOND)));
    }
}

#[test]
fn a_login_that_waits_for_its_decision_keeps_its_deadline_and_little_behind_it() {
    for (protocol, version) in SPOKEN {
        let (mut lobby, login) = lobby(protocol, version);
        let who = lobby.enter(at(0));
        assert!(matches!(&lobby.receive(at(1), who, &login)[..], [LobbyEvent::Login(_)]));
        assert!(lobby.receive(at(2), who, &[0; 60_000]).is_empty(), "requests behind it wait");
        let told = lobby.receive(at(3), who, &[0; 60_000]);
        assert!(matches!(&told[..], [LobbyEvent::Ended(EndReason::BadFrame(_))]), "{told:?}");
        lobby.forget(who);

        let who = lobby.enter(at(10));
        lobby.receive(at(11), who, &login);
        assert_eq!(lobby.due(at(40)), [who]);
        let told = lobby.timeout(at(40), who);
        assert!(matches!(&told[..], [LobbyEvent::Ended(EndReason::LoginTimeout)]), "{told:?}");
    }
}

#[test]
fn frames_longer_than_a_login_end_the_connection_at_once() {
    for (protocol, version) in SPOKEN {
        let (mut lobby, _) = lobby(protocol, version);
        for length in [513u32, 4096, u32::MAX] {
            let who = lobby.enter(at(0));
            let told = lobby.receive(at(0), who, &length.to_be_bytes());
            let ended = told.iter().any(|e| matches!(e, LobbyEvent::Ended(EndReason::BadFrame(_))));
            assert!(ended, "{protocol} {length}: {told:?}");
            lobby.forget(who);
        }
        assert!(lobby.is_empty());
    }
}

#[test]
fn who_came_and_went_leaves_nothing_behind_somebody_silent() {
    let (mut lobby, _) = lobby(Protocol::Cmpp, cmpp::V30);
    let silent = lobby.enter(at(0));
    for second in 0..100_000u64 {
        let who = lobby.enter(Now { mono_ns: second, unix_ms: 0 });
        lobby.disconnected(who, "reset");
        lobby.forget(who);
    }
    assert_eq!((lobby.len(), lobby.deadline()), (1, Some(30 * SECOND)));
    assert!(format!("{lobby:?}").len() < 20_000, "its lists are short");
    assert_eq!(lobby.due(at(30)), [silent]);
}
