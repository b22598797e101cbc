//! `python/sanwang/wire/`: a class for every PDU, made from the wire tables. `UPDATE=1` writes the modules.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use sanwang::wire::field::{Kind, Role};
use sanwang::wire::table::Shape;
use sanwang::wire::{AnyPdu, FieldInfo, PduInfo, Protocol, Version};

/// `submit_resp` to `SubmitResp`.
fn class_name(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').map(word).collect()
}

/// The text of a table's comment without its citations; names are marked as Python's documents do.
fn plain(doc: &str) -> String {
    let mut text = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    while let Some(at) = text.find(".md ") {
        let begin = text[..at].rfind('`').expect("a citation begins");
        let (from, ends): (usize, &[char]) = match &text[..begin] {
            before if before.ends_with(" (") => (begin - 2, &[')']),
            before if before.ends_with("; see ") => (begin - 6, &['.', ';', ')']),
            before => panic!("a citation in the middle: {before}"),
        };
        // The number of a section has a full stop inside, so the end is behind its closing mark.
        let close = begin + 1 + text[begin + 1..].find('`').expect("a citation ends");
        let end = close + text[close..].find(ends).expect("its clause ends");
        text.replace_range(from..end + usize::from(ends.len() == 1), "");
    }
    text.replace('`', "``")
}

