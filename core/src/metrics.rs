//! What accounts count, as one table of metrics: name, kind, unit and meaning. From it come the text format that
//! Prometheus reads and the page `docs/metrics.md`.
//!
//! ```no_run
//! let sp = sanwang::Client::open("cmpp://901234:secret@127.0.0.1:7890")?;
//! let page: String = sanwang::metrics::prometheus(&sp.metrics());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod docs;

pub use docs::markdown;

use crate::account::{ConnectionGauges, Core, Counters, ResultCounts, Wait, Waits};
use crate::gateway::TurnedAwayCounts;
use crate::message::LinkState;
use crate::session::Tolerances;
use crate::time::{Now, SECOND};
use crate::wire::{Protocol, Version};
use std::fmt::Write as _;
use std::sync::Arc;

/// What stands before every name.
pub const PREFIX: &str = "sanwang_";

/// The state and the counts of one account at one moment.
#[derive(Clone, Debug)]
pub struct AccountMetrics {
    /// Its name; at a gateway the login name.
    pub account: Arc<str>,
    /// Its protocol.
    pub protocol: Protocol,
    /// The version it speaks. At a gateway an SP that logs in with two versions is two accounts.
    pub version: Version,
    /// Whether it is a gateway's account and not an SP's.
    pub gateway: bool,
    /// What it counted.
    pub counters: Counters,
    /// Answers that refused for good, by result code.
    pub rejected: ResultCounts,
    /// Frames by the tolerances used to read them.
    pub tolerances: Tolerances,
    /// Where it stands.
    pub state: LinkState,
    /// Connections it opened that are logged in.
    pub up: u64,
    /// Connections it wants to open.
    pub wanted: u64,
    /// Connections the other side opened that are logged in.
    pub inbound: u64,
    /// Segments that wait to be sent.
    pub queued: u64,
    /// Tickets without an outcome.
    pub open: u64,
    /// Octets of them, frames with their headers.
    pub queued_octets: u64,
    /// Requests of the other side that wait for their answer.
    pub unanswered: u64,
    /// What held segments back.
    pub waits: Waits,
    /// When this was looked at, monotonic ns.
    pub at_ns: u64,
    /// Its connections that are logged in.
    pub connections: Vec<ConnectionGauges>,
}

impl AccountMetrics {
    pub(crate) fn of(core: &Core, gateway: bool, now: Now) -> Self {
        let (state, up, inbound) = core.standing();
        Self {
            account: core.profile.name.clone(),
            protocol: core.dialect.protocol(),
            version: core.dialect.version(),
            gateway,
            counters: core.counters,
            rejected: core.rejected.clone(),
            tolerances: core.tolerances(),
            state,
            up: up.into(),
            wanted: if core.profile.addresses.is_empty() {
                0
            } else {
                core.profile.settings.connections.into()
            },
            inbound: inbound.into(),
            queued: core.room.queued() as u64,
            open: core.room.open() as u64,
            queued_octets: core.room.octets() as u64,
            unanswered: core.unanswered_requests() as u64,
            waits: core.held,
            at_ns: now.mono_ns,
            connections: core.gauges(),
        }
    }

    /// `sp` or `gateway`.
    pub const fn side(&self) -> &'static str {
        if self.gateway { "gateway" } else { "sp" }
    }
}

/// The connections of one listener at one moment, and who was turned away.
#[derive(Clone, Debug)]
pub struct ListenerMetrics {
    /// Where it listens, as in `cmpp://127.0.0.1:7890`.
    pub listener: String,
    /// Its protocol.
    pub protocol: Protocol,
    /// The version it speaks to who names none.
    pub version: Version,
    /// Connections, logged in or not.
    pub connections: u64,
    /// Of them, those that have not logged in.
    pub waiting: u64,
    /// Connections that ended without a login, by reason.
    pub turned_away: TurnedAwayCounts,
}

/// What a value does over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, from 0 at the start.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl Kind {
    /// The word of the text format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

/// What a value belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// One value an account, or one for each value of a further label.
    Account,
    /// One value for each connection that is logged in, told apart by the label `connection`.
    Connection,
}

