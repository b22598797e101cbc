//! Tests of the code tables against the lists in the protocol documents.

use super::*;
use proptest::prelude::*;

const V2_0: Version = Version(0x20);
const V2_1: Version = Version(0x21);
const V3_0: Version = Version(0x30);

fn is_upper_snake(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') && !name.is_empty()
}

/// Each code must be known; `standard` ones must not be marked as a vendor's.
fn check(what: &str, codes: impl IntoIterator<Item = u32>, standard: bool, of: impl Fn(u32) -> Code) {
    for code in codes {
        let c = of(code);
        assert!(c.is_known(), "{what} {code} is missing");
        assert_eq!((c.code, c.vendor), (code, !standard), "{what} {c}");
        assert!(is_upper_snake(c.name), "{what} {c}");
        assert!(!c.en.is_empty() && !c.zh.is_ascii(), "{what} {c}");
    }
}

#[test]
fn every_cmpp_code_is_present() {
    let of = |request, version| move |code| answer(request, Protocol::Cmpp, version, code);
    for v in [V2_0, V2_1, V3_0] {
        check("login", 0..=5, true, of(Request::Login, v));
        check("submit", 0..=9, true, of(Request::Submit, v));
        check("deliver", (0..=9).chain([200]), true, of(Request::Deliver, v));
        check("forward", 0..=10, true, of(Request::Forward, v));
        check("cancel", 0..=1, true, of(Request::Cancel, v));
    }
    check("submit 2.1", 10..=13, true, of(Request::Submit, V2_1));
    check("submit 2.0", 10..=13, false, of(Request::Submit, V2_0));
    let asiainfo = (14..=16).chain(18..=33).chain([34, 50]);
    let infox = (51..=55).chain(61..=88).chain([201, 240, 241, 255]);
    check("submit vendors", asiainfo.chain(infox), false, of(Request::Submit, V3_0));
    check("route 2.0", 0..=2, true, of(Request::Route, V2_0));
    check("update 2.0", 0..=1, true, of(Request::RouteUpdate, V2_0));
    check("push 2.0", 0..=1, true, of(Request::RoutePush, V2_0));
    for request in [Request::Route, Request::RouteUpdate, Request::RoutePush] {
        check("route 2.1", (0..=6).chain(9..=24), true, of(request, V2_1));
    }
}

#[test]
fn cmpp_codes_follow_the_version_and_the_request() {
    assert_eq!(result(Protocol::Cmpp, V2_0, 9).name, "OTHER");
    assert_eq!(result(Protocol::Cmpp, V3_0, 9).name, "PAYER_NOT_SERVED");
    let of = |r, v, c| answer(r, Protocol::Cmpp, v, c).name;
    assert_eq!(of(Request::Forward, V3_0, 9), "WRONG_FORWARD");
    assert_eq!(of(Request::Deliver, V3_0, 9), "OTHER");
    assert_eq!(of(Request::Login, V3_0, 3), "AUTH_ERROR");
    assert_eq!(of(Request::Submit, V3_0, 3), "SEQUENCE_REPEATED");
    assert_eq!(
        (of(Request::Route, V2_0, 2), of(Request::Route, V2_1, 2)),
        ("LAST_ROUTE", "SOURCE_GATEWAY_ERROR")
    );
}

#[test]
fn every_sgip_code_is_present() {
    let v12 = (0..=11).chain(21..=33);
    let v13 = [13, 14, 17, 18, 19, 32, 33, 34, 38, 39, 40, 43, 44, 95].into_iter();
    let internal = (5001..=5005).chain([5007, 5011, 5012, 5014, 5015, 5017, 5021]);
    let appended = (50..=56).chain(60..=88).chain(90..=94).chain(100..=121).chain([123, 124, 182]);
    check("1.2", v12.clone(), true, |c| sgip_error(Dialect::V1_2, c));
    check("1.3", v12.chain(v13).chain(internal), true, |c| sgip_error(Dialect::V1_3, c));
    for dialect in [Dialect::V1_2, Dialect::V1_3] {
        check("appended", appended.clone(), false, |c| sgip_error(dialect, c));
        check("lists", [12, 20, 57, 58, 97].into_iter().chain(201..=237), false, |c| sgip_error(dialect, c));
    }
}

