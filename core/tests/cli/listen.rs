//! `sanwang listen`: lines, masks, answers and the end.

use super::common::{Ran, Simulated, run, sanwang, signal};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout};

struct Listening {
    child: Child,
    out: Option<BufReader<ChildStdout>>,
    /// What came before the line that was waited for: a delivery may come before the news of the login.
    before: Vec<Json>,
}

impl Listening {
    /// Starts it and waits until it is online.
    fn start(args: &[&str]) -> Self {
        let args = [&["listen"], args, &["--for", "300"]].concat();
        let mut child = sanwang(&args).spawn().expect("it starts");
        let out = child.stdout.take().map(BufReader::new);
        let mut listening = Self { child, out, before: Vec::new() };
        let online = listening.next(|line| line["event"] == "account_state" && line["state"] == "online");
        assert_eq!((&online["up"], &online["wanted"]), (&json!(1), &json!(1)));
        listening
    }

    /// The next line that fits.
    fn next(&mut self, fits: impl Fn(&Json) -> bool) -> Json {
        if let Some(at) = self.before.iter().position(&fits) {
            return self.before.remove(at);
        }
        loop {
            let mut line = String::new();
            let read = self.out.as_mut().expect("stdout").read_line(&mut line);
            assert!(read.expect("a line") > 0, "it ended; before that came {:?}", self.before);
            let line: Json = serde_json::from_str(&line).expect("JSON");
            assert!(line["account"] == "901234" && line["time"].as_i64() > Some(1_600_000_000_000), "{line}");
            if fits(&line) {
                return line;
            }
            self.before.push(line);
        }
    }

