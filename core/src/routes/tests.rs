//! Route servers and replicas of each protocol, without a network.

use super::*;
use crate::wire::{Protocol, cmpp, sgip, smgp};
use std::net::Ipv4Addr;

const A: &str = "101001";
const B: &str = "102001";

fn now(seconds: i64) -> Now {
    Now { mono_ns: 1, unix_ms: 1_700_000_000_000 + seconds * 1000 }
}

fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, last)
}

fn define(code: &str, last: u8) -> Route {
    Route {
        id: 0,
        gateway: code.to_owned(),
        address: ip(last),
        port: 0,
        changed: 0,
        target: Target::Gateway { user: code.to_owned(), password: "pw".to_owned() },
    }
}

fn seg(protocol: Protocol, code: &str, last: u8, first: &str) -> Route {
    match protocol {
        Protocol::Sgip => Route::segment(code, Ipv4Addr::UNSPECIFIED, 0, first, first, "0100"),
        _ => Route::segment(code, ip(last), 7930, first, first, "0100"),
    }
}

fn service(protocol: Protocol, code: &str, last: u8, number: &str) -> Route {
    match protocol {
        Protocol::Sgip => Route::service(code, Ipv4Addr::UNSPECIFIED, 0, "12345", number),
        _ => Route::service(code, ip(last), 7930, "901234", number),
    }
}

/// Every protocol with every version that has route messages.
fn versions() -> Vec<(Protocol, Version)> {
    let cmpp = [cmpp::V20, cmpp::V21, cmpp::V30].map(|v| (Protocol::Cmpp, v));
    let sgip = [sgip::V11, sgip::V12, sgip::V13].map(|v| (Protocol::Sgip, v));
    let smgp = [smgp::V30].map(|v| (Protocol::Smgp, v));
    [&cmpp[..], &sgip, &smgp].concat()
}

/// A server that knows both gateways, with `count` segments each and two service numbers.
fn server(protocol: Protocol, count: u32) -> Table {
    let mut table = Table::server(protocol);
    if protocol == Protocol::Sgip {
        table.add(now(0).unix_ms, define(A, 1)).unwrap();
        table.add(now(0).unix_ms, define(B, 2)).unwrap();
    }
    for i in 0..count {
        // Six digits, because 2.0 has no more.
        let a = seg(protocol, A, 1, &format!("13{:04}", i));
        let b = seg(protocol, B, 2, &format!("15{:04}", i));
        table.add(now(0).unix_ms, a).unwrap();
        table.add(now(0).unix_ms, b).unwrap();
    }
    table.add(now(0).unix_ms, service(protocol, A, 1, "1065")).unwrap();
    table.add(now(0).unix_ms, service(protocol, B, 2, "10657")).unwrap();
    table
}

/// One exchange as over the wire: encoded, decoded, answered, encoded, decoded.
fn ask(table: &mut Table, at: i64, from: &str, version: Version, pdu: AnyPdu) -> AnyPdu {
    let carry = |pdu: AnyPdu| {
        let frames = crate::link::frames(&pdu, version).unwrap();
        let read = |f: &bytes::BytesMut| {
            AnyPdu::decode(pdu.protocol(), version, f, &mut Default::default()).unwrap().1
        };
        // A list of several frames is one answer to the link; its parts say nothing new here.
        if frames.len() == 1 { read(&frames[0]) } else { pdu }
    };
    let answer = table.answer(now(at), from, &carry(pdu), version).expect("an answer");
    carry(answer)
}

fn fetch(server: &mut Table, replica: &mut Table, version: Version) -> Result<usize, RouteError> {
    let own = replica.own().unwrap().to_owned();
    let mut fetch = replica.fetch(version);
    while let Some(pdu) = fetch.next() {
        fetch.answered(&ask(server, 0, &own, version, pdu))?;
    }
    fetch.finish(replica)
}

