//! `sanwang load`: a load generator that is our own client.

mod check;
mod meter;
mod process;
mod report;
mod run;

use std::time::Duration;

use super::accounts;
use super::forms;
use super::out::{self, Failure};
use super::stop::{Stop, Woken};
use crate::engine::Client;
use crate::message::LinkState;
use crate::settings::Account;
use run::Load as Running;

const PAGE: &str = "\
Messages of --content octets go to a table of receivers for --seconds, after --warmup. Closed loop: as many messages as
--outstanding says are always open, and the next one is sent when one has ended. Open loop with --rate: messages are due
evenly, and latency counts from the due time, so that a stall is not hidden.

Latency is from send to outcome: the gateway's answer, or with --report the report; then the answer is measured too.
In a closed loop with 16 or more open messages every fourth is timed.
Every ticket must have exactly one outcome, by count and by ticket; otherwise the command fails and says what is missing.
The account's rate, window, connections, report and queue bounds come from the options, whatever the URL says.

The last line of stdout is one JSON object: kind, label, protocol, window, conns, rate, secs, messages, msgs_per_s;
mean_us, p50_us, p90_us, p99_us, p999_us, max_us (with --report also answer_mean_us ...); own_cpu_user_s_per_M,
own_cpu_sys_s_per_M, server_cpu_s_per_M, cpu_s_per_M (seconds of CPU for a million messages, both sides together), on
Linux; own_vcsw_per_msg (voluntary context switches a message); own_polls_per_msg, own_reads_per_msg,
own_writes_per_msg, own_wakes_per_msg (what the client's threads asked of the system); outcomes by status and reports, within the measured time;
sent and ended, over the whole run.

Examples, after `sanwang simulate 'cmpp://127.0.0.1:7890' 'smgp://127.0.0.1:8890'` in another terminal:
  sanwang load 'cmpp://900001:888888@127.0.0.1:7890' --seconds 2 --window 16
  sanwang load 'cmpp://900001:888888@127.0.0.1:7890' --seconds 2 --connections 4 --report
  sanwang load 'smgp://10000001:secret@127.0.0.1:8890' --seconds 2 --rate 1000
  sanwang load --config examples/data/accounts.toml telecom --seconds 2
  sanwang load 'cmpp://900001:888888@127.0.0.1:7890' --seconds 2 --server-pid \"$(pidof sanwang | cut -d' ' -f1)\" --quiet

Exit codes: 0 measured, every ticket had one outcome; 1 not connected, nothing ended, or an outcome was missing or came
twice; 2 an option, URL or setting is wrong.";

/// Measure throughput and latency against a gateway.
#[derive(clap::Args, Debug)]
#[command(after_help = PAGE)]
pub(super) struct Load {
    /// The account: cmpp://USER:SECRET@HOST:PORT?key=value, or sgip:// or smgp://; with --config its name, which may
    /// be left out where the file has one account
    #[arg(value_name = "[NAME=]URL", required_unless_present = "config")]
    url: Option<String>,
    /// A file in TOML that has the account, as examples/data/accounts.toml
    #[arg(long, value_name = "FILE")]
    config: Option<String>,
    /// Connections, 1 to 64
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    connections: u16,
    /// Requests of a connection without answer, 1 to 1024
    #[arg(long, value_name = "W", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    window: u16,
    /// Time to measure, in seconds or with a unit
    #[arg(long, value_name = "S", default_value = "5", value_parser = forms::some_time)]
    seconds: Duration,
    /// Time before it, which is not measured, in seconds or with a unit
    #[arg(long, value_name = "S", default_value = "0.5", value_parser = forms::duration)]
    warmup: Duration,
    /// Messages a second, at even times (open loop) [default: as fast as answers come]
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// Ask for reports and wait for them
    #[arg(long)]
    report: bool,
    /// With --report: note the times from send to answer, too; each answer is an event more then
    #[arg(long, requires = "report")]
    answers: bool,
    /// Octets of content of a message, 1 to 2000; more than 140 may need several segments
    #[arg(long, value_name = "OCTETS", default_value_t = 140, value_parser = clap::value_parser!(u16).range(1..=2000))]
    content: u16,
    /// Messages open at once, 1 to 4000000 [default: twice what all windows hold; with --rate 100000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    outstanding: Option<u32>,
    /// Threads of the client, 1 to 256
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: u32,
    /// Process whose CPU time is the server's [default: not measured]
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
    /// A word that is repeated in the result
    #[arg(long, value_name = "TEXT", default_value = "")]
    label: String,
    /// Time for what is open at the end, in seconds or with a unit
    #[arg(long, value_name = "S", default_value = "15", value_parser = forms::duration)]
    rest: Duration,
    /// For a gateway with faults: a refused login is tried again, and what is open after --rest has its outcome from
    /// the close (NO_REPORT, IN_DOUBT); neither is a failure
    #[arg(long)]
    tolerant: bool,
    /// No line of progress on stderr each second
    #[arg(long)]
    quiet: bool,
}

/// Longest wait for the login.
const LOGIN: Duration = Duration::from_secs(10);
/// Longest wait for it where refusals are tolerated.
const LONG_LOGIN: Duration = Duration::from_secs(60);
/// How often accounts and signals are looked at.
const TICK: Duration = Duration::from_millis(100);
/// Messages open at once in an open loop.
const OPEN_LOOP: u32 = 100_000;

impl Load {
    fn outstanding(&self) -> u32 {
        let windows = u32::from(self.connections) * u32::from(self.window);
        self.outstanding.unwrap_or(if self.rate.is_some() { OPEN_LOOP.max(windows * 2) } else { windows * 2 })
    }

    fn account(&self) -> Result<Account, Failure> {
        // A segment carries 100 octets or more; the queue must never be the bound here.
        let segments = u64::from(self.outstanding()) * (u64::from(self.content) / 100 + 1);
        let sets = [
            ("rate", "0".to_owned()),
            ("window", self.window.to_string()),
            ("connections", self.connections.to_string()),
            ("report", if self.report { "yes" } else { "no" }.to_owned()),
            ("queue", segments.clamp(10_000, 10_000_000).to_string()),
            ("queue_octets", (segments * 512).max(16 << 20).to_string()),
            ("open_tickets", self.outstanding().max(1_000_000).to_string()),
        ];
        let sets = sets.map(|(key, value)| (key.to_owned(), value));
        let mut account = match (&self.config, &self.url) {
            (Some(path), name) => chosen(accounts::read_file(path, &sets)?.accounts, name.as_deref())?,
            (None, Some(url)) => accounts::read_one(url, &sets)?,
            (None, None) => return Err(Failure::Usage("no account is given: write its URL".to_owned())),
        };
        if account.settings.sender.is_empty() {
            account.set("sender", "10657001")?;
        }
        Ok(account)
    }
}

/// The account of a file that is meant.
fn chosen(accounts: Vec<Account>, name: Option<&str>) -> Result<Account, Failure> {
    let names: Vec<String> = accounts.iter().map(|a| a.name.clone()).collect();
    let wanted = |account: &Account| match name {
        Some(name) => account.name == name,
        None => names.len() == 1,
    };
    accounts.into_iter().find(wanted).ok_or_else(|| {
        let names = names.join(", ");
        Failure::Usage(match name {
            Some(name) => format!("the file has no account {name:?}; it has {names}"),
            None => format!("the file has several accounts: name one of {names}"),
        })
    })
}

pub(super) fn run(options: &Load) -> Result<(), Failure> {
    let account = options.account()?;
    let name = account.name.clone();
    if let Some(pid) = options.server_pid
        && process::cpu(pid).is_none()
    {
        return Err(Failure::Failed(format!("--server-pid: no process {pid} whose CPU time can be read")));
    }
    let stop = Stop::on_signals()?;
    let load = Running::open(options, account)?;
    let client = load.client();
    log_in(options, client, &stop)?;
    let sender = load.start();
    let mut early = watch(options, &load, &stop, &name, options.warmup, false)?;
    let begin = load.mark(options.server_pid);
    load.record(true);
    if !early {
        early = watch(options, &load, &stop, &name, options.seconds, !options.quiet)?;
    }
    load.record(false);
    let end = load.mark(options.server_pid);
    load.stop();
    if sender.join().is_err() {
        return Err(Failure::Failed("the sending thread ended in a panic: this is a bug".to_owned()));
    }
    let settled = client.wait(options.rest).map_err(|error| Failure::Failed(error.to_string()))?;
    let (_, why) = client.state(&name).unwrap_or((LinkState::Offline, String::new()));
    client.close(Duration::from_secs(2)).map_err(|error| Failure::Failed(error.to_string()))?;
    let (line, messages) = report::line(options, &load, &begin, &end);
    out::print(line)?;
    if early {
        out::say("ended by a signal before its time");
    }
    let mut faults = load.faults();
    if !settled && !options.tolerant {
        let rest = forms::seconds(options.rest);
        faults.push(format!("some tickets had no outcome {rest} after the end"));
    }
    if messages == 0 {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        faults.push(format!("no message ended within the time{why}"));
    }
    for fault in &faults {
        out::say(fault);
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Said) }
}