    fn next_event(&mut self, event: &str) -> Json {
        self.next(|line| line["event"] == event)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A simulator that replies, an account at it, and the same at a listener for short connections: nothing is pushed on
/// them, so reports and replies come to who listens, and never to the sender.
fn replying() -> (Simulated, String, String) {
    let urls = ["cmpp://127.0.0.1:0?resend=always", "cmpp://127.0.0.1:0?short=yes"];
    let simulated = Simulated::start(&urls, &["--reply", "TD=TD", "--quiet"]);
    let account = |at: usize| format!("cmpp://901234:secret@{}?sender=10657001", simulated.addresses[at]);
    let (listens, sends) = (account(0), account(1) + "&short=yes");
    (simulated, listens, sends)
}

#[cfg(unix)]
#[test]
fn deliveries_and_reports_are_lines_and_are_answered() {
    let (simulated, account, sends) = replying();
    let mut listening = Listening::start(&["--account", &account]);
    run(&["send", "--account", &sends, "13800138000", "TD"]).expect(0, &["ACCEPTED"], &[]);
    let line = listening.next_event("deliver");
    assert_eq!((&line["sender"], &line["text"]), (&json!("138****8000"), &json!("(2 characters)")));
    assert_eq!((&line["receiver"], &line["octets"]), (&json!("****7001"), &json!("(2 octets)")));
    assert_eq!((&line["parts"], &line["complete"]), (&json!(1), &json!(true)));
    let line = listening.next_event("report");
    assert_eq!((&line["receiver"], &line["stat"]), (&json!("138****8000"), &json!("DELIVRD")));
    assert_eq!((&line["ticket"], &line["final"]), (&Json::Null, &json!(true)));
    assert!(line["raw"].as_str().is_some_and(|raw| raw.ends_with(" octets)")), "{line}");
    signal(&listening.child, "TERM");
    let mut rest = String::new();
    listening.out.take().expect("stdout").read_to_string(&mut rest).expect("the rest");
    assert!(rest.contains("closed here"), "the session was ended in order: {rest}");
    assert_eq!(listening.child.wait().expect("it ends").code(), Some(0));
    simulated.signal("TERM");
    let counts = simulated.counts();
    assert!(counts.contains("reports=1 delivers=1 acked=2 failed=0"), "{counts}");
}

#[test]
fn everything_shows_where_it_is_asked_for() {
    let (_simulated, account, sends) = replying();
    let mut listening = Listening::start(&["--account", &account, "--show", "all"]);
    run(&["send", "--account", &sends, "13800138000", "TD"]).expect(0, &["ACCEPTED"], &[]);
    let line = listening.next_event("deliver");
    assert_eq!((&line["sender"], &line["text"]), (&json!("13800138000"), &json!("TD")));
    assert_eq!((&line["receiver"], &line["octets"]), (&json!("10657001"), &json!("5444")));
}

#[cfg(unix)]
#[test]
fn what_is_not_written_is_not_answered() {
    let (simulated, account, sends) = replying();
    let mut listening = Listening::start(&["--account", &account]);
    let mut err = listening.child.stderr.take().expect("stderr");
    // The reader goes away; the next line fails.
    listening.out = None;
    run(&["send", "--account", &sends, "13800138000", "TD", "--no-report"]).expect(0, &["ACCEPTED"], &[]);
    assert_eq!(listening.child.wait().expect("it ends").code(), Some(1));
    let mut said = String::new();
    err.read_to_string(&mut said).expect("stderr");
    assert_eq!(said, "");
    // It comes again.
    let mut second = Listening::start(&["--account", &account]);
    assert_eq!(second.next_event("deliver")["text"], "(2 characters)");
    signal(&second.child, "TERM");
    assert_eq!(second.child.wait().expect("it ends").code(), Some(0));
    simulated.signal("TERM");
    assert!(simulated.counts().contains("delivers=1 acked=1"), "one delivery, answered once");
}

#[test]
fn it_ends_by_itself_and_refuses_wrong_options() {
    let (_simulated, account, _) = replying();
    // As long as a busy machine needs to log in.
    let mut times = ["0.5", "2", "8", "32"].into_iter();
    loop {
        let time = times.next().expect("it comes online");
        let ran = run(&["listen", "--account", &account, "--for", time]).expect(0, &[], &[]);
        assert_eq!((ran.err.as_str(), ran.json_lines().is_empty()), ("", false));
        if ran.out.contains("\"online\"") {
            break;
        }
    }
    let wrong = |args: &[&str], code: i32, what: &str| -> Ran {
        run(&[&["listen"], args].concat()).expect(code, &[], &[what])
    };
    wrong(&["--account", &account, "--show", "some"], 2, "none, numbers, contents");
    wrong(&["--account", &account, "--metrics", "9100"], 2, "write HOST:PORT");
    wrong(&[], 2, "--account");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address");
    let sgip = format!("sgip://sp:secret@127.0.0.1:1?node=3010012345&listen={taken}");
    wrong(&["--account", &sgip], 1, "cannot listen on ");
}

#[cfg(unix)]
#[test]
fn sighup_reads_the_file_again() {
    let folder = std::env::temp_dir().join(format!("sanwang-reload-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("accounts.toml");
    let file = path.to_str().expect("a path");
    let write = |text: &str| std::fs::write(&path, text).expect("it is written");
    let known = |user: &str| format!("[accounts.{user}]\nurl = \"cmpp://{user}:secret@127.0.0.1:1\"\n");
    write(&known("901234"));
    let simulated = Simulated::start(&["cmpp://127.0.0.1:0"], &["--config", file, "--quiet"]);
    let at = &simulated.addresses[0];
    let send = |user: &str| {
        let account = format!("cmpp://{user}:secret@{at}");
        run(&["send", "--account", &account, "13800138000", "x", "--wait"]).code
    };
    assert_eq!((send("901234"), send("901235")), (0, 1), "only the accounts of the file may log in");
    write(&known("901235"));
    simulated.signal("HUP");
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while send("901235") != 0 {
        assert!(std::time::Instant::now() < end, "it is read again");
    }
    // The listener.
    let real = |more: &str| format!("[accounts.901234]\nurl = \"cmpp://901235:secret@{at}\"\n{more}\n");
    write(&real(""));
    let mut listening = Listening::start(&["--config", file]);
    let mut err = BufReader::new(listening.child.stderr.take().expect("stderr"));
    let mut said = |what: &str| loop {
        let mut line = String::new();
        assert!(err.read_line(&mut line).expect("a line") > 0, "{what}");
        if line.contains(what) {
            break;
        }
    };
    write(&real("window = 4"));
    signal(&listening.child, "HUP");
    said("reloaded: changed: 901234.window");
    write(&real("windw = 4"));
    signal(&listening.child, "HUP");
    said("did you mean window");
    signal(&listening.child, "TERM");
    assert_eq!(listening.child.wait().expect("it ends").code(), Some(0));
    let _ = std::fs::remove_dir_all(&folder);
}
