//! TLS, proxies, the PROXY protocol and IPv6, over real sockets on loopback.

#[path = "common/ports.rs"]
mod ports;

use ports::free_port;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, KeyPair};
use sanwang::sim::{Simulator, SimulatorBuilder};
use sanwang::wire::Protocol;
use sanwang::{Client, Gateway, LinkState, Status, Submit};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(30);
const TO: [(&str, &str); 3] = [("cmpp", "13800138000"), ("sgip", "13000000001"), ("smgp", "18900000001")];

/// A certificate authority in a folder of its own, with what it signed.
struct Authority {
    folder: PathBuf,
    certificate: Certificate,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("sanwang-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(folder.join("ca.pem"), certificate.pem()).unwrap();
        Authority { folder, certificate, key }
    }

    fn ca(&self) -> String {
        format!("tls_ca={}", self.folder.join("ca.pem").display())
    }

    /// The same as roots of those an SGIP gateway delivers to.
    fn deliver_ca(&self) -> String {
        self.ca().replace("tls_ca", "deliver_ca")
    }

    /// `tls_cert` and `tls_key` of a new certificate for `name`.
    fn sign(&self, name: &str) -> String {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let signed = params.signed_by(&key, &self.certificate, &self.key).unwrap();
        let (cert, secret) =
            (self.folder.join(format!("{name}.pem")), self.folder.join(format!("{name}.key")));
        std::fs::write(&cert, signed.pem()).unwrap();
        std::fs::write(&secret, key.serialize_pem()).unwrap();
        format!("tls_cert={}&tls_key={}", cert.display(), secret.display())
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn simulator(settings: &str) -> Simulator {
    listening(Simulator::builder(), "127.0.0.1", settings)
}

fn listening(builder: SimulatorBuilder, host: &str, settings: &str) -> Simulator {
    let urls = TO.map(|(scheme, _)| format!("{scheme}://{host}:0?{settings}"));
    urls.iter().fold(builder, |builder, url| builder.listen(url)).silent().open().unwrap()
}

fn at(sim: &Simulator, protocol: Protocol) -> SocketAddr {
    sim.address(protocol).unwrap().parse().unwrap()
}

fn url(protocol: Protocol, address: SocketAddr, settings: &str) -> String {
    let own = if protocol == Protocol::Sgip { "&node=3010012345" } else { "" };
    format!("{protocol}://901234:secret@{address}?sender=10657001&report=no{own}&{settings}")
}

fn to(protocol: Protocol) -> &'static str {
    TO.iter().find(|(scheme, _)| *scheme == protocol.to_string()).unwrap().1
}

/// Sends a message that is cut in three, and sees it accepted.
fn sends(protocol: Protocol, address: SocketAddr, settings: &str) {
    let sp = Client::builder().account(&url(protocol, address, settings)).open().unwrap();
    let ticket = sp.send(Submit::to(to(protocol)).text("长短信".repeat(60))).unwrap();
    let outcome = sp.outcome(ticket, LONG).unwrap().expect("an outcome in time");
    assert_eq!((outcome.status, outcome.segments.len()), (Status::Sent, 3), "{protocol}: {outcome:?}");
    sp.close(LONG).unwrap();
}

/// Why the account does not get online.
fn reason(protocol: Protocol, address: SocketAddr, settings: &str) -> String {
    let (tell, told) = mpsc::channel();
    let sp = Client::builder()
        .account(&url(protocol, address, settings))
        .on_state(move |state| {
            assert_ne!(state.state, LinkState::Online, "{state:?}");
            if !state.reason.is_empty() {
                let _ = tell.send(state.reason.clone());
            }
        })
        .open()
        .unwrap();
    sp.send(Submit::to(to(protocol)).text("hi")).unwrap();
    let reason = told.recv_timeout(LONG).expect("a reason in time");
    sp.close(Duration::ZERO).unwrap();
    reason
}

#[test]
fn tls_carries_every_protocol() {
    let authority = Authority::new("carries");
    let sim = simulator(&format!("tls=yes&{}", authority.sign("localhost")));
    for protocol in Protocol::ALL {
        let settings = format!("tls=yes&{}&tls_name=localhost", authority.ca());
        sends(protocol, at(&sim, protocol), &settings);
    }
}

/// A gateway that delivers and an SP that is delivered to, over SGIP.
struct Deliveries {
    sim: Simulator,
    sp: Client,
    delivered: mpsc::Receiver<String>,
}

impl Deliveries {
    fn open(gateway: &str, sp: &str) -> Self {
        let port = free_port();
        let sim = Simulator::builder()
            .listen(&format!("sgip://127.0.0.1:0?deliver_to={port}&reconnect_min=100ms&{gateway}"))
            .silent()
            .open()
            .unwrap();
        let (tell, delivered) = mpsc::channel();
        let there = at(&sim, Protocol::Sgip);
        let url = format!("sgip://901234:secret@{there}?node=3010012345&sender=10657001&listen={port}&{sp}");
        let told = tell.clone();
        let sp = Client::builder()
            .account(&url)
            .on_deliver(move |deliver| told.send(deliver.text.clone().unwrap()).unwrap())
            .on_trouble(move |trouble| tell.send(trouble.reason.clone()).unwrap())
            .on_log(|_| {})
            .open()
            .unwrap();
        Deliveries { sim, sp, delivered }
    }

