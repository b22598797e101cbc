//! The documentation of the table: `docs/settings.md` is what [`markdown`] gives.

use std::fmt::Write as _;

use super::kinds::{Row, Side};
use super::{AccountSettings, EngineSettings, default_port};
use crate::wire::Protocol;

const INTRODUCTION: &str = "\
# Settings

This page is made from the table in `core/src/settings.rs`; a test keeps it fresh. The keys are the same in account
URLs, configuration files, the command line and every language.

## Account URL

```
cmpp://user:secret@host:port?key=value&key=value
```

| Part | Meaning |
|---|---|
| scheme | `cmpp`, `sgip` or `smgp` |
| user, secret | as the carrier gave them. Octets other than letters, digits and `-._~` are written `%XX` |
| no secret | `user@host` with `secret_env` or `secret_file`, so that the secret shows in no process list and no repository |
| host | a name, an IPv4 address or an IPv6 address in brackets |
| port | by default PORTS |
| key=value | the settings below. A list is a repeated key, or one value with commas |

A gateway listens at a URL without user: `cmpp://0.0.0.0:7890?gateway_id=1001`.

## Values

| Form | Written |
|---|---|
| flag | `yes`, `no`, `true`, `false`, `1`, `0` |
| duration | `30` (seconds), `500ms`, `30s`, `10m`, `48h` |
| octets | `4096`, `64k`, `16m`, `1g` (powers of 1024) |

In the tables, *live* says that a change takes effect at once on a running account; without it a change waits for the
next connection. *new account* says that an open account keeps its value: remove it and add it again. *message* says that one message may override it.
";

/// The page `docs/settings.md`.
pub fn markdown() -> String {
    let ports: Vec<String> = Protocol::ALL.iter().map(|&p| format!("{} ({p})", default_port(p))).collect();
    let mut page = INTRODUCTION.replace("PORTS", &ports.join(", "));
    for rows in [AccountSettings::rows(), EngineSettings::rows()] {
        let mut section = "";
        for row in rows {
            if row.section != section {
                section = row.section;
                let heading = "| Key | Meaning | Value | Default | Notes |\n|---|---|---|---|---|\n";
                let _ = write!(page, "\n## {section}\n\n{heading}");
            }
            let range = by_protocol(row, |p| row.range(p));
            let default = defaults(row);
            let _ = writeln!(page, "| `{}` | {} | {range} | {default} | {} |", row.key, row.text, notes(row));
        }
    }
    page
}

/// One text where the protocols agree, else one for each that has the setting.
fn by_protocol(row: &Row, of: impl Fn(Protocol) -> String) -> String {
    let mut with = Protocol::ALL.into_iter().filter(|&p| row.applies_to(p));
    if row.same_for_all(&of) {
        return with.next().map_or_else(String::new, of);
    }
    with.map(|p| format!("{}: {}", name(p), of(p))).collect::<Vec<_>>().join("; ")
}

fn defaults(row: &Row) -> String {
    let quoted = |text: &str| if text.is_empty() { "none".into() } else { format!("`{text}`") };
    let sp = by_protocol(row, |p| quoted(row.default_for(p)));
    let gateway = by_protocol(row, |p| quoted(row.gateway_default_for(p)));
    if sp == gateway { sp } else { format!("{sp}; at a gateway {gateway}") }
}

fn notes(row: &Row) -> String {
    let mut notes: Vec<String> = Vec::new();
    let with: Vec<&str> = Protocol::ALL.iter().filter(|&&p| row.applies_to(p)).map(|&p| name(p)).collect();
    if with.len() < Protocol::ALL.len() {
        notes.push(format!("{} only", with.join(" and ")));
    }
    if row.side != Side::Both {
        notes.push(format!("{} only", row.side));
    }
    notes.extend(row.list.then(|| "list".into()));
    notes.extend(row.live.then(|| "live".into()));
    notes.extend(row.anew.then(|| "new account".into()));
    notes.extend(row.per_message.then(|| "message".into()));
    notes.join(", ")
}

const fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Cmpp => "CMPP",
        Protocol::Sgip => "SGIP",
        Protocol::Smgp => "SMGP",
    }
}