impl Per {
    /// The word of the documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Connection => "connection",
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Read {
    One(fn(&AccountMetrics) -> u64),
    Each(fn(&AccountMetrics) -> Vec<(String, u64)>),
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name, without [`PREFIX`].
    pub name: &'static str,
    /// Counter or gauge.
    pub kind: Kind,
    /// What is counted.
    pub unit: &'static str,
    /// What one value belongs to.
    pub per: Per,
    /// A label beside those that every metric has.
    pub label: Option<&'static str>,
    /// What it means.
    pub text: &'static str,
    read: Read,
}

impl Row {
    /// The values of an account; the text is the value of [`Row::label`], empty where there is none.
    pub fn values(&self, of: &AccountMetrics) -> Vec<(String, u64)> {
        match self.read {
            Read::One(read) => vec![(String::new(), read(of))],
            Read::Each(read) => read(of),
        }
    }
}

const fn counter(
    name: &'static str,
    unit: &'static str,
    text: &'static str,
    read: fn(&AccountMetrics) -> u64,
) -> Row {
    Row { name, kind: Kind::Counter, unit, per: Per::Account, label: None, text, read: Read::One(read) }
}

const fn gauge(
    name: &'static str,
    unit: &'static str,
    text: &'static str,
    read: fn(&AccountMetrics) -> u64,
) -> Row {
    Row { kind: Kind::Gauge, ..counter(name, unit, text, read) }
}

impl Row {
    const fn by(self, label: &'static str, read: fn(&AccountMetrics) -> Vec<(String, u64)>) -> Self {
        Row { label: Some(label), read: Read::Each(read), ..self }
    }

