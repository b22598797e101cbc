//! Bad input over real sockets: each case ends in a clear answer or a closed connection, costs one connection
//! at most, and never the process.

#[path = "common/ports.rs"]
mod ports;

use ports::free_port;
use sanwang::sim::Simulator;
use sanwang::wire::{Protocol, cmpp};
use sanwang::{Client, SendError, Status, Submit};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// A simulator with checked accounts and short login time.
fn gateway(protocol: &str) -> Simulator {
    Simulator::builder()
        .listen(&format!("{protocol}://127.0.0.1:0?login_timeout=1s"))
        .account("901234", "1234")
        .account("sp12345", "secret")
        .account("10000001", "shared123")
        .silent()
        .open()
        .unwrap()
}

fn dial(sim: &Simulator) -> TcpStream {
    let stream = TcpStream::connect(sim.listeners()[0].1).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// What the peer says until it closes.
fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Ok(_) => all,
        Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => all,
        Err(e) => panic!("the connection stays open: {e}"),
    }
}

/// Logs in with the octets of the golden vectors.
fn login(stream: &mut TcpStream, protocol: Protocol) {
    let (request, answer) = match protocol {
        Protocol::Cmpp => {
            ("000000270000000100000001393031323334bcafe3b5720484de7694ef2edcc5a04a302a34c39f", 33)
        }
        Protocol::Sgip => (
            "0000003d00000001b36924b942c4f1d9000000000173703132333435000000000000000000736563726574000000000000000000000000000000000000",
            29,
        ),
        Protocol::Smgp => {
            ("0000002a00000001000000013130303030303031552cc86bb7b230aa6184f19dc111ff920211f0e54030", 33)
        }
    };
    stream.write_all(&hex(request)).unwrap();
    let mut octets = vec![0; answer];
    stream.read_exact(&mut octets).unwrap();
    let status = if protocol == Protocol::Sgip { octets[20] } else { octets[15] };
    assert_eq!(status, 0, "{protocol}: {octets:02x?}");
}

/// The gateway lives: somebody can still log in.
fn alive(sim: &Simulator, protocol: Protocol) {
    login(&mut dial(sim), protocol);
}

#[test]
fn absurd_lengths_before_and_after_the_login_close_the_connection() {
    for protocol in Protocol::ALL {
        let sim = gateway(protocol.name());
        for length in ["00000000", "0000000b", "00000013", "ffffffff", "7fffffff", "47455420", "16030100"] {
            if protocol != Protocol::Sgip && length == "00000013" {
                // 19 octets are a legal length where the header has 12; there it is an unknown command.
                continue;
            }
            for logged_in in [false, true] {
                let mut peer = dial(&sim);
                if logged_in {
                    login(&mut peer, protocol);
                }
                peer.write_all(&hex(&format!("{length}000000080000000100000002000000030000"))).unwrap();
                assert!(until_closed(&mut peer).is_empty(), "{protocol} {length}");
            }
        }
        alive(&sim, protocol);
        sim.close(Duration::ZERO).unwrap();
    }
}

#[test]
fn a_login_octet_by_octet_is_a_login() {
    for protocol in Protocol::ALL {
        let sim = gateway(protocol.name());
        let mut peer = dial(&sim);
        peer.set_nodelay(true).unwrap();
        let request = match protocol {
            Protocol::Cmpp => {
                "000000270000000100000001393031323334bcafe3b5720484de7694ef2edcc5a04a302a34c39f"
            }
            Protocol::Sgip => {
                "0000003d00000001b36924b942c4f1d9000000000173703132333435000000000000000000736563726574000000000000000000000000000000000000"
            }
            Protocol::Smgp => {
                "0000002a00000001000000013130303030303031552cc86bb7b230aa6184f19dc111ff920211f0e54030"
            }
        };
        for octet in hex(request) {
            peer.write_all(&[octet]).unwrap();
        }
        let mut answer = [0; 12];
        peer.read_exact(&mut answer).unwrap();
        assert_eq!(answer[4], 0x80);
        sim.close(Duration::ZERO).unwrap();
    }
}

