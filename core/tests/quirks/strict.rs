//! The setting `strict`: each tolerance by its name. Without it the peer is understood and the tolerance counted; with
//! it the request is refused as malformed, or the connection ended, and a Trouble event names the tolerance.

use crate::common::{Desk, answer, cmpp, encode, mo, report, sgip, smgp};
use crate::logins;
use crate::stand::{Counts, Stand, decode_all, hex, sized, vector};
use sanwang::account::slab::Key;
use sanwang::wire::{AnyPdu, CmppReport, Note, Protocol, Seq, SmgpReport, Text, Tlvs, Version};
use sanwang::wire::{cmpp as cpdu, sgip as spdu, smgp as mpdu};
use sanwang::{Event, Submit};

const CMPP: &str = "cmpp://901234:secret@127.0.0.1:7890?sender=10657001&version=";
const SGIP: &str = "sgip://sp12345:secret@127.0.0.1:8801?node=3010012345&sender=1065500";
const SMGP: &str = "smgp://10000001:secret@127.0.0.1:8890?sender=10659001&version=";
const TO: &str = "13800138000";

/// What a tolerance leads to.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// How often it was counted.
    counted: u64,
    /// The Trouble event or the log names it as refused.
    refused: bool,
    /// The result of the answer; 0 accepts.
    answered: Option<u32>,
    /// The connection is over.
    closed: bool,
}

/// What `strict` leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// The request is answered with this.
    Answer(u32),
    /// The connection ends.
    Close,
}

fn result_of(pdu: &AnyPdu) -> Option<u32> {
    Some(match pdu {
        AnyPdu::Cmpp(cpdu::Pdu::DeliverResp(p)) => p.result,
        AnyPdu::Cmpp(cpdu::Pdu::SubmitResp(p)) => p.result,
        AnyPdu::Sgip(spdu::Pdu::DeliverResp(p)) => p.result.into(),
        AnyPdu::Sgip(spdu::Pdu::ReportResp(p)) => p.result.into(),
        AnyPdu::Sgip(spdu::Pdu::SubmitResp(p)) => p.result.into(),
        AnyPdu::Sgip(spdu::Pdu::ModifySmgResp(p)) => p.result.into(),
        AnyPdu::Smgp(mpdu::Pdu::DeliverResp(p)) => p.status,
        AnyPdu::Smgp(mpdu::Pdu::SubmitResp(p)) => p.status,
        _ => return None,
    })
}

fn names(reason: &str, note: Note) -> bool {
    reason.contains(&format!("strict={}: {}", note.name(), note.text().trim_end_matches('.')))
}

/// What came of it at an SP. Deliveries and reports were handled.
fn at_sp(mut d: Desk, c: Key, note: Note) -> Seen {
    let tokens: Vec<_> = d.events.iter().filter_map(Event::token).collect();
    tokens.into_iter().for_each(|token| {
        d.account.answer(d.now, token, 0);
    });
    let octets = d.account.transmit(c).map(|out| out.split().to_vec()).unwrap_or_default();
    let answers = decode_all(d.protocol, d.version, &octets);
    Seen {
        counted: d.tolerated(note),
        refused: d.troubles().iter().any(|t| names(&t.reason, note)),
        answered: answers.iter().filter_map(|(_, pdu)| result_of(pdu)).next_back(),
        closed: d.is_over(c),
    }
}

/// A frame for an SP that is logged in.
fn frame(url: &str, strict: &str, note: Note, octets: impl Fn(Seq) -> Vec<u8>) -> Seen {
    let mut d = Desk::new(&format!("{url}&strict={strict}"));
    // One message is on its way; SGIP dials for it.
    d.send(Submit::to(TO).text("hi"));
    let c = d.connect();
    let seq = d.sent(c)[0].header.seq;
    d.give_octets(c, &octets(seq));
    at_sp(d, c, note)
}

/// A request for an SP of CMPP or SMGP.
fn given(url: &str, strict: &str, note: Note, pdu: &AnyPdu) -> Seen {
    let version: Version = url.rsplit('=').next().and_then(|v| v.parse().ok()).unwrap_or(spdu::V12);
    frame(url, strict, note, |_| encode(pdu, version, Seq::serial(77)).to_vec())
}