    const fn per_connection(self, read: fn(&AccountMetrics) -> Vec<(String, u64)>) -> Self {
        Row { per: Per::Connection, ..self.by("connection", read) }
    }
}

fn none(_: &AccountMetrics) -> u64 {
    0
}

/// Every metric, in the order of the documentation.
#[rustfmt::skip]
static ROWS: [Row; 36] = [
    counter("sent_total", "segments", "Segments taken from the queue and written to a connection; at a gateway deliveries and reports.", |m| m.counters.sent + m.counters.unsent),
    counter("unsent_total", "segments", "Of them, put back into the queue because the connection ended before an octet of them was written.", |m| m.counters.unsent),
    counter("accepted_total", "answers", "Answers that accepted.", |m| m.counters.accepted),
    counter("rejected_total", "answers", "Answers that refused for good.", |m| m.counters.rejected),
    counter("rejected_by_result_total", "answers", "The same by result code; a code shows once it has come. After 64 different codes the rest is `other`.", none).by("result", results),
    counter("congested_total", "answers", "Answers that asked to slow down; the segment goes again.", |m| m.counters.congested),
    counter("unanswered_total", "requests", "Requests without an answer within response_timeout.", |m| m.counters.unanswered),
    counter("late_total", "answers", "Answers that came after that.", |m| m.counters.late),
    counter("stray_answers_total", "answers", "Answers to nothing that was asked: repeated, or with a sequence that was never sent.", |m| m.counters.stray_answers),
    counter("resent_total", "requests", "Requests written again after silence (setting resend); on the same connection they are not in sent.", |m| m.counters.resent),
    counter("reports_total", "reports", "Status reports that came, repeats included: delivered, failed (will never be delivered), interim (no last word).", none).by("class", classes),
    counter("reports_unmatched_total", "reports", "Reports that no message of this account is known for.", |m| m.counters.reports_unmatched),
    counter("delivers_total", "PDUs", "Messages from phones that came, one a segment.", |m| m.counters.delivers),
    counter("submits_total", "PDUs", "Submits that came to a gateway, one a segment.", |m| m.counters.submits),
    counter("acked_unhandled_total", "requests", "Deliveries and reports answered by ack_within, before the application had handled them.", |m| m.counters.acked_unhandled),
    counter("refused_busy_total", "requests", "Requests refused as busy: the other side had more than inbound_window of them open.", |m| m.counters.refused_busy),
    counter("refused_rate_total", "submits", "Submits that a gateway refused because more came than rate allows: CMPP result 8, SGIP 88, SMGP 1.", |m| m.counters.refused_rate),
    counter("logins_total", "logins", "Logins that succeeded, in either direction.", |m| m.counters.logins),
    counter("refusals_total", "logins", "Logins of ours that were refused.", |m| m.counters.refusals),
    counter("breaks_total", "connections", "Connections that ended otherwise than in order.", |m| m.counters.breaks),
    counter("troubles_total", "frames", "Frames that could not be used.", |m| m.counters.troubles),
    counter("outcomes_total", "tickets", "Tickets that ended.", |m| m.counters.outcomes),
    counter("empty_digests_total", "logins", "Logins at which the gateway's own digest was all zero, so that it proved nothing.", |m| m.counters.empty_digests),
    counter("tolerances_total", "frames", "Frames that differ from the protocol documents and were read nevertheless, by the difference; one shows once it has come.", none).by("tolerance", tolerances),
    counter("events_dropped_total", "events", "Log lines and troubles dropped because as many events waited as event_queue or event_octets allow.", |m| m.counters.events_dropped),
    counter("waits_total", "waits", "How often segments that were ready to go were held back: by the window (every connection has as many requests without answer as it may), by the rate (token bucket, or the pause after a congestion answer), by a socket that took no more octets, or because no connection was logged in.", none).by("held_by", wait_times),
    counter("wait_milliseconds_total", "milliseconds", "How long that was, in all; waits that last count up to now. Segments of an account wait together: it is the time of the wait, not of each segment.", none).by("held_by", wait_milliseconds),
    gauge("queued", "segments", "Segments that wait to be sent.", |m| m.queued),
    gauge("queued_octets", "octets", "Octets of them.", |m| m.queued_octets),
    gauge("requests_unanswered", "requests", "Requests of the other side that wait for their answer.", |m| m.unanswered),
    gauge("open_tickets", "tickets", "Tickets without an outcome.", |m| m.open),
    gauge("connections", "connections", "Connections by direction and whether they are wanted: up (opened here, logged in), wanted (to be opened here), inbound (opened by the other side, logged in).", none).by("which", connections),
    gauge("state", "", "1 for the state the account is in, 0 for the others.", none).by("state", states),
    gauge("window_used", "requests", "Requests without an answer. Numbers of connections are not used again before the process ends.", none).per_connection(windows),
    gauge("unwritten_octets", "octets", "Octets that the socket has not taken yet.", none).per_connection(unwritten),
    gauge("requests_unhandled", "requests", "Requests of the other side that the application has not finished, answered or not.", none).per_connection(unhandled),
];

/// One metric of listeners.
#[derive(Clone, Copy, Debug)]
pub struct ListenerRow {
    /// Its name, without [`PREFIX`].
    pub name: &'static str,
    /// Counter or gauge.
    pub kind: Kind,
    /// What is counted.
    pub unit: &'static str,
    /// A label beside those that every metric has.
    pub label: &'static str,
    /// What it means.
    pub text: &'static str,
    read: fn(&ListenerMetrics) -> Vec<(&'static str, u64)>,
}

/// Every metric of listeners.
#[rustfmt::skip]
static LISTENER_ROWS: [ListenerRow; 2] = [
    ListenerRow { name: "turned_away_total", kind: Kind::Counter, unit: "connections", label: "why", text: "Connections that ended without a login. By a limit: full (listen_limit), address_full (address_limit), lobby_full (lobby_limit), timeout (login_timeout). By themselves: left, nonsense. Refused: credentials, address (bind_from), version, too_many (connections), mode, slowed (wrong_login_delay), not_now (strict, or the application said so).", read: |m| m.turned_away.iter().map(|(why, n)| (why.word(), n)).collect() },
    ListenerRow { name: "listener_connections", kind: Kind::Gauge, unit: "connections", label: "which", text: "Connections of a listener: all, and waiting (not logged in).", read: |m| vec![("all", m.connections), ("waiting", m.waiting)] },
];

/// The table of listeners.
pub fn listener_rows() -> &'static [ListenerRow] {
    &LISTENER_ROWS
}

fn results(m: &AccountMetrics) -> Vec<(String, u64)> {
    let others = Some(m.rejected.others()).filter(|n| *n > 0).map(|n| ("other".to_owned(), n));
    m.rejected.codes().iter().map(|(code, n)| (code.to_string(), *n)).chain(others).collect()
}

fn named<const N: usize>(values: [(&str, u64); N]) -> Vec<(String, u64)> {
    values.map(|(name, n)| (name.to_owned(), n)).into()
}

fn classes(m: &AccountMetrics) -> Vec<(String, u64)> {
    let c = &m.counters;
    named([("delivered", c.reports_delivered), ("failed", c.reports_failed), ("interim", c.reports_interim)])
}

fn tolerances(m: &AccountMetrics) -> Vec<(String, u64)> {
    m.tolerances.iter().filter(|(_, n)| *n > 0).map(|(note, n)| (note.name().to_owned(), n)).collect()
}

fn connections(m: &AccountMetrics) -> Vec<(String, u64)> {
    named([("up", m.up), ("wanted", m.wanted), ("inbound", m.inbound)])
}

fn states(m: &AccountMetrics) -> Vec<(String, u64)> {
    use LinkState::{Connecting, Degraded, Idle, Offline, Online, Refused};
    let all = [Offline, Connecting, Online, Degraded, Idle, Refused];
    named(all.map(|state| (state.name(), u64::from(state == m.state))))
}

fn windows(m: &AccountMetrics) -> Vec<(String, u64)> {
    each(m, |c| c.waiting)
}

fn unwritten(m: &AccountMetrics) -> Vec<(String, u64)> {
    each(m, |c| c.unwritten)
}

fn unhandled(m: &AccountMetrics) -> Vec<(String, u64)> {
    each(m, |c| c.unhandled)
}

fn each(m: &AccountMetrics, of: fn(&ConnectionGauges) -> u64) -> Vec<(String, u64)> {
    m.connections.iter().map(|c| (c.connection.to_string(), of(c))).collect()
}

fn waits(m: &AccountMetrics, of: impl Fn(&Wait) -> u64) -> Vec<(String, u64)> {
    let Waits { window, rate, socket, connection } = &m.waits;
    named([
        ("window", of(window)),
        ("rate", of(rate)),
        ("socket", of(socket)),
        ("connection", of(connection)),
    ])
}

fn wait_times(m: &AccountMetrics) -> Vec<(String, u64)> {
    waits(m, Wait::times)
}

fn wait_milliseconds(m: &AccountMetrics) -> Vec<(String, u64)> {
    waits(m, |wait| wait.total_ns(m.at_ns) / (SECOND / 1000))
}

/// The table.
pub fn rows() -> &'static [Row] {
    &ROWS
}

