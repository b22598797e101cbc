//! `sanwang dissector`: a dissector for Wireshark, made from the wire tables.

use std::fmt::Write as _;

use super::out::{self, Failure};
use crate::wire::field::{Kind, Role};
use crate::wire::report::{CmppMoReport, CmppReport};
use crate::wire::table::{Rows, Shape};
use crate::wire::{AnyPdu, FieldInfo, PduInfo, Protocol, Tlv, Version, smgp};

/// What reads the tables.
const RUNTIME: &str = include_str!("dissector/runtime.lua");

const PAGE: &str = "\
Wireshark and tshark then show CMPP, SGIP and SMGP: every field of every PDU, under names such as sw_cmpp.msg_id, those
of `sanwang decode`. (Wireshark has a cmpp of its own.) The layout follows the version of the login; without one, the length of the frame decides,
and the preference \"Version without login\" where that is not enough. A connection on an unusual port is known by its
login; else use Decode As.

Examples:
  sanwang dissector > ~/.local/lib/wireshark/plugins/sanwang.lua
  sanwang dissector > sanwang.lua; tshark -X lua_script:sanwang.lua -r carrier.pcap -Y 'sw_cmpp.result != 0'

Exit codes: 0 written; 1 stdout cannot be written.";

/// Print a Wireshark dissector for the three protocols (Lua).
#[derive(clap::Args, Debug)]
#[command(after_help = PAGE)]
pub(super) struct Dissector {}

pub(super) fn run(_: &Dissector) -> Result<(), Failure> {
    out::print(lua().trim_end())
}

fn lua() -> String {
    let mut lua =
        "-- Wireshark dissector for CMPP, SGIP and SMGP. Made by `sanwang dissector`; do not edit.\n\n\
                   local protocols = {}\n"
            .to_owned();
    for protocol in Protocol::ALL {
        table(&mut lua, protocol);
    }
    lua.push('\n');
    lua.push_str(RUNTIME);
    lua
}

/// The layouts of a protocol: its versions, and those that have no version octet of their own.
fn layouts(protocol: Protocol) -> Vec<Version> {
    let mut layouts = protocol.versions().to_vec();
    if protocol == Protocol::Smgp {
        layouts.insert(1, smgp::V13C);
    }
    layouts
}

fn table(lua: &mut String, protocol: Protocol) {
    let layouts = layouts(protocol);
    let (title, ports, default, login, login_length) = match protocol {
        Protocol::Cmpp => ("CMPP", "7890, 7900, 7930, 9168", 3, "[1] = 22", 39),
        Protocol::Sgip => ("SGIP", "8801, 8802", 2, "", 61),
        Protocol::Smgp => ("SMGP", "8890, 8900, 8901", 4, "[1] = 29", 42),
    };
    let names: Vec<String> = layouts.iter().map(|version| format!("\"{version}\"")).collect();
    // No login names the layout without a fee field; a peer that says 1.3 is read as the usual one.
    let octets: Vec<String> = layouts
        .iter()
        .map(|version| if *version == smgp::V13C { "0x1c".to_owned() } else { format!("{:#04x}", version.0) })
        .collect();
    let _ = write!(
        lua,
        "\nprotocols.{protocol} = {{\n    title = \"{title}\", header = {}, limit = {}, ports = {{ {ports} }},\n    \
         layouts = {{ {} }}, octets = {{ {} }}, default = {default},\n    login = {{ {login} }}, \
         login_length = {login_length},\n",
        protocol.header_len(),
        protocol.default_limit(),
        names.join(", "),
        octets.join(", "),
    );
    lua.push_str("    tags = {");
    if protocol == Protocol::Smgp {
        for tag in 0..=0xFF {
            if let Some(name) = (Tlv { tag, value: Vec::new().into() }).name() {
                let _ = write!(lua, " [{tag}] = \"{name}\",");
            }
        }
    }
    lua.push_str(" },\n    reports = {");
    if protocol == Protocol::Cmpp {
        for (name, rows) in [("mt", CmppReport::FIELDS), ("mo", CmppMoReport::FIELDS)] {
            let _ = write!(lua, "\n        {name} = {{");
            fields(lua, &layouts, rows, 12);
            lua.push_str("\n        },");
        }
    }
    lua.push_str(" },\n    pdus = {\n");
    for info in AnyPdu::table(protocol) {
        pdu(lua, &layouts, info);
    }
    lua.push_str("    },\n}\n");
}

