//! Sockets: connecting, listening, and one connection's reading and writing.

use bytes::{Buf, BytesMut};
use mio::net::{TcpListener, TcpStream};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

/// Connections that may wait to be accepted. The default of the standard library, 128, loses connections when
/// a thousand come at once.
const BACKLOG: i32 = 4096;

/// Time between two probes of a silent connection.
const PROBES: Duration = Duration::from_secs(10);

/// Starts to connect. The stream is writable when it is done, or has failed.
pub(super) fn connect(to: SocketAddr, local: Option<IpAddr>, silence: Duration) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
    if let Some(local) = local {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot connect from local={local}: {error}"))
        };
        socket.bind(&SocketAddr::new(local, 0).into()).map_err(named)?;
    }
    socket.set_nonblocking(true)?;
    match socket.connect(&to.into()) {
        Ok(()) => {}
        Err(error) if in_progress(&error) => {}
        Err(error) => return Err(error),
    }
    let stream = TcpStream::from_std(socket.into());
    stream.set_nodelay(true)?;
    probe(&stream, silence)?;
    Ok(stream)
}

/// Lets the system probe a connection that is silent, so that one whose peer vanished ends; zero: never.
pub(super) fn probe(stream: &TcpStream, silence: Duration) -> io::Result<()> {
    if silence.is_zero() {
        return Ok(());
    }
    SockRef::from(stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(silence).with_interval(PROBES))
}

#[cfg(unix)]
fn in_progress(error: &io::Error) -> bool {
    // EINPROGRESS has no name of its own in the standard library; it is 115 on Linux and 36 on BSD and macOS.
    matches!(error.raw_os_error(), Some(115 | 36)) || error.kind() == io::ErrorKind::WouldBlock
}

#[cfg(not(unix))]
fn in_progress(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// Listens on `host:port`.
pub(super) fn listen(address: &str) -> io::Result<TcpListener> {
    let address = resolve(address)?.into_iter().next().ok_or_else(|| not_found(address))?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the connections of the one before.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Looks a name up. Waits for the name service; addresses in numbers do not.
pub(super) fn resolve(address: &str) -> io::Result<Vec<SocketAddr>> {
    let found: Vec<SocketAddr> = address.to_socket_addrs()?.collect();
    if found.is_empty() { Err(not_found(address)) } else { Ok(found) }
}

fn not_found(address: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{address}: no such address"))
}

/// One of the addresses of a name, those that `local` can reach first; with each `round` the next one.
pub(super) fn one_of(found: &[SocketAddr], local: Option<IpAddr>, round: usize) -> Option<SocketAddr> {
    let reachable = |address: &&SocketAddr| local.is_none_or(|local| local.is_ipv4() == address.is_ipv4());
    let fit: Vec<&SocketAddr> = found.iter().filter(reachable).collect();
    let fit = if fit.is_empty() { found.iter().collect() } else { fit };
    fit.get(round % fit.len().max(1)).map(|address| **address)
}

/// What reading led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// So many octets; nothing more is there.
    Octets(usize),
    /// So many octets; more may be there.
    Full(usize),
    /// Nothing is there.
    Nothing,
    /// The peer closed, or the connection broke.
    Closed(String),
}

/// Reads once.
pub(super) fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> Got {
    loop {
        return match stream.read(buffer) {
            Ok(0) => Got::Closed("the peer closed the connection".to_owned()),
            // A short read has emptied the socket: the next octets raise a new edge (epoll, kqueue).
            Ok(n) if n < buffer.len() && cfg!(unix) => Got::Octets(n),
            Ok(n) => Got::Full(n),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Got::Nothing,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Got::Closed(error.to_string()),
        };
    }
}

/// Writes as much of `out` as the socket takes. True: all of it.
pub(super) fn write(stream: &mut TcpStream, out: &mut BytesMut) -> io::Result<bool> {
    while !out.is_empty() {
        match stream.write(out) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => out.advance(n),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    // An idle connection holds no buffer; a busy one keeps its own.
    if out.capacity() > 64 * 1024 {
        *out = BytesMut::new();
    } else {
        out.clear();
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_a_name_take_turns_and_fit_the_local_one() {
        let found: Vec<SocketAddr> =
            ["[::1]:7890", "127.0.0.1:7890", "127.0.0.2:7890"].map(|a| a.parse().unwrap()).to_vec();
        let turns = |local: Option<&str>| {
            let local = local.map(|text| text.parse().unwrap());
            [0, 1, 2, 3].map(|round| one_of(&found, local, round).unwrap().ip().to_string())
        };
        assert_eq!(turns(None), ["::1", "127.0.0.1", "127.0.0.2", "::1"]);
        assert_eq!(turns(Some("127.0.0.1")), ["127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"]);
        assert_eq!(turns(Some("::1"))[1], "::1");
        assert_eq!(one_of(&found[..1], "127.0.0.1".parse().ok(), 0), Some(found[0]), "and fails there");
        assert_eq!(one_of(&[], None, 7), None);
    }

    #[test]
    fn a_local_address_that_is_not_here_is_named() {
        let error =
            connect("127.0.0.1:1".parse().unwrap(), "192.0.2.1".parse().ok(), Duration::ZERO).unwrap_err();
        assert!(error.to_string().starts_with("cannot connect from local=192.0.2.1: "), "{error}");
    }
}