#[test]
fn half_a_frame_and_then_nothing_ends_at_the_login_deadline() {
    let sim = gateway("cmpp");
    let mut peer = dial(&sim);
    peer.write_all(&hex("0000002700000001000000013930")).unwrap();
    assert!(until_closed(&mut peer).is_empty());
    // And so does a connection that says nothing at all.
    assert!(until_closed(&mut dial(&sim)).is_empty());
    alive(&sim, Protocol::Cmpp);
    sim.close(Duration::ZERO).unwrap();
}

#[test]
fn garbage_and_requests_before_the_login_close_the_connection() {
    let sim = gateway("cmpp");
    for octets in [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        vec![0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0x00],
        hex("0000000c0000000800000001"),
        hex("0000000c000000ff00000001"),
        vec![0xff; 4096],
    ] {
        let mut peer = dial(&sim);
        peer.write_all(&octets).unwrap();
        assert!(until_closed(&mut peer).is_empty());
    }
    assert_eq!(sim.gateway().turned_away(), 5);
    alive(&sim, Protocol::Cmpp);
    sim.close(Duration::ZERO).unwrap();
}

#[test]
fn a_wrong_secret_is_refused_with_the_protocols_code_and_closed() {
    for (protocol, request, at, status) in [
        (
            Protocol::Cmpp,
            "000000270000000100000001393031323334ffafe3b5720484de7694ef2edcc5a04a302a34c39f",
            15,
            3,
        ),
        (
            Protocol::Sgip,
            "0000003d00000001b36924b942c4f1d9000000000173703132333435000000000000000000776563726574000000000000000000000000000000000000",
            20,
            1,
        ),
        (
            Protocol::Smgp,
            "0000002a00000001000000013130303030303031ff2cc86bb7b230aa6184f19dc111ff920211f0e54030",
            15,
            21,
        ),
    ] {
        let sim = gateway(protocol.name());
        let mut peer = dial(&sim);
        peer.write_all(&hex(request)).unwrap();
        let answer = until_closed(&mut peer);
        assert_eq!(answer.get(at), Some(&status), "{protocol}: {answer:02x?}");
        if protocol != Protocol::Sgip {
            assert_eq!(answer[16..32], [0; 16], "no digest for strangers");
        }
        sim.close(Duration::ZERO).unwrap();
    }
}

#[test]
fn unknown_commands_are_skipped_or_close_as_the_protocol_says() {
    // CMPP and SMGP skip by length, SGIP closes (cmpp.md 11.5, smgp.md 4, sgip.md 9.2).
    for (protocol, unknown, test) in [
        (Protocol::Cmpp, "0000000c000000ff00000001", Some("0000000c0000000800000002")),
        (Protocol::Smgp, "0000000c0000007700000001", Some("0000000c0000000400000002")),
        (Protocol::Sgip, "0000001400000012b36924b942c4f1d900000001", None),
    ] {
        let sim = gateway(protocol.name());
        let mut peer = dial(&sim);
        login(&mut peer, protocol);
        peer.write_all(&hex(unknown)).unwrap();
        match test {
            Some(test) => {
                peer.write_all(&hex(test)).unwrap();
                let mut answer = [0; 12];
                peer.read_exact(&mut answer).unwrap();
                assert_eq!(answer[11], 2, "the link test behind it is answered");
            }
            None => assert!(until_closed(&mut peer).is_empty()),
        }
        sim.close(Duration::ZERO).unwrap();
    }
}

