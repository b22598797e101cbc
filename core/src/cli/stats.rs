//! `sanwang stats`: a page of metrics, for people or as JSON.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::json::Object;
use super::out::{self, Failure};
use crate::metrics::{self, PREFIX};

const PAGE: &str = "\
One block an account and a gateway's listener, with what is not 0. `docs/metrics.md` says what each name means.
  account 901234, cmpp 3.0, gateway
    submits_total                    1200 PDUs
    window_used{connection=\"3\"}         4 requests

With --json one object an account or listener a line: account, protocol, version, side and metrics, which has every value by its
name; a metric with a label of its own is an object by that label's values.

Examples, after `sanwang simulate 'cmpp://127.0.0.1:7890' --metrics 127.0.0.1:9100` in another terminal:
  sanwang stats 127.0.0.1:9100
  sanwang stats http://127.0.0.1:9100/metrics --json

Exit codes: 0 printed; 1 nothing answered, or it was no page of metrics; 2 the address or an option is wrong.";

/// Print the metrics that a simulator, a listener or your own program serves.
#[derive(clap::Args, Debug)]
#[command(after_help = PAGE)]
pub(super) struct Stats {
    /// Where they are served: HOST:PORT, or a URL http://HOST:PORT/PATH
    #[arg(value_name = "ADDR")]
    address: String,
    /// Print one JSON object an account
    #[arg(long)]
    json: bool,
}

/// Time to connect, and for the next octet of the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest page that is read.
const LONGEST: u64 = 64 << 20;

pub(super) fn run(options: &Stats) -> Result<(), Failure> {
    let (host, path) = target(&options.address)?;
    let page = fetch(&host, &path).map_err(|what| Failure::Failed(format!("{host}: {what}")))?;
    let accounts = read(&page).map_err(|what| Failure::Failed(format!("{host}: {what}")))?;
    if accounts.iter().all(Account::is_listener) {
        out::say(format_args!("{host}: no account has counted anything yet"));
    }
    for account in &accounts {
        if options.json {
            out::print(account.to_json())?;
        } else if !account.is_listener() || account.has_counted() {
            out::print(account.block().trim_end())?;
        }
    }
    Ok(())
}

/// Host with port, and path.
fn target(address: &str) -> Result<(String, String), Failure> {
    let rest = address.strip_prefix("http://").unwrap_or(address);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port = host.rsplit_once(':').and_then(|(name, port)| (!name.is_empty()).then(|| port.parse::<u16>()));
    if !matches!(port, Some(Ok(_))) || !path.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Failure::Usage(format!("{address:?}: write HOST:PORT, as in 127.0.0.1:9100")));
    }
    let path = if matches!(path, "" | "/") { "/metrics" } else { path };
    Ok((host.to_owned(), path.to_owned()))
}

fn fetch(host: &str, path: &str) -> Result<String, String> {
    let mut last = "the name has no address".to_owned();
    let found = host.to_socket_addrs().map_err(|error| error.to_string())?;
    let stream = found.into_iter().find_map(|address| {
        TcpStream::connect_timeout(&address, PATIENCE).map_err(|error| last = error.to_string()).ok()
    });
    let Some(mut stream) = stream else { return Err(last) };
    let text = |error: std::io::Error| error.to_string();
    stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
        .map_err(text)?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: text/plain\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(text)?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).map_err(text)?;
    let answer = String::from_utf8(answer).map_err(|_| "the answer is not UTF-8".to_owned())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("the answer is no HTTP")?;
    let status = head.lines().next().unwrap_or_default();
    if status.starts_with("HTTP/") && status.split(' ').nth(1) == Some("200") {
        return Ok(body.to_owned());
    }
    Err(format!("it answers {:?}", status.chars().take(80).collect::<String>()))
}

/// A value of an account: the metric, the value of its own label, and the number.
#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    label: Option<(String, String)>,
    value: f64,
}

/// The samples of one account.
#[derive(Debug, Default, PartialEq)]
struct Account {
    /// account, protocol, version, side
    who: [String; 4],
    samples: Vec<Sample>,
}

/// The labels that tell accounts apart.
const WHO: [&str; 4] = ["account", "protocol", "version", "side"];

/// Reads a page in the text format; samples that are not ours are left out.
fn read(page: &str) -> Result<Vec<Account>, String> {
    let mut accounts: Vec<Account> = Vec::new();
    for (number, line) in (1..).zip(page.lines()) {
        let Some(line) = line.strip_prefix(PREFIX) else { continue };
        let wrong = || format!("line {number} is no sample of the text format");
        let (name, rest) = line.split_once('{').ok_or_else(wrong)?;
        let (labels, rest) = labels(rest).ok_or_else(wrong)?;
        let value = rest.split_ascii_whitespace().next().and_then(|v| v.parse().ok()).ok_or_else(wrong)?;
        let mut who = WHO.map(|_| String::new());
        let mut own = None;
        for (key, value) in labels {
            match WHO.iter().position(|known| *known == key).and_then(|at| who.get_mut(at)) {
                Some(place) => *place = value,
                None => own = Some((key, value)),
            }
        }
        let sample = Sample { name: name.to_owned(), label: own, value };
        match accounts.iter_mut().find(|account| account.who == who) {
            Some(account) => account.samples.push(sample),
            None => accounts.push(Account { who, samples: vec![sample] }),
        }
    }
    Ok(accounts)
}

