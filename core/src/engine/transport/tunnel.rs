//! Outbound proxies: HTTP CONNECT (RFC 9110, 9.3.6) and SOCKS5 (RFC 1928, 1929) as state machines over octets.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Longest answer of a proxy that is read before it must be complete.
const MOST: usize = 8 * 1024;

/// What kind of proxy, where, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) kind: Kind,
    /// `host:port`.
    pub(super) address: String,
    pub(super) login: Option<(String, String)>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} proxy {}", self.kind, self.address)
    }
}

/// The two protocols.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Http,
    Socks5,
}

impl Proxy {
    /// Reads `http://host:port` or `socks5://host:port`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn parse(text: &str, login: Option<(String, String)>) -> Result<Self, String> {
        let (kind, address) = match text.split_once("://") {
            Some(("http", rest)) => (Kind::Http, rest),
            Some(("socks5", rest)) => (Kind::Socks5, rest),
            _ => return Err(format!("proxy must be http://host:port or socks5://host:port, not {text:?}")),
        };
        let address = address.trim_end_matches('/');
        if address.contains('@') {
            return Err("proxy takes no user: give proxy_user, and the secret with proxy_secret_env or \
                        proxy_secret_file"
                .to_owned());
        }
        let port = address.rsplit_once(':').and_then(|(host, port)| {
            let whole = !host.is_empty() && (!host.contains(':') || host.starts_with('['));
            port.parse::<u16>().ok().filter(|&port| whole && port > 0)
        });
        if port.is_none() {
            return Err(format!("proxy needs a host and a port, as in http://10.0.0.1:3128, not {text:?}"));
        }
        if login.iter().any(|(user, secret)| user.len() > 255 || secret.len() > 255) {
            return Err("user and secret of a proxy have at most 255 octets".to_owned());
        }
        Ok(Self { kind, address: address.to_owned(), login })
    }
}

/// The opening of one tunnel.
#[derive(Debug)]
pub(super) struct Tunnel {
    proxy: Proxy,
    target: Target,
    state: State,
}

/// Where the tunnel leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Target {
    /// An address that was looked up here.
    Address(SocketAddr),
    /// A name that the proxy looks up.
    Name(String, u16),
}

impl Target {
    /// Reads `host:port`. A name stays a name: the proxy may know it where we do not.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse() {
            return Some(Self::Address(address));
        }
        let (host, port) = text.rsplit_once(':')?;
        (!host.is_empty() && host.len() <= 255).then_some(())?;
        Some(Self::Name(host.to_owned(), port.parse().ok()?))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    HttpAnswer,
    SocksMethod,
    SocksLogin,
    SocksReply,
}

/// What comes next.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// More octets are needed.
    More,
    /// So many octets were used, and these are to be written.
    Write(usize, Vec<u8>),
    /// So many octets were used, and the tunnel is open.
    Open(usize),
}

impl Tunnel {
    /// The tunnel, and the first octets to write.
    pub(super) fn open(proxy: Proxy, target: Target) -> (Self, Vec<u8>) {
        let (state, first) = match proxy.kind {
            Kind::Http => (State::HttpAnswer, http_request(&target, proxy.login.as_ref())),
            // No login, or user and secret; the proxy chooses.
            Kind::Socks5 if proxy.login.is_some() => (State::SocksMethod, vec![5, 2, 0, 2]),
            Kind::Socks5 => (State::SocksMethod, vec![5, 1, 0]),
        };
        (Self { proxy, target, state }, first)
    }

    /// Goes on with the octets that came and were not used yet.
    ///
    /// # Errors
    ///
    /// Why the proxy does not open the tunnel.
    pub(super) fn step(&mut self, came: &[u8]) -> Result<Step, String> {
        let step = match self.state {
            State::HttpAnswer => http_answer(came),
            State::SocksMethod => self.method(came),
            State::SocksLogin => self.login(came),
            State::SocksReply => socks_reply(came),
        };
        match step {
            Ok(Step::More) if came.len() > MOST => Err("the answer of the proxy does not end".to_owned()),
            step => step,
        }
        .map_err(|why| format!("{:?}: {why}", self.proxy))
    }

    fn method(&mut self, came: &[u8]) -> Result<Step, String> {
        match *came {
            [5, 0, ..] => self.request(),
            [5, 2, ..] => {
                let (user, secret) = self.proxy.login.clone().ok_or("the proxy wants a user and a secret")?;
                self.state = State::SocksLogin;
                let mut out = vec![1, length(&user)];
                out.extend_from_slice(user.as_bytes());
                out.push(length(&secret));
                out.extend_from_slice(secret.as_bytes());
                Ok(Step::Write(2, out))
            }
            [5, ..] if came.len() >= 2 => Err("the proxy takes none of our ways to log in".to_owned()),
            [] | [5] => Ok(Step::More),
            _ => Err("this is no SOCKS5 proxy".to_owned()),
        }
    }