#[test]
fn the_sgip_dialect_decides_where_the_tables_differ() {
    let of = |d, c| (sgip_error(d, c).name, sgip_error(d, c).class);
    assert_eq!(of(Dialect::V1_2, 32), ("SYSTEM_FAILURE", Class::Network));
    assert_eq!(of(Dialect::V1_3, 32), ("PACKET_FORMAT_ERROR", Class::Caller));
    assert_eq!(of(Dialect::V1_2, 33), ("QUEUE_FULL", Class::Network));
    assert_eq!(of(Dialect::V1_3, 33), ("OVER_RATE", Class::Throttle));
    assert_eq!(of(Dialect::V1_2, 34), ("DEDUCTION_FAILED", Class::User));
    assert_eq!(of(Dialect::V1_3, 34), ("LOGIN_TOO_OFTEN", Class::Login));
    assert_eq!(result(Protocol::Sgip, Version(0x12), 33).name, "OVER_RATE");
    assert!(sgip_error(Dialect::V1_2, 13).vendor);
    assert_eq!((Dialect::V1_2.to_string(), Dialect::V1_3.to_string()), ("v1_2".into(), "v1_3".into()));
}

#[test]
fn sgip_classes_are_those_of_the_document() {
    let classes: [(Class, &[u32]); 6] = [
        (Class::Throttle, &[11, 33, 88, 85, 86, 87, 229]),
        (Class::Login, &[1, 4, 34, 52, 57, 64, 93, 94, 219, 220]),
        (Class::Connections, &[2, 3, 221]),
        (Class::Caller, &[5, 6, 7, 8, 13, 14, 19, 32, 38, 39, 40, 43, 63, 80, 101, 105, 112, 113, 115, 118]),
        (Class::User, &[24, 25, 26, 27, 28, 29, 56, 66, 67, 68, 69, 108, 109, 110, 182]),
        (Class::Network, &[21, 22, 23, 31, 51, 53, 54, 55, 70, 71, 72, 73, 74, 75]),
    ];
    for (class, codes) in classes {
        for &code in codes {
            assert_eq!(sgip_error(Dialect::V1_3, code).class, class, "{code}");
        }
    }
}

#[test]
fn every_smgp_code_is_present() {
    let of = |request| move |code| answer(request, Protocol::Smgp, V3_0, code);
    let standard = (0..=2).chain(10..=12).chain(20..=22).chain(30..=49).chain(56..=76);
    check("status", standard, true, of(Request::Submit));
    let platform = (101..=110).chain([114, 115, 116, 117, 119, 134]);
    check("platform", platform, false, of(Request::Submit));
    check("login", [3, 23], false, of(Request::Login));
    assert!(!of(Request::Submit)(3).is_known());
    check("err", (0..=10).chain([999]), true, |c| smgp_err(&format!("{c:03}")).unwrap());
    assert_eq!(smgp_err("5 ").unwrap().name, "USER_BLACKLISTED");
    assert!(!smgp_err("148").unwrap().is_known());
    assert_eq!([smgp_err(""), smgp_err("12345"), smgp_err("E05")], [None; 3]);
}

#[test]
fn unknown_codes_say_whom_to_ask() {
    for (protocol, code) in [(Protocol::Cmpp, 199), (Protocol::Sgip, 250), (Protocol::Smgp, 999)] {
        let c = result(protocol, V3_0, code);
        assert_eq!(c.to_string(), format!("unknown code {code}: ask the carrier for its list"));
        assert_eq!((c.class, c.vendor, c.is_ok()), (Class::Other, true, false));
    }
    let login = login(Protocol::Cmpp, V2_0, 57).to_string();
    assert_eq!(login, "unknown code 57: ask the carrier for its list");
    assert_eq!(result(Protocol::Cmpp, V3_0, 8).to_string(), "8 FLOW_CONTROL: over the permitted rate");
    assert!(result(Protocol::Cmpp, V3_0, 69).to_string().ends_with("(by gateways' own lists)"));
}

#[test]
fn classes_tell_what_may_be_sent_again() {
    use Class::*;
    for class in [Ok, Throttle, Login, Connections, Caller, User, Network, Duplicate, Other] {
        assert_eq!(class.retriable(), matches!(class, Throttle | Connections | Network), "{class}");
        assert_eq!(class.to_string(), format!("{class:?}").to_lowercase());
    }
    let repeated = [(Protocol::Cmpp, 3), (Protocol::Sgip, 9), (Protocol::Smgp, 12)];
    for (protocol, code) in repeated {
        assert_eq!(result(protocol, V3_0, code).class, Duplicate);
        assert!(result(protocol, V3_0, 0).is_ok());
    }
}

#[test]
fn congestion_is_the_documented_list_and_always_a_throttle() {
    for protocol in [Protocol::Cmpp, Protocol::Sgip, Protocol::Smgp] {
        let codes: Vec<u32> = (0..300).filter(|&c| is_congestion(protocol, c)).collect();
        let expected: &[u32] = match protocol {
            Protocol::Cmpp => &[8],
            Protocol::Sgip => &[11, 33, 88],
            Protocol::Smgp => &[1],
        };
        assert_eq!(codes, expected);
        assert!(codes.iter().all(|&c| result(protocol, Version(0x12), c).class == Class::Throttle));
    }
}

