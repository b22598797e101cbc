//! One connection through a relay: two threads, one for each direction.

use super::super::faults::count;
use super::{Shared, Target, connect, note};
use crate::wire::{AnyPdu, Notes, Protocol, Seq, cmpp, frame, patch_seq, sgip, smgp};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a thread reads or writes before it looks whether it is over.
const SLICE: Duration = Duration::from_millis(50);
/// The pause inside a frame that is written in two halves.
const PAUSE: Duration = Duration::from_millis(2);
/// Longest frame; what is longer is carried as it comes.
const FRAME: usize = 64 * 1024;

/// Time for the first frame, where it is waited for.
const FIRST: Duration = Duration::from_secs(30);
/// A reset that is due waits so long for a frame to break.
const NEXT_FRAME: Duration = Duration::from_millis(300);

/// How a connection ends, for both threads.
#[derive(Debug, Default)]
struct End {
    over: AtomicBool,
    /// The sockets are dropped as they are, so that the system resets them.
    reset: AtomicBool,
}

impl End {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn set(&self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

/// A connection that is carried.
#[derive(Debug)]
pub(super) struct Pipe {
    end: Arc<End>,
    thread: JoinHandle<()>,
}

/// One direction.
struct Way {
    shared: Arc<Shared>,
    end: Arc<End>,
    from: TcpStream,
    to: TcpStream,
    /// When it is to be reset.
    reset: Option<Instant>,
}

impl Pipe {
    /// Carries a connection that was accepted; both threads end with it.
    pub(super) fn start(shared: &Arc<Shared>, outside: TcpStream, peer: SocketAddr) -> std::io::Result<Self> {
        outside.set_nonblocking(false)?;
        let end = Arc::new(End::default());
        let (shared, ours) = (shared.clone(), end.clone());
        let thread = std::thread::Builder::new().name("sanwang-relay-in".to_owned()).spawn(move || {
            let back = carry(&shared, &ours, outside, peer);
            ours.set();
            if let Ok(back) = back {
                let _ = back.join();
            }
        })?;
        Ok(Self { end, thread })
    }

    /// Whether both threads have ended.
    pub(super) fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Tells it to end.
    pub(super) fn end(&self) {
        self.end.set();
    }

    /// Ends it and waits for its threads.
    pub(super) fn close(self) {
        self.end();
        let _ = self.thread.join();
    }
}

fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SLICE))?;
    stream.set_write_timeout(Some(SLICE))
}

/// Carries what the side that connected says in this thread, and what comes back in another one.
fn carry(
    shared: &Arc<Shared>,
    end: &Arc<End>,
    outside: TcpStream,
    peer: SocketAddr,
) -> std::io::Result<JoinHandle<()>> {
    prepare(&outside)?;
    let ends = |from: &TcpStream, to: &TcpStream| -> std::io::Result<Way> {
        let (shared, end) = (shared.clone(), end.clone());
        Ok(Way { shared, end, from: from.try_clone()?, to: to.try_clone()?, reset: None })
    };
    let mut head = Vec::new();
    let mut name = None;
    if shared.protocol == Protocol::Sgip {
        // Who logs in says where deliveries go.
        name = first_frame(end, &outside, &mut head)?;
        if let Some(name) = &name {
            note(&shared.target, name, peer);
        }
    }
    let inside = connect(&shared.target, name.as_deref())?;
    prepare(&inside)?;
    // The carrier's own words get the faults: they come from the gateway, whoever opened the connection.
    let to_sp = matches!(shared.target, Target::Sp(..));
    let (there, back) = (ends(&outside, &inside)?, ends(&inside, &outside)?);
    let back = std::thread::Builder::new()
        .name("sanwang-relay-out".to_owned())
        .spawn(move || back.run(Vec::new(), !to_sp))?;
    there.run(head, to_sp);
    Ok(back)
}

