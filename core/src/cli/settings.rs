//! `sanwang settings`: the table of settings.

use std::fmt::Write as _;

use super::out::{self, Failure};
use crate::settings::{AccountSettings, EngineSettings, Row, SettingError, Side};
use crate::wire::Protocol;

const PAGE: &str = "\
Examples:
  sanwang settings                 every setting with default, range and meaning
  sanwang settings window          one setting
  sanwang settings --protocol sgip the settings of SGIP accounts
  sanwang settings --markdown      the page docs/settings.md

A setting stands in an account URL as ?key=value&key=value, or after --set.

Exit codes: 0 done; 1 stdout failed; 2 the setting or an option is unknown.";

/// Print the settings of accounts and engine.
#[derive(clap::Args, Debug)]
#[command(after_help = PAGE)]
pub(super) struct Settings {
    /// One setting only
    key: Option<String>,
    /// Only what accounts of this protocol have: cmpp, sgip or smgp
    #[arg(long, value_name = "PROTOCOL")]
    protocol: Option<Protocol>,
    /// The whole table as a page of Markdown
    #[arg(long, conflicts_with_all = ["key", "protocol"])]
    markdown: bool,
}

pub(super) fn run(options: &Settings) -> Result<(), Failure> {
    if options.markdown {
        return out::print(crate::settings::markdown().trim_end());
    }
    let page = match &options.key {
        Some(key) => describe(find(key)?, options.protocol),
        None => table(options.protocol),
    };
    out::print(page.trim_end())
}

fn rows() -> impl Iterator<Item = &'static Row> {
    AccountSettings::rows().iter().chain(EngineSettings::rows())
}

fn find(key: &str) -> Result<&'static Row, SettingError> {
    match rows().find(|row| row.key == key) {
        Some(row) => Ok(row),
        // The error that names the nearest key.
        None => Err(AccountSettings::default()
            .set(key, "")
            .err()
            .unwrap_or(SettingError::Unknown { key: key.to_owned(), nearest: None })),
    }
}

fn protocols(row: &Row, only: Option<Protocol>) -> Vec<Protocol> {
    let wanted = |p: &Protocol| row.applies_to(*p) && only.is_none_or(|only| only == *p);
    Protocol::ALL.into_iter().filter(wanted).collect()
}

/// One text where the protocols agree, else one for each.
fn merged(protocols: &[Protocol], of: impl Fn(Protocol) -> String) -> String {
    let texts: Vec<String> = protocols.iter().map(|p| of(*p)).collect();
    match texts.first() {
        Some(first) if texts.iter().all(|text| text == first) => first.clone(),
        _ => {
            protocols.iter().zip(&texts).map(|(p, text)| format!("{p} {text}")).collect::<Vec<_>>().join(", ")
        }
    }
}

fn shown(default: &str) -> String {
    if default.is_empty() { "none".to_owned() } else { default.to_owned() }
}

fn table(only: Option<Protocol>) -> String {
    let mut page = String::new();
    let mut section = "";
    for row in rows() {
        let protocols = protocols(row, only);
        if protocols.is_empty() {
            continue;
        }
        if row.section != section {
            section = row.section;
            let _ = writeln!(page, "\n{section}");
        }
        let default = merged(&protocols, |p| shown(row.default_for(p)));
        let range = merged(&protocols, |p| row.range(p));
        let _ = writeln!(page, "  {:<18} {default:<22} {range}\n  {:<18} {}", row.key, "", row.text);
    }
    format!("  {:<18} {:<22} value\n{page}", "key", "default")
}

fn describe(row: &Row, only: Option<Protocol>) -> String {
    let protocols = protocols(row, only);
    let mut page = format!("{}: {}\n", row.key, row.text);
    if protocols.is_empty() {
        let _ = writeln!(page, "  not of this protocol");
        return page;
    }
    let _ = writeln!(page, "  value    {}", merged(&protocols, |p| row.range(p)));
    let default = merged(&protocols, |p| shown(row.default_for(p)));
    let gateway = merged(&protocols, |p| shown(row.gateway_default_for(p)));
    let at_gateway = if gateway == default { String::new() } else { format!("; at a gateway {gateway}") };
    let _ = writeln!(page, "  default  {default}{at_gateway}");
    let names: Vec<&str> = protocols.iter().map(|p| p.name()).collect();
    let _ = writeln!(page, "  of       {}, {}", names.join(", "), row.section);
    let mut notes = Vec::new();
    notes.extend((row.side != Side::Both).then(|| format!("only of {}", row.side)));
    notes.extend(row.list.then(|| "a list: repeat the key, or write commas".to_owned()));
    notes.push(
        if row.live { "a change takes effect at once" } else { "a change waits for the next connection" }
            .to_owned(),
    );
    notes.extend(row.per_message.then(|| "one message may override it".to_owned()));
    let _ = writeln!(page, "  notes    {}", notes.join("; "));
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_setting_and_a_protocol_only_its_own() {
        let all = table(None);
        let sgip = table(Some(Protocol::Sgip));
        for row in rows() {
            assert!(all.contains(&format!("\n  {} ", row.key)), "{}", row.key);
            assert_eq!(
                sgip.contains(&format!("\n  {} ", row.key)),
                row.applies_to(Protocol::Sgip),
                "{}",
                row.key
            );
        }
    }

    #[test]
    fn one_setting_is_explained() {
        let page = describe(find("window").unwrap(), None);
        assert!(page.contains("1 to 1024 requests") && page.contains("default  16"), "{page}");
        let page = describe(find("response_timeout").unwrap(), None);
        assert!(page.contains("cmpp 1m, sgip 30s, smgp 1m"), "{page}");
        assert!(find("respons_timeout").unwrap_err().to_string().contains("did you mean response_timeout?"));
    }
}
