//! Accounts as the command line names them: `URL` or `NAME=URL`, and settings for all of them.

use super::out::Failure;
use crate::settings::{Account, AccountSettings, SettingError};
use crate::wire::Protocol;

/// Reads accounts. `sets` are settings for every account whose protocol has them; they rule over the URL's.
pub(super) fn read(given: &[String], sets: &[(String, String)]) -> Result<Vec<Account>, Failure> {
    let accounts = given.iter().map(|text| read_one(text, sets)).collect::<Result<Vec<_>, _>>()?;
    for (key, _) in sets {
        let Some(row) = AccountSettings::row(key) else { continue };
        if let Some(first) = accounts.first().filter(|_| !accounts.iter().any(|a| row.applies_to(a.protocol)))
        {
            // The error that names the key of this protocol, where there is one.
            AccountSettings::for_protocol(first.protocol).set(key, "")?;
        }
    }
    Ok(accounts)
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