/// Reads until the first frame is whole and gives the name it logs in with.
fn first_frame(end: &End, mut stream: &TcpStream, head: &mut Vec<u8>) -> std::io::Result<Option<String>> {
    let mut piece = [0; 1024];
    let until = Instant::now() + FIRST;
    while !end.is_over() && Instant::now() < until {
        match frame::next(Protocol::Sgip, head, FRAME) {
            Ok(Some(length)) => {
                let octets = head.get(..length).unwrap_or_default();
                let pdu = AnyPdu::decode(Protocol::Sgip, sgip::V12, octets, &mut Notes::default());
                return Ok(match pdu {
                    Ok((_, AnyPdu::Sgip(sgip::Pdu::Bind(bind)))) => {
                        Some(bind.login_name.to_string_lossy().into_owned())
                    }
                    _ => None,
                });
            }
            Ok(None) => {}
            Err(_) => return Ok(None),
        }
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => head.extend_from_slice(piece.get(..n).unwrap_or_default()),
            Err(error) if is_slice(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::UnexpectedEof.into())
}

fn is_slice(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

impl Way {
    /// Carries until either side is gone. `faulty`: this is what the carrier says.
    fn run(mut self, mut held: Vec<u8>, faulty: bool) {
        self.reset = self.shared.faults.reset_every.filter(|_| faulty).map(|every| {
            let spread = u64::try_from(every.as_nanos()).unwrap_or(u64::MAX);
            Instant::now() + every / 2 + Duration::from_nanos(self.shared.below(spread))
        });
        let mut buffer = vec![0; 16 * 1024];
        let mut framed = faulty;
        while !self.end.is_over() {
            let carried = if framed { self.frames(&mut held, &mut framed) } else { self.write(&held) };
            if !framed {
                held.clear();
            }
            if carried.is_err() || (self.reset_is_due(NEXT_FRAME) && self.break_off(&held).is_err()) {
                break;
            }
            match self.from.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => held.extend_from_slice(buffer.get(..n).unwrap_or_default()),
                Err(error) if is_slice(&error) => {}
                Err(_) => break,
            }
        }
        self.end.set();
        if !self.end.reset.load(Ordering::SeqCst) {
            let _ = self.to.shutdown(Shutdown::Both);
            let _ = self.from.shutdown(Shutdown::Both);
        }
    }

    /// Whether a reset is due for this long.
    fn reset_is_due(&self, long: Duration) -> bool {
        self.reset.is_some_and(|at| at + long <= Instant::now())
    }

    /// Carries the whole frames that are held.
    fn frames(&mut self, held: &mut Vec<u8>, framed: &mut bool) -> std::io::Result<()> {
        let mut done = 0;
        let mut out = Vec::new();
        loop {
            let rest = held.get(done..).unwrap_or_default();
            match frame::next(self.shared.protocol, rest, FRAME) {
                Ok(Some(length)) => {
                    let mut one = rest.get(..length).unwrap_or_default().to_vec();
                    done += length;
                    self.frame(&mut one, &mut out)?;
                }
                Ok(None) => break,
                Err(_) => {
                    // No frames any more: the octets go on as they are.
                    *framed = false;
                    out.extend_from_slice(rest);
                    break;
                }
            }
        }
        held.drain(..done);
        self.write(&out)
    }

    /// Carries one frame, or what becomes of it.
    fn frame(&mut self, one: &mut [u8], out: &mut Vec<u8>) -> std::io::Result<()> {
        let shared = self.shared.clone();
        let (faults, made) = (&shared.faults, &shared.made);
        let below = |limit| shared.below(limit);
        let mut times = 1;
        match kind(shared.protocol, one) {
            Kind::SubmitAnswer => {
                if faults.no_answer.hits(below) {
                    count(&made.no_answer);
                    return Ok(());
                }
                if faults.wrong_sequence.hits(below) {
                    count(&made.wrong_sequence);
                    mistake_sequence(shared.protocol, one);
                }
                if faults.duplicate_answer.hits(below) {
                    count(&made.duplicate_answer);
                    times = 2;
                }
            }
            Kind::LoginAnswer => {
                if faults.wrong_digest.hits(below) && falsify_digest(one) {
                    count(&made.wrong_digest);
                }
            }
            Kind::Other => {}
        }
        if self.reset_is_due(Duration::ZERO) {
            self.write(out)?;
            return self.break_off(one);
        }
        for _ in 0..times {
            if !faults.split_writes.hits(below) {
                out.extend_from_slice(one);
                continue;
            }
            count(&made.split_writes);
            self.write(out)?;
            out.clear();
            let (head, tail) = one.split_at(one.len() / 2);
            if shared.below(2) == 0 {
                self.write(head)?;
                std::thread::sleep(PAUSE);
                self.write(tail)?;
            } else {
                one.chunks(1).try_for_each(|octet| self.write(octet))?;
            }
        }
        Ok(())
    }

    /// Writes everything, unless it is over.
    fn write(&mut self, mut octets: &[u8]) -> std::io::Result<()> {
        while !octets.is_empty() {
            match self.to.write(octets) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => octets = octets.get(n..).unwrap_or_default(),
                Err(error) if is_slice(&error) && !self.end.is_over() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Breaks the connection as a crash does: inside a frame, and with a reset instead of an end.
    fn break_off(&mut self, frame: &[u8]) -> std::io::Result<()> {
        count(&self.shared.made.reset);
        self.write(frame.get(..frame.len() / 2).unwrap_or_default())?;
        std::thread::sleep(PAUSE);
        socket2::SockRef::from(&self.to).set_linger(Some(Duration::ZERO))?;
        self.end.reset.store(true, Ordering::SeqCst);
        Err(ErrorKind::ConnectionReset.into())
    }
}

/// What matters about a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    SubmitAnswer,
    LoginAnswer,
    Other,
}

fn kind(protocol: Protocol, frame: &[u8]) -> Kind {
    let command = frame.get(4..8).and_then(|octets| octets.try_into().ok()).map(u32::from_be_bytes);
    let (submit, login) = match protocol {
        Protocol::Cmpp => (cmpp::SubmitResp::COMMAND, Some(cmpp::ConnectResp::COMMAND)),
        Protocol::Sgip => (sgip::SubmitResp::COMMAND, None),
        Protocol::Smgp => (smgp::SubmitResp::COMMAND, Some(smgp::LoginResp::COMMAND)),
    };
    match command {
        Some(command) if command == submit => Kind::SubmitAnswer,
        Some(command) if Some(command) == login => Kind::LoginAnswer,
        _ => Kind::Other,
    }
}

/// Gives a frame a sequence that is far from any in use.
fn mistake_sequence(protocol: Protocol, octets: &mut [u8]) {
    if let Ok(header) = frame::header(protocol, octets) {
        patch_seq(protocol, octets, Seq { serial: header.seq.serial ^ 0x4000_0000, ..header.seq });
    }
}

/// Changes the digest of a login answer: the 16 octets before the version, which is the last one (`cmpp.md` 4.2,
/// `smgp.md` 4.2).
fn falsify_digest(octets: &mut [u8]) -> bool {
    let end = octets.len().saturating_sub(1);
    let Some(digest) = octets.get_mut(end.saturating_sub(16)..end) else { return false };
    digest.iter_mut().for_each(|octet| *octet ^= 0x5a);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_and_digests_change_and_nothing_else() {
        let mut answer = vec![0, 0, 0, 24, 0x80, 0, 0, 4, 0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0];
        let before = answer.clone();
        assert_eq!(kind(Protocol::Cmpp, &answer), Kind::SubmitAnswer);
        mistake_sequence(Protocol::Cmpp, &mut answer);
        assert_eq!(answer.iter().zip(&before).filter(|(a, b)| a != b).count(), 1);
        assert_eq!(answer.get(8..12), Some(&[0x40, 0, 0, 7][..]));

        let mut login =
            [&[0, 0, 0, 33, 0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0][..], &[9; 16], &[0x30]].concat();
        assert_eq!(kind(Protocol::Cmpp, &login), Kind::LoginAnswer);
        assert!(falsify_digest(&mut login));
        assert_eq!((login.get(12..16), login.last()), (Some(&[0; 4][..]), Some(&0x30)));
        assert_eq!(login.get(16..32), Some(&[9 ^ 0x5a; 16][..]));
        assert!(!login.is_empty() && kind(Protocol::Sgip, &login) == Kind::Other);
    }
}
