//! A gateway's listeners and accounts from a file in TOML.

use super::{ConfigError, check_keys, pairs_of, read_engine, syntax, unknown, wrong};
use crate::settings::{AccountSettings, EngineSettings, Listen, SecretSource};
use std::path::Path;
use toml::{Table, Value};

/// What a gateway's file says.
///
/// ```toml
/// [listeners.mobile]
/// url = "cmpp://0.0.0.0:7890?gateway_id=1001"
/// bind_from = ["10.0.0.0/8"]
///
/// [accounts.901234]
/// secret_env = "SECRET_901234"
/// connections = 4
///
/// [engine]
/// threads = 4
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GatewayConfig {
    /// The listeners, named, in the order of the file.
    pub listeners: Vec<Listen>,
    /// The accounts that may log in, in the order of the file.
    pub accounts: Vec<SpAccount>,
    /// The settings of the engine.
    pub engine: EngineSettings,
}

/// An account of a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpAccount {
    /// Its login name.
    pub name: String,
    /// Where its secret is.
    pub secret: SecretSource,
    /// Keys and values of its own settings, on top of those of the listener it logs in on.
    pub settings: Vec<(String, String)>,
}

const TABLES: [&str; 3] = ["listeners", "accounts", "engine"];

impl GatewayConfig {
    /// Reads the text of a file. `folder` is the folder the file is in: a relative `secret_file` starts there.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, ConfigError> {
        Self::parse_over(&[], text, folder)
    }

    /// Reads the text of a file, with other defaults under the settings of the listeners.
    ///
    /// # Errors
    /// As [`GatewayConfig::parse`].
    pub fn parse_over(under: &[(&str, &str)], text: &str, folder: &Path) -> Result<Self, ConfigError> {
        let file: Table = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        let (mut listeners, mut accounts) = (Vec::new(), Vec::new());
        let mut engine = EngineSettings::default();
        for (key, value) in &file {
            match (key.as_str(), value) {
                ("listeners", Value::Table(table)) => {
                    for (name, value) in table {
                        listeners.push(read_listener(under, name, value, folder)?);
                    }
                }
                ("accounts", Value::Table(table)) => {
                    for (name, value) in table {
                        accounts.push(read_account(name, value, folder)?);
                    }
                }
                ("engine", value) => engine = read_engine(value)?,
                ("listeners" | "accounts", _) => {
                    let singular = format!("is no table: write [{key}.NAME] above the keys");
                    return Err(wrong(key, &singular));
                }
                (key, _) => return Err(unknown("the file", "table", key, &mut TABLES.into_iter())),
            }
        }
        if listeners.is_empty() {
            let text = "the file has no listener: write [listeners.NAME] and url = \"...\"";
            return Err(ConfigError(text.into()));
        }
        Ok(Self { listeners, accounts, engine })
    }

    /// Whether a text is a gateway's file rather than a client's: whether it has listeners.
    pub fn is_meant(text: &str) -> bool {
        toml::from_str::<Table>(text).is_ok_and(|file| file.contains_key("listeners"))
    }
}

fn table<'a>(at: &str, value: &'a Value) -> Result<&'a Table, ConfigError> {
    match value {
        Value::Table(table) => Ok(table),
        _ => Err(wrong(at, "is no table: write it above its keys")),
    }
}

fn read_listener(
    under: &[(&str, &str)],
    name: &str,
    value: &Value,
    folder: &Path,
) -> Result<Listen, ConfigError> {
    let at = format!("[listeners.{name}]");
    let table = table(&at, value)?;
    check_keys(&at, table, true)?;
    let Some(Value::String(url)) = table.get("url") else {
        return Err(wrong(&at, ": url is missing or no text: write url = \"cmpp://0.0.0.0:7890\""));
    };
    let pairs = pairs_of(&at, table, folder, |_| false)?;
    let pairs = pairs.iter().map(|(key, value)| (*key, value.as_str()));
    let listen = Listen::parse_over(under, url, pairs).map_err(|error| wrong(&at, &format!(": {error}")))?;
    Ok(listen.with_name(name))
}

