//! A page of metrics over HTTP/1.0: one thread, `GET /metrics` and nothing else.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::out::Failure;
use crate::metrics::CONTENT_TYPE;

/// Longest request that is read.
const REQUEST: usize = 8 * 1024;
/// Time for one client, from its connection to the last octet of its page.
const CLIENT: Duration = Duration::from_secs(10);
/// Clients at a time; one more takes the place of the one that came first.
const CLIENTS: usize = 64;
/// How often the thread looks for clients and for the end.
const LOOK: Duration = Duration::from_millis(20);

/// A server; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    /// Where it listens, with the real port.
    pub(super) address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves what `page` gives.
    pub(super) fn open(at: &str, page: impl Fn() -> String + Send + 'static) -> Result<Self, Failure> {
        if at.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
            return Err(Failure::Usage(format!("--metrics: {at:?}: write HOST:PORT, as in 127.0.0.1:9100")));
        }
        let failed = |error| Failure::Failed(format!("cannot listen on {at} for metrics: {error}"));
        let listener = TcpListener::bind(at).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        let thread = std::thread::Builder::new()
            .name("sanwang-metrics".to_owned())
            .spawn(move || run(&listener, &asked, &page))
            .map_err(failed)?;
        Ok(Self { address, stop, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// One that asks for a page.
struct Caller {
    stream: TcpStream,
    until: Instant,
    request: Vec<u8>,
    /// What is written, once the request is whole, and how much of it has been.
    answer: Option<(Vec<u8>, usize)>,
}

fn run(listener: &TcpListener, stop: &AtomicBool, page: &impl Fn() -> String) {
    let mut callers: VecDeque<Caller> = VecDeque::new();
    while !stop.load(Ordering::SeqCst) {
        let mut moved = false;
        for _ in 0..CLIENTS {
            let Ok((stream, _)) = listener.accept() else { break };
            moved = true;
            // Nobody waits for another: who is silent or slow costs a place and no time.
            if stream.set_nonblocking(true).is_ok() {
                if callers.len() == CLIENTS {
                    callers.pop_front();
                }
                let until = Instant::now() + CLIENT;
                callers.push_back(Caller { stream, until, request: Vec::new(), answer: None });
            }
        }
        // A client that goes away is its own trouble.
        callers.retain_mut(|caller| match caller.go_on(page) {
            Ok(done) => {
                moved = true;
                !done
            }
            Err(error) => error.kind() == ErrorKind::WouldBlock && Instant::now() < caller.until,
        });
        if !moved {
            std::thread::park_timeout(LOOK);
        }
    }
}

impl Caller {
    /// Reads or writes once. True: all is done.
    fn go_on(&mut self, page: &impl Fn() -> String) -> std::io::Result<bool> {
        if let Some((answer, written)) = &mut self.answer {
            let more = self.stream.write(answer.get(*written..).unwrap_or_default())?;
            *written += more;
            return Ok(*written == answer.len() || more == 0);
        }
        let mut piece = [0; 1024];
        let read = self.stream.read(&mut piece)?;
        self.request.extend_from_slice(piece.get(..read).unwrap_or_default());
        if self.request.windows(4).any(|four| four == b"\r\n\r\n") || self.request.ends_with(b"\n\n") {
            self.answer = Some((whole_answer(&self.request, page), 0));
            return Ok(false);
        }
        Ok(read == 0 || self.request.len() >= REQUEST)
    }
}

fn whole_answer(request: &[u8], page: &impl Fn() -> String) -> Vec<u8> {
    let line = String::from_utf8_lossy(request).lines().next().unwrap_or_default().to_owned();
    let (status, kind, body) = answer(&line, page);
    let head = format!(
        "HTTP/1.0 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head, body].concat().into_bytes()
}

/// Status, media type and body for a request line.
fn answer(line: &str, page: &impl Fn() -> String) -> (&'static str, &'static str, String) {
    let plain = "text/plain; charset=utf-8";
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    match (method, path) {
        ("GET", "/metrics") => ("200 OK", CONTENT_TYPE, page()),
        ("GET", _) => ("404 Not Found", plain, "there is /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed", plain, "there is GET\n".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(address: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.write_all(request).expect("it reads");
        let mut answer = String::new();
        // Where it closes without reading everything, the system tells of it as an error.
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    #[test]
    fn one_page_and_nothing_else() {
        let server = Server::open("127.0.0.1:0", || "a 1\n".to_owned()).expect("it opens");
        let page = ask(server.address, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(page.starts_with("HTTP/1.0 200 OK\r\n") && page.ends_with("\r\n\r\na 1\n"), "{page}");
        assert!(page.contains("Content-Length: 4\r\n") && page.contains("version=0.0.4"), "{page}");
        assert!(ask(server.address, b"GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 404 "));
        assert!(ask(server.address, b"POST /metrics HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 405 "));
        assert!(ask(server.address, &[&[b'x'; REQUEST][..], b"\r\n\r\n"].concat()).is_empty());
        let address = server.address;
        drop(server);
        assert!(TcpStream::connect(address).is_err(), "it has ended");
    }

    #[test]
    fn who_is_silent_or_does_not_read_keeps_nobody_waiting() {
        let long = "a 1\n".repeat(4 << 20);
        let whole = long.len();
        let server = Server::open("127.0.0.1:0", move || long.clone()).expect("it opens");
        let begun = Instant::now();
        let dial = |first: &[u8]| {
            let mut stream = TcpStream::connect(server.address).expect("it listens");
            stream.write_all(first).expect("it reads");
            stream
        };
        let slow: Vec<TcpStream> = (0..8).map(|_| dial(b"GET /metrics HTTP/1.0\r\n\r\n")).collect();
        let silent: Vec<TcpStream> = (0..2 * CLIENTS).map(|_| dial(b"GET /metr")).collect();
        assert!(ask(server.address, b"GET /metrics HTTP/1.0\r\n\r\n").len() > whole);
        assert!(begun.elapsed() < CLIENT * 8, "one after the other they take longer");
        drop(server);
        drop((slow, silent));
    }

    #[test]
    fn wrong_addresses_say_what_to_write() {
        let wrong = |at: &str| Server::open(at, String::new).expect_err("it is wrong").exit_code();
        assert_eq!((wrong("9100"), wrong("127.0.0.1:x"), wrong("192.0.2.1:1")), (2, 2, 1));
    }
}