/// Requests for a gateway.
fn at_gateway(
    protocol: Protocol,
    version: &str,
    strict: &str,
    note: Note,
    requests: &[(AnyPdu, Seq)],
) -> Seen {
    let mut s = Stand::online(protocol, version, &[("strict", strict)]);
    for (pdu, seq) in requests {
        s.give(pdu, *seq);
    }
    s.submits().iter().for_each(|submit| s.accept(submit));
    let answers = s.sent();
    Seen {
        counted: s.tolerated(note),
        refused: s.troubles().iter().any(|t| names(&t.reason, note)),
        // The worst of several answers.
        answered: answers.iter().filter_map(|(_, pdu)| result_of(pdu)).max(),
        closed: s.is_over(s.conn),
    }
}

/// The answer to the login of an SP.
fn answer_to_login(
    strict: &str,
    note: Note,
    digest: impl Fn(&cpdu::Connect) -> [u8; 16],
    version: u8,
) -> Seen {
    let mut d = Desk::new(&format!("{CMPP}3.0&strict={strict}"));
    let slot = d.dialed().unwrap();
    let c = d.account.connected(d.now, slot, "192.0.2.1:1").unwrap();
    let login = d.sent(c).remove(0);
    let AnyPdu::Cmpp(cpdu::Pdu::Connect(connect)) = login.pdu else { panic!("{login:?}") };
    let answer = cpdu::ConnectResp { status: 0, authenticator_ismg: digest(&connect), version };
    d.give(c, cmpp(answer), login.header.seq);
    assert_eq!(d.account.core.standing().1, u16::from(!d.is_over(c)), "online or over");
    at_sp(d, c, note)
}

fn right(connect: &cpdu::Connect, status: &[u8]) -> [u8; 16] {
    crate::stand::md5(&[status, &connect.authenticator_source, b"secret"])
}

/// A login at a gateway.
fn login(listen: &str, strict: &str, note: Note, octets: &[u8]) -> Seen {
    let seen = logins::at(&format!("{listen}strict={strict}"), octets);
    Seen {
        counted: seen.notes.iter().filter(|one| **one == note).count() as u64,
        refused: names(&seen.log, note),
        answered: seen.status,
        closed: seen.status != Some(0),
    }
}

fn changed(pdu: AnyPdu, change: impl FnOnce(&mut cpdu::Deliver)) -> AnyPdu {
    let AnyPdu::Cmpp(cpdu::Pdu::Deliver(mut deliver)) = pdu else { panic!("{pdu:?}") };
    change(&mut deliver);
    cmpp(deliver)
}

fn deliver_3(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut octets = encode(&mo(5, false, 0, b"hello"), cpdu::V30, Seq::serial(77)).to_vec();
    change(&mut octets);
    sized(octets)
}

fn smgp_deliver(set: impl FnOnce(&mut Tlvs)) -> mpdu::Deliver {
    let mut tlvs = Tlvs::default();
    set(&mut tlvs);
    mpdu::Deliver {
        msg_id: [1; 10],
        src_term_id: Text::new("18913800138").unwrap(),
        dest_term_id: Text::new("10659001").unwrap(),
        msg_content: (&b"hi"[..]).into(),
        tlvs,
        ..mpdu::Deliver::default()
    }
}

fn smgp_report(swapped: bool, form: impl FnOnce(&mut Vec<u8>)) -> AnyPdu {
    let text = SmgpReport { msg_id: [7; 10], stat: Text::new("DELIVRD").unwrap(), ..SmgpReport::default() };
    let mut content = text.to_bytes().unwrap().to_vec();
    form(&mut content);
    let plain = smgp_deliver(|_| {});
    let (src, dest) = (plain.src_term_id, plain.dest_term_id);
    smgp(mpdu::Deliver {
        is_report: 1,
        msg_content: content.into(),
        src_term_id: if swapped { dest } else { src },
        dest_term_id: if swapped { src } else { dest },
        ..plain
    })
}

