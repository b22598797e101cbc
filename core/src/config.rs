//! Accounts, routes and engine settings from a file in TOML.
//!
//! ```toml
//! [accounts.mobile]
//! url = "cmpp://901234@gw1.example:7890?version=2.0"
//! secret_env = "MOBILE_SECRET"
//! rate = 200
//!
//! [[route]]
//! carrier = "mobile"
//! accounts = ["mobile"]
//!
//! [engine]
//! threads = 4
//! ```
//!
//! A gateway's file has listeners instead of routes: [`GatewayConfig`]. The caller reads the file; nothing here does.

mod gateway;

pub use gateway::{GatewayConfig, SpAccount};

use std::path::Path;

use toml::{Table, Value};

use crate::client::Route;
use crate::settings::{Account, AccountSettings, EngineSettings};
use crate::wire::Protocol;
use crate::words::nearest_of;

/// What is wrong with the file: the table, the key and what to write, or the line. It never quotes a URL or a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// What the file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The accounts, in the order of the file.
    pub accounts: Vec<Account>,
    /// The routing rules, in the order of the file.
    pub routes: Vec<Route>,
    /// The settings of the engine.
    pub engine: EngineSettings,
}

const TABLES: [&str; 3] = ["accounts", "route", "engine"];
const ROUTE_KEYS: [&str; 3] = ["carrier", "prefix", "accounts"];

impl Config {
    /// Reads the text of a file. `folder` is the folder the file is in: a relative `secret_file` starts there.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, ConfigError> {
        Self::parse_with(text, folder, &[])
    }

    /// Reads the text of a file, with settings that rule over those of every account whose protocol has them.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn parse_with(text: &str, folder: &Path, over: &[(String, String)]) -> Result<Self, ConfigError> {
        let file: Table = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        let mut config = Self { accounts: Vec::new(), routes: Vec::new(), engine: EngineSettings::default() };
        for (key, value) in &file {
            match (key.as_str(), value) {
                ("accounts", Value::Table(accounts)) => {
                    for (name, account) in accounts {
                        config.accounts.push(read_account(name, account, folder, over)?);
                    }
                }
                ("accounts", _) => {
                    return Err(wrong("accounts", "is no table: write [accounts.NAME] above the keys"));
                }
                ("route", Value::Array(routes)) => {
                    for (number, route) in (1..).zip(routes) {
                        config.routes.push(read_route(number, route)?);
                    }
                }
                ("route", _) => return Err(wrong("route", "is no list: write [[route]] above the keys")),
                ("engine", engine) => config.engine = read_engine(engine)?,
                ("listeners", _) => {
                    let what = "is for a gateway's file: a client's has [accounts.NAME] with url = \"...\"";
                    return Err(wrong("listeners", what));
                }
                (key, _) => return Err(unknown("the file", "table", key, &mut TABLES.into_iter())),
            }
        }
        if config.accounts.is_empty() {
            return Err(ConfigError(
                "the file has no account: write [accounts.NAME] and url = \"...\"".into(),
            ));
        }
        Ok(config)
    }
}

fn read_engine(value: &Value) -> Result<EngineSettings, ConfigError> {
    let Value::Table(table) = value else {
        return Err(wrong("engine", "is no table: write [engine] above the keys"));
    };
    let mut engine = EngineSettings::default();
    for (key, value) in table {
        let (at, text) = ("[engine]", scalar("[engine]", key, value)?);
        engine.set(key, &text).map_err(|e| wrong(at, &format!(": {e}")))?;
    }
    Ok(engine)
}

fn wrong(at: &str, what: &str) -> ConfigError {
    ConfigError(if what.starts_with(':') { format!("{at}{what}") } else { format!("{at} {what}") })
}

/// An unknown key, with the known one that looks most like it.
fn unknown(at: &str, what: &str, key: &str, known: &mut dyn Iterator<Item = &'static str>) -> ConfigError {
    let known: Vec<&'static str> = known.collect();
    let shown: String = key.chars().take(48).flat_map(char::escape_debug).collect();
    let hint = match nearest_of(key, known.iter().copied()) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None if known.len() > 8 => "there are url and the keys of docs/settings.md".to_owned(),
        None => format!("there are {}", known.join(", ")),
    };
    ConfigError(format!("{at}: unknown {what} {shown}: {hint}"))
}

/// Where the text is no TOML. The parser's own report shows the line, which may hold a secret.
fn syntax(text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    ConfigError(format!("line {line}, column {column}: {}", error.message()))
}

/// A value as settings read it.
fn scalar(at: &str, key: &str, value: &Value) -> Result<String, ConfigError> {
    Ok(match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Datetime(_) => return Err(wrong(at, &format!(": {key} is a date: put the value in quotes"))),
        Value::Array(_) | Value::Table(_) => {
            return Err(wrong(at, &format!(": {key} takes one value: write {key} = \"...\"")));
        }
    })
}

