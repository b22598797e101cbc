//! `sanwang send`: one message, or a file of them, and what became of each.

mod options;
mod tally;

use std::collections::HashMap;
use std::time::{Duration, Instant};

pub(super) use options::{Send, join_wait};
use tally::{Printer, Tally};

use super::forms;
use super::out::{self, Failure};
use super::rows::{BadRow, Row, Rows};
use super::stop::Stop;
use crate::client::SendError;
use crate::engine::Client;
use crate::message::{AccountState, Event, EventKinds, LinkState, LogLevel, Submit, Ticket};

/// How long a close waits for what is on its way.
const CLOSE: Duration = Duration::from_secs(2);
/// How often Ctrl-C is looked at.
const SLICE: Duration = Duration::from_millis(50);
/// Events taken at once.
const BATCH: usize = 1024;

/// A message whose end has not been printed.
#[derive(Debug)]
struct Pending {
    /// As the user gave it.
    receiver: String,
    /// Segments the gateway accepted.
    accepted: u8,
}

/// Why it ends before every message has its end.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// Ctrl-C or SIGTERM.
    Asked,
    /// A gateway refused a login.
    Refused(String),
    /// Nothing was heard for the time of the options.
    Quiet,
}

struct Sending<'a> {
    options: &'a Send,
    client: Client,
    stop: Stop,
    pending: HashMap<Ticket, Pending>,
    printer: Printer,
    tally: Tally,
    /// When the gateway was last heard, or the last message was queued.
    heard: Instant,
    logged_in: bool,
    end: Option<End>,
}

pub(super) fn run(options: &Send) -> Result<(), Failure> {
    let template = options.template()?;
    let config = options.accounts.read()?;
    let single = options.message(&template);
    // The file is looked at before anything is connected.
    let rows = options.file.as_deref().map(|path| Rows::open(path, template)).transpose()?;
    let stop = Stop::on_signals()?;
    let mut builder = Client::builder().polled(
        EventKinds::ACCOUNT_STATE
            | EventKinds::RESPONSE
            | EventKinds::OUTCOME
            | EventKinds::TROUBLE
            | EventKinds::LOG,
    );
    builder = builder.engine(config.engine);
    for account in config.accounts {
        builder = builder.add(account);
    }
    for route in config.routes {
        builder = builder.route(route);
    }
    let mut sending = Sending {
        options,
        client: builder.open()?,
        stop,
        pending: HashMap::new(),
        printer: Printer { json: options.json },
        tally: Tally::default(),
        heard: Instant::now(),
        logged_in: false,
        end: None,
    };
    match single {
        Some(submit) if submit.receiver.contains(',') => sending.offer_all(&submit)?,
        Some(submit) => sending.offer(submit, None)?,
        None => {}
    }
    for row in rows.into_iter().flatten() {
        match row {
            Ok(Row { line, submit }) => sending.offer(submit, Some(line))?,
            Err(BadRow { line, what }) => sending.refuse(Some(line), &what),
        }
        sending.take(Duration::ZERO)?;
        if sending.is_over() {
            break;
        }
    }
    while !sending.pending.is_empty() && !sending.is_over() {
        sending.take(SLICE)?;
    }
    sending.finish()
}