/// The media type of [`prometheus`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics of accounts in the text format of Prometheus, version 0.0.4. Every sample has the labels `account`,
/// `protocol`, `version` and `side`. The accounts of several clients or gateways may stand in one page as long as two
/// of one side, protocol and version have different names.
pub fn prometheus(accounts: &[AccountMetrics]) -> String {
    let labels: Vec<String> = accounts
        .iter()
        .map(|m| {
            let (account, side) = (escaped(&m.account), m.side());
            format!(
                "account=\"{account}\",protocol=\"{}\",version=\"{}\",side=\"{side}\"",
                m.protocol, m.version
            )
        })
        .collect();
    let mut page = String::new();
    for row in &ROWS {
        let name = row.name;
        let _ = writeln!(page, "# HELP {PREFIX}{name} {}", row.text);
        let _ = writeln!(page, "# TYPE {PREFIX}{name} {}", row.kind.name());
        for (m, labels) in accounts.iter().zip(&labels) {
            for (value, n) in row.values(m) {
                let _ = match row.label {
                    Some(label) => {
                        writeln!(page, "{PREFIX}{name}{{{labels},{label}=\"{}\"}} {n}", escaped(&value))
                    }
                    None => writeln!(page, "{PREFIX}{name}{{{labels}}} {n}"),
                };
            }
        }
    }
    page
}

/// The metrics of listeners in the text format of Prometheus, to follow those of [`prometheus`] on the same page. The
/// label `account` is the listener, as in `cmpp://127.0.0.1:7890`, and `side` is `listener`.
pub fn prometheus_listeners(listeners: &[ListenerMetrics]) -> String {
    let mut page = String::new();
    for row in &LISTENER_ROWS {
        let name = row.name;
        let _ = writeln!(page, "# HELP {PREFIX}{name} {}", row.text);
        let _ = writeln!(page, "# TYPE {PREFIX}{name} {}", row.kind.name());
        for m in listeners {
            let labels = format!(
                "account=\"{}\",protocol=\"{}\",version=\"{}\",side=\"listener\"",
                escaped(&m.listener),
                m.protocol,
                m.version
            );
            for (value, n) in (row.read)(m) {
                let _ = writeln!(page, "{PREFIX}{name}{{{labels},{}=\"{value}\"}} {n}", row.label);
            }
        }
    }
    page
}

/// A label's value as the text format writes it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
