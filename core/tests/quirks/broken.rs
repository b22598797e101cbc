//! What no tolerance covers: messages cut anywhere, and receivers that are none or too many, in every version. Each is
//! answered with the protocol's own code, told, and costs nothing but itself.

use crate::common::{Desk, cmpp, encode, sgip, smgp};
use crate::stand::{Counts, Stand, decode_all, sized};
use sanwang::wire::{AnyPdu, Protocol, Seq, Text, Version};
use sanwang::wire::{cmpp as cpdu, sgip as spdu, smgp as mpdu};
use sanwang::{Event, Submit};

const SPOKEN: [(Protocol, &str); 10] = [
    (Protocol::Cmpp, "2.0"),
    (Protocol::Cmpp, "2.1"),
    (Protocol::Cmpp, "3.0"),
    (Protocol::Sgip, "1.1"),
    (Protocol::Sgip, "1.2"),
    (Protocol::Sgip, "1.3"),
    (Protocol::Smgp, "1.3"),
    (Protocol::Smgp, "1.3c"),
    (Protocol::Smgp, "2.0"),
    (Protocol::Smgp, "3.0"),
];
const TO: &str = "13800138000";
const HEADER: [usize; 3] = [12, 20, 12];

fn seq(protocol: Protocol, serial: u32) -> Seq {
    if protocol == Protocol::Sgip { Seq::new(101_001, 708_101_023, serial) } else { Seq::serial(serial) }
}

fn submit(protocol: Protocol, version: &str, serial: u32) -> Vec<u8> {
    let content = &b"hello"[..];
    let pdu = match protocol {
        Protocol::Cmpp => cmpp(cpdu::Submit {
            dest_terminal_id: std::iter::once(Text::new(TO).unwrap()).collect(),
            msg_content: content.into(),
            ..cpdu::Submit::default()
        }),
        Protocol::Sgip => sgip(spdu::Submit {
            user_numbers: std::iter::once(Text::new(TO).unwrap()).collect(),
            message_content: content.into(),
            ..spdu::Submit::default()
        }),
        Protocol::Smgp => smgp(mpdu::Submit {
            dest_term_id: std::iter::once(Text::new(TO).unwrap()).collect(),
            msg_content: content.into(),
            ..mpdu::Submit::default()
        }),
    };
    encode(&pdu, version.parse().unwrap(), seq(protocol, serial)).to_vec()
}

fn deliver(protocol: Protocol, version: Version, serial: u32) -> Vec<u8> {
    let content = &b"hello"[..];
    let pdu = match protocol {
        Protocol::Cmpp => cmpp(cpdu::Deliver { msg_content: content.into(), ..cpdu::Deliver::default() }),
        Protocol::Sgip => sgip(spdu::Deliver { message_content: content.into(), ..spdu::Deliver::default() }),
        Protocol::Smgp => smgp(mpdu::Deliver { msg_content: content.into(), ..mpdu::Deliver::default() }),
    };
    encode(&pdu, version, seq(protocol, serial)).to_vec()
}