    fn login(&mut self, came: &[u8]) -> Result<Step, String> {
        match *came {
            [_, 0, ..] => self.request(),
            [_, _, ..] => Err("the proxy refuses user or secret".to_owned()),
            _ => Ok(Step::More),
        }
    }

    fn request(&mut self) -> Result<Step, String> {
        self.state = State::SocksReply;
        let mut out = vec![5, 1, 0];
        let port = match &self.target {
            Target::Address(address) => {
                match address.ip() {
                    IpAddr::V4(ip) => {
                        out.push(1);
                        out.extend_from_slice(&ip.octets());
                    }
                    IpAddr::V6(ip) => {
                        out.push(4);
                        out.extend_from_slice(&ip.octets());
                    }
                }
                address.port()
            }
            Target::Name(name, port) => {
                out.extend_from_slice(&[3, length(name)]);
                out.extend_from_slice(name.as_bytes());
                *port
            }
        };
        out.extend_from_slice(&port.to_be_bytes());
        Ok(Step::Write(2, out))
    }
}

/// Checked to be at most 255 when the proxy or the target was read.
fn length(text: &str) -> u8 {
    u8::try_from(text.len()).unwrap_or(u8::MAX)
}

fn http_request(target: &Target, login: Option<&(String, String)>) -> Vec<u8> {
    let mut out = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some((user, secret)) = login {
        out.push_str("Proxy-Authorization: Basic ");
        out.push_str(&base64(format!("{user}:{secret}").as_bytes()));
        out.push_str("\r\n");
    }
    out.push_str("\r\n");
    out.into_bytes()
}

fn http_answer(came: &[u8]) -> Result<Step, String> {
    let Some(end) = came.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if b"HTTP/".starts_with(came) || came.starts_with(b"HTTP/") {
            Ok(Step::More)
        } else {
            Err("this is no HTTP proxy".to_owned())
        };
    };
    let line = came.split(|&octet| octet == b'\r').next().unwrap_or_default();
    let mut words = line.splitn(3, |&octet| octet == b' ');
    let (http, code) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match code {
        _ if !http.starts_with(b"HTTP/") => Err("this is no HTTP proxy".to_owned()),
        [b'2', _, _] => Ok(Step::Open(end + 4)),
        b"407" => Err("the proxy refuses user or secret (407)".to_owned()),
        _ => Err(format!("the proxy answers {:?}", String::from_utf8_lossy(line))),
    }
}

fn socks_reply(came: &[u8]) -> Result<Step, String> {
    let &[_, code, _, kind, first, ..] = came else { return Ok(Step::More) };
    if code != 0 {
        let why = match code {
            1 => "general failure",
            2 => "its rules do not allow the connection",
            3 => "network unreachable",
            4 => "host unreachable",
            5 => "connection refused",
            6 => "it took too long",
            7 => "it does not know CONNECT",
            8 => "it does not know this form of address",
            _ => "an unknown code",
        };
        return Err(format!("the proxy answers {code}: {why}"));
    }
    let address = match kind {
        1 => 4,
        3 => 1 + usize::from(first),
        4 => 16,
        _ => return Err(format!("the proxy names an address of the unknown form {kind}")),
    };
    let whole = 4 + address + 2;
    Ok(if came.len() < whole { Step::More } else { Step::Open(whole) })
}

