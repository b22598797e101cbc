//! A gateway that notes its log lines, and peers that speak as badly as a test wants.

use bytes::BytesMut;
use sanwang::dialect::{Credentials, LOGIN_SP, dialect};
use sanwang::gateway::TurnedAway;
use sanwang::time::{BEIJING_MINUTES, WireTime};
use sanwang::wire::{AnyPdu, Protocol, Seq, Version, cmpp, sgip, smgp};
use sanwang::{Answer, Event, EventKinds, Gateway, GatewayBuilder};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(crate) const LONG: Duration = Duration::from_secs(30);
pub(crate) const NAME: &str = "901234";
pub(crate) const SECRET: &str = "hush-hush";

/// A gateway with the accounts 901234 and 901235, and what it logs.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) address: SocketAddr,
    pub(crate) protocol: Protocol,
    lines: Arc<Mutex<Vec<String>>>,
}

impl House {
    pub(crate) fn open(url: &str) -> Self {
        Self::built(url, |builder| builder.on_submit(|_| Answer::Accept))
    }

    pub(crate) fn built(url: &str, build: impl FnOnce(GatewayBuilder) -> GatewayBuilder) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let noted = lines.clone();
        let builder = Gateway::builder()
            .listen(url)
            .account(NAME, SECRET)
            .account("901235", SECRET)
            .on_event(EventKinds::LOG, move |event| {
                if let Event::Log(log) = event {
                    noted.lock().unwrap().push(format!("{} {}", log.account, log.text));
                }
            });
        let gateway = build(builder).open().unwrap();
        let (protocol, address) = gateway.listeners()[0];
        House { gateway, address, protocol, lines }
    }

    /// How many connections ended without a login for this reason.
    pub(crate) fn turned_away(&self, why: TurnedAway) -> u64 {
        let of = |(reason, n)| (reason == why).then_some(n);
        self.gateway.listener_metrics()[0].turned_away.iter().find_map(of).unwrap()
    }

    pub(crate) fn until_turned_away(&self, why: TurnedAway, n: u64) {
        until(why.text(), || self.turned_away(why) >= n);
        assert_eq!(self.turned_away(why), n, "{why:?}");
    }

    /// Connections: all, and those that have not logged in.
    pub(crate) fn connections(&self) -> (u64, u64) {
        let own = &self.gateway.listener_metrics()[0];
        (own.connections, own.waiting)
    }

    /// Lines of the log with this word, once there are any.
    pub(crate) fn lines(&self, word: &str) -> Vec<String> {
        let found = || {
            let lines = self.lines.lock().unwrap();
            lines.iter().filter(|line| line.contains(word)).cloned().collect::<Vec<_>>()
        };
        until(word, || !found().is_empty());
        let lines = self.lines.lock().unwrap();
        assert!(lines.iter().all(|line| line.len() < 200 && !line.contains(SECRET)), "{lines:?}");
        drop(lines);
        found()
    }

    pub(crate) fn dial(&self) -> Peer {
        Peer::new(TcpStream::connect(self.address).unwrap(), self.protocol)
    }

    /// From another address of this machine.
    pub(crate) fn dial_from(&self, local: &str) -> Peer {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(local.parse().unwrap(), 0).into()).unwrap();
        socket.connect(&self.address.into()).unwrap();
        Peer::new(socket.into(), self.protocol)
    }

    /// Somebody who is logged in.
    pub(crate) fn guest(&self) -> Peer {
        let mut peer = self.dial();
        assert_eq!(peer.login(NAME, SECRET), Some(0));
        peer
    }

    pub(crate) fn close(self) {
        self.gateway.close(Duration::ZERO).unwrap();
    }
}

/// Looks again until something holds.
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// One raw connection.
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    protocol: Protocol,
    version: Version,
    serial: u32,
}

impl Peer {
    pub(crate) fn new(stream: TcpStream, protocol: Protocol) -> Self {
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.set_nodelay(true).unwrap();
        let version = match protocol {
            Protocol::Cmpp => cmpp::V30,
            Protocol::Sgip => sgip::V12,
            Protocol::Smgp => smgp::V30,
        };
        Peer { stream, protocol, version, serial: 0 }
    }