/// The settings of a table but for its URL and what `skip` names; a list becomes a key that comes again.
fn pairs_of<'a>(
    at: &str,
    table: &'a Table,
    folder: &Path,
    skip: impl Fn(&str) -> bool,
) -> Result<Vec<(&'a str, String)>, ConfigError> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for (key, value) in table.iter().filter(|(key, _)| *key != "url" && !skip(key)) {
        match value {
            Value::Array(list) if list.is_empty() => pairs.push((key, String::new())),
            Value::Array(list) => {
                for value in list {
                    pairs.push((key, scalar(at, key, value)?));
                }
            }
            _ => pairs.push((key, scalar(at, key, value)?)),
        }
        if let ("secret_file", Some((_, path))) = (key.as_str(), pairs.last_mut()) {
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
    }
    Ok(pairs)
}

/// The URL and the keys of a table are those of settings.
fn check_keys(at: &str, table: &Table, with_url: bool) -> Result<(), ConfigError> {
    for key in table.keys() {
        if key == "secret" {
            let say = ": secret does not stand in the file: use secret_env or secret_file";
            return Err(wrong(at, say));
        }
        if !(with_url && key == "url") && AccountSettings::row(key).is_none() {
            let known = AccountSettings::rows().iter().map(|row| row.key);
            return Err(unknown(at, "key", key, &mut known.chain(with_url.then_some("url"))));
        }
    }
    Ok(())
}

fn read_account(
    name: &str,
    value: &Value,
    folder: &Path,
    over: &[(String, String)],
) -> Result<Account, ConfigError> {
    let at = format!("[accounts.{name}]");
    let Value::Table(table) = value else {
        return Err(ConfigError(format!("accounts.{name} is no table: write {at} above its keys")));
    };
    check_keys(&at, table, true)?;
    let url = match table.get("url") {
        Some(Value::String(url)) => url,
        Some(_) => return Err(wrong(&at, ": url is no text: write url = \"cmpp://user@host:7890\"")),
        None => return Err(wrong(&at, ": url is missing: write url = \"cmpp://user@host:7890\"")),
    };
    let protocol = url.split_once("://").and_then(|(scheme, _)| scheme.parse::<Protocol>().ok());
    let has = |key: &str| {
        AccountSettings::row(key).is_some_and(|row| protocol.is_none_or(|protocol| row.applies_to(protocol)))
    };
    let over: Vec<_> = over.iter().filter(|(key, _)| has(key)).collect();
    let mut pairs = pairs_of(&at, table, folder, |key| over.iter().any(|(other, _)| other == key))?;
    pairs.extend(over.iter().map(|(key, value)| (key.as_str(), value.clone())));
    let account = Account::parse_with(url, pairs.iter().map(|(key, value)| (*key, value.as_str())));
    account.map(|account| account.with_name(name)).map_err(|error| wrong(&at, &format!(": {error}")))
}