    fn report_and_message_come(self) {
        let ticket = self.sp.send(Submit::to("13000000001").text("hi")).unwrap();
        let outcome = self.sp.outcome(ticket, LONG).unwrap().expect("an outcome in time");
        assert_eq!(outcome.status, Status::Delivered, "{outcome:?}");
        let message = sanwang::MoMessage::new("13000000001", "10657001", "TD");
        self.sim.deliver("901234", &message).unwrap();
        assert_eq!(self.delivered.recv_timeout(LONG).as_deref(), Ok("TD"));
        self.sp.close(LONG).unwrap();
    }
}

#[test]
fn sgip_deliveries_are_wrapped_where_both_ends_say_so() {
    let authority = Authority::new("deliveries");
    let own = authority.sign("localhost");
    let ca = authority.ca();
    let trusts = format!("deliver_tls=yes&deliver_name=localhost&{}", authority.deliver_ca());
    Deliveries::open(&trusts, &format!("deliver_tls=yes&{own}")).report_and_message_come();
    // Certificates of both sides, also for the connections that the SP opens.
    let gateway = format!("tls=yes&{ca}&{}&{trusts}", authority.sign("gateway.example"));
    let sp = format!("tls=yes&tls_name=gateway.example&{ca}&deliver_tls=yes&{own}");
    Deliveries::open(&gateway, &sp).report_and_message_come();
    // Without deliver_ca the roots are those of tls_ca.
    let gateway = format!("{ca}&deliver_tls=yes&deliver_name=localhost");
    Deliveries::open(&gateway, &format!("deliver_tls=yes&{own}")).report_and_message_come();
}

#[test]
fn an_open_account_takes_its_deliveries_as_its_new_settings_say() {
    let (before, after) = (Authority::new("deliver-before"), Authority::new("deliver-after"));
    let trusts = format!("deliver_tls=yes&deliver_name=localhost&{}", after.deliver_ca());
    let there = Deliveries::open(&trusts, &format!("deliver_tls=yes&{}", before.sign("localhost")));
    let signed = after.sign("localhost");
    let (cert, key) = signed.split_once('&').unwrap();
    let change = [cert, key].map(|pair| pair.split_once('=').unwrap());
    there.sp.set("901234", change).unwrap();
    there.report_and_message_come();
    // One that listened in the clear.
    let there = Deliveries::open(&trusts, "");
    there.sp.set("901234", change.into_iter().chain([("deliver_tls", "yes")])).unwrap();
    assert!(there.sp.set("901234", [("tls_key", "/no/such/file")]).is_err());
    there.report_and_message_come();
}

#[test]
fn accounts_that_share_an_address_share_its_tls() {
    let authority = Authority::new("deliver-shared");
    let port = free_port();
    let sim = Simulator::builder()
        .listen(&format!(
            "sgip://127.0.0.1:0?deliver_to={port}&deliver_tls=yes&deliver_name=localhost&{}",
            authority.deliver_ca()
        ))
        .silent()
        .open()
        .unwrap();
    let (there, own) = (at(&sim, Protocol::Sgip), authority.sign("localhost"));
    let of = |user: &str, node: &str| {
        format!(
            "sgip://{user}:secret@{there}?node={node}&sender=10657001&listen={port}&deliver_tls=yes&{own}"
        )
    };
    let sp = Client::builder()
        .account(&of("first", "3010012345"))
        .account(&of("second", "3010054321"))
        .on_log(|_| {})
        .open()
        .unwrap();
    for account in ["first", "second"] {
        let ticket = sp.send(Submit::to("13000000001").text("hi").account(account)).unwrap();
        let outcome = sp.outcome(ticket, LONG).unwrap().expect("an outcome in time");
        assert_eq!(outcome.status, Status::Delivered, "{outcome:?}");
    }
    let error = sp.set("second", [("deliver_tls", "no")]).unwrap_err();
    assert!(error.to_string().contains("give both the same deliver_tls"), "{error}");
    sp.close(LONG).unwrap();
}

#[test]
fn an_sgip_gateway_delivers_only_to_whom_it_trusts() {
    let (ours, theirs) = (Authority::new("sp-ours"), Authority::new("sp-theirs"));
    let port = free_port();
    let own = ours.sign("localhost");
    let why = |settings: &str, sp: &str| {
        let (tell, told) = mpsc::channel();
        let gateway = Gateway::builder()
            .listen(&format!("sgip://127.0.0.1:0?deliver_to={port}&reconnect_min=100ms&{settings}"))
            .account("901234", "secret")
            .on_submit(|_| sanwang::Answer::Accept)
            .on_state(move |state| {
                if !state.reason.is_empty() {
                    let _ = tell.send(state.reason.clone());
                }
            })
            .on_log(|_| {})
            .open()
            .unwrap();
        let there = gateway.listeners()[0].1;
        let url =
            format!("sgip://901234:secret@{there}?node=3010012345&sender=1&report=no&listen={port}&{sp}");
        let sp = Client::builder().account(&url).on_log(|_| {}).open().unwrap();
        let ticket = sp.send(Submit::to("13000000001").text("hi")).unwrap();
        assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Sent);
        let message = sanwang::MoMessage::new("13000000001", "1", "TD");
        gateway.deliver("901234", &message, Duration::ZERO).unwrap();
        let why = told.recv_timeout(LONG).expect("a reason in time");
        sp.close(Duration::ZERO).unwrap();
        gateway.close(Duration::ZERO).unwrap();
        why
    };
    let tls = format!("deliver_tls=yes&{own}");
    let stranger = format!("deliver_tls=yes&deliver_name=localhost&{}", theirs.deliver_ca());
    assert!(why(&stranger, &tls).contains("TLS: invalid peer certificate"));
    let elsewhere = format!("deliver_tls=yes&deliver_name=elsewhere&{}", ours.deliver_ca());
    assert!(why(&elsewhere, &tls).contains("TLS: invalid peer certificate"));
    // An SP that listens without TLS.
    let wrapped = format!("deliver_tls=yes&deliver_name=localhost&{}", ours.deliver_ca());
    let said = why(&wrapped, "");
    assert!(said.contains("closed during login"), "{said}");
}

