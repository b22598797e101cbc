//! Raw links over real sockets: every role and login type, both directions, hostile peers.

#[path = "common/ports.rs"]
mod ports;

use ports::free_port;
use sanwang::routes::Route;
use sanwang::wire::{AnyPdu, Protocol, Seq, cmpp, sgip, smgp};
use sanwang::{Link, LinkAnswer, LinkError, LinkRequest, RouteTable, WaitError};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);

fn port(link: &Link) -> u16 {
    link.listeners()[0].1.port()
}

/// Answers a forward of its protocol and refuses the rest.
fn forwards(request: &LinkRequest) -> LinkAnswer {
    match &*request.pdu {
        AnyPdu::Cmpp(cmpp::Pdu::Fwd(p)) => cmpp::Pdu::from(cmpp::FwdResp {
            msg_id: p.msg_id,
            pk_total: p.pk_total,
            pk_number: p.pk_number,
            result: 0,
        })
        .into(),
        AnyPdu::Sgip(sgip::Pdu::Submit(_)) => {
            assert_eq!(request.seq.serial, 4711, "a forward keeps its sequence");
            sgip::Pdu::from(sgip::SubmitResp::default()).into()
        }
        AnyPdu::Smgp(smgp::Pdu::Forward(p)) => {
            smgp::Pdu::from(smgp::ForwardResp { msg_id: p.msg_id, ..Default::default() }).into()
        }
        _ => LinkAnswer::Refuse,
    }
}

fn forward_of(scheme: &str) -> AnyPdu {
    match scheme {
        "cmpp" => cmpp::Pdu::from(cmpp::Fwd {
            msg_id: 9,
            dest_id: vec!["13800138000".parse().unwrap()].into(),
            ..Default::default()
        })
        .into(),
        "sgip" => {
            let user_numbers = vec!["8613001000000".parse().unwrap()];
            sgip::Pdu::from(sgip::Submit { user_numbers: user_numbers.into(), ..Default::default() }).into()
        }
        _ => smgp::Pdu::from(smgp::Forward { msg_id: [7; 10], ..Default::default() }).into(),
    }
}

#[test]
fn gateways_forward_to_each_other_in_every_version() {
    let cases = [
        ("cmpp", "2.0", ""),
        ("cmpp", "2.1", ""),
        ("cmpp", "3.0", ""),
        ("sgip", "1.2", "&node=100101&login_type=3"),
        ("smgp", "1.3", ""),
        ("smgp", "3.0", "&login_mode=0"),
        ("smgp", "3.0", "&login_mode=1"),
    ];
    for (scheme, version, more) in cases {
        let b = Link::builder()
            .listen(&format!("{scheme}://127.0.0.1:0"))
            .peer("100101", "secret")
            .on_request(forwards)
            .open()
            .unwrap();
        let url = format!("{scheme}://100101:secret@127.0.0.1:{}?version={version}{more}", port(&b));
        let a = Link::builder().dial("b", &url).open().unwrap();
        let seq = Seq { node: 3_010_012_345, time: 1_122_000_000, serial: 4711 };
        let answer = a.request_as("b", seq, forward_of(scheme), LONG).unwrap();
        assert_eq!(answer.command(), forward_of(scheme).command() | 0x8000_0000, "{scheme} {version}");
        assert_eq!(a.speaks("b").unwrap().1.to_string(), version);
        // The other way, on the connection that the peer opened: nobody there handles it.
        if scheme != "sgip" {
            let refused = b.request("100101", forward_of(scheme), LONG).unwrap();
            assert!(refused.fields(b.speaks("100101").unwrap().1).iter().any(|f| {
                matches!(f.name, "result" | "status") && f.value != sanwang::wire::Value::Int(0)
            }));
        }
        a.close(LONG).unwrap();
        b.close(LONG).unwrap();
    }
}

#[test]
fn each_sgip_login_type_is_let_in_where_it_belongs() {
    for listener in [0u8, 1, 2, 3, 4, 5, 6, 11] {
        let b = Link::builder()
            .listen(&format!("sgip://127.0.0.1:0?login_type={listener}"))
            .peer("peer", "secret")
            .on_request(forwards)
            .open()
            .unwrap();
        let types: &[u8] = if listener == 0 { &[1, 2, 3, 4, 5, 6, 11, 7] } else { &[listener, 7] };
        for login in types {
            let url = format!(
                "sgip://peer:secret@127.0.0.1:{}?node=100101&login_type={login}&refused_min=1s",
                port(&b)
            );
            let a = Link::builder().dial("b", &url).on_log(|_| {}).open().unwrap();
            let seq = Seq { node: 1, time: 1, serial: 4711 };
            let wait = if *login == 7 { Duration::from_millis(500) } else { LONG };
            let answer = a.request_as("b", seq, forward_of("sgip"), wait);
            match (*login, answer) {
                (7, Err(LinkError::NotSent(why))) => {
                    assert!(why.contains("refused with status 4") || !why.is_empty(), "{why}");
                }
                (7, other) => panic!("{other:?}"),
                (_, answer) => {
                    answer.unwrap();
                }
            }
            a.close(LONG).unwrap();
        }
        b.close(LONG).unwrap();
    }
}