fn read_route(number: usize, value: &Value) -> Result<Route, ConfigError> {
    let at = format!("[[route]] {number}");
    let Value::Table(table) = value else {
        return Err(wrong(&at, "is no table: write [[route]] above its keys"));
    };
    let mut route = Route::default();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("carrier", Value::String(carrier)) => {
                let carrier = carrier.parse().map_err(|_| {
                    wrong(&at, ": carrier is none: write mobile, unicom, telecom or broadnet")
                })?;
                route.carrier = Some(carrier);
            }
            ("prefix", Value::String(prefix)) => {
                if !prefix.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(wrong(&at, ": prefix has other characters than digits: write \"139\""));
                }
                route.prefix.clone_from(prefix);
            }
            ("accounts", Value::Array(names)) => {
                for name in names {
                    let Value::String(name) = name else {
                        return Err(wrong(&at, ": accounts takes names: write accounts = [\"mobile\"]"));
                    };
                    route.accounts.push(name.clone());
                }
            }
            ("carrier" | "prefix", _) => {
                return Err(wrong(&at, &format!(": {key} is no text: write {key} = \"...\"")));
            }
            ("accounts", _) => {
                return Err(wrong(&at, ": accounts is no list: write accounts = [\"mobile\"]"));
            }
            _ => return Err(unknown(&at, "key", key, &mut ROUTE_KEYS.into_iter())),
        }
    }
    if route.accounts.is_empty() {
        return Err(wrong(&at, ": accounts is missing: write accounts = [\"mobile\"]"));
    }
    Ok(route)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segments::Carrier;
    use crate::settings::SecretSource;

    const FILE: &str = r#"
        [accounts.mobile]
        url = "cmpp://901234@gw1.example:7890?version=2.0&window=8"
        secret_env = "MOBILE_SECRET"
        sender = "10657001"
        rate = 200
        window = 32
        report = false
        alt = ["gw2.example:7890", "gw3.example:7891"]
        reconnect_min = "500ms"
        congestion = []

        [accounts.unicom]
        url = "sgip://sp12345@gw.example:8801"
        secret_file = "unicom.secret"
        node = 3010012345

        [[route]]
        carrier = "unicom"
        prefix = "130"
        accounts = ["unicom", "mobile"]

        [engine]
        threads = 4
    "#;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("/etc/sms")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_gives_accounts_routes_and_engine() {
        let config = parse(FILE).unwrap();
        let [mobile, unicom] = &config.accounts[..] else { panic!("{config:?}") };
        assert_eq!((&*mobile.name, &*mobile.user, &*unicom.name), ("mobile", "901234", "unicom"));
        let s = &mobile.settings;
        assert_eq!((s.rate, s.window, s.report, s.reconnect_min.as_millis()), (200, 32, false, 500));
        assert_eq!(mobile.addresses, ["gw1.example:7890", "gw2.example:7890", "gw3.example:7891"]);
        assert_eq!(mobile.needs_secret(), Some(SecretSource::Env("MOBILE_SECRET".into())));
        assert_eq!(unicom.needs_secret(), Some(SecretSource::File("/etc/sms/unicom.secret".into())));
        assert_eq!(unicom.settings.corp_id, "12345", "from the node, as in a URL");
        let [route] = &config.routes[..] else { panic!("{config:?}") };
        assert_eq!((route.carrier, &*route.prefix), (Some(Carrier::Unicom), "130"));
        assert_eq!(route.accounts, ["unicom", "mobile"]);
        assert_eq!(config.engine.threads, 4);
    }

    #[test]
    fn options_rule_over_the_file_where_the_protocol_has_them() {
        let over = [("window", "4"), ("node", "7"), ("alt", "gw9.example:1")];
        let over: Vec<_> = over.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let config = Config::parse_with(FILE, Path::new("."), &over).unwrap();
        let [mobile, unicom] = &config.accounts[..] else { panic!("{config:?}") };
        assert_eq!((mobile.settings.window, unicom.settings.window), (4, 4));
        assert_eq!((mobile.settings.node, unicom.settings.node), (None, Some(7)));
        assert_eq!(mobile.addresses, ["gw1.example:7890", "gw9.example:1"]);
    }

    #[test]
    fn errors_name_table_and_key_and_no_secret() {
        let account = |more: &str| format!("[accounts.a]\nurl = \"cmpp://u:sesame@h\"\n{more}");
        for (text, what) in [
            (account("windw = 4"), "[accounts.a]: unknown key windw: did you mean window?"),
            (account("node = 4"), "[accounts.a]: node does not apply to cmpp"),
            (account("window = 0"), "[accounts.a]: window=0 is out of range: write 1 to 1024 requests"),
            (
                account("reconnect_min = 0.5"),
                "[accounts.a]: reconnect_min=0.5 is not valid: write 100ms to 1h",
            ),
            (account("window = [4, 5]"), "[accounts.a]: window is given twice: it takes one value"),
            (account("window = { a = 1 }"), "[accounts.a]: window takes one value: write window = \"...\""),
            (account("secret = \"x\""), "[accounts.a]: secret does not stand in the file"),
            (account("at_time = 2026-01-01"), "[accounts.a]: at_time is a date: put the value in quotes"),
            (account("[engne]\n"), "the file: unknown table engne: did you mean engine?"),
            (account("[engine]\nthread = 4"), "[engine]: unknown setting thread: did you mean threads?"),
            (account("[engine]\nthreads = 0"), "[engine]: threads=0 is out of range"),
            (
                account("[[route]]\ncarier = \"mobile\""),
                "[[route]] 1: unknown key carier: did you mean carrier?",
            ),
            (account("[[route]]\ncarrier = \"cmcc\""), "[[route]] 1: carrier is none: write mobile"),
            (account("[[route]]\nprefix = 139"), "[[route]] 1: prefix is no text"),
            (account("[[route]]\nprefix = \"139\""), "[[route]] 1: accounts is missing"),
            (account("[route]\nprefix = \"139\""), "route is no list: write [[route]]"),
            (
                "[accounts.a]\nurll = \"cmpp://u:sesame@h\"".into(),
                "[accounts.a]: unknown key urll: did you mean url?",
            ),
            ("[accounts.a]\nwindow = 4".into(), "[accounts.a]: url is missing"),
            ("accounts = 1".into(), "accounts is no table"),
            ("".into(), "the file has no account"),
            ("[accounts.a]\nurl = \"cmpp://u:sesame@h".into(), "line 2, column "),
            ("[accounts.a]\nurl = \"cmpp:/u:sesame@h\"".into(), "[accounts.a]: wrong account URL: no scheme"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.starts_with(what), "{text}: {error}");
            assert!(!error.contains("sesame"), "{error}");
        }
    }
}
