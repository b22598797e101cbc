//! `sanwang query` and `sanwang cancel`: what an SP asks its carrier beside sending.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::accounts::Accounts;
use super::forms;
use super::out::{self, Failure};
use crate::engine::{Client, WaitError};
use crate::message::{Cancellation, DayCounts, LogLevel, Query};
use crate::wire::MsgId;

/// How long a close waits for the end of the sessions.
const CLOSE: Duration = Duration::from_secs(2);

const QUERY_PAGE: &str = "\
The answer is eight counts, one a line: messages taken from the SP (mt_messages), their receivers (mt_receivers), sent on
(mt_sent), waiting (mt_waiting) and failed (mt_failed); messages from phones delivered to the SP (mo_delivered), waiting
(mo_waiting) and failed (mo_failed). With --json one object an account.

CMPP and SMGP have this request, SGIP has none. Many gateways do not answer it.

Examples:
  sanwang query --account 'cmpp://901234:secret@127.0.0.1:7890' 20260708
  sanwang query --account 'cmpp://901234:secret@127.0.0.1:7890' 20260708 --service HELP --json

Exit codes: 0 every account has its counts; 1 one has not; 2 the command line is wrong.";

const CANCEL_PAGE: &str = "\
An ID is what `sanwang send` prints behind `id`. One line an ID says `deleted ID` or `refused ID`: a message that was
refused may still arrive. CMPP has this request, SGIP and SMGP have none.

Examples:
  sanwang cancel --account 'cmpp://901234:secret@127.0.0.1:7890' 7428a5c003e93039
  sanwang cancel --account 'cmpp://901234:secret@127.0.0.1:7890' 7428a5c003e93039 7428a5c003e9303a --json

Exit codes: 0 the gateway deleted all; 1 one was refused or got no answer; 2 the command line is wrong.";

/// Ask the carrier what it counted on one day.
#[derive(clap::Args, Debug)]
#[command(after_help = QUERY_PAGE)]
pub(super) struct QueryDay {
    #[command(flatten)]
    accounts: Accounts,
    /// The day: YYYYMMDD
    #[arg(value_name = "DAY")]
    day: String,
    /// Count one service code only
    #[arg(long, value_name = "CODE")]
    service: Option<String>,
    /// Time for the login, and again for each answer
    #[arg(long, value_name = "TIME", default_value = "60", value_parser = forms::some_time)]
    timeout: Duration,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Take messages back that the gateway has not sent on.
#[derive(clap::Args, Debug)]
#[command(after_help = CANCEL_PAGE)]
pub(super) struct Cancel {
    #[command(flatten)]
    accounts: Accounts,
    /// The gateway's ids of the segments
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Time for the login, and again for each answer
    #[arg(long, value_name = "TIME", default_value = "60", value_parser = forms::some_time)]
    timeout: Duration,
    /// Print one JSON object an id
    #[arg(long)]
    json: bool,
}

/// Opens the accounts and waits for their logins.
fn online(accounts: &Accounts, timeout: Duration) -> Result<Client, Failure> {
    let config = accounts.read()?;
    let mut builder = Client::builder().engine(config.engine).on_log(|log| {
        if log.level <= LogLevel::Warn {
            out::say(format_args!("{}: {}", log.account, log.text));
        }
    });
    for account in config.accounts {
        builder = builder.add(account);
    }
    let client = builder.open()?;
    client.wait_online(timeout).map_err(|error| match error {
        WaitError::Timeout(standing) => Failure::Failed(format!("no login in time: {standing}")),
        other => Failure::Failed(other.to_string()),
    })?;
    Ok(client)
}

pub(super) fn query(options: &QueryDay) -> Result<(), Failure> {
    let asked = Query::new(&options.day, options.service.as_deref()).ok_or_else(|| {
        Failure::Usage("write the day as 20260708, and a service code of at most 10 characters".to_owned())
    })?;
    let client = online(&options.accounts, options.timeout)?;
    let mut well = true;
    for name in client.accounts() {
        match client.query(&name, &asked, options.timeout) {
            Ok(counts) if options.json => out::print(counts_json(&name, options, &counts))?,
            Ok(counts) => {
                out::print(format_args!("account {name}, {}", options.day))?;
                for (what, count) in counts.named() {
                    out::print(format_args!("  {what:<14} {count:>10}"))?;
                }
            }
            Err(error) => {
                out::say(format_args!("{name}: {error}"));
                well = false;
            }
        }
    }
    end(&client, well)
}

fn counts_json(name: &str, options: &QueryDay, counts: &DayCounts) -> Json {
    let mut all = json!({"account": name, "day": options.day, "service": options.service});
    for (what, count) in counts.named() {
        if let Some(all) = all.as_object_mut() {
            all.insert(what.to_owned(), json!(count));
        }
    }
    all
}

pub(super) fn cancel(options: &Cancel) -> Result<(), Failure> {
    let accounts = options.accounts.read()?.accounts;
    let [account] = &accounts[..] else {
        return Err(Failure::Usage("an id belongs to one account: name one with --account".to_owned()));
    };
    let ids = options.ids.iter().map(|text| {
        let id = MsgId::parse(account.protocol, text);
        id.map(|id| (text, id)).map_err(|error| Failure::Usage(error.to_string()))
    });
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    let client = online(&options.accounts, options.timeout)?;
    let mut well = true;
    for (text, id) in ids {
        match client.cancel_id(&account.name, id, options.timeout) {
            Ok(done) => {
                well &= done == Cancellation::Deleted;
                match options.json {
                    true => out::print(json!({"message_id": text, "result": done.name()}))?,
                    false => out::print(format_args!("{} {text}", done.name()))?,
                }
            }
            Err(error) => {
                out::say(format_args!("{text}: {error}"));
                well = false;
            }
        }
    }
    end(&client, well)
}

fn end(client: &Client, well: bool) -> Result<(), Failure> {
    client.close(CLOSE).map_err(|error| Failure::Failed(error.to_string()))?;
    if well { Ok(()) } else { Err(Failure::Said) }
}
