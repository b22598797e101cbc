//! A socket with what stands between it and the frames: a proxy's tunnel or header first, then TLS or nothing.

use bytes::{Buf, BytesMut};
use mio::net::TcpStream;
use rustls::Connection;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

use super::origin::{self, Origin};
use super::tunnel::{Proxy, Step, Target, Tunnel};
use crate::engine::net::{self, Got};

/// The longest answer of a proxy or header that is looked at.
const AHEAD: usize = 8 * 1024 + 1;

/// A connection that carries frames.
#[derive(Debug)]
pub(in crate::engine) struct Stream {
    pub(in crate::engine) tcp: TcpStream,
    /// What comes before the frames and is not done, and how the frames go then. Almost always nothing.
    layers: Option<Box<Layers>>,
}

#[derive(Debug)]
struct Layers {
    ahead: Option<Ahead>,
    tls: Option<Connection>,
    origin: Option<SocketAddr>,
}

#[derive(Debug)]
enum Ahead {
    Tunnel(Tunnel, Vec<u8>),
    Origin,
}

impl Stream {
    /// A connection that is being opened, through a proxy to its target if there is one.
    pub(super) fn calling(tcp: TcpStream, through: Option<(Proxy, Target)>, tls: Option<Connection>) -> Self {
        let ahead = through.map(|(proxy, target)| {
            let (tunnel, first) = Tunnel::open(proxy, target);
            Ahead::Tunnel(tunnel, first)
        });
        Self::layered(tcp, ahead, tls)
    }

    /// A connection that was accepted. `proxied`: it begins with a PROXY header.
    pub(super) fn accepted(tcp: TcpStream, proxied: bool, tls: Option<Connection>) -> Self {
        Self::layered(tcp, proxied.then_some(Ahead::Origin), tls)
    }

    fn layered(tcp: TcpStream, ahead: Option<Ahead>, tls: Option<Connection>) -> Self {
        let layers =
            (ahead.is_some() || tls.is_some()).then(|| Box::new(Layers { ahead, tls, origin: None }));
        Self { tcp, layers }
    }

    /// Whether reading may make room for writing: a handshake goes both ways.
    pub(in crate::engine) fn is_layered(&self) -> bool {
        self.layers.is_some()
    }

    /// The caller that the PROXY header named, once.
    pub(in crate::engine) fn take_origin(&mut self) -> Option<SocketAddr> {
        self.layers.as_mut()?.origin.take()
    }

    /// Reads once.
    pub(in crate::engine) fn read(&mut self, buffer: &mut [u8]) -> Got {
        let Some(layers) = self.layers.as_deref_mut() else { return net::read(&mut self.tcp, buffer) };
        if layers.ahead.is_some() {
            match layers.advance(&mut self.tcp) {
                Ok(true) => {}
                Ok(false) => return Got::Nothing,
                Err(why) => return Got::Closed(why),
            }
        }
        match &mut layers.tls {
            Some(tls) => read_tls(tls, &mut self.tcp, buffer),
            None => net::read(&mut self.tcp, buffer),
        }
    }

    /// Writes as much of `out` as goes. True: nothing is left to write.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub(in crate::engine) fn write(&mut self, out: &mut BytesMut) -> io::Result<bool> {
        let Some(layers) = self.layers.as_deref_mut() else { return net::write(&mut self.tcp, out) };
        if layers.ahead.is_some() {
            // A connection that is still being opened cannot be written to; the edge will come.
            let open = layers.advance(&mut self.tcp).map_err(io::Error::other)?;
            if !open {
                return Ok(false);
            }
        }
        match &mut layers.tls {
            Some(tls) => write_tls(tls, &mut self.tcp, out),
            None => net::write(&mut self.tcp, out),
        }
    }

    /// Says that nothing more will come, where the layer has a word for that.
    pub(in crate::engine) fn finish(&mut self) {
        if let Some(Layers { ahead: None, tls: Some(tls), .. }) = self.layers.as_deref_mut() {
            tls.send_close_notify();
            // The connection ends anyway; the peer sees the end of the octets if this does not go.
            let _ = tls.write_tls(&mut self.tcp);
        }
    }
}

impl Layers {
    /// Goes on with what comes before the frames. True: it is done.
    fn advance(&mut self, tcp: &mut TcpStream) -> Result<bool, String> {
        let mut peeked = [0; AHEAD];
        loop {
            if let Some(Ahead::Tunnel(_, out)) = &mut self.ahead {
                while !out.is_empty() {
                    match tcp.write(out) {
                        Ok(0) => return Err("the proxy closed the connection".to_owned()),
                        Ok(n) => drop(out.drain(..n)),
                        Err(error) if waits(&error) => return Ok(false),
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        Err(error) => return Err(error.to_string()),
                    }
                }
            }
            // What follows belongs to the frames, or to TLS: look at it, and take only what is ours.
            let n = match tcp.peek(&mut peeked) {
                Ok(0) => return Err("the peer closed the connection".to_owned()),
                Ok(n) => n,
                Err(error) if waits(&error) => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.to_string()),
            };
            let came = peeked.get(..n).unwrap_or_default();
            let (used, done) = match &mut self.ahead {
                None => return Ok(true),
                Some(Ahead::Origin) => match origin::read(came)? {
                    Origin::More => return Ok(false),
                    Origin::Known(used, caller) => {
                        self.origin = caller;
                        (used, true)
                    }
                },
                Some(Ahead::Tunnel(tunnel, out)) => match tunnel.step(came)? {
                    Step::More => return Ok(false),
                    Step::Write(used, octets) => {
                        *out = octets;
                        (used, false)
                    }
                    Step::Open(used) => (used, true),
                },
            };
            if let Some(ours) = peeked.get_mut(..used) {
                tcp.read_exact(ours).map_err(|error| error.to_string())?;
            }
            if done {
                self.ahead = None;
                return Ok(true);
            }
        }
    }
}

/// Not yet: nothing came, no room, or the connection is still being opened.
fn waits(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}

fn read_tls(tls: &mut Connection, tcp: &mut TcpStream, buffer: &mut [u8]) -> Got {
    loop {
        match tls.reader().read(buffer) {
            Ok(0) => return Got::Closed("the peer closed the connection".to_owned()),
            Ok(n) => return Got::Full(n),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Got::Closed(error.to_string()),
        }
        match tls.read_tls(tcp) {
            Ok(0) => return Got::Closed("the peer closed the connection".to_owned()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Got::Nothing,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Got::Closed(error.to_string()),
        }
        let processed = tls.process_new_packets();
        // An answer of the handshake, or the alert that says what was wrong.
        let flushed = flush(tls, tcp);
        if let Err(error) = processed {
            return Got::Closed(format!("TLS: {error}"));
        }
        if let Err(error) = flushed {
            return Got::Closed(error.to_string());
        }
    }
}

fn write_tls(tls: &mut Connection, tcp: &mut TcpStream, out: &mut BytesMut) -> io::Result<bool> {
    loop {
        let taken = tls.writer().write(out)?;
        out.advance(taken);
        if !flush(tls, tcp)? {
            return Ok(false);
        }
        if out.is_empty() {
            return Ok(true);
        }
        // Before the handshake ends it takes only so much.
        if taken == 0 {
            return Ok(false);
        }
    }
}

/// Writes what TLS has ready. True: all of it.
fn flush(tls: &mut Connection, tcp: &mut TcpStream) -> io::Result<bool> {
    while tls.wants_write() {
        match tls.write_tls(tcp) {
            Ok(_) => {}
            Err(error) if waits(&error) => return Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