fn sgip_report(of: Seq, state: u8) -> AnyPdu {
    let user_number = Text::new(&format!("86{TO}")).unwrap();
    sgip(spdu::Report { submit_sequence: of, user_number, state, ..spdu::Report::default() })
}

fn sgip_submit() -> AnyPdu {
    sgip(spdu::Submit {
        user_numbers: std::iter::once(Text::new("8613001125453").unwrap()).collect(),
        message_content: (&b"hi"[..]).into(),
        ..spdu::Submit::default()
    })
}

const SGIP_SEQ: Seq = Seq { node: 101_001, time: 708_101_023, serial: 5 };

/// A peer that needs this tolerance, and what refusing it leads to.
fn play(note: Note, strict: &str) -> (Seen, Refused) {
    use Refused::{Answer, Close};
    let url = |version: &str| format!("{CMPP}{version}");
    let (v30, v20) = (url("3.0"), url("2.0"));
    let smgp_url = format!("{SMGP}3.0");
    let part = |header: &[u8]| mo(5, true, 0, &[header, &b"x"[..]].concat());
    let at = |pdu: &AnyPdu| given(&v30, strict, note, pdu);
    match note {
        Note::LayoutByLength => {
            (frame(&v30, strict, note, |seq| encode(&answer(7, 0), cpdu::V20, seq).to_vec()), Close)
        }
        Note::OtherVersion => {
            let pdu = cmpp(cpdu::GetMoRoute::default());
            (frame(&v20, strict, note, |_| encode(&pdu, cpdu::V30, Seq::serial(77)).to_vec()), Close)
        }
        Note::MisprintedCommand => {
            let misprinted = vector(Protocol::Sgip, "modifysmg_resp_misprinted_id");
            (frame(SGIP, strict, note, |_| misprinted.clone()), Close)
        }
        Note::ReserveMissing => (frame(&v30, strict, note, |_| hex("0000000c 80000008 00000001")), Close),
        Note::ShortTail => {
            (frame(&v30, strict, note, |_| deliver_3(|octets| octets.truncate(octets.len() - 10))), Answer(1))
        }
        Note::TrailingOctets => {
            (frame(&v30, strict, note, |_| deliver_3(|octets| octets.extend([0; 4]))), Answer(1))
        }
        Note::ReportLength => {
            let mut octets = encode(&report(1, 7, TO, "DELIVRD"), cpdu::V30, Seq::serial(77)).to_vec();
            octets[88] = 60;
            (frame(&v30, strict, note, |_| octets.clone()), Answer(1))
        }
        Note::CharacterCount => {
            let mut octets = encode(&mo(5, false, 8, &hex("4f60597d")), cpdu::V30, Seq::serial(77)).to_vec();
            octets[88] = 2;
            (frame(&v30, strict, note, |_| octets.clone()), Answer(1))
        }
        // Dest_Id holds 21 octets behind the Msg_Id; the number has ten.
        Note::BlankPadding => (
            frame(&v30, strict, note, |_| deliver_3(|octets| octets[12 + 8 + 10..12 + 29].fill(b' '))),
            Answer(1),
        ),
        Note::PaddingGarbage => {
            (frame(&v30, strict, note, |_| deliver_3(|octets| octets[12 + 8 + 15] = b'x')), Answer(1))
        }
        Note::StrayTlvOctets => {
            let octets = encode(&smgp(smgp_deliver(|_| {})), mpdu::V30, Seq::serial(77)).to_vec();
            let octets = sized([&octets[..], &[0, 0]].concat());
            (frame(&smgp_url, strict, note, |_| octets.clone()), Answer(10))
        }
        Note::TlvInOldVersion => {
            let octets =
                encode(&smgp(smgp_deliver(|t| t.set_tp_pid(1))), mpdu::V30, Seq::serial(77)).to_vec();
            (frame(&format!("{SMGP}2.0"), strict, note, |_| octets.clone()), Answer(10))
        }
        Note::TlvLength => {
            let odd = smgp_deliver(|t| t.push(0x0001, (&[0u8, 0, 0, 1][..]).into()));
            (given(&smgp_url, strict, note, &smgp(odd)), Answer(10))
        }
        Note::UnknownTlv => {
            let odd = smgp_deliver(|t| t.push(0x0101, (&b"x"[..]).into()));
            (given(&smgp_url, strict, note, &smgp(odd)), Answer(10))
        }
        Note::ReportVariant => {
            let odd = smgp_report(false, |text| text.push(0));
            (given(&smgp_url, strict, note, &odd), Answer(10))
        }
        Note::SwappedNumbers => (given(&smgp_url, strict, note, &smgp_report(true, |_| {})), Answer(10)),
        Note::UnknownState => (
            frame(SGIP, strict, note, |seq| encode(&sgip_report(seq, 9), spdu::V12, SGIP_SEQ).to_vec()),
            Answer(5),
        ),
        Note::ReportSize => {
            let content =
                CmppReport { msg_id: 7, stat: Text::new("DELIVRD").unwrap(), ..CmppReport::default() };
            let content = content.to_bytes(cpdu::V20).unwrap();
            (at(&changed(report(1, 7, TO, "DELIVRD"), |p| p.msg_content = content)), Answer(1))
        }
        Note::ReservedValue => (frame(&v30, strict, note, |_| hex("0000000d 80000008 00000001 01")), Close),
        Note::ZeroNumber => {
            let AnyPdu::Cmpp(cpdu::Pdu::Submit(submit)) = crate::cmpp::part_of_three(1) else { panic!() };
            let odd = cpdu::Submit { fee_terminal_id: Text::new("000000000000000000000").unwrap(), ..submit };
            (at_gateway(Protocol::Cmpp, "2.0", strict, note, &[(cmpp(odd), Seq::serial(1))]), Answer(1))
        }
        Note::ZeroNode => {
            let odd = [(sgip_submit(), Seq::new(0, 708_101_023, 1))];
            (at_gateway(Protocol::Sgip, "1.2", strict, note, &odd), Answer(5))
        }
        Note::ZeroId => {
            (frame(&v30, strict, note, |seq| encode(&answer(0, 0), cpdu::V30, seq).to_vec()), Close)
        }
        Note::AnswerSequence => {
            let accepted = sgip(spdu::SubmitResp { result: 0, reserve: [0; 8] });
            let octets = |seq: Seq| encode(&accepted, spdu::V12, Seq::new(0, 0, seq.serial)).to_vec();
            (frame(SGIP, strict, note, octets), Close)
        }
        Note::RepeatedSequence => {
            let both = [1, 2].map(|index| (crate::cmpp::part_of_three(index), Seq::serial(7)));
            (at_gateway(Protocol::Cmpp, "3.0", strict, note, &both), Answer(1))
        }
        Note::OwnConnection => (
            frame(SGIP, strict, note, |seq| encode(&sgip_report(seq, 0), spdu::V12, SGIP_SEQ).to_vec()),
            Answer(5),
        ),
        Note::UdhiBit => (at(&changed(part(&[5, 0, 3, 9, 1, 1]), |p| p.tp_udhi = 0x40)), Answer(1)),
        Note::UdhiMissing => (at(&changed(part(&[5, 0, 3, 9, 2, 1]), |p| p.tp_udhi = 0)), Answer(1)),
        Note::WideReference => (at(&part(&[6, 0, 4, 1, 9, 2, 1])), Answer(1)),
        Note::PartFromZero => (at(&part(&[5, 0, 3, 9, 2, 0])), Answer(1)),
        Note::EmptyPart => (at(&mo(5, true, 0, &[5, 0, 3, 9, 2, 2])), Answer(1)),
        Note::GbkInAscii => (at(&mo(5, false, 0, &hex("c4e3bac3"))), Answer(1)),
        Note::MessageFormat => (at(&mo(5, false, 16, b"hi")), Answer(1)),
        Note::VersionOctet => (answer_to_login(strict, note, |p| right(p, &[0; 4]), 0x20), Close),
        Note::DigestEmpty => (answer_to_login(strict, note, |_| [0; 16], 0x30), Close),
        Note::DigestDeviation => (answer_to_login(strict, note, |p| right(p, &[0]), 0x30), Close),
        Note::DigestWrong => (answer_to_login(strict, note, |_| [9; 16], 0x30), Close),
        Note::LoginMode => {
            (login("smgp://127.0.0.1:0?", strict, note, &logins::smgp(7, 3, 0x30)), Answer(21))
        }
        Note::LoginTime => {
            (login("smgp://127.0.0.1:0?", strict, note, &logins::smgp(7, 2, 0x30)), Answer(21))
        }
        Note::UnpaddedTime => (login("cmpp://127.0.0.1:0?", strict, note, &logins::unpadded()), Answer(3)),
        Note::PaddedName => {
            (login("smgp://127.0.0.1:0?", strict, note, &logins::smgp(11, 2, 0x30)), Answer(21))
        }
    }
}

