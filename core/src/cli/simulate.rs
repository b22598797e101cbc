//! `sanwang simulate`: gateways that play a carrier.

mod faults;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::accounts::{folder_of, read_file, read_text};
use super::forms;
use super::metrics_page::Server;
use super::out::{self, Failure};
use super::stop::{Stop, Woken};
use crate::config::{GatewayConfig, SpAccount};
use crate::engine::{fill_in, of_login};
use crate::metrics;
use crate::settings::{EngineSettings, Listen, Secret};
use crate::sim::{BadRule, Simulator, SimulatorBuilder, SimulatorRules};
use faults::FaultOptions;

const PAGE: &str = "\
A gateway listens at a URL without user; port 0 takes a free port. When it listens it prints one line
  listening cmpp 127.0.0.1:7890
for each URL, and at its end one line of counts. Settings of the gateway stand in the URL; `sanwang settings` lists them.
With --metrics a line `metrics http://127.0.0.1:9100/metrics` follows those of the URLs, and with faults a line
`faults no_answer=12 ...` follows the counts.

Without --account every name may log in, nothing is checked, and the gateway's own digest is all zero. With it only
the accounts given may, with the right secret.

Faults are the bad days of a carrier; the gateway behind them stays honest. With --no-answer, --duplicate-answer,
--wrong-sequence, --split-writes, --reset-every, --restart-every or --wrong-digest a relay stands in front of it: at most
128 connections, and for the gateway every peer has the address of this machine.

An SGIP gateway delivers reports to the SP's own port: deliver_to=HOST:PORT names it, by default port 8802 of the SP.

Examples:
  sanwang simulate 'cmpp://127.0.0.1:7890'
  sanwang simulate 'cmpp://127.0.0.1:7890' 'sgip://127.0.0.1:8801?deliver_to=127.0.0.1:8802' 'smgp://127.0.0.1:8890'
  sanwang simulate 'cmpp://127.0.0.1:7890' --account 901234:secret --account 901235:other
  sanwang simulate 'cmpp://127.0.0.1:7890' --stat DELIVRD=95,UNDELIV=5 --result 8=1% --report-delay 2s --report-jitter 3s
  sanwang simulate 'cmpp://127.0.0.1:7890' --no-answer 1% --repeat-report 5% --congest 2s/30s --reset-every 30s
  sanwang simulate 'cmpp://127.0.0.1:7890' --metrics 127.0.0.1:9100
  sanwang simulate --config examples/data/gateway.toml
  sanwang simulate 'cmpp://127.0.0.1:7890' --digit 9=13 --reply TD=TD --reply-delay 1s --for 60

Exit codes: 0 it was ended by Ctrl-C, SIGTERM or --for; 1 it could not listen; 2 an option is wrong.";

/// Run simulated gateways until Ctrl-C.
#[derive(clap::Args, Debug)]
#[command(after_help = PAGE)]
pub(super) struct Simulate {
    /// Where to listen: cmpp://HOST:PORT?key=value, sgip:// or smgp://; one gateway a URL
    #[arg(required_unless_present = "config", value_name = "URL")]
    urls: Vec<String>,
    /// An account that may log in; can be repeated [default: every name, unchecked]
    #[arg(long = "account", value_name = "NAME:SECRET")]
    accounts: Vec<String>,
    /// A file in TOML: of a gateway's listeners and accounts, as examples/data/gateway.toml, or of a client's accounts,
    /// whose users and secrets may log in. SIGHUP reads the secrets again
    #[arg(long, value_name = "FILE", conflicts_with = "accounts")]
    config: Option<String>,
    /// Time from a submit to its answer: 30 (seconds), 500ms, 10m
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = forms::duration)]
    answer_delay: Duration,
    /// Time from the answer to the status report
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = forms::duration)]
    report_delay: Duration,
    /// Up to so much more, at random, for each report
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = forms::duration)]
    report_jitter: Duration,
    /// What reports say, with weights: DELIVRD=95,UNDELIV=5
    #[arg(long, value_name = "STAT=WEIGHT,...", default_value = "DELIVRD=1")]
    stat: String,
    /// Refuse a share of the submits with a result code: 8=1%; can be repeated
    #[arg(long = "result", value_name = "CODE=SHARE%")]
    results: Vec<String>,
    /// Refuse receivers that end in a digit with a result code: 9=13; can be repeated
    #[arg(long = "digit", value_name = "DIGIT=CODE")]
    digits: Vec<String>,
    /// A phone that gets a text with this word writes back: TD=TD; can be repeated
    #[arg(long = "reply", value_name = "WORD=TEXT")]
    replies: Vec<String>,
    /// Time from the report to such a reply
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = forms::duration)]
    reply_delay: Duration,
    /// Seed of everything that is random: the same seed, the same run
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// End after this time, in seconds or with a unit [default: run until Ctrl-C]
    #[arg(long = "for", value_name = "SECONDS", value_parser = forms::some_time)]
    lasts: Option<Duration>,
    /// Threads that run the gateway, 1 to 256
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: u32,
    /// Say nothing on stderr about connections
    #[arg(long)]
    quiet: bool,
    /// Serve the metrics at http://HOST:PORT/metrics; port 0 takes a free port
    #[arg(long, value_name = "HOST:PORT")]
    metrics: Option<String>,
    #[command(flatten)]
    faults: FaultOptions,
}

