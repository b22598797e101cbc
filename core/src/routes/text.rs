//! A table as text: one line a route, so that it can be read, compared and repaired with any editor.
//!
//! ```text
//! sanwang routes 1 cmpp server
//! next 2 1 0
//! segment 0 001001 10.0.0.1 7930 1700000000000 1390100 1390100 0010 0
//! service 0 001001 10.0.0.1 7930 1700000000000 901234 1065 - 0 0 0 0
//! follows 079101
//! behind 079101 segment 1
//! behind 079101 service 0 was 001001 10.0.0.1 7930 1700000000000 901234 106 - 0 0 0 0
//! ```
//!
//! An empty text is written `-`.

use super::error::RouteError;
use super::table::{Kind, Route, Table, Target};
use crate::wire::Protocol;
use std::fmt::Write;

const TITLE: &str = "sanwang routes 1";

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Segment => "segment",
        Kind::Service => "service",
        Kind::Gateway => "gateway",
    }
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn write(route: &Route) -> String {
    let Route { gateway, address, port, changed, .. } = route;
    let rest = match &route.target {
        Target::Segment { first, last, area, user_type } => {
            format!("{first} {last} {} {user_type}", shown(area))
        }
        Target::Service { sp_id, sp_code, service_id, first, last, access, sp_type } => {
            let (sp_id, service_id) = (shown(sp_id), shown(service_id));
            format!("{sp_id} {sp_code} {service_id} {first} {last} {access} {sp_type}")
        }
        Target::Gateway { user, password } => format!("{} {}", shown(user), shown(password)),
    };
    format!("{gateway} {address} {port} {changed} {rest}")
}

impl Table {
    /// The table as text, with what gateways have not been told. It holds SGIP's gateway passwords: keep the
    /// file to its owner.
    pub fn to_text(&self) -> String {
        let role = self.own().map_or_else(|| "server".to_owned(), |own| format!("replica {own}"));
        let mut out = format!("{TITLE} {} {role}\n", self.protocol());
        let [a, b, c] = self.next;
        // Writing to a string cannot fail.
        let _ = writeln!(out, "next {a} {b} {c}");
        for route in self.routes() {
            let _ = writeln!(out, "{} {} {}", name(route.kind()), route.id, write(route));
        }
        for gateway in self.followers() {
            let _ = writeln!(out, "follows {gateway}");
        }
        for (gateway, (kind, id), known) in self.all_untold() {
            let was = known.map(|route| format!(" was {}", write(route))).unwrap_or_default();
            let _ = writeln!(out, "behind {gateway} {} {id}{was}", name(kind));
        }
        out
    }

    /// A table from its text.
    ///
    /// # Errors
    /// The line that is wrong, and what it should be. A route that does not fit its table is wrong too.
    pub fn from_text(text: &str) -> Result<Self, RouteError> {
        let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
        let (_, title) = lines.next().unwrap_or((1, ""));
        let mut table = title
            .strip_prefix(TITLE)
            .and_then(|rest| head(rest.trim()))
            .ok_or_else(|| bad(1, format!("expected {TITLE:?}, a protocol, and server or replica CODE")))?;
        for (number, line) in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let Some((first, rest)) = words.split_first() {
                read(&mut table, first, rest)
                    .map_err(|what| bad(number, what.unwrap_or_else(|| form(first))))?;
            }
        }
        Ok(table)
    }
}

fn bad(line: usize, what: String) -> RouteError {
    RouteError::Text { line, what }
}

fn form(first: &str) -> String {
    let fields = "NUMBER GATEWAY ADDRESS PORT CHANGED";
    match first {
        "segment" => format!("expected: segment {fields} FIRST LAST AREA USER_TYPE"),
        "service" => {
            format!("expected: service {fields} SP_ID SP_CODE SERVICE_ID FIRST LAST ACCESS SP_TYPE")
        }
        "gateway" => format!("expected: gateway {fields} USER PASSWORD"),
        "next" => "expected: next SEGMENT SERVICE GATEWAY, three numbers".to_owned(),
        "behind" => "expected: behind GATEWAY segment|service|gateway NUMBER [was ROUTE]".to_owned(),
        "follows" => "expected: follows GATEWAY".to_owned(),
        other => {
            format!("{other:?} begins no line: next, segment, service, gateway, follows and behind do")
        }
    }
}

fn head(rest: &str) -> Option<Table> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let protocol = |word: &str| Protocol::ALL.into_iter().find(|p| p.name() == word);
    match words.as_slice() {
        [p, "server"] => Some(Table::server(protocol(p)?)),
        [p, "replica", own] => Some(Table::replica(protocol(p)?, own)),
        _ => None,
    }
}

fn kind_of(word: &str) -> Option<Kind> {
    super::index::KINDS.into_iter().find(|kind| name(*kind) == word)
}

/// Reads one line; `Err(None)` stands for "not of the form".
fn read(table: &mut Table, first: &str, rest: &[&str]) -> Result<(), Option<String>> {
    match (first, rest) {
        ("next", [a, b, c]) => {
            for (place, word) in table.next.iter_mut().zip([a, b, c]) {
                *place = word.parse().map_err(|_| None)?;
            }
            Ok(())
        }
        ("follows", [gateway]) => {
            if table.is_server() {
                table.follow(gateway);
                return Ok(());
            }
            Err(Some("a replica tells nobody".to_owned()))
        }
        ("behind", [gateway, kind, id, was @ ..]) => {
            let kind = kind_of(kind).ok_or(None)?;
            let id = id.parse().map_err(|_| None)?;
            let known = match was {
                [] => None,
                ["was", fields @ ..] => Some(route(kind, id, fields).ok_or(None)?),
                _ => return Err(None),
            };
            if known.is_none() && table.get(kind, id).is_none() {
                return Err(Some(format!("there is no {} {id} to tell of", name(kind))));
            }
            table.set_untold(gateway, (kind, id), known);
            Ok(())
        }
        (kind, [id, fields @ ..]) => {
            let kind = kind_of(kind).ok_or(None)?;
            let id = id.parse().map_err(|_| None)?;
            let route = route(kind, id, fields).ok_or(None)?;
            if table.get(kind, id).is_some() {
                return Err(Some(format!("{} {id} stands twice", name(kind))));
            }
            table.take(route).map_err(|error| Some(error.to_string()))
        }
        _ => Err(None),
    }
}

fn route(kind: Kind, id: u32, fields: &[&str]) -> Option<Route> {
    let [gateway, address, port, changed, rest @ ..] = fields else { return None };
    let text = |word: &str| if word == "-" { String::new() } else { word.to_owned() };
    let target = match (kind, rest) {
        (Kind::Segment, [first, last, area, user_type]) => Target::Segment {
            first: text(first),
            last: text(last),
            area: text(area),
            user_type: user_type.parse().ok()?,
        },
        (Kind::Service, [sp_id, sp_code, service_id, first, last, access, sp_type]) => Target::Service {
            sp_id: text(sp_id),
            sp_code: text(sp_code),
            service_id: text(service_id),
            first: first.parse().ok()?,
            last: last.parse().ok()?,
            access: access.parse().ok()?,
            sp_type: sp_type.parse().ok()?,
        },
        (Kind::Gateway, [user, password]) => Target::Gateway { user: text(user), password: text(password) },
        _ => return None,
    };
    Some(Route {
        id,
        gateway: text(gateway),
        address: address.parse().ok()?,
        port: port.parse().ok()?,
        changed: changed.parse().ok()?,
        target,
    })
}