#[test]
fn every_tolerance_is_counted_by_its_name_and_can_be_refused() {
    for note in Note::ALL {
        let (tolerated, expected) = play(note, "");
        assert!(tolerated.counted == 1 && !tolerated.refused && !tolerated.closed, "{note:?}: {tolerated:?}");
        assert!(tolerated.answered.is_none_or(|result| result == 0), "{note:?}: {tolerated:?}");
        for strict in [note.name(), "all"] {
            let (seen, _) = play(note, strict);
            assert!(seen.refused, "{note:?} by {strict}: {seen:?}");
            match expected {
                Refused::Close => assert!(seen.closed, "{note:?} by {strict}: {seen:?}"),
                Refused::Answer(result) => assert_eq!(seen.answered, Some(result), "{note:?} by {strict}"),
            }
        }
    }
}

#[test]
fn another_name_refuses_nothing() {
    for (note, other) in [
        (Note::TrailingOctets, Note::ShortTail),
        (Note::UdhiBit, Note::UdhiMissing),
        (Note::ZeroId, Note::ZeroNode),
        (Note::DigestEmpty, Note::DigestWrong),
    ] {
        let (seen, _) = play(note, other.name());
        assert!(seen.counted == 1 && !seen.refused && !seen.closed, "{note:?}: {seen:?}");
    }
}