fn pdu(lua: &mut String, layouts: &[Version], info: &PduInfo) {
    let has: Vec<&str> =
        layouts.iter().map(|version| if info.span.has(*version) { "true" } else { "false" }).collect();
    let empty = if info.empty.is_some() { " empty = true," } else { "" };
    let _ = write!(
        lua,
        "        {{ name = \"{}\", command = {:#010x}, has = {{ {} }},{empty} fields = {{",
        info.name,
        info.command,
        has.join(", ")
    );
    fields(lua, layouts, info.fields, 12);
    lua.push_str(" } },\n");
}

fn fields(lua: &mut String, layouts: &[Version], rows: &[FieldInfo], indent: usize) {
    for field in rows {
        let sizes = |of: &dyn Fn(Version) -> usize| {
            let sizes: Vec<String> = layouts.iter().map(|version| of(*version).to_string()).collect();
            format!("{{ {} }}", sizes.join(", "))
        };
        let count = field
            .spec
            .count()
            .map_or(("nil".to_owned(), 0), |count| (format!("\"{}\"", count.name), count.size));
        let tail = match field.spec.kind() {
            Kind::Content => sizes(&|version| field.spec.tail_size(version)),
            _ => "nil".to_owned(),
        };
        let (role, least) = match field.spec.role() {
            Role::Coding => ("\"coding\"", 0),
            Role::ReportFrom(least) => ("\"report\"", least),
            Role::Plain | Role::Secret => ("nil", 0),
        };
        let _ = write!(
            lua,
            "\n{:indent$}{{ \"{}\", \"{}\", \"{}\", {}, {}, {}, {tail}, {role}, {least}, ",
            "",
            field.name,
            kind(field.spec.kind()),
            shape(field),
            sizes(&|version| field.spec.size(version)),
            count.0,
            count.1,
        );
        if field.entries.is_empty() {
            lua.push_str("nil, ");
        } else {
            lua.push('{');
            fields(lua, layouts, field.entries, indent + 4);
            lua.push_str(" }, ");
        }
        let doc: String = field.doc.chars().filter(|c| !matches!(c, '"' | '\\' | '\n')).collect();
        let _ = write!(lua, "\"{doc}\" }},");
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Int | Kind::Id | Kind::Text | Kind::Octets | Kind::Sequence => "fixed",
        Kind::OptionalInt => "optional",
        Kind::Reserve => "reserve",
        Kind::Tail => "tail",
        Kind::List => "list",
        Kind::Groups => "groups",
        Kind::Content => "content",
        Kind::Tlvs => "tlvs",
        Kind::Rest => "rest",
    }
}

fn shape(field: &FieldInfo) -> &'static str {
    match field.shape {
        // An id is a number that is shown as octets.
        Shape::Number if field.spec.kind() == Kind::Id => "octets",
        Shape::Number | Shape::OptionalNumber => "int",
        Shape::Signed => "signed",
        Shape::Text => "text",
        Shape::Octets => "octets",
        Shape::Sequence => "sequence",
        Shape::Texts => "texts",
        Shape::Groups => "groups",
        Shape::Tlvs => "tlvs",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pdu_and_field_is_there() {
        let lua = lua();
        for protocol in Protocol::ALL {
            for info in AnyPdu::table(protocol) {
                assert!(lua.contains(&format!("name = \"{}\", command = {:#010x}", info.name, info.command)));
                for field in info.fields.iter().chain(info.fields.iter().flat_map(|field| field.entries)) {
                    assert!(lua.contains(&format!("{{ \"{}\", ", field.name)), "{}", field.name);
                }
            }
        }
    }
}