#[test]
fn deliver_tls_is_checked_when_it_is_opened() {
    let authority = Authority::new("deliver-wrong");
    let (own, ca) = (authority.sign("localhost"), authority.ca());
    let gateway = |settings: &str| {
        let open =
            Gateway::builder().listen(&format!("sgip://127.0.0.1:0?{settings}")).account("a", "s").open();
        open.map(|_| ()).unwrap_err().to_string()
    };
    assert!(gateway("deliver_tls=yes").contains("deliver_tls needs deliver_ca"));
    assert!(gateway("deliver_tls=yes&deliver_ca=/no/such/file").contains("/no/such/file"));
    let of_account = Gateway::builder()
        .listen("sgip://127.0.0.1:0")
        .account("a", "s")
        .account_setting("a", "deliver_tls", "yes")
        .open();
    assert!(of_account.unwrap_err().to_string().contains("account a: deliver_tls needs deliver_ca"));
    let sp = |settings: &str| format!("sgip://a:s@127.0.0.1:1?node=3010012345&listen=127.0.0.1:{settings}");
    let said = |urls: &[String]| {
        let builder = urls.iter().enumerate().fold(Client::builder(), |builder, (n, url)| {
            builder.add(sanwang::Account::parse(url).unwrap().with_name(n.to_string()))
        });
        builder.open().map(|_| ()).unwrap_err().to_string()
    };
    assert!(said(&[sp("0&deliver_tls=yes")]).contains("needs tls_cert and tls_key"));
    let port = free_port().port();
    let two = [sp(&format!("{port}&deliver_tls=yes&{own}")), sp(&format!("{port}&{ca}"))];
    assert!(said(&two).contains("give both the same deliver_tls"), "{}", said(&two));
    let cmpp = Gateway::builder().listen("cmpp://127.0.0.1:0?deliver_tls=yes").account("a", "s").open();
    assert!(cmpp.unwrap_err().to_string().contains("does not apply to cmpp"));
}