#[test]
fn malformed_submits_are_answered_and_the_connection_stays() {
    let vectors: Vec<serde_json::Value> = ["cmpp", "sgip", "smgp"]
        .iter()
        .flat_map(|name| {
            let path = format!("{}/../tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
            let list: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            list
        })
        .collect();
    let expected = [
        ("bad_v20_submit_length_beyond", 4u8),
        ("bad_v30_submit_dest_count_beyond", 1),
        ("bad_v20_submit_dest_count_0", 1),
        ("bad_submit_content_length", 8),
        ("bad_submit_usercount_0", 5),
        ("bad_submit_length_beyond", 10),
        ("bad_submit_dest_count_0", 47),
        ("bad_tlv_overrun", 10),
    ];
    for (name, result) in expected {
        let vector = vectors.iter().find(|v| v["name"] == name).unwrap();
        let protocol: Protocol = vector["protocol"].as_str().unwrap().parse().unwrap();
        let sim = gateway(protocol.name());
        let mut peer = dial(&sim);
        if vector["version"] == "2.0" && protocol == Protocol::Cmpp {
            let v20 = "000000270000000100000001393031323334bcafe3b5720484de7694ef2edcc5a04a202a34c39f";
            peer.write_all(&hex(v20)).unwrap();
            peer.read_exact(&mut [0; 30]).unwrap();
        } else {
            login(&mut peer, protocol);
        }
        peer.write_all(&hex(vector["hex"].as_str().unwrap())).unwrap();
        let mut answer = vec![0; 4];
        peer.read_exact(&mut answer).unwrap();
        let length = u32::from_be_bytes(answer[..4].try_into().unwrap()) as usize;
        answer.resize(length, 0);
        peer.read_exact(&mut answer[4..]).unwrap();
        let given = if protocol == Protocol::Sgip { answer[20] } else { *answer.last().unwrap() };
        assert_eq!(given, result, "{name}: {answer:02x?}");
        sim.close(Duration::ZERO).unwrap();
    }
}

#[test]
fn wrong_messages_are_errors_that_say_what_to_do() {
    let sp = Client::builder()
        .account("cmpp://901234:1234@127.0.0.1:1?sender=10657001&max_segments=2")
        .on_log(|_| {})
        .open()
        .unwrap();
    let text = |submit: Submit| sp.send(submit).unwrap_err();
    for (receiver, word) in
        [("", "empty"), ("12345", "digits"), ("1380013800x", "character"), ("01012345678", "13 to 19")]
    {
        let error = text(Submit::to(receiver).text("hi"));
        assert!(matches!(error, SendError::BadReceiver(_)), "{error:?}");
        assert!(error.to_string().contains(word), "{error}");
    }
    let error = text(Submit::to("13800138000"));
    assert_eq!((error.name(), error.retriable()), ("EMPTY", false));
    let error = text(Submit::to("13800138000").text("中".repeat(135)));
    assert!(matches!(error, SendError::TooLong(_)) && error.to_string().contains("3 segments"), "{error}");
    let error = text(Submit::to("13800138000").text("hi").sender("1".repeat(22)));
    assert!(error.to_string().contains("21"), "{error}");
    let error = text(Submit::to("13800138000").text("hi").field("servce_id", "X"));
    assert!(matches!(error, SendError::BadSetting(_)) && error.to_string().contains("service_id"), "{error}");
    let error = text(Submit::to("13800138000").text("hi").field("service_id", "ABCDEFGHIJK"));
    assert!(error.to_string().contains("service_id") && error.to_string().contains("10"), "{error}");
    let error = text(Submit::to("13800138000").text("hi").account("nobody"));
    for (sender, why) in [
        ("abc", "write at most 21 digits"),
        ("106570011065700110657001", "out of range"),
        ("+106", "not valid"),
    ] {
        let error = sp.send(Submit::to("13800138000").text("x").sender(sender)).unwrap_err();
        assert_eq!(error.field(), Some("sender"));
        assert!(error.to_string().contains(why), "{error}");
    }
    assert!(matches!(error, SendError::NoRoute(_)) && error.to_string().contains("901234"), "{error}");
    assert_eq!(sp.open_tickets(), 0, "nothing was accepted");
    sp.close(Duration::ZERO).unwrap();
    assert_eq!(sp.send(Submit::to("13800138000").text("hi")), Err(SendError::Closed));
}

#[test]
fn wrong_accounts_are_errors_that_say_what_to_do() {
    for (url, word) in [
        ("cmpp://901234:x@127.0.0.1:1?windw=3", "window"),
        ("cmpp://901234:x@127.0.0.1:1?window=0", "1"),
        ("cmmp://901234:x@127.0.0.1:1", "cmpp"),
        ("sgip://sp:x@127.0.0.1:1", "node"),
        ("cmpp://901234@127.0.0.1:1", "secret"),
        ("cmpp://901234@127.0.0.1:1?secret_env=SANWANG_NO_SUCH_SECRET", "SANWANG_NO_SUCH_SECRET"),
        ("cmpp://901234@127.0.0.1:1?secret_file=/no/such/file", "/no/such/file"),
    ] {
        let error = Client::open(url).unwrap_err().to_string();
        assert!(error.contains(word), "{url}: {error}");
    }
    let twice =
        Client::builder().account("cmpp://901234:x@127.0.0.1:1").account("cmpp://901234:y@127.0.0.1:2");
    assert!(twice.open().unwrap_err().to_string().contains("901234"));
    assert!(Client::builder().open().unwrap_err().to_string().contains("account"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let error =
        Client::open(&format!("sgip://sp:x@127.0.0.1:1?node=3010012345&listen={listen}")).unwrap_err();
    assert!(error.to_string().contains(&listen.to_string()), "{error}");
}

#[test]
fn an_unreachable_address_is_said_and_ends_with_the_close() {
    // A port that nobody listens on.
    let nobody = free_port();
    let sp =
        Client::builder().account(&format!("cmpp://901234:1234@{nobody}")).on_log(|_| {}).open().unwrap();
    let ticket = sp.send(Submit::to("13800138000").text("hi")).unwrap();
    let end = Instant::now() + LONG;
    // Once it has been tried.
    loop {
        let error = sp.wait_online(Duration::from_millis(20)).unwrap_err().to_string();
        if error.contains(&nobody.to_string()) {
            break;
        }
        assert!(Instant::now() < end, "{error}");
    }
    let left = sp.close(Duration::from_millis(200)).unwrap();
    assert_eq!(left.abandoned, 1);
    let outcome = sp.outcome(ticket, Duration::ZERO).unwrap().unwrap();
    assert_eq!(outcome.status, Status::Abandoned);
    assert!(outcome.text.contains(&nobody.to_string()), "{}", outcome.text);
}

#[test]
fn a_refused_login_ends_waiting_with_its_reason() {
    let sim = gateway("cmpp");
    let url = format!("cmpp://901234:wrong@{}", sim.address(Protocol::Cmpp).unwrap());
    let sp = Client::builder().account(&url).on_log(|_| {}).open().unwrap();
    let begun = Instant::now();
    let error = sp.wait_online(LONG).unwrap_err().to_string();
    assert!(begun.elapsed() < LONG, "not the time-out");
    assert!(error.contains("refused") && error.contains('3'), "{error}");
    assert!(!error.contains("wrong@") && !error.contains("secret:"), "no secret in it: {error}");
    sp.close(Duration::ZERO).unwrap();
    sim.close(Duration::ZERO).unwrap();
}

#[test]
fn a_gateway_that_talks_nonsense_costs_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let sp = Client::builder()
        .account(&format!("cmpp://901234:1234@{address}?reconnect_min=100ms&reconnect_max=100ms"))
        .on_log(|_| {})
        .open()
        .unwrap();
    for nonsense in [
        vec![0xff; 64],
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        hex("0000000c8000000100000001"),
        vec![0; 64],
    ] {
        let (mut peer, _) = listener.accept().unwrap();
        peer.set_read_timeout(Some(LONG)).unwrap();
        peer.read_exact(&mut [0; 39]).unwrap();
        peer.write_all(&nonsense).unwrap();
        assert!(until_closed(&mut peer).is_empty());
    }
    // The fifth is a real gateway, and the client is fine.
    let (mut peer, _) = listener.accept().unwrap();
    let mut request = [0; 39];
    peer.read_exact(&mut request).unwrap();
    let mut answer = bytes::BytesMut::new();
    let ok = cmpp::ConnectResp { status: 0, authenticator_ismg: [0; 16], version: 0x30 };
    let seq = sanwang::wire::Seq::serial(u32::from_be_bytes(request[8..12].try_into().unwrap()));
    ok.encode(cmpp::V30, seq, &mut answer).unwrap();
    peer.write_all(&answer).unwrap();
    sp.wait_online(LONG).unwrap();
    sp.close(Duration::from_millis(100)).unwrap();
}
