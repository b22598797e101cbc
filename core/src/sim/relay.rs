//! Faults of octets and connections: a relay that carries a connection between the other side and the gateway, and
//! breaks what it was told to break. The protocol code on both ends stays as honest as it is.
//!
//! One thread accepts; each connection has two more, and there are at most [`PIPES`] connections.

mod pipe;

use super::faults::{Faults, Made, count};
use crate::account::dial::Jitter;
use crate::wire::Protocol;
use pipe::Pipe;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Connections that a relay carries; further ones are closed at once.
const PIPES: usize = 128;
/// How often the accepting thread looks for connections, due restarts and the end.
const LOOK: Duration = Duration::from_millis(5);
/// How long the ports stay closed in a restart.
const DOWN: Duration = Duration::from_millis(500);
/// Time to connect to an SP that gets deliveries.
const CONNECT: Duration = Duration::from_secs(2);

/// The addresses of SPs by the name they logged in with (SGIP): deliveries go there.
pub(super) type Seen = Arc<Mutex<HashMap<String, IpAddr>>>;

/// Where connections are carried to.
#[derive(Debug)]
pub(super) enum Target {
    /// To the gateway. SGIP notes who logs in from where.
    Gateway(SocketAddr, Seen),
    /// To an SP that takes deliveries (SGIP): to this address, or to port 8802 where the SP of the login was seen.
    Sp(Option<String>, Seen),
}

/// What all connections of a relay share.
#[derive(Debug)]
struct Shared {
    protocol: Protocol,
    target: Target,
    faults: Faults,
    made: Arc<Made>,
    jitter: Mutex<Jitter>,
    stop: AtomicBool,
}

impl Shared {
    fn below(&self, limit: u64) -> u64 {
        self.jitter.lock().unwrap_or_else(PoisonError::into_inner).below(limit)
    }
}

/// A relay; it ends when it is closed or dropped.
#[derive(Debug)]
pub(super) struct Relay {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Relay {
    /// Carries the connections of a listener.
    pub(super) fn start(
        listener: TcpListener,
        protocol: Protocol,
        target: Target,
        faults: Faults,
        made: Arc<Made>,
        seed: u64,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let jitter = Mutex::new(Jitter::new(seed ^ u64::from(address.port()) << 32));
        let shared =
            Arc::new(Shared { protocol, target, faults, made, jitter, stop: AtomicBool::new(false) });
        let relay = shared.clone();
        let thread = std::thread::Builder::new()
            .name("sanwang-relay".to_owned())
            .spawn(move || run(&relay, listener, address))?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Ends every connection and waits for the threads.
    pub(super) fn close(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // The threads end by themselves.
        self.shared.stop.store(true, Ordering::SeqCst);
    }
}

fn run(shared: &Arc<Shared>, listener: TcpListener, address: SocketAddr) {
    let mut listener = Some(listener);
    let mut pipes: Vec<Pipe> = Vec::new();
    let mut restart = shared.faults.restart_every.map(|every| Instant::now() + every);
    let mut open_again = Instant::now();
    while !shared.stop.load(Ordering::SeqCst) {
        if let Some(at) = restart.filter(|at| *at <= Instant::now()) {
            restart = shared.faults.restart_every.map(|every| at.max(Instant::now()) + every + DOWN);
            close_all(&mut pipes);
            // The port where the gateway connects to is no port of the carrier.
            if matches!(shared.target, Target::Gateway(..)) {
                count(&shared.made.restart);
                listener = None;
                open_again = Instant::now() + DOWN;
            }
        }
        if listener.is_none() && open_again <= Instant::now() {
            // Until the system gives the port back.
            listener = TcpListener::bind(address).and_then(|l| l.set_nonblocking(true).map(|()| l)).ok();
        }
        pipes.retain(|pipe| !pipe.is_over());
        match listener.as_ref().map(TcpListener::accept) {
            Some(Ok((stream, peer))) if pipes.len() < PIPES => {
                // A connection that cannot be carried is closed, as one of a carrier that is down.
                pipes.extend(Pipe::start(shared, stream, peer).ok());
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => std::thread::park_timeout(LOOK),
        }
    }
    drop(listener);
    close_all(&mut pipes);
}

fn close_all(pipes: &mut Vec<Pipe>) {
    pipes.iter().for_each(Pipe::end);
    pipes.drain(..).for_each(Pipe::close);
}

/// Connects to where a connection is carried. `name` is what the first frame logs in with.
fn connect(target: &Target, name: Option<&str>) -> std::io::Result<TcpStream> {
    let unknown = || std::io::Error::new(std::io::ErrorKind::NotFound, "no SP of this name has logged in");
    match target {
        Target::Gateway(address, _) => TcpStream::connect(address),
        Target::Sp(Some(address), _) => {
            let address = address.to_socket_addrs()?.next().ok_or_else(unknown)?;
            TcpStream::connect_timeout(&address, CONNECT)
        }
        Target::Sp(None, seen) => {
            let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            let ip = name.and_then(|name| seen.get(name)).copied().ok_or_else(unknown)?;
            drop(seen);
            TcpStream::connect_timeout(&SocketAddr::new(ip, 8802), CONNECT)
        }
    }
}

/// Notes from where an SP logged in.
fn note(target: &Target, name: &str, peer: SocketAddr) {
    if let Target::Gateway(_, seen) = target {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        // As many names as a gateway has accounts.
        if seen.len() < 65_536 || seen.contains_key(name) {
            seen.insert(name.to_owned(), peer.ip());
        }
    }
}