#[test]
fn who_has_another_certificate_is_no_gateway() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("theirs"));
    let sim = simulator(&format!("tls=yes&{}", authority.sign("localhost")));
    let there = at(&sim, Protocol::Cmpp);
    let why = reason(Protocol::Cmpp, there, &format!("tls=yes&{}&tls_name=localhost", stranger.ca()));
    assert!(why.contains("TLS: invalid peer certificate"), "{why}");
    let why = reason(Protocol::Cmpp, there, &format!("tls=yes&{}&tls_name=elsewhere", authority.ca()));
    assert!(why.contains("TLS: invalid peer certificate"), "{why}");
    // Without a name it is the host of the address, here a number that the certificate does not name.
    let why = reason(Protocol::Cmpp, there, &format!("tls=yes&{}", authority.ca()));
    assert!(why.contains("TLS: invalid peer certificate"), "{why}");
}

#[test]
fn a_gateway_may_want_a_certificate_of_each_sp() {
    let authority = Authority::new("mutual");
    let sim = simulator(&format!("tls=yes&{}&{}", authority.ca(), authority.sign("localhost")));
    let there = at(&sim, Protocol::Cmpp);
    let known = format!("tls=yes&tls_name=localhost&{}", authority.ca());
    sends(Protocol::Cmpp, there, &format!("{known}&{}", authority.sign("sp.example")));
    let why = reason(Protocol::Cmpp, there, &known);
    assert!(why.contains("CertificateRequired") || why.contains("closed"), "{why}");
    let stranger = Authority::new("stranger");
    let why = reason(Protocol::Cmpp, there, &format!("{known}&{}", stranger.sign("sp.example")));
    assert!(why.contains("TLS") || why.contains("closed"), "{why}");
}

#[test]
fn neither_end_speaks_in_clear_to_one_that_wants_tls() {
    let authority = Authority::new("clear");
    let sim = simulator(&format!("tls=yes&{}", authority.sign("localhost")));
    reason(Protocol::Cmpp, at(&sim, Protocol::Cmpp), "connect_timeout=5s");
    let clear = simulator("");
    let settings = format!("tls=yes&{}&tls_name=localhost", authority.ca());
    reason(Protocol::Cmpp, at(&clear, Protocol::Cmpp), &settings);
}

#[test]
fn settings_that_do_not_fit_together_are_errors_that_say_what_to_do() {
    let authority = Authority::new("settings");
    let there = "127.0.0.1:7890".parse().unwrap();
    let signed = authority.sign("localhost");
    let half = signed.split('&').next().unwrap();
    for (settings, part) in [
        ("tls=yes".to_owned(), "tls_ca"),
        ("tls=yes&tls_ca=/nowhere/ca.pem".to_owned(), "/nowhere/ca.pem"),
        (format!("tls=yes&{}&{half}", authority.ca()), "tls_cert and tls_key go together"),
        ("proxy=10.0.0.1:3128".to_owned(), "http://host:port"),
        ("proxy_user=me".to_owned(), "proxy_secret_env"),
        ("proxy=http%3A%2F%2F10.0.0.1%3A3128&proxy_user=me".to_owned(), "proxy_secret_env"),
    ] {
        let error = Client::builder().account(&url(Protocol::Cmpp, there, &settings)).open().unwrap_err();
        assert!(error.to_string().contains(part), "{settings}: {error}");
    }
    let error = Simulator::builder().listen("cmpp://127.0.0.1:0?tls=yes").silent().open().unwrap_err();
    assert!(error.to_string().contains("tls_cert and tls_key"), "{error}");
}

/// Passes octets on in both directions until both ends are done.
fn join(near: TcpStream, far: TcpStream) {
    let pass = |mut from: TcpStream, mut to: TcpStream| {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    };
    let (near2, far2) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    std::thread::spawn(move || pass(near, far));
    std::thread::spawn(move || pass(far2, near2));
}

/// Listens, and does `first` with each connection to learn where it goes.
fn in_front(first: impl Fn(&mut TcpStream) -> Option<TcpStream> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for near in listener.incoming() {
            let mut near = near.unwrap();
            if let Some(far) = first(&mut near) {
                join(near, far);
            }
        }
    });
    at
}

fn http_proxy() -> SocketAddr {
    in_front(|near| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut one = [0];
            near.read_exact(&mut one).ok()?;
            head.push(one[0]);
        }
        let head = String::from_utf8(head).unwrap();
        // "me:key" in Base64.
        if !head.contains("Proxy-Authorization: Basic bWU6a2V5\r\n") {
            near.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").ok()?;
            return None;
        }
        let far = TcpStream::connect(head.split(' ').nth(1)?).ok()?;
        near.write_all(b"HTTP/1.1 200 OK\r\nServer: test\r\n\r\n").ok()?;
        Some(far)
    })
}

