//! `sanwang listen`: every event as a line of JSON.

use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant};

use super::accounts::Accounts;
use super::events;
use super::forms;
use super::metrics_page::Server;
use super::out::Failure;
use super::stop::Stop;
use crate::engine::Client;
use crate::message::{Event, EventKinds};
use crate::metrics;
use crate::settings::Show;

const PAGE: &str = "\
Each event is one JSON object a line, with event, account, time (milliseconds since 1970 UTC) and:
  deliver        a message from a phone: sender, receiver, text (null for binary), octets, coding, class, udh,
                 link_id, parts, total, complete, repeated, raw
  report         a status report: ticket (null for a message that this process did not send), message_id, receiver,
                 stat, error, final, submitted_at, done_at, repeated, raw
  account_state  state (connecting, online, idle, degraded, refused, offline), up, wanted, inbound, reason,
                 last_frames (of a connection that ended otherwise than in order)
  trouble        input that could not be used: reason, action, octets
  outcome, response, log
Octets are hexadecimal. Numbers and contents are masked, unless the account's show says otherwise; --show overrides it. raw of a report and the octets of
trouble hold both and need --show all.

A delivery is answered when its line is written and flushed. When stdout takes nothing for ack_within (10 s), it is
answered all the same. When stdout is closed nothing more is answered, the command ends, and the gateway delivers again
what was not answered: a delivery may come again, but none is lost. Reports are answered in the same way.

An SGIP account needs listen=HOST:PORT: the gateway delivers there.

SIGHUP reads the file of --config and its secrets again: accounts are added, changed and removed, and connections of
unchanged accounts stay. A line on stderr says what changed, or why nothing did. [engine] is read at the start only.

Examples, after `sanwang simulate 'cmpp://127.0.0.1:7890' 'sgip://127.0.0.1:8801' 'smgp://127.0.0.1:8890' --reply TD=TD`:
  sanwang listen --account 'cmpp://901234:secret@127.0.0.1:7890'
  sanwang listen --config examples/data/accounts.toml --show all --for 60
  sanwang listen --account 'smgp://10000001:secret@127.0.0.1:8890?login_mode=1' | jq 'select(.event == \"deliver\")'

Exit codes: 0 it was ended by Ctrl-C, SIGTERM or --for; 1 it could not listen, or stdout failed; 2 an option, URL or
setting is wrong.";

/// Print deliveries, reports and every other event as JSON until Ctrl-C.
#[derive(clap::Args, Debug)]
#[command(after_help = PAGE)]
pub(super) struct Listen {
    #[command(flatten)]
    accounts: Accounts,
    /// What is shown of numbers and contents: none, numbers, contents, all [default: as show of each account says]
    #[arg(long, value_name = "WHAT", value_parser = forms::show)]
    show: Option<Show>,
    /// End after this time, in seconds or with a unit [default: listen until Ctrl-C]
    #[arg(long = "for", value_name = "SECONDS", value_parser = forms::some_time)]
    lasts: Option<Duration>,
    /// Serve the metrics at http://HOST:PORT/metrics; its address is a line on stderr
    #[arg(long, value_name = "HOST:PORT")]
    metrics: Option<String>,
}

/// How long the end waits for what is on its way.
const CLOSE: Duration = Duration::from_secs(2);
/// How often Ctrl-C is looked at.
const SLICE: Duration = Duration::from_millis(50);
/// Events written at once.
const BATCH: usize = 256;

pub(super) fn run(options: &Listen) -> Result<(), Failure> {
    let config = options.accounts.read()?;
    let stop = Stop::on_signals()?;
    if options.accounts.has_file() {
        stop.reloads();
    }
    let mut builder = Client::builder().polled(EventKinds::ALL).engine(config.engine);
    for account in config.accounts {
        builder = builder.add(account);
    }
    for route in config.routes {
        builder = builder.route(route);
    }
    let client = builder.open()?;
    let measured = client.clone();
    let page = move || metrics::prometheus(&measured.metrics());
    let _server = options.metrics.as_deref().map(|at| Server::open(at, page)).transpose()?;
    if let Some(server) = &_server {
        super::out::say(format_args!("metrics http://{}/metrics", server.address));
    }
    let end = options.lasts.map(|lasts| Instant::now() + lasts);
    while !stop.asked() && end.is_none_or(|end| Instant::now() < end) {
        let left = end.map_or(SLICE, |end| end.saturating_duration_since(Instant::now()).min(SLICE));
        if stop.reload_asked() {
            reload(options, &client);
        }
        match client.poll(BATCH, left) {
            Some(events) => write(&client, &events, options.show)?,
            None => break,
        }
    }
    // What has come is written and answered before the end is sent.
    while let Some(events) = client.poll(BATCH, Duration::ZERO).filter(|events| !events.is_empty()) {
        write(&client, &events, options.show)?;
    }
    client.close(CLOSE).map_err(|error| Failure::Failed(error.to_string()))?;
    while let Some(events) = client.poll(BATCH, SLICE) {
        write(&client, &events, options.show)?;
    }
    Ok(())
}

/// Reads accounts and routes again, and makes the client have these. A file that is wrong changes nothing.
fn reload(options: &Listen, client: &Client) {
    let changed =
        options.accounts.read().map_err(|error| error.text().unwrap_or_default().to_owned()).and_then(
            |config| {
                let changed = client.reconfigure(config.accounts, config.routes, CLOSE);
                changed.map_err(|error| error.to_string())
            },
        );
    match changed {
        Ok(changed) => super::out::say(format_args!("reloaded: {changed}")),
        Err(error) => super::out::say(format_args!("not reloaded: {error}")),
    }
}

/// Writes events; those that wait for an answer have it once their lines are flushed.
fn write(client: &Client, events: &[Event], show: Option<Show>) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    let mut lines = String::new();
    for event in events {
        lines.push_str(&events::event(event, show).to_string());
        lines.push('\n');
    }
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::Said,
        _ => Failure::Failed(format!("stdout cannot be written: {error}")),
    })?;
    events.iter().filter_map(Event::token).for_each(|token| client.handled(token));
    Ok(())
}
