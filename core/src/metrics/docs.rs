//! The documentation of the table: `docs/metrics.md` is what [`markdown`] gives.

use super::{CONTENT_TYPE, PREFIX, listener_rows, rows};
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
# Metrics

This page is made from the table in `core/src/metrics.rs`; a test keeps it fresh.

`Client::metrics()` and `Gateway::metrics()` give the state and the counts of every account;
`sanwang::metrics::prometheus` writes them in the text format of Prometheus (`CONTENT_TYPE`). In C
`sanwang_client_metrics` and `sanwang_gateway_metrics` write that page, in Python `metrics()` gives it.
`sanwang simulate --metrics 127.0.0.1:9100` and `sanwang listen --metrics 127.0.0.1:9100` serve that page at
`http://127.0.0.1:9100/metrics`; `sanwang stats 127.0.0.1:9100` fetches it and prints it for people.

Every sample has these labels; a row may add one of its own:

| Label | Value |
|---|---|
| `account` | the account's name; at a gateway the login name |
| `protocol` | `cmpp`, `sgip` or `smgp` |
| `version` | the version of the protocol it speaks |
| `side` | `sp` or `gateway` |

Counters begin at 0 when the account is made. They are of one process and are not kept across a restart.

| Name | Kind | Unit | Per | Meaning |
|---|---|---|---|---|
";

const LISTENERS: &str = "
## Listeners

`Gateway::listener_metrics()` gives these, and `sanwang::metrics::prometheus_listeners` writes them; `sanwang simulate`
has them on its page. `account` is the listener, as in `cmpp://127.0.0.1:7890`, and `side` is `listener`.

| Name | Kind | Unit | Meaning |
|---|---|---|---|
";

/// The page `docs/metrics.md`.
pub fn markdown() -> String {
    let mut page = INTRODUCTION.replace("CONTENT_TYPE", CONTENT_TYPE);
    for row in rows() {
        let label = row.label.map_or_else(String::new, |label| format!("{{{label}}}"));
        let unit = if row.unit.is_empty() { "none" } else { row.unit };
        let _ = writeln!(
            page,
            "| `{PREFIX}{}{label}` | {} | {unit} | {} | {} |",
            row.name,
            row.kind.name(),
            row.per.name(),
            row.text
        );
    }
    page.push_str(LISTENERS);
    for row in listener_rows() {
        let (name, label, kind) = (row.name, row.label, row.kind.name());
        let _ = writeln!(page, "| `{PREFIX}{name}{{{label}}}` | {kind} | {} | {} |", row.unit, row.text);
    }
    page
}