fn result(pdu: &AnyPdu) -> u32 {
    match pdu {
        AnyPdu::Cmpp(cpdu::Pdu::SubmitResp(p)) => p.result,
        AnyPdu::Cmpp(cpdu::Pdu::DeliverResp(p)) => p.result,
        AnyPdu::Sgip(spdu::Pdu::SubmitResp(p)) => p.result.into(),
        AnyPdu::Sgip(spdu::Pdu::DeliverResp(p)) => p.result.into(),
        AnyPdu::Smgp(mpdu::Pdu::SubmitResp(p)) => p.status,
        AnyPdu::Smgp(mpdu::Pdu::DeliverResp(p)) => p.status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_submit_cut_anywhere_is_answered_and_the_next_one_is_taken() {
    for (protocol, version) in SPOKEN {
        let mut s = Stand::online(protocol, version, &[]);
        let whole = submit(protocol, version, 1);
        for length in HEADER[protocol as usize]..whole.len() {
            let serial = 2 * length as u32;
            let mut cut = submit(protocol, version, serial);
            cut.truncate(length);
            let told = s.troubles().len();
            let tolerated: u64 = s.tolerances().iter().map(|(_, n)| n).sum();
            s.give_octets(&sized(cut));
            let submits = s.submits();
            let what = format!("{protocol} {version} cut to {length}");
            match submits.first() {
                // What is missing is a tolerance: counted, and answered when it is handled.
                Some(submit) => {
                    assert!(s.tolerances().iter().map(|(_, n)| n).sum::<u64>() > tolerated, "{what}");
                    s.accept(submit);
                    assert_eq!(result(&s.sent()[0].1), 0, "{what}");
                }
                None => {
                    let answers = s.sent();
                    assert!(answers.len() == 1 && result(&answers[0].1) != 0, "{what}: {answers:?}");
                    assert_eq!(answers[0].0.seq, seq(protocol, serial), "{what}");
                    assert_eq!(s.troubles().len(), told + 1, "{what}");
                }
            }
            assert!(!s.is_over(s.conn), "{what}");
            s.give_octets(&submit(protocol, version, serial + 1));
            let good = s.submits().remove(0);
            s.accept(&good);
            assert_eq!(result(&s.sent()[0].1), 0, "{what}: the next one");
        }
    }
}

#[test]
fn a_deliver_cut_anywhere_is_answered_and_the_next_one_is_taken() {
    for url in [
        "cmpp://901234:secret@127.0.0.1:1?sender=10657001&version=2.0",
        "cmpp://901234:secret@127.0.0.1:1?sender=10657001",
        "sgip://sp:secret@127.0.0.1:1?sender=10655001&node=3010012345",
        "smgp://10000001:secret@127.0.0.1:1?sender=10659001&version=2.0",
        "smgp://10000001:secret@127.0.0.1:1?sender=10659001",
    ] {
        let mut d = Desk::new(&format!("{url}&ack=received"));
        d.send(Submit::to(TO).text("hi"));
        let c = d.connect();
        d.sent(c);
        let (protocol, version) = (d.protocol, d.version);
        let whole = deliver(protocol, version, 1);
        for length in HEADER[protocol as usize]..whole.len() {
            let mut cut = deliver(protocol, version, 2 * length as u32);
            cut.truncate(length);
            let (before, told) = (d.delivers().len(), d.troubles().len());
            d.give_octets(c, &sized(cut));
            let taken = d.delivers().len() > before;
            let octets = d.account.transmit(c).unwrap().split();
            let answers = decode_all(protocol, version, &octets);
            assert_eq!(answers.len(), 1, "{url} cut to {length}");
            assert_eq!(result(&answers[0].1) == 0, taken, "{url} cut to {length}");
            assert_eq!(d.troubles().len() > told, !taken, "{url} cut to {length}");
            d.give_octets(c, &deliver(protocol, version, 2 * length as u32 + 1));
            d.sent(c);
            assert!(!d.is_over(c) && d.delivers().len() == before + 1 + usize::from(taken), "{url} {length}");
        }
        assert!(d.events.iter().all(|e| !matches!(e, Event::Deliver(one) if one.octets.len() > 5)));
    }
}

#[test]
fn no_receiver_and_too_many_are_answered_with_the_code_of_the_protocol() {
    for (protocol, version) in SPOKEN {
        let (limit, none, more) = match protocol {
            Protocol::Cmpp => (99, 1, 1),
            Protocol::Sgip => (100, 5, 5),
            Protocol::Smgp => (100, 47, 10),
        };
        let one = submit(protocol, version, 1);
        let at = one.windows(TO.len()).position(|window| window == TO.as_bytes()).unwrap();
        let wide = if protocol == Protocol::Cmpp && version == "3.0" { 32 } else { 21 };
        let number = one[at..at + wide].to_vec();
        for (count, expected) in [(0usize, Some(none)), (limit, None), (limit + 1, Some(more))] {
            let mut s = Stand::online(protocol, version, &[]);
            let head = [&one[..at - 1], &[u8::try_from(count).unwrap()]].concat();
            s.give_octets(&sized([&head[..], &number.repeat(count), &one[at + wide..]].concat()));
            let what = format!("{protocol} {version}: {count} receivers");
            assert_eq!(s.submits().len(), usize::from(expected.is_none()), "{what}");
            let answers: Vec<u32> = s.sent().iter().map(|(_, pdu)| result(pdu)).collect();
            assert_eq!(answers, expected.into_iter().collect::<Vec<u32>>(), "{what}");
            assert!(!s.is_over(s.conn), "{what}");
        }
    }
}