/// A docstring at this depth, wrapped.
fn docstring(out: &mut String, indent: &str, paragraphs: &[String]) {
    let mut lines: Vec<String> = Vec::new();
    for (index, paragraph) in paragraphs.iter().enumerate() {
        if index > 0 {
            lines.push(String::new());
        }
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let quotes = if index == 0 { 6 } else { 0 };
            if !line.is_empty() && indent.len() + quotes + line.len() + 1 + word.len() > 105 {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    match &lines[..] {
        [only] => writeln!(out, "{indent}\"\"\"{only}\"\"\"").unwrap(),
        [first, rest @ ..] => {
            writeln!(out, "{indent}\"\"\"{first}").unwrap();
            for line in rest {
                writeln!(out, "{}", if line.is_empty() { String::new() } else { format!("{indent}{line}") })
                    .unwrap();
            }
            writeln!(out, "{indent}\"\"\"").unwrap();
        }
        [] => panic!("nothing is said"),
    }
}

fn list(versions: &[Version]) -> String {
    versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The versions and sizes of a field, in words.
fn sizes(protocol: Protocol, info: &PduInfo, field: &FieldInfo) -> String {
    let versions: Vec<Version> =
        protocol.versions().iter().copied().filter(|version| info.span.has(*version)).collect();
    let (has, lacks): (Vec<Version>, Vec<Version>) =
        versions.iter().partition(|version| field.spec.size(**version) > 0);
    let mut text = String::new();
    let is_text = matches!(field.shape, Shape::Text | Shape::Texts);
    if let (true, [first, rest @ ..]) = (is_text, &has[..]) {
        let size = |version: Version| field.spec.size(version);
        write!(text, " At most {} octets", size(*first)).unwrap();
        if let Some(turn) = rest.iter().find(|version| size(**version) != size(*first)) {
            write!(text, ", from {turn} on {}", size(*turn)).unwrap();
        }
        text.push('.');
    }
    if !lacks.is_empty() {
        write!(text, " Not in {}.", list(&lacks)).unwrap();
    }
    text
}

fn type_and_default(field: &FieldInfo) -> (String, String) {
    let octets = format!("bytes({})", field.spec.widest());
    let (kind, default) = match (field.shape, field.spec.kind()) {
        (Shape::Number, Kind::Id) => ("bytes", &octets[..]),
        (Shape::Number | Shape::Signed, _) => ("int", "0"),
        (Shape::OptionalNumber, _) => ("int | None", "None"),
        (Shape::Text, _) => ("str", "\"\""),
        (Shape::Octets, Kind::Content | Kind::Rest) => ("bytes", "b\"\""),
        (Shape::Octets, _) => ("bytes", &octets[..]),
        (Shape::Sequence, _) => ("tuple[int, int, int]", "(0, 0, 0)"),
        (Shape::Texts, _) => ("tuple[str, ...]", "()"),
        (Shape::Groups, _) => return (format!("tuple[{}, ...]", field.entry), "()".to_owned()),
        (Shape::Tlvs, _) => ("tuple[Tlv, ...]", "()"),
    };
    (kind.to_owned(), default.to_owned())
}

fn class(out: &mut String, name: &str, base: &str, doc: &[String], facts: &[String]) {
    writeln!(out, "\n\n@dataclass(frozen=True, slots=True, kw_only=True, repr=False)").unwrap();
    writeln!(out, "class {name}({base}):").unwrap();
    docstring(out, "    ", doc);
    for (index, fact) in facts.iter().enumerate() {
        writeln!(out, "{}    {fact}", if index == 0 { "\n" } else { "" }).unwrap();
    }
}

fn fields(out: &mut String, protocol: Protocol, info: &PduInfo, fields: &[FieldInfo]) {
    for (index, field) in fields.iter().enumerate() {
        let (kind, default) = type_and_default(field);
        let gap = if index == 0 { "\n" } else { "" };
        writeln!(out, "{gap}    {}: {kind} = {default}", field.name).unwrap();
        docstring(out, "    ", &[format!("{}{}", plain(field.doc), sizes(protocol, info, field))]);
    }
}

/// `SECRET`, if there are secrets.
fn secrets(fields: &[FieldInfo]) -> Option<String> {
    let secret = |field: &&FieldInfo| field.spec.role() == Role::Secret;
    let names: Vec<String> =
        fields.iter().filter(secret).map(|field| format!("\"{}\"", field.name)).collect();
    (!names.is_empty())
        .then(|| format!("SECRET: ClassVar[frozenset[str]] = frozenset({{{}}})", names.join(", ")))
}

fn module(protocol: Protocol) -> String {
    let title = protocol.name().to_uppercase();
    let versions = list(protocol.versions());
    let mut names = BTreeSet::new();
    let mut classes = String::new();
    for info in AnyPdu::table(protocol) {
        for field in info.fields.iter().filter(|field| !field.entries.is_empty()) {
            if names.insert(field.entry.to_owned()) {
                let doc = [format!("One of ``{}`` of a ``{}``.", field.name, info.name)];
                let facts: Vec<String> = secrets(field.entries).into_iter().collect();
                class(&mut classes, field.entry, "Group", &doc, &facts);
                fields(&mut classes, protocol, info, field.entries);
            }
        }
        let name = class_name(info.name);
        assert!(names.insert(name.clone()), "{name} twice");
        let has = |version: &&Version| info.span.has(**version);
        let span: Vec<Version> = protocol.versions().iter().filter(has).copied().collect();
        let mut doc = plain(info.doc);
        let mut more = String::new();
        if let Some(end) = doc.find(". ") {
            more = format!("{} ", &doc[end + 2..]);
            doc.truncate(end + 1);
        }
        let which =
            if span.len() == protocol.versions().len() { "All versions".to_owned() } else { list(&span) };
        let mut facts = vec![
            format!("PROTOCOL: ClassVar[str] = \"{protocol}\""),
            format!("NAME: ClassVar[str] = \"{}\"", info.name),
            format!("COMMAND: ClassVar[int] = {:#010X}", info.command).replace("0X", "0x"),
        ];
        facts.extend(secrets(info.fields));
        let groups: Vec<String> = info
            .fields
            .iter()
            .filter(|field| !field.entries.is_empty())
            .map(|field| format!("\"{}\": {}", field.name, field.entry))
            .collect();
        if !groups.is_empty() {
            facts.push(format!("GROUPS: ClassVar[Mapping[str, type[Group]]] = {{{}}}", groups.join(", ")));
        }
        class(&mut classes, &name, "Body", &[doc, format!("{more}{which}.")], &facts);
        if let Some(empty) = info.empty {
            writeln!(classes, "\n    {empty}: bool = False").unwrap();
            docstring(&mut classes, "    ", &["The frame has no body at all.".to_owned()]);
        }
        fields(&mut classes, protocol, info, info.fields);
    }
    let mut module = format!(
        "\"\"\"Every PDU of {title} {versions}: names and meanings are those of docs/protocol.\n\n\
         Made from the tables of the core by one of its tests; do not edit.\n\"\"\"\n\n\
         from __future__ import annotations\n\n"
    );
    let maps = classes.contains("Mapping[");
    if maps {
        module.push_str("from collections.abc import Mapping\n");
    }
    module.push_str("from dataclasses import dataclass\nfrom typing import ClassVar\n\n");
    let used: Vec<&str> = ["Body", "Group", "Tlv"]
        .into_iter()
        .filter(|name| classes.contains(&format!("({name})")) || classes.contains(&format!("[{name},")))
        .collect();
    writeln!(module, "from ._base import {}\n\n__all__ = [", used.join(", ")).unwrap();
    for name in &names {
        writeln!(module, "    \"{name}\",").unwrap();
    }
    module.push_str("]\n");
    module + &classes
}

#[test]
fn the_modules_are_fresh() {
    for protocol in Protocol::ALL {
        let name = format!("python/sanwang/wire/{protocol}.py");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&name);
        let module = module(protocol);
        if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
            std::fs::write(&path, &module).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == module, "{name} is stale: run the tests once with UPDATE=1");
    }
}

#[test]
fn every_pdu_and_field_is_there() {
    for protocol in Protocol::ALL {
        let module = module(protocol);
        for info in AnyPdu::table(protocol) {
            let head = format!("\nclass {}(Body):\n", class_name(info.name));
            let (_, rest) = module.split_once(&head).unwrap_or_else(|| panic!("no class {}", info.name));
            let body = rest.split("\nclass ").next().unwrap();
            for field in info.fields {
                assert!(body.contains(&format!("\n    {}: ", field.name)), "{}.{}", info.name, field.name);
            }
        }
        assert!(module.lines().all(|line| line.chars().count() <= 110), "a line is too long");
    }
}

#[test]
fn citations_go_and_names_stay() {
    for (doc, expected) in [
        ("Login (`cmpp.md 4.1`).", "Login."),
        ("0 accepted; see `cmpp.md 10.1`.", "0 accepted."),
        ("3 see `fee_terminal_id`.", "3 see ``fee_terminal_id``."),
        ("Body (`a`, `b`); zero after (`smgp.md 8`); more.", "Body (``a``, ``b``); zero after; more."),
    ] {
        assert_eq!(plain(doc), expected);
    }
}