impl Sending<'_> {
    /// Queues a message, waiting for room while answers come.
    fn offer(&mut self, submit: Submit, line: Option<u64>) -> Result<(), Failure> {
        loop {
            match self.client.try_send(submit.clone()) {
                Ok(ticket) => {
                    self.tally.messages += 1;
                    self.heard = Instant::now();
                    self.pending.insert(ticket, Pending { receiver: submit.receiver, accepted: 0 });
                    return Ok(());
                }
                Err(SendError::QueueFull(_)) => {
                    self.take(SLICE)?;
                    if self.is_over() {
                        return Ok(());
                    }
                }
                Err(error) => {
                    self.refuse(line, &error.to_string());
                    return Ok(());
                }
            }
        }
    }

    /// Queues a message to several receivers, waiting for room while answers come.
    fn offer_all(&mut self, submit: &Submit) -> Result<(), Failure> {
        let mut left: Vec<String> = submit.receiver.split(',').map(|one| one.trim().to_owned()).collect();
        while !left.is_empty() && !self.is_over() {
            let sent = self.client.send_to_all_within(&left, submit, Duration::ZERO);
            let mut waiting = Vec::new();
            for (receiver, result) in left.into_iter().zip(sent) {
                match result {
                    Ok(ticket) => {
                        self.tally.messages += 1;
                        self.heard = Instant::now();
                        self.pending.insert(ticket, Pending { receiver, accepted: 0 });
                    }
                    Err(SendError::QueueFull(_)) => waiting.push(receiver),
                    Err(error) => self.refuse(None, &format!("{receiver}: {error}")),
                }
            }
            if !waiting.is_empty() {
                self.take(SLICE)?;
            }
            left = waiting;
        }
        Ok(())
    }

    /// Says what is wrong with a message that was not taken.
    fn refuse(&mut self, line: Option<u64>, what: &str) {
        self.tally.bad += 1;
        match (line, self.options.file.as_deref()) {
            (Some(line), Some(file)) => out::say(format_args!("{file}: line {line}: {what}")),
            _ => out::say(what),
        }
    }

    /// Takes the events that came, waiting up to `wait` for the first. False: there will be no more.
    fn take(&mut self, wait: Duration) -> Result<bool, Failure> {
        let Some(events) = self.client.poll(BATCH, wait) else { return Ok(false) };
        // The line at the end says it better than the log.
        let refused = |account: &str| {
            events.iter().any(|event| match event {
                Event::AccountState(state) => state.state == LinkState::Refused && *state.account == *account,
                _ => false,
            })
        };
        for event in &events {
            match event {
                Event::Outcome(outcome) => {
                    self.heard = Instant::now();
                    if let Some(pending) = self.pending.remove(&outcome.ticket) {
                        self.tally.ended(outcome);
                        self.printer.outcome(outcome, &pending.receiver)?;
                    }
                }
                Event::Response(response) => {
                    self.heard = Instant::now();
                    if response.result == 0 {
                        self.accepted(response.ticket, response)?;
                    }
                }
                Event::AccountState(state) => self.state(state),
                Event::Log(log) if log.level <= LogLevel::Warn && !refused(&log.account) => {
                    let again = log.area == "connection" && self.end.is_none() && !self.pending.is_empty();
                    let again = if again { "; trying again" } else { "" };
                    out::say(format_args!("{}: {}{again}", log.account, log.text));
                }
                Event::Trouble(trouble) => {
                    out::say(format_args!("{}: {}: {}", trouble.account, trouble.reason, trouble.action));
                }
                _ => {}
            }
        }
        Ok(true)
    }

    /// Without --wait a message is done when every segment is accepted.
    fn accepted(&mut self, ticket: Ticket, response: &crate::message::Response) -> Result<(), Failure> {
        let Some(pending) = self.pending.get_mut(&ticket) else { return Ok(()) };
        pending.accepted += 1;
        if self.options.wait.is_none() && pending.accepted >= response.segments {
            let Some(pending) = self.pending.remove(&ticket) else { return Ok(()) };
            self.tally.accepted += 1;
            self.printer.accepted(response, &pending.receiver)?;
        }
        Ok(())
    }

    fn state(&mut self, state: &AccountState) {
        match state.state {
            // Only the first login counts as a sign of life: a gateway that flaps would be waited for without end.
            LinkState::Online | LinkState::Degraded if !std::mem::replace(&mut self.logged_in, true) => {
                self.heard = Instant::now();
            }
            LinkState::Refused if self.end.is_none() => {
                self.end = Some(End::Refused(format!("{}: {}", state.account, state.reason)));
            }
            _ => {}
        }
    }

    fn is_over(&mut self) -> bool {
        if self.end.is_none() {
            if self.stop.asked() {
                self.end = Some(End::Asked);
            } else if self.heard.elapsed() >= self.options.patience() {
                self.end = Some(End::Quiet);
            }
        }
        self.end.is_some()
    }

    /// Where the accounts stand that are not online.
    fn standing(&self) -> String {
        let mut text = String::new();
        for name in self.client.accounts() {
            match self.client.state(&name) {
                Some((LinkState::Online | LinkState::Degraded | LinkState::Idle, _)) | None => {}
                Some((state, why)) if why.is_empty() => {
                    text.push_str(&format!("; {name} is {}", state.name()))
                }
                Some((state, why)) => text.push_str(&format!("; {name} is {} ({why})", state.name())),
            }
        }
        text
    }

    /// How long a close may take: it is worth waiting only for a gateway that can answer.
    fn deadline(&self) -> Duration {
        let up = |state| matches!(state, Some((LinkState::Online | LinkState::Degraded, _)));
        match &self.end {
            None => CLOSE,
            Some(End::Asked) if self.client.accounts().any(|name| up(self.client.state(&name))) => CLOSE,
            Some(_) => Duration::ZERO,
        }
    }

    fn finish(mut self) -> Result<(), Failure> {
        let open = out::count(self.pending.len() as u64, "message");
        let waits_for = if self.options.wait.is_some() { "outcome" } else { "answer" };
        match self.end.as_ref() {
            None => {}
            Some(End::Asked) => out::say(format_args!("ended by a signal; without {waits_for}: {open}")),
            Some(End::Refused(why)) => out::say(why),
            Some(End::Quiet) => out::say(format_args!(
                "nothing was heard for {}; without {waits_for}: {open}{}",
                forms::seconds(self.options.patience()),
                self.standing()
            )),
        }
        let closed = self.client.close(self.deadline());
        closed.map_err(|error| Failure::Failed(error.to_string()))?;
        while self.take(SLICE)? {}
        // A single wrong message needs no counting.
        if self.options.json || self.options.file.is_some() || self.tally.messages > 0 {
            self.printer.summary(&self.tally)?;
        }
        let well = self.end.is_none() && self.pending.is_empty() && self.tally.is_well();
        if well { Ok(()) } else { Err(Failure::Said) }
    }
}