fn read_account(name: &str, value: &Value, folder: &Path) -> Result<SpAccount, ConfigError> {
    let at = format!("[accounts.{name}]");
    let table = table(&at, value)?;
    if table.contains_key("url") {
        let say = ": an account of a gateway has no url: its name is the login name";
        return Err(wrong(&at, say));
    }
    check_keys(&at, table, false)?;
    let (mut sources, mut settings) = (Vec::new(), Vec::<(String, String)>::new());
    for (key, value) in pairs_of(&at, table, folder, |_| false)? {
        match key {
            "secret_env" => sources.push(SecretSource::Env(value)),
            "secret_file" => sources.push(SecretSource::File(value)),
            _ => match settings.iter_mut().find(|(known, _)| known == key) {
                Some((_, all)) if AccountSettings::row(key).is_some_and(|row| row.list) => {
                    *all = format!("{all},{value}");
                }
                Some(_) => return Err(wrong(&at, &format!(": {key} takes one value"))),
                None => settings.push((key.to_owned(), value)),
            },
        }
    }
    match sources.len() {
        1 => {}
        0 => return Err(wrong(&at, ": the account has no secret: write secret_env or secret_file")),
        _ => return Err(wrong(&at, ": secret_env and secret_file are both given: keep one")),
    }
    let secret = sources.swap_remove(0);
    Ok(SpAccount { name: name.to_owned(), secret, settings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Ids;

    const FILE: &str = r#"
        [listeners.mobile]
        url = "cmpp://0.0.0.0:7890?gateway_id=1234"
        bind_from = ["10.0.0.0/8", "192.0.2.1"]
        rate = 500

        [listeners.unicom]
        url = "sgip://0.0.0.0:8801?ids=dated"

        [accounts.901234]
        secret_env = "SECRET_901234"
        connections = 4
        versions = ["2.0", "3.0"]

        [accounts.sp]
        secret_file = "sp.secret"

        [engine]
        threads = 4
    "#;

    fn parse(text: &str) -> Result<GatewayConfig, String> {
        GatewayConfig::parse(text, Path::new("/etc/sms")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_gives_listeners_accounts_and_engine() {
        let config = parse(FILE).unwrap();
        let [mobile, unicom] = &config.listeners[..] else { panic!("{config:?}") };
        assert_eq!((&*mobile.name, &*mobile.address, &*unicom.name), ("mobile", "0.0.0.0:7890", "unicom"));
        assert_eq!((mobile.settings.gateway_id, mobile.settings.rate), (1234, 500));
        assert_eq!(mobile.settings.bind_from.len(), 2);
        let [first, second] = &config.accounts[..] else { panic!("{config:?}") };
        assert_eq!((&*first.name, &first.secret), ("901234", &SecretSource::Env("SECRET_901234".into())));
        let own = [("connections", "4"), ("versions", "2.0,3.0")];
        let own: Vec<_> = own.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(first.settings, own);
        assert_eq!(second.secret, SecretSource::File("/etc/sms/sp.secret".into()));
        assert_eq!(config.engine.threads, 4);
        let under = GatewayConfig::parse_over(&[("ids", "opaque")], FILE, Path::new(".")).unwrap();
        let ids: Vec<Ids> = under.listeners.iter().map(|l| l.settings.ids).collect();
        assert_eq!(ids, [Ids::Opaque, Ids::Dated], "what the file says rules");
        assert!(GatewayConfig::is_meant(FILE) && !GatewayConfig::is_meant("[accounts.a]"));
    }

    #[test]
    fn errors_name_table_and_key() {
        let listener = |more: &str| format!("[listeners.a]\nurl = \"cmpp://127.0.0.1:0\"\n{more}");
        for (text, what) in [
            (listener("windw = 4"), "[listeners.a]: unknown key windw: did you mean window?"),
            (listener("alt = \"h:1\""), "[listeners.a]: alt"),
            (listener("[acounts.b]"), "the file: unknown table acounts: did you mean accounts?"),
            (listener("[accounts.b]\nwindow = 4"), "[accounts.b]: the account has no secret"),
            (listener("[accounts.b]\nsecret = \"x\""), "[accounts.b]: secret does not stand in the file"),
            (
                listener("[accounts.b]\nurl = \"cmpp://u@h\""),
                "[accounts.b]: an account of a gateway has no url",
            ),
            (
                listener("[accounts.b]\nsecret_env = \"A\"\nsecret_file = \"B\""),
                "[accounts.b]: secret_env and",
            ),
            (
                listener("[accounts.b]\nsecret_env = \"A\"\nrate = [1, 2]"),
                "[accounts.b]: rate takes one value",
            ),
            ("[listeners.a]\nrate = 1".into(), "[listeners.a]: url is missing"),
            ("[listeners]\na = 1".into(), "[listeners.a] is no table"),
            ("[engine]\nthreads = 4".into(), "the file has no listener"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.starts_with(what), "{text}: {error}");
        }
    }
}