fn socks_proxy() -> SocketAddr {
    in_front(|near| {
        let mut take = |n: usize| {
            let mut octets = vec![0; n];
            near.read_exact(&mut octets).map(|()| octets).ok()
        };
        let methods = take(2)?;
        take(usize::from(methods[1]))?;
        near.write_all(&[5, 0]).ok()?;
        let mut request = [0; 10];
        near.read_exact(&mut request).ok()?;
        assert_eq!(request[..4], [5, 1, 0, 1], "CONNECT to an IPv4 address");
        let ip: [u8; 4] = request[4..8].try_into().unwrap();
        let far =
            TcpStream::connect((std::net::Ipv4Addr::from(ip), u16::from_be_bytes([request[8], request[9]])));
        near.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
        far.ok()
    })
}

#[test]
fn both_kinds_of_proxy_are_passed_and_tls_goes_through_them() {
    let authority = Authority::new("through");
    let secret = authority.folder.join("proxy.secret");
    std::fs::write(&secret, "key\n").unwrap();
    let http =
        format!("proxy=http%3A%2F%2F{}&proxy_user=me&proxy_secret_file={}", http_proxy(), secret.display());
    let socks = format!("proxy=socks5%3A%2F%2F{}", socks_proxy());
    let clear = simulator("");
    let wrapped = simulator(&format!("tls=yes&{}", authority.sign("localhost")));
    let tls = format!("tls=yes&tls_name=localhost&{}", authority.ca());
    for proxy in [&http, &socks] {
        for protocol in Protocol::ALL {
            sends(protocol, at(&clear, protocol), proxy);
        }
        let there = at(&wrapped, Protocol::Cmpp);
        sends(Protocol::Cmpp, there, &format!("{proxy}&{tls}"));
    }
    std::fs::write(&secret, "wrong").unwrap();
    let why = reason(Protocol::Cmpp, at(&clear, Protocol::Cmpp), &http);
    assert!(why.contains("the proxy refuses user or secret") && !why.contains("wrong"), "{why}");
}

/// Puts `header` in front of each connection to `target`.
fn announcing(target: SocketAddr, header: &'static [u8]) -> SocketAddr {
    in_front(move |_| {
        let mut far = TcpStream::connect(target).ok()?;
        far.write_all(header).ok()?;
        Some(far)
    })
}

#[test]
fn a_proxy_in_front_of_the_gateway_names_the_caller() {
    const FIRST: &[u8] = b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 7890\r\n";
    const SECOND: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\x0a\0\0\x01\x9c\x40\x1e\xd2";
    const ELSEWHERE: &[u8] = b"PROXY TCP4 198.51.100.1 10.0.0.1 40000 7890\r\n";
    let sim = simulator("proxy_from=127.0.0.0/8&bind_from=192.0.2.0/24");
    for protocol in Protocol::ALL {
        let there = at(&sim, protocol);
        sends(protocol, announcing(there, FIRST), "");
        sends(protocol, announcing(there, SECOND), "");
        // The allow-list is about the caller, not about the proxy.
        reason(protocol, announcing(there, ELSEWHERE), "");
        // Who is no proxy is not believed: nothing but a header may come first from those addresses.
        reason(protocol, there, "");
    }
    // From any other address a header is octets that make no sense.
    let direct = simulator("");
    let there = at(&direct, Protocol::Cmpp);
    reason(Protocol::Cmpp, announcing(there, FIRST), "");
}

#[test]
fn the_limit_of_an_address_is_the_callers_behind_a_proxy() {
    const FIRST: &[u8] = b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 7890\r\n";
    const SECOND: &[u8] = b"PROXY TCP4 192.0.2.8 10.0.0.1 40000 7890\r\n";
    let sim = simulator("proxy_from=127.0.0.0/8&address_limit=1");
    let there = at(&sim, Protocol::Cmpp);
    let (first, second) = (announcing(there, FIRST), announcing(there, SECOND));
    let online = |address| Client::builder().account(&url(Protocol::Cmpp, address, "")).open().unwrap();
    let (one, other) = (online(first), online(second));
    one.wait_online(LONG).unwrap();
    other.wait_online(LONG).unwrap();
    reason(Protocol::Cmpp, announcing(there, FIRST), "");
    one.close(LONG).unwrap();
    other.close(LONG).unwrap();
}

#[test]
fn ipv6_addresses_are_as_good() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("this machine has no IPv6");
        return;
    }
    let sim = listening(Simulator::builder(), "[::1]", "");
    for protocol in Protocol::ALL {
        sends(protocol, at(&sim, protocol), "");
    }
}
