//! What live peers do differently from the protocol documents, row by row: what is read, what is written, what is
//! counted, and what the setting `strict` refuses. `rows.rs` is the list of the rows; `docs/quirks.md` is made from it.

#[path = "../common/mod.rs"]
mod common;

mod broken;
mod cmpp;
mod list;
mod logins;
mod rows;
mod sgip;
mod smgp;
mod stand;
mod strict;
mod types;
