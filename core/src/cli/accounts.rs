//! Accounts as the command line names them: `URL` or `NAME=URL`, a file of them, and settings for all of them.

use std::path::Path;

use super::forms;
use super::out::Failure;
use crate::config::Config;
use crate::settings::{Account, AccountSettings, EngineSettings, SettingError};
use crate::wire::Protocol;

/// The options that name accounts.
#[derive(clap::Args, Debug)]
pub(super) struct Accounts {
    /// An account to use; can be repeated
    #[arg(long = "account", value_name = "[NAME=]URL")]
    accounts: Vec<String>,
    /// A file in TOML of accounts, routes and engine settings, as examples/data/accounts.toml; more accounts may
    /// follow with --account
    #[arg(long, value_name = "FILE")]
    config: Option<String>,
    /// A setting for every account that has it, over the URL's and the file's; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = forms::pair)]
    sets: Vec<(String, String)>,
}

impl Accounts {
    /// Whether there is a file to be read again.
    pub(super) fn has_file(&self) -> bool {
        self.config.is_some()
    }

    /// Reads the file and the URLs.
    pub(super) fn read(&self) -> Result<Config, Failure> {
        if self.accounts.is_empty() && self.config.is_none() {
            let what = "no account: give --account 'cmpp://USER:SECRET@HOST:PORT', or --config FILE";
            return Err(Failure::Usage(what.to_owned()));
        }
        let mut config = match &self.config {
            Some(path) => read_file(path, &self.sets)?,
            None => Config { accounts: Vec::new(), routes: Vec::new(), engine: EngineSettings::default() },
        };
        for text in &self.accounts {
            config.accounts.push(read_one(text, &self.sets)?);
        }
        check(&config.accounts, &self.sets)?;
        Ok(config)
    }
}

/// The text of a file.
pub(super) fn read_text(path: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::Failed(format!("{path}: {error}")))
}

/// Where relative paths in a file start.
pub(super) fn folder_of(path: &str) -> &Path {
    Path::new(path).parent().unwrap_or(Path::new(""))
}

/// Reads a file of accounts. `sets` rule over its settings.
pub(super) fn read_file(path: &str, sets: &[(String, String)]) -> Result<Config, Failure> {
    Config::parse_with(&read_text(path)?, folder_of(path), sets)
        .map_err(|error| Failure::Usage(format!("{path}: {error}")))
}

/// A setting that no account has is an error.
fn check(accounts: &[Account], sets: &[(String, String)]) -> Result<(), Failure> {
    for (key, _) in sets {
        let row = AccountSettings::row(key);
        let has = |a: &Account| row.is_some_and(|row| row.applies_to(a.protocol));
        if let Some(first) = accounts.first().filter(|_| !accounts.iter().any(has)) {
            // The error that names the key of this protocol, where there is one, or the nearest key.
            AccountSettings::for_protocol(first.protocol).set(key, "")?;
        }
    }
    Ok(())
}

/// Reads one account and settings that rule over its URL's, where its protocol has them.
pub(super) fn read_one(text: &str, sets: &[(String, String)]) -> Result<Account, SettingError> {
    let (name, url) = split_name(text);
    let protocol = url.split_once("://").and_then(|(scheme, _)| scheme.parse::<Protocol>().ok());
    let applies = |key: &str| match (AccountSettings::row(key), protocol) {
        (Some(row), Some(protocol)) => row.applies_to(protocol),
        // Parsing says what is wrong.
        _ => true,
    };
    let pairs =
        sets.iter().filter(|(key, _)| applies(key)).map(|(key, value)| (key.as_str(), value.as_str()));
    let account = Account::parse_with(url, pairs)?;
    Ok(match name {
        Some(name) => account.with_name(name),
        None => account,
    })
}

/// The name before the URL. An `=` inside the URL stands behind its `://`.
fn split_name(text: &str) -> (Option<&str>, &str) {
    let scheme_ends = text.find("://").unwrap_or(0);
    match text.get(..scheme_ends).and_then(|head| head.rsplit_once('=')) {
        Some((name, _)) if !name.is_empty() => (Some(name), text.get(name.len() + 1..).unwrap_or_default()),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CMPP: &str = "cmpp://901234:secret@127.0.0.1:7890?sender=10657001";
    const SGIP: &str = "unicom=sgip://sp:secret@127.0.0.1:8801?node=3010012345";

    fn sets(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn names_stand_before_the_url() {
        assert_eq!(split_name(SGIP).0, Some("unicom"));
        assert_eq!(split_name(CMPP), (None, CMPP));
        assert_eq!(split_name("a=b=cmpp://x"), (Some("a=b"), "cmpp://x"));
        assert_eq!(split_name("nothing=at all"), (None, "nothing=at all"));
    }

    fn read(given: &[String], sets: &[(String, String)]) -> Result<Vec<Account>, Failure> {
        let given = Accounts { accounts: given.to_vec(), config: None, sets: sets.to_vec() };
        given.read().map(|config| config.accounts)
    }

    #[test]
    fn settings_go_to_the_accounts_that_have_them() {
        let both = [CMPP.to_owned(), SGIP.to_owned()];
        let read_both = read(&both, &sets(&[("service_type", "NEWS"), ("window", "4")])).unwrap();
        assert_eq!(read_both[1].settings.service_type, "NEWS");
        assert_eq!((read_both[0].settings.window, read_both[1].settings.window), (4, 4));
        assert_eq!((&*read_both[0].name, &*read_both[1].name), ("901234", "unicom"));
        let wrong = |key| match read(&[CMPP.to_owned()], &sets(&[(key, "x")])) {
            Err(Failure::Usage(text)) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong("service_type"), "service_type does not apply to cmpp: use service_id");
        assert_eq!(wrong("windw"), "unknown setting windw: did you mean window?");
    }
}