#[test]
fn answers_later_functions_and_errors() {
    let (send, asked) = mpsc::channel();
    let b = Link::builder()
        .listen("cmpp://127.0.0.1:0")
        .peer("001001", "secret")
        .on_request(move |request| {
            send.send(request.clone()).unwrap();
            LinkAnswer::Later
        })
        .open()
        .unwrap();
    let url = format!("cmpp://001001:secret@127.0.0.1:{}", port(&b));
    let a = Link::builder().dial("b", &url).open().unwrap();
    let (done, answers) = mpsc::channel();
    let query = cmpp::Pdu::from(cmpp::MtRoute::default());
    a.request_then("b", query.clone(), LONG, move |answer| done.send(answer).unwrap()).unwrap();
    let request = asked.recv_timeout(LONG).unwrap();
    assert_eq!(&*request.account, "001001");
    let wrong = cmpp::Pdu::from(cmpp::MoRouteResp::default());
    assert!(matches!(b.answer(request.token, wrong), Err(LinkError::WrongPdu(_))));
    assert!(matches!(b.answer(request.token, query.clone()), Err(LinkError::WrongPdu(_))));
    let answer = cmpp::Pdu::from(cmpp::MtRouteResp { route_id: 3, ..Default::default() });
    b.answer(request.token, answer.clone()).unwrap();
    assert_eq!(answers.recv_timeout(LONG).unwrap(), Ok(AnyPdu::from(answer.clone())));
    assert_eq!(b.answer(request.token, answer), Err(LinkError::Stale));
    let login = cmpp::Pdu::from(cmpp::ActiveTest::default());
    assert!(matches!(a.request("b", login, LONG), Err(LinkError::WrongPdu(_))));
    assert_eq!(a.request("nobody", query.clone(), LONG), Err(LinkError::NoPeer("nobody".to_owned())));
    let other = smgp::Pdu::from(smgp::Forward::default());
    assert!(matches!(a.request("b", other, LONG), Err(LinkError::WrongPdu(_))));
    let silence = loop {
        match a.request("b", query.clone(), Duration::from_millis(300)) {
            // On a busy machine the time may be over before it is written.
            Err(LinkError::NotSent(_)) => {}
            other => break other,
        }
    };
    assert_eq!(silence, Err(LinkError::NoAnswer));
    b.close(Duration::ZERO).unwrap();
    assert!(a.request("b", query.clone(), Duration::from_millis(300)).is_err());
    a.close(Duration::ZERO).unwrap();
    assert_eq!(a.request("b", query, LONG), Err(LinkError::Closed));
}

/// Also inside a handler, where an answer goes only when the handler has returned.
#[test]
fn a_second_answer_is_told_at_once_that_it_comes_too_late() {
    let (tell, told) = mpsc::channel();
    let answer = || cmpp::Pdu::from(cmpp::MtRouteResp { route_id: 3, ..Default::default() });
    let b = Link::builder()
        .listen("cmpp://127.0.0.1:0")
        .peer("001001", "secret")
        .on_request_with(move |link, request| {
            let wrong = link.answer(request.token, cmpp::Pdu::from(cmpp::MoRouteResp::default()));
            let first = link.answer(request.token, answer());
            let later = [link.answer(request.token, answer()), link.refuse(request.token, true)];
            tell.send((wrong, first, later)).unwrap();
            LinkAnswer::Later
        })
        .open()
        .unwrap();
    let url = format!("cmpp://001001:secret@127.0.0.1:{}", port(&b));
    let a = Link::builder().dial("b", &url).open().unwrap();
    let query = cmpp::Pdu::from(cmpp::MtRoute::default());
    assert_eq!(a.request("b", query, LONG), Ok(AnyPdu::from(answer())));
    let (wrong, first, later) = told.recv_timeout(LONG).unwrap();
    assert!(matches!(wrong, Err(LinkError::WrongPdu(_))), "{wrong:?}");
    assert_eq!((first, later), (Ok(()), [const { Err(LinkError::Stale) }; 2]));
    a.close(LONG).unwrap();
    b.close(LONG).unwrap();
}