/// Waits for the login.
fn log_in(options: &Load, client: &Client, stop: &Stop) -> Result<(), Failure> {
    let begin = std::time::Instant::now();
    loop {
        match client.wait_online(LOGIN) {
            Ok(()) => return Ok(()),
            Err(_)
                if options.tolerant
                    && begin.elapsed() < LONG_LOGIN
                    && stop.wait(Some(TICK)) != Woken::End => {}
            Err(error) => return Err(Failure::Failed(error.to_string())),
        }
    }
}

/// Waits for a time, tells how it goes each second, and ends early when the account is refused. True: by a signal.
fn watch(
    options: &Load,
    load: &Running,
    stop: &Stop,
    name: &str,
    time: Duration,
    tell: bool,
) -> Result<bool, Failure> {
    let begin = std::time::Instant::now();
    let (mut told, mut ended) = (Duration::from_secs(1), load.ended_count());
    loop {
        let left = time.saturating_sub(begin.elapsed());
        if left.is_zero() {
            return Ok(false);
        }
        if stop.wait(Some(left.min(TICK))) == Woken::End {
            return Ok(true);
        }
        if let Some(fault) = load.broken() {
            return Err(Failure::Failed(fault));
        }
        if let Some((LinkState::Refused, why)) = load.client().state(name)
            && !options.tolerant
        {
            return Err(Failure::Failed(format!("{name}: {why}")));
        }
        if tell && begin.elapsed() >= told {
            let now = load.ended_count();
            let open = load.client().open_tickets();
            out::say(format_args!(
                "{} of {}: {} messages in the last second, {open} open",
                forms::seconds(told),
                forms::seconds(options.seconds),
                now - ended
            ));
            ended = now;
            told += Duration::from_secs(1);
        }
    }
}