#[test]
fn a_version_octet_is_refused_at_the_gateway_too() {
    let seen = login("cmpp://127.0.0.1:0?", "version_octet", Note::VersionOctet, &logins::cmpp(1));
    assert_eq!((seen.refused, seen.answered, seen.closed), (true, Some(4), true));
    // Octets behind a login are answered with the status of a malformed one.
    let longer = sized([&logins::cmpp(0x30)[..], &[0]].concat());
    let seen = login("cmpp://127.0.0.1:0?", "trailing_octets", Note::TrailingOctets, &longer);
    assert_eq!((seen.refused, seen.answered, seen.closed), (true, Some(1), true));
}

#[test]
fn the_setting_takes_names_and_all() {
    let mut settings = sanwang::settings::AccountSettings::for_protocol(Protocol::Cmpp);
    assert_eq!(settings.get("strict").as_deref(), Some(""));
    settings.set("strict", "udhi_bit, short_tail").unwrap();
    assert_eq!(settings.get("strict").as_deref(), Some("short_tail,udhi_bit"));
    settings.add("strict", "zero_id").unwrap();
    assert_eq!(settings.get("strict").as_deref(), Some("short_tail,zero_id,udhi_bit"));
    settings.set("strict", "all").unwrap();
    assert_eq!(settings.get("strict").as_deref(), Some("all"));
    assert!(Note::ALL.into_iter().all(|note| settings.strict.0.contains(note)));
    let error = settings.set("strict", "udhi").unwrap_err().to_string();
    assert!(error.contains("udhi_bit") && error.contains("all"), "{error}");
    settings.set("strict", "").unwrap();
    assert!(settings.strict.0.is_empty());
}

#[test]
fn what_is_refused_holds_for_open_connections() {
    // A running account takes the change.
    let row = sanwang::settings::AccountSettings::row("strict").unwrap();
    assert!(row.live && row.list);
}