/// Pushes everything to a replica; how many changes that were.
fn push(server: &mut Table, replica: &mut Table, version: Version, at: i64) -> usize {
    let own = replica.own().unwrap().to_owned();
    let mut pushed = 0;
    while let Some(pdu) = server.next_push(&own, version) {
        let answer = ask(replica, at, "gns", version, pdu.clone());
        assert!(server.pushed(&own, &answer), "{pdu:?} {answer:?}");
        pushed += 1;
    }
    pushed
}

/// What a version can say of a table: without times, numbers and what 2.0 has no field for.
fn essence(table: &Table, version: Version) -> Vec<String> {
    let mut lines: Vec<String> = table
        .routes()
        .map(|route| {
            let mut route = route.clone();
            route.changed = 0;
            if table.protocol() == Protocol::Sgip {
                route.id = 0;
            }
            if version == cmpp::V20
                && let Target::Service { sp_id, .. } = &mut route.target
            {
                sp_id.clear();
            }
            format!("{route:?}")
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn a_replica_fetches_the_whole_table_and_follows_changes() {
    for (protocol, version) in versions() {
        let mut gns = server(protocol, 30);
        let mut replica = Table::replica(protocol, A);
        gns.follow(A);
        let total = gns.len() - if protocol == Protocol::Sgip { 2 } else { 0 };
        let fetched = fetch(&mut gns, &mut replica, version).unwrap();
        assert!(fetched >= total, "{protocol} {version}: {fetched}");
        assert_eq!(essence(&gns, version), essence(&replica, version), "{protocol} {version}");
        // Changes while the gateway is away come together, each route once.
        let id = gns.add(now(1).unix_ms, seg(protocol, B, 2, "177001")).unwrap();
        gns.change(now(2).unix_ms, Route { id, ..seg(protocol, B, 2, "177002") }).unwrap();
        let first = gns.by_phone("13000500000").unwrap().id;
        gns.remove(Kind::Segment, first).unwrap();
        let gone = gns.add(now(3).unix_ms, service(protocol, B, 2, "95555")).unwrap();
        gns.remove(Kind::Service, gone).unwrap();
        let other = gns.by_service("1065", "", 0, "").unwrap().clone();
        let moved = service(protocol, B, 2, "1066");
        gns.change(now(4).unix_ms, Route { id: other.id, ..moved }).unwrap();
        assert_eq!(gns.behind(A), 3);
        assert_eq!(push(&mut gns, &mut replica, version, 5), 3, "{protocol} {version}");
        assert_eq!(essence(&gns, version), essence(&replica, version), "{protocol} {version}");
        assert_eq!(replica.by_phone("8617700200000").unwrap().gateway, B);
        assert!(replica.by_phone("17700100000").is_none());
    }
}

#[test]
fn questions_find_the_longest_route_or_say_that_there_is_none() {
    for (protocol, version) in versions() {
        let mut gns = server(protocol, 3);
        let gateway = |pdu: AnyPdu| {
            let fields = pdu.fields(version);
            let of = |name: &str| {
                let shown = |value: &crate::wire::Value| match value {
                    crate::wire::Value::Int(n) => n.to_string(),
                    other => format!("{other:?}"),
                };
                fields.iter().find(|f| f.name == name).map(|f| shown(&f.value))
            };
            let code = of("result").or(of("status")).unwrap();
            let to = of("destination_id").or(of("dest_gateway_id")).unwrap_or_else(|| format!("{fields:?}"));
            (code, to)
        };
        let phone = |number: &str| -> AnyPdu {
            match protocol {
                Protocol::Cmpp => {
                    cmpp::Pdu::from(cmpp::MtRoute { source_id: text(A), terminal_id: text(number) }).into()
                }
                Protocol::Sgip => sgip::Pdu::from(sgip::QueryRoute {
                    query_type: 2,
                    number: text(number),
                    ..Default::default()
                })
                .into(),
                Protocol::Smgp => smgp::Pdu::from(smgp::QueryTeRoute {
                    src_gateway_id: text(A),
                    query_term_id: text(number),
                })
                .into(),
            }
        };
        let sp = |number: &str| -> AnyPdu {
            match protocol {
                Protocol::Cmpp => cmpp::Pdu::from(cmpp::MoRoute {
                    source_id: text(A),
                    sp_code: text(number),
                    ..Default::default()
                })
                .into(),
                Protocol::Sgip => sgip::Pdu::from(sgip::QueryRoute {
                    query_type: 1,
                    number: text(number),
                    ..Default::default()
                })
                .into(),
                Protocol::Smgp => smgp::Pdu::from(smgp::QuerySpRoute {
                    src_gateway_id: text(A),
                    query_term_id: text(number),
                })
                .into(),
            }
        };
        let none = match protocol {
            Protocol::Cmpp => "1",
            Protocol::Sgip => "23",
            Protocol::Smgp => "58",
        };
        for (question, expected) in [
            (phone("8613000112345"), Some(A)),
            (phone("15000212345"), Some(B)),
            (phone("17000212345"), None),
            (sp("106512345"), Some(A)),
            (sp("10657001"), Some(B)),
            (sp("95555"), None),
        ] {
            let (code, to) = gateway(ask(&mut gns, 0, A, version, question.clone()));
            match expected {
                Some(expected) => {
                    assert!(code == "0" && to.contains(expected), "{protocol} {question:?}: {code} {to}");
                }
                None => assert_eq!(code, none, "{protocol} {question:?}"),
            }
        }
        // A gateway that nobody knows.
        if protocol == Protocol::Cmpp && version > cmpp::V20 {
            let stranger = cmpp::Pdu::from(cmpp::MtRoute { source_id: text("999999"), ..Default::default() });
            let (code, _) = gateway(ask(&mut gns, 0, "nobody", version, stranger.into()));
            assert_eq!(code, "2");
        }
    }
}

fn cmpp_update(update_type: u8, route_id: u32, change: impl Fn(&mut cmpp::MtRouteUpdate)) -> AnyPdu {
    let mut update = cmpp::MtRouteUpdate {
        update_type,
        route_id,
        destination_id: text(A),
        gateway_ip: text("10.0.0.1"),
        gateway_port: 7930,
        start_id: text("1380000"),
        end_id: text("1380009"),
        area_code: text("0010"),
        user_type: 0,
    };
    change(&mut update);
    cmpp::Pdu::from(update).into()
}

#[test]
fn cmpp_updates_are_checked_field_by_field() {
    let mut gns = Table::server(Protocol::Cmpp);
    gns.follow(B);
    let mut result = |pdu: AnyPdu, from: &str| match ask(&mut gns, 9, from, cmpp::V21, pdu) {
        AnyPdu::Cmpp(cmpp::Pdu::MtRouteUpdateResp(r)) => (r.result, r.route_id),
        other => panic!("{other:?}"),
    };
    assert_eq!(result(cmpp_update(0, 0, |_| {}), A), (0, 0), "route ids begin with 0");
    type Change<'a> = &'a dyn Fn(&mut cmpp::MtRouteUpdate);
    let wrong: &[(u32, Change<'_>)] = &[
        (10, &|p| p.update_type = 3),
        (12, &|p| p.destination_id = text("x")),
        (12, &|p| p.destination_id = text(B)),
        (13, &|p| p.gateway_ip = text("10.0.0")),
        (13, &|p| p.gateway_ip = text("0.0.0.0")),
        (14, &|p| p.gateway_port = 0),
        (15, &|p| p.start_id = text("13x")),
        (15, &|p| p.start_id = text("")),
        (15, &|_| {}),
        (16, &|p| p.end_id = text("139")),
        (16, &|p| p.end_id = text("1370000")),
        (17, &|p| p.area_code = text("x")),
    ];
    for (code, change) in wrong {
        assert_eq!(result(cmpp_update(0, 0, change), A).0, *code);
    }
    assert_eq!(result(cmpp_update(1, 7, |_| {}), A).0, 11);
    assert_eq!(result(cmpp_update(2, 7, |_| {}), A).0, 11);
    assert_eq!(result(cmpp_update(1, 0, |_| {}), B).0, 12, "another gateway's route");
    assert_eq!(result(cmpp_update(2, 0, |p| p.end_id = text("1380005")), A), (0, 0));
    assert_eq!(result(cmpp_update(1, 0, |_| {}), A), (0, 0));
    assert_eq!(gns.len(), 0);
    assert_eq!(gns.next_push(B, cmpp::V21), None, "it came and went");
    let mut replica = Table::replica(Protocol::Cmpp, A);
    let answer = ask(&mut replica, 0, B, cmpp::V21, cmpp_update(0, 0, |_| {}));
    assert!(matches!(answer, AnyPdu::Cmpp(cmpp::Pdu::MtRouteUpdateResp(r)) if r.result == 4));
}

#[test]
fn an_older_push_is_refused_and_a_repeated_one_is_not() {
    let mut gns = Table::server(Protocol::Cmpp);
    gns.follow(A);
    let id = gns.add(now(10).unix_ms, seg(Protocol::Cmpp, B, 2, "1390000")).unwrap();
    let old = gns.next_push(A, cmpp::V30).unwrap();
    gns.change(now(20).unix_ms, Route { id, ..seg(Protocol::Cmpp, B, 2, "1390001") }).unwrap();
    let new = gns.next_push(A, cmpp::V30).unwrap();
    assert_ne!(old, new);
    let mut replica = Table::replica(Protocol::Cmpp, A);
    let mut take = |pdu: &AnyPdu| match ask(&mut replica, 30, "gns", cmpp::V30, pdu.clone()) {
        AnyPdu::Cmpp(cmpp::Pdu::PushMtRouteUpdateResp(r)) => r.result,
        other => panic!("{other:?}"),
    };
    assert_eq!([take(&new), take(&new), take(&old)], [0, 0, 6]);
}

#[test]
fn sgip_gateways_change_their_own_and_the_gns_tells_the_others() {
    let mut gns = server(Protocol::Sgip, 1);
    gns.follow(A);
    gns.follow(B);
    let mut a = Table::replica(Protocol::Sgip, A);
    let mut b = Table::replica(Protocol::Sgip, B);
    fetch(&mut gns, &mut a, sgip::V12).unwrap();
    fetch(&mut gns, &mut b, sgip::V12).unwrap();
    let add = |smg: &str| -> AnyPdu {
        sgip::Pdu::from(sgip::AddTeleSeg {
            smg_id: text(smg),
            tele_seg: text("1860001"),
            tele_type: text("1"),
            area_code: text("0100"),
            reserve: [0; 8],
        })
        .into()
    };
    let result = |answer: AnyPdu| match answer {
        AnyPdu::Sgip(sgip::Pdu::AddTeleSegResp(r)) => r.result,
        AnyPdu::Sgip(sgip::Pdu::AddSmgResp(r)) => r.result,
        AnyPdu::Sgip(sgip::Pdu::ModifyTeleSegResp(r)) => r.result,
        other => panic!("{other:?}"),
    };
    assert_eq!(result(ask(&mut gns, 1, B, sgip::V12, add(A))), 10, "another gateway's route");
    assert_eq!(result(ask(&mut gns, 1, A, sgip::V12, add(A))), 0);
    assert_eq!(result(ask(&mut gns, 1, A, sgip::V12, add(A))), 0, "its answer was lost, it came again");
    assert_eq!(gns.behind(A), 0, "it knows what it said");
    assert_eq!(push(&mut gns, &mut b, sgip::V12, 2), 1);
    assert_eq!(b.by_phone("18600010000").unwrap().gateway, A);
    let smg: AnyPdu = sgip::Pdu::from(sgip::AddSmg { smg_id: text(A), ..Default::default() }).into();
    assert_eq!(result(ask(&mut gns, 3, A, sgip::V12, smg)), 10, "only the GNS tells of gateways");
    // A gateway moves: the replicas learn its new address.
    let route = gns.gateway(A).unwrap().clone();
    gns.change(now(4).unix_ms, Route { address: ip(99), ..route }).unwrap();
    assert_eq!(push(&mut gns, &mut b, sgip::V12, 5), 1);
    assert_eq!(b.gateway(A).unwrap().address, ip(99));
}

#[test]
fn smgp_updates_and_the_old_ones_of_1_x() {
    let mut gns = Table::server(Protocol::Smgp);
    let update = |update_type, route_id, sp_code: &str| -> AnyPdu {
        smgp::Pdu::from(smgp::UpdateSpRoute {
            update_type,
            route_id,
            dest_gateway_id: text(A),
            dest_gateway_ip: text("10.0.0.1"),
            dest_gateway_port: 8900,
            sp_id: text("12345678"),
            sp_code: text(sp_code),
            sp_access_type: 0,
            sp_type: 1,
        })
        .into()
    };
    let mut status = |pdu: AnyPdu| match ask(&mut gns, 0, A, smgp::V30, pdu) {
        AnyPdu::Smgp(smgp::Pdu::UpdateSpRouteResp(r)) => (r.status, r.route_id),
        other => panic!("{other:?}"),
    };
    assert_eq!(status(update(0, 0, "118")), (0, 1), "ids begin with 1: 0 asks for the start of the list");
    assert_eq!(status(update(0, 0, "11x")).0, 49);
    assert_eq!(status(update(4, 0, "119")).0, 41);
    assert_eq!(status(update(2, 9, "119")).0, 42);
    assert_eq!(status(update(0, 0, "118")).0, 71, "the same again");
    let mut replica = Table::replica(Protocol::Smgp, A);
    let old: AnyPdu = smgp::Pdu::from(smgp::MtRouteUpdate {
        update_type: 0,
        route_id: 5,
        src_gateway_id: text(B),
        src_gateway_ip: text("10.0.0.2"),
        src_gateway_port: 8900,
        start_term_id: text("133000"),
        end_term_id: text("133000"),
        area_code: text("025"),
    })
    .into();
    let answer = ask(&mut replica, 0, B, smgp::V13, old);
    assert_eq!(answer, smgp::Pdu::from(smgp::MtRouteUpdateResp { status: 0 }).into());
    assert_eq!(replica.by_phone("13300012345").unwrap().gateway, B);
}

#[test]
fn a_change_while_a_push_is_on_its_way_is_pushed_too() {
    let mut gns = Table::server(Protocol::Cmpp);
    let mut replica = Table::replica(Protocol::Cmpp, A);
    gns.follow(A);
    let id = gns.add(now(1).unix_ms, seg(Protocol::Cmpp, B, 2, "1390000")).unwrap();
    let first = gns.next_push(A, cmpp::V30).unwrap();
    gns.change(now(2).unix_ms, Route { id, ..seg(Protocol::Cmpp, B, 2, "1390001") }).unwrap();
    let answer = ask(&mut replica, 3, "gns", cmpp::V30, first);
    assert!(gns.pushed(A, &answer));
    assert_eq!(push(&mut gns, &mut replica, cmpp::V30, 4), 1);
    assert_eq!(essence(&gns, cmpp::V30), essence(&replica, cmpp::V30));
    // Added, pushed, and gone before the answer: the gateway has it and must lose it.
    let id = gns.add(now(5).unix_ms, seg(Protocol::Cmpp, B, 2, "1400000")).unwrap();
    let add = gns.next_push(A, cmpp::V30).unwrap();
    gns.remove(Kind::Segment, id).unwrap();
    ask(&mut replica, 6, "gns", cmpp::V30, add);
    assert_eq!(push(&mut gns, &mut replica, cmpp::V30, 7), 1);
    assert_eq!(essence(&gns, cmpp::V30), essence(&replica, cmpp::V30));
}

#[test]
fn a_list_that_loops_or_lies_is_refused_and_changes_nothing() {
    let mut replica = Table::replica(Protocol::Cmpp, A);
    replica.take(Route { id: 3, ..seg(Protocol::Cmpp, B, 2, "1390000") }).unwrap();
    let before = essence(&replica, cmpp::V30);
    let answer = |id: u32, number: u32| -> AnyPdu {
        cmpp::Pdu::from(cmpp::GetMtRouteResp {
            route_id: id,
            destination_id: text(B),
            gateway_ip: text("10.0.0.2"),
            gateway_port: 7930,
            start_id: text(&format!("13{id:05}")),
            end_id: text(&format!("13{id:05}")),
            route_total: 100,
            route_number: number,
            ..Default::default()
        })
        .into()
    };
    let mut fetch = replica.fetch(cmpp::V30);
    for id in 0..5 {
        fetch.answered(&answer(id, id + 1)).unwrap();
    }
    assert_eq!(fetch.answered(&answer(2, 6)), Err(RouteError::ListLoops { last: 4, next: 2 }));
    let mut fetch = replica.fetch(cmpp::V30);
    let other: AnyPdu = cmpp::Pdu::from(cmpp::MtRouteResp::default()).into();
    assert!(matches!(fetch.answered(&other), Err(RouteError::WrongAnswer(_))));
    assert!(matches!(fetch.finish(&mut replica), Err(RouteError::WrongAnswer(_))), "not whole");
    let mut fetch = replica.fetch(cmpp::V30);
    let refused: AnyPdu = cmpp::Pdu::from(cmpp::GetMtRouteResp { result: 9, ..Default::default() }).into();
    assert_eq!(fetch.answered(&refused), Err(RouteError::Refused(9)));
    assert_eq!(essence(&replica, cmpp::V30), before);
    // A list without an end.
    let small = Table::replica(Protocol::Cmpp, A).with_limit(10);
    let mut fetch = small.fetch(cmpp::V30);
    let end = (0..100).find_map(|id| fetch.answered(&answer(id, 1)).err());
    assert_eq!(end, Some(RouteError::Full(10)));
}

#[test]
fn the_last_answer_of_2_0_is_read_in_both_ways() {
    for with_route in [true, false] {
        let mut replica = Table::replica(Protocol::Cmpp, A);
        let mut fetch = replica.fetch(cmpp::V20);
        let route = cmpp::GetRouteResp {
            destination_id: text(B),
            gateway_ip: text("10.0.0.2"),
            gateway_port: 7930,
            start_code: 1_390_000,
            end_code: 1_390_000,
            ..Default::default()
        };
        let none = cmpp::GetRouteResp { result: 2, ..Default::default() };
        let second =
            cmpp::GetRouteResp { route_id: 1, start_code: 1_390_001, end_code: 1_390_001, ..route.clone() };
        let say = |p: cmpp::GetRouteResp| AnyPdu::from(cmpp::Pdu::from(p));
        fetch.answered(&say(route)).unwrap();
        if with_route {
            fetch.answered(&say(cmpp::GetRouteResp { result: 2, ..second.clone() })).unwrap();
        } else {
            fetch.answered(&say(second)).unwrap();
            fetch.answered(&say(none.clone())).unwrap();
        }
        fetch.answered(&say(cmpp::GetRouteResp { result: 1, ..none })).unwrap();
        assert_eq!(fetch.finish(&mut replica), Ok(2));
        assert_eq!(replica.by_phone("13900010000").unwrap().id, 1);
    }
}

#[test]
fn tables_are_saved_and_loaded_with_what_gateways_have_not_been_told() {
    for (protocol, version) in versions() {
        let mut gns = server(protocol, 5);
        gns.follow(A);
        gns.follow(B);
        gns.add(now(1).unix_ms, seg(protocol, B, 2, "188000")).unwrap();
        let first = gns.by_phone("13000000000").unwrap().id;
        gns.remove(Kind::Segment, first).unwrap();
        let text = gns.to_text();
        let mut loaded = Table::from_text(&text).unwrap();
        assert_eq!(loaded.to_text(), text, "{protocol}");
        assert_eq!(loaded.behind(A), 2);
        let mut replica = Table::replica(protocol, A);
        let mut before = server(protocol, 5);
        fetch(&mut before, &mut replica, version).unwrap();
        assert_eq!(push(&mut loaded, &mut replica, version, 2), 2);
        assert_eq!(essence(&loaded, version), essence(&replica, version));
        let again = loaded.add(0, seg(protocol, B, 2, "188001")).unwrap();
        assert!(again > 0, "numbers are not given twice");
    }
}

#[test]
fn a_bad_file_names_its_line() {
    let good = "sanwang routes 1 cmpp server\nnext 1 0 0\nsegment 0 1001 10.0.0.1 7930 0 138 138 - 0\n";
    assert_eq!(Table::from_text(good).unwrap().len(), 1);
    for (wrong, line, part) in [
        ("", 1, "sanwang routes 1"),
        ("sanwang routes 1 abcd server", 1, "a protocol"),
        ("sanwang routes 1 cmpp server\nhello", 2, "begins no line"),
        ("sanwang routes 1 cmpp server\nnext 1", 2, "three numbers"),
        ("sanwang routes 1 cmpp server\n\nsegment 0 1001 10.0.0 7930 0 138 138 - 0", 3, "expected: segment"),
        ("sanwang routes 1 cmpp server\nsegment 0 1001 10.0.0.1 0 0 138 138 - 0", 2, "port"),
        ("sanwang routes 1 cmpp replica 1001\nfollows 2", 2, "replica"),
        ("sanwang routes 1 cmpp server\nbehind 2 segment 7", 2, "no segment 7"),
    ] {
        match Table::from_text(wrong) {
            Err(RouteError::Text { line: at, what }) => {
                assert!(at == line && what.contains(part), "{wrong:?}: {at} {what}");
            }
            other => panic!("{wrong:?}: {other:?}"),
        }
    }
    let twice = format!("{good}segment 0 1001 10.0.0.1 7930 0 139 139 - 0\n");
    assert!(matches!(Table::from_text(&twice), Err(RouteError::Text { line: 4, .. })));
    let overlaps = format!("{good}segment 1 1002 10.0.0.1 7930 0 137 139 - 0\n");
    assert!(matches!(Table::from_text(&overlaps), Err(RouteError::Text { line: 4, .. })));
}

#[test]
fn forwards_never_go_in_a_circle() {
    let submit = cmpp::Submit {
        dest_terminal_id: vec![text("13800138000")].into(),
        registered_delivery: 1,
        src_id: text("1065"),
        ..Default::default()
    };
    let fwd = forward::cmpp_forward(&submit, 0, 77, A, B).unwrap();
    assert_eq!((fwd.nodes_count, fwd.msg_id, fwd.dest_id[0]), (1, 77, text("13800138000")));
    assert!(forward::cmpp_forward(&submit, 1, 77, A, B).is_none());
    let on = forward::cmpp_relay(&fwd, B, "103001").unwrap();
    assert_eq!((on.nodes_count, on.source_id, on.destination_id), (2, text(B), text("103001")));
    assert!(forward::cmpp_relay(&fwd, B, A).is_err(), "back where it came from");
    assert!(forward::cmpp_relay(&fwd, B, B).is_err(), "to itself");
    assert!(forward::cmpp_relay(&fwd, A, "103001").is_err(), "its own");
    let tired = cmpp::Fwd { nodes_count: forward::MOST_NODES, ..fwd.clone() };
    assert!(forward::cmpp_relay(&tired, B, "103001").is_err(), "too many nodes");
    let back = forward::cmpp_report(&fwd, bytes::Bytes::from_static(&[0; 60]));
    assert_eq!((back.msg_fwd_type, back.destination_id), (2, text(A)));
    assert_eq!((back.src_id, back.dest_id[0]), (text("13800138000"), text("1065")));
    assert_eq!(forward::second_hop(A, Some(A)), None);
    assert_eq!(forward::second_hop(A, Some(B)), Some(22));
    assert_eq!(forward::second_hop(A, None), Some(23));
}