/// Base64 of RFC 4648, for one header.
fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in octets.chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, &octet| bits << 8 | u32::from(octet)) << (8 * (3 - three.len()));
        for letter in 0..4 {
            let index = (bits >> (18 - 6 * letter)) as usize & 63;
            out.push(if letter <= three.len() { char::from(LETTERS[index]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(text: &str, login: Option<(&str, &str)>) -> Proxy {
        Proxy::parse(text, login.map(|(user, secret)| (user.to_owned(), secret.to_owned()))).unwrap()
    }

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    #[test]
    fn http_asks_for_the_target_and_takes_what_follows_the_answer_as_the_peers() {
        let (mut tunnel, first) =
            Tunnel::open(proxy("http://p:3128", Some(("Aladdin", "open sesame"))), target("gw.example:7890"));
        assert_eq!(
            String::from_utf8(first).unwrap(),
            "CONNECT gw.example:7890 HTTP/1.1\r\nHost: gw.example:7890\r\n\
             Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
        );
        let answer = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nrest";
        for length in 0..answer.len() - 4 {
            assert_eq!(tunnel.step(&answer[..length]), Ok(Step::More), "{length}");
        }
        assert_eq!(tunnel.step(answer), Ok(Step::Open(answer.len() - 4)));
    }

    #[test]
    fn http_refusals_name_the_reason() {
        for (answer, part) in [
            (&b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..], "refuses user or secret"),
            (b"HTTP/1.0 502 Bad Gateway\r\n\r\n", "502 Bad Gateway"),
            (b"\x05\x00", "no HTTP proxy"),
            (b"SSH-2.0-x\r\n\r\n", "no HTTP proxy"),
        ] {
            let (mut tunnel, _) = Tunnel::open(proxy("http://p:3128", None), target("10.0.0.1:7890"));
            let why = tunnel.step(answer).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
        let (mut tunnel, _) = Tunnel::open(proxy("http://p:3128", None), target("10.0.0.1:7890"));
        let endless = [&b"HTTP/1.1 200 "[..], &[b'x'; MOST]].concat();
        assert!(tunnel.step(&endless).unwrap_err().contains("does not end"));
    }

    #[test]
    fn socks_logs_in_where_the_proxy_wants_it() {
        let (mut tunnel, first) =
            Tunnel::open(proxy("socks5://p:1080", Some(("me", "key"))), target("gw.example:7890"));
        assert_eq!(first, [5, 2, 0, 2]);
        assert_eq!(tunnel.step(&[5]), Ok(Step::More));
        assert_eq!(tunnel.step(&[5, 2]), Ok(Step::Write(2, b"\x01\x02me\x03key".to_vec())));
        assert_eq!(
            tunnel.step(&[1, 0]),
            Ok(Step::Write(2, [&[5, 1, 0, 3, 10][..], b"gw.example", &[0x1e, 0xd2]].concat()))
        );
        let reply = [5, 0, 0, 1, 10, 0, 0, 1, 0, 80, 99];
        for length in 0..10 {
            assert_eq!(tunnel.step(&reply[..length]), Ok(Step::More), "{length}");
        }
        assert_eq!(tunnel.step(&reply), Ok(Step::Open(10)));
    }

    #[test]
    fn socks_takes_addresses_of_both_families() {
        for (text, octets) in [
            ("10.0.0.1:80", vec![5, 1, 0, 1, 10, 0, 0, 1, 0, 80]),
            ("[::1]:80", [&[5, 1, 0, 4][..], &[0; 15], &[1, 0, 80]].concat()),
        ] {
            let (mut tunnel, first) = Tunnel::open(proxy("socks5://p:1080", None), target(text));
            assert_eq!(first, [5, 1, 0]);
            assert_eq!(tunnel.step(&[5, 0]), Ok(Step::Write(2, octets)));
        }
    }

    #[test]
    fn socks_refusals_name_the_reason() {
        for (steps, part) in [
            (vec![vec![5, 255]], "none of our ways"),
            (vec![vec![5, 2]], "wants a user"),
            (vec![vec![4, 0]], "no SOCKS5 proxy"),
            (vec![vec![5, 0], vec![5, 5, 0, 1, 0]], "connection refused"),
            (vec![vec![5, 0], vec![5, 0, 0, 9, 0]], "unknown form"),
        ] {
            let (mut tunnel, _) = Tunnel::open(proxy("socks5://p:1080", None), target("10.0.0.1:80"));
            let mut last = Ok(Step::More);
            for step in steps {
                last = tunnel.step(&step);
            }
            let why = last.unwrap_err();
            assert!(why.contains(part), "{why}");
        }
        let (mut tunnel, _) = Tunnel::open(proxy("socks5://p:1", Some(("u", "s"))), target("10.0.0.1:80"));
        tunnel.step(&[5, 2]).unwrap();
        assert!(tunnel.step(&[1, 1]).unwrap_err().contains("refuses user or secret"));
    }

    #[test]
    fn a_proxy_is_named_by_scheme_host_and_port() {
        for text in ["p:3128", "ftp://p:3128", "http://p", "http://:1", "http://p:0", "http://a:b:1"] {
            assert!(Proxy::parse(text, None).is_err(), "{text}");
        }
        assert!(Proxy::parse("http://u:p@h:1", None).unwrap_err().contains("proxy_user"));
        assert!(Proxy::parse("http://[::1]:1", None).is_ok());
        let shown = format!("{:?}", proxy("socks5://p:1080", Some(("me", "key"))));
        assert_eq!(shown, "Socks5 proxy p:1080", "no secret");
    }
}