    pub(crate) fn speaking(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    pub(crate) fn login_octets(&self, name: &str, secret: &str) -> Vec<u8> {
        let at = WireTime::from_unix_ms(1_783_476_623_000, BEIJING_MINUTES);
        let mode = if self.protocol == Protocol::Sgip { LOGIN_SP } else { 2 };
        let who = Credentials { user: name, source_addr: "", secret: secret.as_bytes(), mode, at };
        let mut out = BytesMut::new();
        dialect(self.protocol, self.version).login(&who, Seq::serial(1), &mut out).unwrap();
        out.to_vec()
    }

    /// Logs in; the status, or `None` when the connection was closed without an answer.
    pub(crate) fn login(&mut self, name: &str, secret: &str) -> Option<u32> {
        let octets = self.login_octets(name, secret);
        // It may have been closed already.
        let _ = self.stream.write_all(&octets);
        self.login_status()
    }

    pub(crate) fn login_status(&mut self) -> Option<u32> {
        let octets = self.frame()?;
        let head = if self.protocol == Protocol::Sgip { 20 } else { 12 };
        let wide = self.protocol != Protocol::Sgip && (self.protocol == Protocol::Smgp || octets.len() == 33);
        Some(match wide {
            true => u32::from_be_bytes(octets[head..head + 4].try_into().unwrap()),
            false => u32::from(octets[head]),
        })
    }

    /// The next frame; `None` when the connection is closed.
    pub(crate) fn frame(&mut self) -> Option<Vec<u8>> {
        let mut octets = vec![0; 4];
        match self.stream.read_exact(&mut octets) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("neither a frame nor the end"),
            Err(_) => return None,
        }
        let length = u32::from_be_bytes(octets[..4].try_into().unwrap()) as usize;
        octets.resize(length, 0);
        self.stream.read_exact(&mut octets[4..]).ok()?;
        Some(octets)
    }

    pub(crate) fn write(&mut self, octets: &[u8]) {
        // The other side may have closed already; what follows tells.
        let _ = self.stream.write_all(octets);
    }

    pub(crate) fn say(&mut self, pdu: &AnyPdu) {
        self.serial += 1;
        self.say_as(pdu, self.serial);
    }

    pub(crate) fn say_as(&mut self, pdu: &AnyPdu, serial: u32) {
        let octets = self.encode(pdu, serial);
        self.write(&octets);
    }

    pub(crate) fn encode(&self, pdu: &AnyPdu, serial: u32) -> Vec<u8> {
        let mut out = BytesMut::new();
        match pdu {
            AnyPdu::Cmpp(p) => p.encode(self.version, Seq::serial(serial), &mut out),
            AnyPdu::Sgip(p) => p.encode(self.version, Seq::serial(serial), &mut out),
            AnyPdu::Smgp(p) => p.encode(self.version, Seq::serial(serial), &mut out),
        }
        .unwrap();
        out.to_vec()
    }

    /// A CMPP link test that is answered.
    pub(crate) fn lives(&mut self) {
        self.say(&AnyPdu::Cmpp(cmpp::ActiveTest {}.into()));
        let answer = self.frame().expect("the connection lives");
        assert_eq!((answer[4], answer[7], answer[11]), (0x80, 8, self.serial as u8));
    }

    /// What comes until the other side closes, in octets.
    pub(crate) fn until_closed(&mut self) -> usize {
        let mut all = Vec::new();
        match self.stream.read_to_end(&mut all) {
            Ok(_) => all.len(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("the connection stays open"),
            Err(_) => all.len(),
        }
    }
}

/// A CMPP submit of a short text.
pub(crate) fn submit(text: &str) -> AnyPdu {
    AnyPdu::Cmpp(
        cmpp::Submit {
            pk_total: 1,
            pk_number: 1,
            dest_terminal_id: vec![sanwang::wire::Text::new("13800138000").unwrap()].into_iter().collect(),
            msg_content: bytes::Bytes::copy_from_slice(text.as_bytes()),
            ..cmpp::Submit::default()
        }
        .into(),
    )
}