/// How long the end waits for what is on its way.
const CLOSE: Duration = Duration::from_secs(1);

pub(super) fn run(options: &Simulate) -> Result<(), Failure> {
    let rules = rules(options).map_err(|error| Failure::Usage(error.to_string()))?;
    let stop = Stop::on_signals()?;
    let engine = EngineSettings { threads: options.threads, ..EngineSettings::default() };
    let mut builder = Simulator::builder().rules(rules).engine(engine).faults(options.faults.faults());
    for url in &options.urls {
        builder = builder.listen(url);
    }
    for account in &options.accounts {
        let (name, secret) =
            account.split_once(':').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
                // The text may hold a secret and is not repeated.
                Failure::Usage("--account: write NAME:SECRET, as in 901234:secret".to_owned())
            })?;
        builder = builder.account(name, secret);
    }
    if let Some(path) = &options.config {
        let file = GatewayFile::read(path)?;
        if file.listeners.is_empty() && options.urls.is_empty() {
            let text = format!("{path}: the file has no [listeners.NAME]: add them, or URLs to the command");
            return Err(Failure::Usage(text));
        }
        builder = file.listeners.into_iter().fold(builder, SimulatorBuilder::listen_as);
        for (name, key, value) in file.settings {
            builder = builder.account_setting(name, key, value);
        }
        for (name, secret) in file.secrets {
            builder = builder.account(name, secret.as_bytes());
        }
        stop.reloads();
    }
    if options.quiet {
        builder = builder.silent();
    }
    let simulator = builder.open()?;
    for (protocol, address) in simulator.listeners() {
        out::print(format_args!("listening {protocol} {address}"))?;
    }
    let measured = simulator.gateway().clone();
    let page = move || {
        metrics::prometheus(&measured.metrics())
            + &metrics::prometheus_listeners(&measured.listener_metrics())
    };
    let server = options.metrics.as_deref().map(|at| Server::open(at, page)).transpose()?;
    if let Some(server) = &server {
        out::print(format_args!("metrics http://{}/metrics", server.address))?;
    }
    let end = options.lasts.map(|lasts| Instant::now() + lasts);
    let left = || end.map(|end| end.saturating_duration_since(Instant::now()));
    while stop.wait(left()) == Woken::Reload {
        match options.config.as_deref().map(GatewayFile::read) {
            Some(Ok(GatewayFile { secrets: accounts, .. })) => {
                out::say(format_args!("reloaded: {} accounts may log in", accounts.len()));
                simulator.set_accounts(accounts);
            }
            Some(Err(error)) => out::say(format_args!("not reloaded: {}", error.text().unwrap_or_default())),
            None => {}
        }
    }
    drop(server);
    simulator.close(CLOSE).map_err(|error| Failure::Failed(error.to_string()))?;
    let counts = simulator.counts();
    out::print(format_args!(
        "counts submits={} accepted={} refused={} reports={} delivers={} acked={} failed={}",
        counts.submits,
        counts.accepted,
        counts.refused,
        counts.reports,
        counts.delivers,
        counts.acked,
        counts.failed
    ))?;
    if options.faults.faults().any() {
        let made = simulator.fault_counts().named();
        let made: Vec<String> = made.iter().map(|(name, n)| format!("{name}={n}")).collect();
        out::print(format_args!("faults {}", made.join(" ")))?;
    }
    Ok(())
}

/// What a file says of a gateway.
#[derive(Default)]
struct GatewayFile {
    listeners: Vec<Listen>,
    /// Accounts, keys and values.
    settings: Vec<(String, String, String)>,
    secrets: HashMap<String, Secret>,
}

impl GatewayFile {
    /// Reads a gateway's file, or the users and secrets of a client's.
    fn read(path: &str) -> Result<Self, Failure> {
        let text = read_text(path)?;
        let mut read = Self::default();
        if !GatewayConfig::is_meant(&text) {
            for mut account in read_file(path, &[])?.accounts {
                fill_in(&mut account)?;
                read.secrets.insert(account.user, account.secret);
            }
            return Ok(read);
        }
        // Ids as those of the URLs.
        let file = GatewayConfig::parse_over(&[("ids", "opaque")], &text, folder_of(path));
        let file = file.map_err(|error| Failure::Usage(format!("{path}: {error}")))?;
        read.listeners = file.listeners;
        for SpAccount { name, secret, settings } in file.accounts {
            read.secrets.insert(name.clone(), Secret::new(of_login(&name, secret)?));
            read.settings.extend(settings.into_iter().map(|(key, value)| (name.clone(), key, value)));
        }
        Ok(read)
    }
}

fn rules(options: &Simulate) -> Result<SimulatorRules, BadRule> {
    let mut rules = SimulatorRules {
        answer_delay: options.answer_delay,
        report_delay: options.report_delay,
        report_jitter: options.report_jitter,
        reply_delay: options.reply_delay,
        seed: options.seed,
        ..SimulatorRules::default()
    };
    let named = |option: &str, error: BadRule| BadRule(format!("--{option}: {error}"));
    rules.set_stats(&options.stat).map_err(|error| named("stat", error))?;
    for text in &options.results {
        rules.add_result(text).map_err(|error| named("result", error))?;
    }
    for text in &options.digits {
        rules.add_digit(text).map_err(|error| named("digit", error))?;
    }
    for text in &options.replies {
        rules.add_reply(text).map_err(|error| named("reply", error))?;
    }
    Ok(rules)
}