/// Its threads and sockets go with the last handle, and the table can be pushed over another link.
#[test]
fn a_link_that_is_dropped_goes_although_a_push_is_unanswered() {
    let table = RouteTable::server(Protocol::Cmpp);
    table.with(|t| t.follow("001001"));
    let serve = |port: u16| {
        // Nothing but the drop ends its connections in the time of this test.
        Link::builder()
            .listen(&format!("cmpp://127.0.0.1:{port}?response_timeout=10m&keepalive=1h"))
            .peer("001001", "secret")
            .on_log(|_| {})
            .open()
    };
    let at = free_port().port();
    let first = serve(at).unwrap();
    let (tell, pushed) = mpsc::channel();
    let url =
        format!("cmpp://001001:secret@127.0.0.1:{at}?ack_within=5m&reconnect_min=100ms&reconnect_max=200ms");
    let gateway = Link::builder()
        .dial("gns", &url)
        .on_request(move |request| {
            tell.send(request.clone()).unwrap();
            LinkAnswer::Later
        })
        .on_log(|_| {})
        .open()
        .unwrap();
    gateway.wait_online("gns", LONG).unwrap();
    first.wait_online("001001", LONG).unwrap();
    table.add(Route::segment("001002", Ipv4Addr::LOCALHOST, 7890, "1380013", "1380013", "010")).unwrap();
    table.push(&first, Duration::from_secs(3600));
    let request = pushed.recv_timeout(LONG).unwrap();
    assert_eq!(request.pdu.name(), "push_mt_route_update");
    drop(first);
    let end = Instant::now() + LONG;
    let second = loop {
        match serve(at) {
            Ok(link) => break link,
            Err(error) => assert!(Instant::now() < end, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    second.wait_online("001001", LONG).unwrap();
    table.push(&second, Duration::from_secs(3600));
    assert_eq!(pushed.recv_timeout(LONG).unwrap().pdu, request.pdu);
    second.close(Duration::ZERO).unwrap();
    assert_eq!(second.wait_online("001001", Duration::MAX), Err(WaitError::Closed));
    gateway.close(Duration::ZERO).unwrap();
}

#[test]
fn a_peer_that_comes_back_is_asked_again() {
    let listen = |port: u16| {
        Link::builder()
            .listen(&format!("smgp://127.0.0.1:{port}"))
            .peer("010061", "secret")
            .on_request(forwards)
            .open()
    };
    let at = free_port().port();
    let b = listen(at).unwrap();
    let url = format!("smgp://010061:secret@127.0.0.1:{at}?reconnect_min=100ms&reconnect_max=200ms");
    let a = Link::builder().dial("b", &url).on_log(|_| {}).open().unwrap();
    a.request("b", forward_of("smgp"), LONG).unwrap();
    b.close(Duration::ZERO).unwrap();
    let b = listen(at).unwrap();
    // What was written to the connection that ends is lost, and said to be.
    let answer = loop {
        match a.request("b", forward_of("smgp"), LONG) {
            Err(LinkError::Lost) => {}
            other => break other,
        }
    };
    answer.unwrap();
    a.close(LONG).unwrap();
    b.close(LONG).unwrap();
}

/// A peer that has logged in and then sends what it likes costs its own connection, nothing else.
#[test]
fn a_hostile_peer_costs_one_connection() {
    let b = Link::builder()
        .listen("sgip://127.0.0.1:0")
        .peer("good", "secret")
        .peer("bad", "secret")
        .on_request(forwards)
        .on_log(|_| {})
        .open()
        .unwrap();
    let at = port(&b);
    let url = format!("sgip://good:secret@127.0.0.1:{at}?node=100101&login_type=3");
    let a = Link::builder().dial("b", &url).open().unwrap();
    let seq = Seq { node: 1, time: 1, serial: 4711 };
    a.request_as("b", seq, forward_of("sgip"), LONG).unwrap();
    let mut bind = bytes::BytesMut::new();
    sgip::Pdu::from(sgip::Bind {
        login_type: 3,
        login_name: "bad".parse().unwrap(),
        login_password: "secret".parse().unwrap(),
        reserve: [0; 8],
    })
    .encode(sgip::V12, Seq::serial(1), &mut bind)
    .unwrap();
    let mut frames: Vec<Vec<u8>> = vec![vec![0xff; 64], vec![0, 0, 0, 19, 0, 0, 0, 3]];
    for command in 0..0x20u32 {
        for length in [20u32, 21, 29, 60, 400] {
            let mut frame = vec![0xff; length as usize];
            frame[..4].copy_from_slice(&length.to_be_bytes());
            frame[4..8].copy_from_slice(&command.to_be_bytes());
            frames.push(frame.clone());
            // The same as an answer to nothing.
            frame[4] = 0x80;
            frames.push(frame);
        }
    }
    for frame in frames {
        let mut peer = TcpStream::connect(("127.0.0.1", at)).unwrap();
        peer.set_read_timeout(Some(LONG)).unwrap();
        peer.write_all(&bind).unwrap();
        let mut answer = [0; 29];
        peer.read_exact(&mut answer).unwrap();
        assert_eq!(answer[20], 0, "logged in");
        let _ = peer.write_all(&frame);
        let _ = peer.shutdown(std::net::Shutdown::Write);
        let mut rest = Vec::new();
        let _ = peer.read_to_end(&mut rest);
    }
    a.request_as("b", seq, forward_of("sgip"), LONG).unwrap();
    a.close(LONG).unwrap();
    b.close(LONG).unwrap();
}