#[test]
fn cmpp_states() {
    let of = |s: &str| stat(Protocol::Cmpp, s);
    assert_eq!((of("DELIVRD").state, of("DELIVRD").is_final), (State::Delivered, true));
    assert_eq!((of("ACCEPTD").state, of("ACCEPTD").is_final), (State::Intermediate, false));
    let families = ["MA", "MB", "CA", "CB", "MC", "DA", "DB", "SA", "SB", "IA", "IB", "IC"];
    for word in ["EXPIRED", "DELETED", "UNDELIV", "UNKNOWN", "REJECTD"] {
        assert_eq!(
            (of(word).state, of(word).is_final, of(word).vendor),
            (State::Failed, true, false),
            "{word}"
        );
    }
    for family in families {
        let s = of(&format!("{family}:1234"));
        assert_eq!((s.state, s.is_final, s.vendor, s.cause), (State::Failed, true, false, None), "{family}");
    }
    for family in ["MI", "MJ", "MK", "MM", "MN", "NP", "ID"] {
        let s = of(&format!("{family}:0001"));
        assert_eq!((s.state, s.vendor), (State::Failed, true), "{family}");
    }
    assert_eq!(of("ML:0001").state, State::Intermediate);
    for family in ["MA", "CA", "DA", "SA", "IA"] {
        let causes = ["0051", "0052", "0053", "0054"].map(|c| of(&format!("{family}:{c}")).cause.unwrap().0);
        assert_eq!(causes, ["not connected", "not logged in", "sending failed", "no answer in time"]);
    }
    let known =
        ["IB:0008", "IB:0009", "IB:0070", "DB:0101", "DB:0102", "DB:0107", "DB:0115", "DB:0116", "DB:0142"];
    let more = ["DB:0144", "CB:0001", "CB:0005", "CB:0007", "CB:0018", "CB:0053"];
    for word in known.into_iter().chain(more) {
        assert!(of(word).cause.is_some(), "{word}");
    }
    assert_eq!(of("IB:0008").class, Class::Throttle);
    assert_eq!(of("MA:0052").to_string(), "the message centre did not answer: not logged in");
    for word in ["NOROUTE", "ROUTEERR", "MBBLACK", "DBBLACK", "TIMEOUT", "AF:1"] {
        assert!(of(word).vendor && !of(word).en.starts_with("unknown"), "{word}");
    }
}

#[test]
fn smgp_and_sgip_states() {
    let smgp = |s: &str| stat(Protocol::Smgp, s);
    assert_eq!((smgp("ACCEPTD").state, smgp("ACCEPTD").is_final), (State::Delivered, true));
    for word in ["EXPIRED", "DELETED", "UNDELIV", "UNKNOWN", "REJECTD"] {
        assert_eq!((smgp(word).state, smgp(word).is_final, smgp(word).vendor), (State::Failed, true, false));
    }
    for word in ["RT:0148", "BWLISTS", "DTBLACK", "VMFLUCTL"] {
        let s = smgp(word);
        assert!(s.vendor && s.is_final && !s.en.starts_with("unknown"), "{word}");
    }
    let sgip = |s: &str| (stat(Protocol::Sgip, s).state, stat(Protocol::Sgip, s).is_final);
    for word in ["0", "DELIVRD"] {
        assert_eq!(sgip(word), (State::Delivered, true));
    }
    for word in ["1", "ENROUTE", "ACCEPTD"] {
        assert_eq!(sgip(word), (State::Intermediate, false));
    }
    for word in ["2", "EXPIRED", "DELETED", "UNDELIV", "UNKNOWN", "REJECTD"] {
        assert_eq!(sgip(word), (State::Failed, true));
    }
}

#[test]
fn states_are_trimmed_and_unknown_ones_are_final_failures() {
    for protocol in [Protocol::Cmpp, Protocol::Sgip, Protocol::Smgp] {
        for word in ["DELIVRD", "DELIVRD\0", " delivrd "] {
            assert_eq!(stat(protocol, word).state, State::Delivered);
        }
        for word in ["", "\0\0", "DELIVRDX", "DELIVR", "XYZ", "ZZ:0001", ":"] {
            let s = stat(protocol, word);
            assert_eq!((s.state, s.is_final, s.vendor), (State::Failed, true, true), "{word:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_code_and_any_state_is_safe(code: u32, version: u8, text in "\\PC*") {
        for protocol in [Protocol::Cmpp, Protocol::Sgip, Protocol::Smgp] {
            for request in [Request::Login, Request::Submit, Request::Deliver, Request::Forward, Request::Cancel] {
                prop_assert_eq!(answer(request, protocol, Version(version), code).code, code);
            }
            let s = stat(protocol, &text);
            prop_assert_eq!(s.is_final, s.state != State::Intermediate);
            prop_assert_eq!(s.is_success(), s.state == State::Delivered);
        }
    }
}
