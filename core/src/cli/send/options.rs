//! The options of `sanwang send`, its page, and the message they describe.

use std::time::Duration;

use super::super::accounts::Accounts;
use super::super::forms;
use super::super::out::Failure;
use crate::message::Submit;
use crate::text::CodingChoice;

const PAGE: &str = "\
An account is cmpp://USER:SECRET@HOST:PORT?key=value&key=value, or sgip:// or smgp://; `sanwang settings` lists the
keys. NAME= before it gives it a name; otherwise its user is its name. A secret in the URL shows in `ps`: leave it out
and add secret_env=VARIABLE or secret_file=PATH. Of several accounts the receiver's network chooses one, or a route of
the --config file.

Without --wait it ends when the gateways have answered every message, or when nothing was heard for 10 seconds. An
accepted message is ACCEPTED; whether the handset gets it is not waited for. With --wait it ends when every message has
its outcome, or when nothing was heard for SECONDS; until then it connects again where it must.

The file is CSV in UTF-8. Its first row names the columns: receiver and text, and if wanted sender, reference, account,
coding, flash (yes or no), report (yes or no). An empty field means what the options say. A wrong row is reported with
its line; the other rows are sent.

Results, one line a message as they come, then a summary (--json: one JSON object a line):
  DELIVERED 13800138000, 1 segment, 0.8 s, id bb18c04003e90000
  1 message: 1 DELIVERED

Examples, after `sanwang simulate 'cmpp://127.0.0.1:7890' 'smgp://127.0.0.1:8890'` in another terminal:
  sanwang send --account 'cmpp://901234:secret@127.0.0.1:7890?sender=10657001' 13800138000 'hello' --wait
  sanwang send --account 'smgp://10000001:secret@127.0.0.1:8890' 18900000001 'code 1234' --sender 10659001 --flash
  sanwang send --account 'cmpp://901234:secret@127.0.0.1:7890' 13800138000 'news' --set service_id=NEWS --wait 5
  sanwang send --account 'cmpp://901234:secret@127.0.0.1:7890?max_receivers=10' 13800138000,13800138001 'hello' --wait
  sanwang send --config examples/data/accounts.toml 13800138000 'hello' --wait
  printf 'receiver,text\\n13800138000,hello\\n' | sanwang send --account 'cmpp://901234:secret@127.0.0.1:7890' --file -

Exit codes: 0 every message ended well (DELIVERED or SENT; without --wait ACCEPTED); 1 a message did not, a
row is wrong, a login was refused, nothing was heard, or it was ended by Ctrl-C; 2 an option, URL or setting is wrong.";

/// Without --wait nothing is heard for so long before it gives up.
const ANSWERS: Duration = Duration::from_secs(10);

/// Send one message, or a file of them.
#[derive(clap::Args, Debug)]
#[command(after_help = PAGE)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(super) accounts: Accounts,
    /// The receiver: 11 digits, with or without 86, +86 or 0086; or several, with commas
    #[arg(required_unless_present = "file", requires = "text")]
    receiver: Option<String>,
    /// The text
    text: Option<String>,
    /// Send the rows of a CSV file instead; `-` is stdin
    #[arg(long, value_name = "PATH", conflicts_with_all = ["receiver", "text"])]
    pub(super) file: Option<String>,
    /// Wait for the outcome of every message, at most so long without hearing anything; also `--wait SECONDS`
    /// [default behind --wait: 60]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "60")]
    #[arg(value_parser = forms::some_time)]
    pub(super) wait: Option<Duration>,
    /// Access number shown as the sender [default: the account's sender]
    #[arg(long, value_name = "N")]
    sender: Option<String>,
    /// Show the text at once and do not keep it (class 0)
    #[arg(long)]
    flash: bool,
    /// Ask for no status report: a message is SENT when the gateway has accepted it
    #[arg(long)]
    no_report: bool,
    /// auto, cheapest, ascii, ucs2, gb18030, gsm7, or a number 0 to 255 [default: the account's coding]
    #[arg(long, value_name = "C")]
    coding: Option<CodingChoice>,
    /// Your own name for the message; it comes back with the result
    #[arg(long, value_name = "R")]
    reference: Option<String>,
    /// Print results as JSON, one object a line
    #[arg(long)]
    pub(super) json: bool,
}

impl Send {
    /// What every message starts from.
    pub(super) fn template(&self) -> Result<Submit, Failure> {
        if self.file.is_some() && self.reference.is_some() {
            return Err(Failure::Usage(
                "--reference names one message: with --file use the column reference".to_owned(),
            ));
        }
        let mut submit = Submit::to("");
        submit.sender = self.sender.clone();
        submit.class = self.flash.then_some(0);
        submit.report = self.no_report.then_some(false);
        submit.coding = self.coding;
        submit.reference = self.reference.as_deref().map(Into::into);
        Ok(submit)
    }

    /// The one message of the command line.
    pub(super) fn message(&self, template: &Submit) -> Option<Submit> {
        let (receiver, text) = (self.receiver.clone()?, self.text.clone()?);
        Some(Submit { receiver, ..template.clone() }.text(text))
    }

    /// How long nothing may be heard.
    pub(super) fn patience(&self) -> Duration {
        self.wait.unwrap_or(ANSWERS)
    }
}

/// Longest number behind `--wait` that is taken for seconds; a longer one is a receiver.
const WAIT_DIGITS: usize = 7;

/// Joins `--wait 60` to `--wait=60`. Without the joining `--wait 13800138000 hello` would wait for 437 years.
pub(crate) fn join_wait(args: &[String]) -> Vec<String> {
    let mut joined: Vec<String> = Vec::with_capacity(args.len());
    let mut words = args.iter().peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            joined.push(word.clone());
            joined.extend(words.cloned());
            break;
        }
        let seconds = words.peek().filter(|next| next.len() <= WAIT_DIGITS && forms::duration(next).is_ok());
        match seconds {
            Some(seconds) if word == "--wait" && args.first().is_some_and(|command| command == "send") => {
                joined.push(format!("--wait={seconds}"));
                words.next();
            }
            _ => joined.push(word.clone()),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(line: &str) -> String {
        join_wait(&line.split(' ').map(str::to_owned).collect::<Vec<_>>()).join(" ")
    }

    #[test]
    fn wait_takes_seconds_and_no_receiver() {
        assert_eq!(joined("send --wait 5 13800138000 hi"), "send --wait=5 13800138000 hi");
        assert_eq!(joined("send --wait 1.5s"), "send --wait=1.5s");
        assert_eq!(joined("send --wait 13800138000 hi"), "send --wait 13800138000 hi");
        assert_eq!(joined("send 13800138000 hi --wait"), "send 13800138000 hi --wait");
        assert_eq!(joined("send -- --wait 5"), "send -- --wait 5");
        assert_eq!(joined("load --wait 5"), "load --wait 5");
    }
}
