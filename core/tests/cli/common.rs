//! Running the command and the simulator as processes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value as Json;

pub(crate) fn sanwang(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanwang"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        let text = |octets: Vec<u8>| String::from_utf8(octets).expect("UTF-8");
        let code = output.status.code().expect("an exit code");
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Ends with this code; stdout and stderr hold these pieces.
    pub(crate) fn expect(self, code: i32, out: &[&str], err: &[&str]) -> Self {
        let shown = format!("code {}\n{}\n{}", self.code, self.out, self.err);
        assert_eq!(self.code, code, "{shown}");
        assert!(out.iter().all(|piece| self.out.contains(piece)), "{out:?} in {shown}");
        assert!(err.iter().all(|piece| self.err.contains(piece)), "{err:?} in {shown}");
        assert!(self.err.lines().next().is_none_or(|line| line.starts_with("sanwang: ")), "{shown}");
        self
    }

    pub(crate) fn json_lines(&self) -> Vec<Json> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        self.out.lines().map(parse).collect()
    }
}

pub(crate) fn run(args: &[&str]) -> Ran {
    Ran::of(sanwang(args).output().expect("the command starts"))
}

pub(crate) fn run_with_input(args: &[&str], input: &[u8]) -> Ran {
    let mut child = sanwang(args).stdin(Stdio::piped()).spawn().expect("the command starts");
    child.stdin.take().expect("stdin").write_all(input).expect("stdin takes it");
    Ran::of(child.wait_with_output().expect("it ends"))
}

/// A simulator in a process of its own, ended with the test.
pub(crate) struct Simulated {
    pub(crate) child: Child,
    pub(crate) out: BufReader<ChildStdout>,
    pub(crate) addresses: Vec<String>,
}

impl Simulated {
    pub(crate) fn start(urls: &[&str], options: &[&str]) -> Self {
        let args: Vec<&str> = ["simulate"].iter().chain(urls).chain(options).copied().collect();
        let mut child = sanwang(&args).stderr(Stdio::inherit()).spawn().expect("the simulator starts");
        let mut out = BufReader::new(child.stdout.take().expect("stdout"));
        let addresses = urls
            .iter()
            .map(|url| {
                let mut line = String::new();
                out.read_line(&mut line).expect("a line");
                let scheme = url.split(':').next().expect("a scheme");
                let rest = line.strip_prefix("listening ").and_then(|rest| rest.strip_prefix(scheme));
                rest.unwrap_or_else(|| panic!("{line:?}")).trim().to_owned()
            })
            .collect();
        Self { child, out, addresses }
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// The line of counts, after the simulator has ended.
    pub(crate) fn counts(mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0), "{line}");
        line
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -s {name}");
}

pub(crate) fn free_port() -> String {
    crate::ports::free_port().to_string()
}

/// Simulated gateways of all three protocols, and accounts at them.
pub(crate) fn three(options: &[&str]) -> (Simulated, [String; 3]) {
    let reports = free_port();
    let sgip = format!("sgip://127.0.0.1:0?deliver_to={reports}");
    let simulated = Simulated::start(&["cmpp://127.0.0.1:0", &sgip, "smgp://127.0.0.1:0"], options);
    let [cmpp, sgip, smgp] = &simulated.addresses[..] else { panic!("three addresses") };
    let accounts = [
        format!("cmpp://901234:secret@{cmpp}?sender=10657001"),
        format!("unicom=sgip://sp:secret@{sgip}?node=3010012345&listen={reports}&sender=10655001"),
        format!("smgp://10000001:secret@{smgp}?sender=1065900001"),
    ];
    (simulated, accounts)
}

pub(crate) const RECEIVERS: [&str; 3] = ["13800138000", "13000000001", "18900000001"];