type Labels = Vec<(String, String)>;

/// Reads `a="b",c="d"}` and gives what stands behind it.
fn labels(mut text: &str) -> Option<(Labels, &str)> {
    let mut labels = Labels::new();
    loop {
        text = text.trim_start_matches(',');
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (key, rest) = text.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = rest.char_indices();
        text = loop {
            match characters.next()? {
                (at, '"') => break rest.get(at + 1..)?,
                (_, '\\') => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, other) => value.push(other),
            }
        };
        labels.push((key.to_owned(), value));
    }
}

impl Account {
    /// Whether it is a listener of a gateway, which has samples of its own.
    fn is_listener(&self) -> bool {
        self.who[3] == "listener"
    }

    fn has_counted(&self) -> bool {
        self.samples.iter().any(|sample| sample.value != 0.0)
    }

    fn block(&self) -> String {
        let [account, protocol, version, side] = &self.who;
        let mut block = match self.is_listener() {
            true => format!("listener {account}\n"),
            false => format!("account {account}, {protocol} {version}, {side}\n"),
        };
        for sample in self.samples.iter().filter(|sample| sample.value != 0.0) {
            let accounts = metrics::rows().iter().map(|row| (row.name, row.unit));
            let listeners = metrics::listener_rows().iter().map(|row| (row.name, row.unit));
            let unit =
                accounts.chain(listeners).find(|(name, _)| *name == sample.name).map_or("", |(_, u)| u);
            let name = match &sample.label {
                Some((key, value)) => format!("{}{{{key}={value:?}}}", sample.name),
                None => sample.name.clone(),
            };
            let line = format!("  {name:<44} {:>12} {unit}", sample.value);
            let _ = writeln!(block, "{}", line.trim_end());
        }
        block
    }

    fn to_json(&self) -> Json {
        let mut all = Object::default();
        let mut groups: Vec<(&str, Object)> = Vec::new();
        for sample in &self.samples {
            // Counts are whole numbers.
            let value =
                if sample.value.fract() == 0.0 { json!(sample.value as i64) } else { json!(sample.value) };
            match &sample.label {
                None => all.put(&sample.name, value),
                Some((_, label)) => match groups.iter_mut().find(|(name, _)| *name == sample.name) {
                    Some((_, group)) => group.put(label, value),
                    None => {
                        let mut group = Object::default();
                        group.put(label, value);
                        groups.push((&sample.name, group));
                    }
                },
            }
        }
        for (name, group) in groups {
            all.put(name, group.into_json());
        }
        let [account, protocol, version, side] = &self.who;
        json!({
            "account": account, "protocol": protocol, "version": version, "side": side, "metrics": all.into_json(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Kind;

    #[test]
    fn a_page_is_read_and_shown() {
        let who = r#"account="a\"\\\nb",protocol="cmpp",version="3.0",side="sp""#;
        let page = format!(
            "# HELP x y\nother_total 4\nsanwang_sent_total{{{who}}} 12\nsanwang_queued{{{who}}} 0\n\
             sanwang_window_used{{{who},connection=\"3\"}} 4 1700000000\n"
        );
        let accounts = read(&page).unwrap();
        let [account] = &accounts[..] else { panic!("{accounts:?}") };
        assert_eq!(account.who[0], "a\"\\\nb");
        let block = account.block();
        assert!(block.contains("  sent_total ") && block.contains(" 12 segments\n"), "{block}");
        assert!(block.contains("window_used{connection=\"3\"}") && !block.contains("queued"), "{block}");
        let json = account.to_json();
        assert_eq!(json["metrics"], json!({"sent_total": 12, "queued": 0, "window_used": {"3": 4}}));
        for wrong in ["sanwang_x 1", "sanwang_x{a=\"b} 1", "sanwang_x{a=\"b\"}", "sanwang_x{a=\"b\"} y"] {
            assert_eq!(read(wrong), Err("line 1 is no sample of the text format".to_owned()), "{wrong}");
        }
    }

    #[test]
    fn addresses_in_every_form() {
        let good = |address| target(address).unwrap();
        assert_eq!(good("127.0.0.1:9100"), ("127.0.0.1:9100".into(), "/metrics".into()));
        assert_eq!(good("http://[::1]:9100/"), ("[::1]:9100".into(), "/metrics".into()));
        assert_eq!(good("http://h:1/a/b"), ("h:1".into(), "/a/b".into()));
        for wrong in ["9100", ":9100", "h:x", "h", "https://h:1", "h:1/a b"] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_metric_has_a_kind_that_its_name_shows() {
        for row in metrics::rows() {
            assert_eq!(row.name.ends_with("_total"), row.kind == Kind::Counter, "{}", row.name);
        }
    }
}
