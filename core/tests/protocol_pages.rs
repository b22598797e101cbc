//! `docs/protocol/`: a page a protocol, made from the wire tables and the lists of codes. `UPDATE=1` writes them.

use std::fmt::Write as _;
use std::path::Path;

use sanwang::codes::{self, Code, Request};
use sanwang::wire::field::Kind;
use sanwang::wire::report::{CmppMoReport, CmppReport};
use sanwang::wire::table::{Rows, Span};
use sanwang::wire::{AnyPdu, FieldInfo, PduInfo, Protocol, SmgpReport, Tlv, Version, cmpp, paths, smgp};

const CMPP: &str = "\
# CMPP 2.0, 2.1 and 3.0

China Mobile Peer to Peer: TCP, binary, big-endian. Usual ports: 7890 (long connections), 7900 (short ones), 7930
(between gateways), 9168 (GNS). Version octets below 2.1 read and write the layouts of 2.0.
";

const SGIP: &str = "\
# SGIP 1.1, 1.2 and 1.3

Short Message Gateway Interface Protocol of China Unicom: TCP, binary, big-endian. Usual ports: 8801 (gateway), 8802
(SP). Both sides dial when they have something to say. No version travels on the wire; the layouts differ in one PDU.
";

const SMGP: &str = "\
# SMGP 1.3, 2.0, 3.0 and 3.1

Short Message Gateway Protocol of China Telecom: TCP, binary, big-endian. Usual ports: 8890 (SP), 8900 (between
gateways), 8901 (GNS). 1.3 has three layouts of Submit: the one shown; `1.3b`, with `fixed_fee` before `fee_code`; and
`1.3c`, without `fixed_fee`.
";

const READING: &str = "
This page is made from the tables in `core/src/wire/` and `core/src/codes/`, from which the library reads and writes
PDUs; a test keeps it fresh. Field names are those of `sanwang decode`.

| Type | Meaning |
|---|---|
| number | unsigned, big-endian |
| id | a number that is shown as octets |
| text | left-justified, ended or filled with NUL; on reading, blanks at the end go, too |
| octets | as they are |
| content | octets whose length stands in the field before |
| list, groups | repeated as often as the field before says |
| reserve | zero; may be left out as a whole |
| tail | may be shorter than its size |
| parameters | tag (2), length (2), value; up to the end of the frame |

In the sizes, n is the number of entries and L the length of the content.
";

fn title(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Cmpp => CMPP,
        Protocol::Sgip => SGIP,
        Protocol::Smgp => SMGP,
    }
}

/// The text of a table's comment without its citations; a citation of a list of codes becomes a link to it.
fn plain(doc: &str) -> String {
    let mut text = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let codes = [
        ("`cmpp.md 10.1`", "[codes](#login-codes)"),
        ("`cmpp.md 10.2`", "[codes](#submit-codes)"),
        ("`cmpp.md 10.3`", "[codes](#deliver-codes)"),
        ("`cmpp.md 10.5`", "[codes](#forward-codes)"),
        ("`cmpp.md 10.6`", "[codes](#route-codes)"),
        ("`sgip.md 10`", "[codes](#answer-codes)"),
        ("`smgp.md 11`", "[codes](#answer-codes)"),
    ];
    for (section, link) in codes {
        text = text.replace(&format!("see {section}"), &format!("see {link}"));
    }
    while let Some(from) = text.find(" (`").filter(|at| text[*at..].contains(".md ")) {
        let Some(length) = text[from..].find(')') else { break };
        assert!(text[from..from + length].contains(".md "), "{text}");
        text.replace_range(from..=from + length, "");
    }
    assert!(!text.contains(".md "), "a citation is left: {text}");
    text
}

fn versions(versions: &[Version]) -> String {
    versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Versions that have the PDU, in groups of one layout.
fn layouts(protocol: Protocol, span: &Span, fields: &[FieldInfo]) -> Vec<Vec<Version>> {
    let mut groups: Vec<Vec<Version>> = Vec::new();
    for &version in protocol.versions().iter().filter(|version| span.has(**version)) {
        let sizes = |version| fields.iter().map(|field| field.size_text(version)).collect::<Vec<_>>();
        match groups.last_mut() {
            Some(group) if sizes(group[0]) == sizes(version) => group.push(version),
            _ => groups.push(vec![version]),
        }
    }
    groups
}

fn kind(field: &FieldInfo) -> &'static str {
    match field.spec.kind() {
        Kind::Int => "number",
        Kind::Id => "id",
        Kind::OptionalInt => "number, may be missing",
        Kind::Text => "text",
        Kind::Octets => "octets",
        Kind::Sequence => "3 numbers",
        Kind::Reserve => "reserve",
        Kind::Tail => "tail",
        Kind::List => "list of text",
        Kind::Groups => "groups",
        Kind::Content => "content",
        Kind::Tlvs => "parameters",
        Kind::Rest => "octets to the end",
    }
}

/// Octets of a body: `126 + 21n + L`.
fn body(fields: &[FieldInfo], version: Version) -> String {
    let (mut fixed, mut more) = (0, String::new());
    for field in fields {
        let size = field.spec.size(version);
        if size == 0 {
            continue;
        }
        fixed += field.spec.count().map_or(0, |count| usize::from(count.size));
        match field.spec.kind() {
            Kind::List => write!(more, " + {size}n").unwrap(),
            Kind::Groups => {
                let size: usize = field.entries.iter().map(|entry| entry.spec.size(version)).sum();
                write!(more, " + {size}n").unwrap();
            }
            Kind::Content => more.push_str(" + L"),
            Kind::Tlvs => more.push_str(" + parameters"),
            Kind::Rest => more.push_str(" + what follows"),
            _ => fixed += size,
        }
    }
    format!("{fixed}{more}")
}

fn rows(page: &mut String, groups: &[Vec<Version>], fields: &[FieldInfo]) {
    let heads: Vec<String> = match groups {
        [_] => vec!["Octets".to_owned()],
        groups => groups.iter().map(|group| versions(group)).collect(),
    };
    writeln!(page, "\n| Field | Type | {} | Meaning |", heads.join(" | ")).unwrap();
    writeln!(page, "|---|---|{}---|", "---|".repeat(heads.len())).unwrap();
    for field in fields {
        if let Some(count) = field.spec.count() {
            let what = match field.spec.kind() {
                Kind::Content => format!("Octets of `{}`.", field.name),
                _ if count.min == 0 => {
                    format!("Number of `{}`; at most {} are written.", field.name, count.max_new)
                }
                _ => format!("Number of `{}`, {} to {}.", field.name, count.min, count.max_old),
            };
            let sizes = vec![count.size.to_string(); heads.len()].join(" | ");
            writeln!(page, "| `{}` | number | {sizes} | {what} |", count.name).unwrap();
        }
        let sizes: Vec<String> = groups.iter().map(|group| field.size_text(group[0])).collect();
        let doc = plain(field.doc);
        writeln!(page, "| `{}` | {} | {} | {doc} |", field.name, kind(field), sizes.join(" | ")).unwrap();
    }
    for field in fields.iter().filter(|field| !field.entries.is_empty()) {
        writeln!(page, "\nEach of `{}`:", field.name).unwrap();
        rows(page, groups, field.entries);
    }
}

fn pdu(page: &mut String, protocol: Protocol, info: &PduInfo) {
    let span: Vec<Version> =
        protocol.versions().iter().copied().filter(|version| info.span.has(*version)).collect();
    let is_old = !span.contains(protocol.versions().last().unwrap());
    let ways = paths(protocol, info.command, is_old);
    let ways: Vec<String> = ways.iter().map(|(from, to)| format!("{from} to {to}")).collect();
    let all = if span.len() == protocol.versions().len() { "all".to_owned() } else { versions(&span) };
    writeln!(page, "\n### {}\n\n{}\n", info.name, plain(info.doc)).unwrap();
    writeln!(page, "Command `{:#010x}`. Versions: {all}. From {}.", info.command, ways.join(", ")).unwrap();
    let groups = layouts(protocol, &info.span, info.fields);
    let sizes: Vec<String> = groups
        .iter()
        .map(|group| match &groups[..] {
            [_] => body(info.fields, group[0]),
            _ => format!("{} ({})", body(info.fields, group[0]), versions(group)),
        })
        .collect();
    writeln!(page, "Octets of the body: {}.", sizes.join("; ")).unwrap();
    if !info.fields.is_empty() {
        rows(page, &groups, info.fields);
    }
}

fn contents(page: &mut String, protocol: Protocol) {
    page.push_str("\n## Commands\n\n| Request | Id | Answer | Id |\n|---|---|---|---|\n");
    for request in AnyPdu::table(protocol).iter().filter(|info| !info.is_response()) {
        let (name, answer) = (request.name, format!("{}_resp", request.name));
        let resp = AnyPdu::table(protocol).iter().find(|info| info.name == answer);
        let resp = resp.unwrap_or_else(|| panic!("{name} has no answer"));
        assert_eq!(resp.command, request.command | 0x8000_0000, "{name}");
        let ids = (request.command, resp.command);
        writeln!(
            page,
            "| [{name}](#{name}) | `{:#010x}` | [{answer}](#{answer}) | `{:#010x}` |",
            ids.0, ids.1
        )
        .unwrap();
    }
}

fn header(page: &mut String, protocol: Protocol) {
    let sequence = match protocol {
        Protocol::Sgip => "three numbers: node, time as MMDDhhmmss, serial; the answer repeats all",
        Protocol::Cmpp | Protocol::Smgp => "a number; the answer repeats it",
    };
    writeln!(page, "\n## Header\n\n| Field | Octets | Meaning |\n|---|---|---|").unwrap();
    writeln!(page, "| `{}` | 4 | octets of the whole frame |", protocol.length_field()).unwrap();
    writeln!(page, "| `command` | 4 | the id; answers have the highest bit set |").unwrap();
    writeln!(page, "| `sequence` | {} | {sequence} |", protocol.header_len() - 8).unwrap();
}

fn reports(page: &mut String, protocol: Protocol) {
    let intro = match protocol {
        Protocol::Cmpp => "The content of a `deliver` with `registered_delivery` 1, or of a `fwd` of type 2:",
        Protocol::Sgip => return,
        Protocol::Smgp => {
            "The content of a `deliver` with `is_report` 1, or of a `forward` with `report_flag` 0:"
        }
    };
    writeln!(page, "\n## Status reports\n\n{intro}").unwrap();
    if protocol == Protocol::Cmpp {
        let all = layouts(protocol, &Span::ALL, CmppReport::FIELDS);
        rows(page, &all, CmppReport::FIELDS);
        page.push_str("\nThe length tells the form, 60 or 71 octets. The content of a `fwd` of type 3:\n");
        rows(page, &layouts(protocol, &Span::ALL, CmppMoReport::FIELDS), CmppMoReport::FIELDS);
    } else {
        let sample = SmgpReport { msg_id: *b"0123456789", ..SmgpReport::default() };
        let octets = sample.to_bytes().unwrap();
        let shown = String::from_utf8_lossy(&octets).replace("0123456789", "<10 octets>").replace('\0', " ");
        let length = octets.len();
        writeln!(page, "\n```text\n{}\n```\n\nUsually {length} octets. The id is raw.", shown.trim_end())
            .unwrap();
        let dates = "YYMMDDhhmm; `stat` is text such as `DELIVRD`, `err` three digits.";
        writeln!(page, "Dates are {dates} Other separators, sizes and cases of the labels are read.")
            .unwrap();
    }
}

fn parameters(page: &mut String) {
    page.push_str(
        "\n## Optional parameters\n\nWritten from 3.0 on, read in every version. Unknown tags are kept.\n",
    );
    page.push_str("\n| Tag | Name | Octets |\n|---|---|---|\n");
    for tag in 0..=0x1FF {
        let sizes = [1, 8, 20, 21].map(|size| Tlv { tag, value: vec![b'1'; size].into() });
        if let Some(name) = sizes[0].name() {
            let usual: Vec<_> = sizes.iter().filter(|tlv| tlv.has_usual_length()).collect();
            let size = match &usual[..] {
                [tlv] => tlv.value.len().to_string(),
                _ => "variable".to_owned(),
            };
            writeln!(page, "| `{tag:#06x}` | {name} | {size} |").unwrap();
        }
    }
}

/// A list of codes, those of gateways' own lists marked. Numbers with one meaning share a row.
fn codes(page: &mut String, name: &str, code: impl Fn(u32) -> Code) {
    writeln!(page, "\n### {name} codes\n\n| Code | Name | Meaning | Asks for |\n|---|---|---|---|").unwrap();
    let mut ranges: Vec<(Code, u32)> = Vec::new();
    for found in (0..=0xFF).map(code).filter(Code::is_known) {
        match ranges.last_mut() {
            Some((first, last)) if first.name == found.name && *last + 1 == found.code => *last = found.code,
            _ => ranges.push((found, found.code)),
        }
    }
    for (first, last) in ranges {
        let numbers = if first.code == last { last.to_string() } else { format!("{} to {last}", first.code) };
        let star = if first.vendor { " \\*" } else { "" };
        writeln!(page, "| {numbers}{star} | {} | {} | {} |", first.name, first.en, first.class).unwrap();
    }
}

fn answers(page: &mut String, protocol: Protocol) {
    page.push_str("\n## Codes\n\nA star marks what gateways' own lists say; two gateways may differ.\n");
    let version = *protocol.versions().last().unwrap();
    let lists: &[(&str, Request)] = match protocol {
        Protocol::Cmpp => &[
            ("Login", Request::Login),
            ("Submit", Request::Submit),
            ("Deliver", Request::Deliver),
            ("Forward", Request::Forward),
            ("Cancel", Request::Cancel),
            ("Route", Request::Route),
        ],
        Protocol::Sgip | Protocol::Smgp => &[("Answer", Request::Submit)],
    };
    for (name, request) in lists {
        codes(page, name, |code| codes::answer(*request, protocol, version, code));
    }
}

fn page(protocol: Protocol) -> String {
    let mut page = format!("{}{READING}", title(protocol));
    header(&mut page, protocol);
    contents(&mut page, protocol);
    page.push_str("\n## PDUs\n");
    for info in AnyPdu::table(protocol) {
        pdu(&mut page, protocol, info);
    }
    reports(&mut page, protocol);
    if protocol == Protocol::Smgp {
        parameters(&mut page);
    }
    answers(&mut page, protocol);
    page
}

#[test]
fn the_pages_are_fresh() {
    for protocol in Protocol::ALL {
        let name = format!("docs/protocol/{protocol}.md");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&name);
        let page = page(protocol);
        if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &page).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == page, "{name} is stale: run the tests once with UPDATE=1");
    }
}

#[test]
fn sizes_are_those_of_the_documents() {
    let size = |protocol, name: &str, version| {
        let info = AnyPdu::table(protocol).iter().find(|info| info.name == name).unwrap();
        body(info.fields, version)
    };
    assert_eq!(size(Protocol::Cmpp, "submit", cmpp::V20), "126 + 21n + L");
    assert_eq!(size(Protocol::Cmpp, "submit", cmpp::V30), "151 + 32n + L");
    assert_eq!(size(Protocol::Cmpp, "fwd", cmpp::V30), "252 + 21n + L");
    assert_eq!(size(Protocol::Sgip, "submit", sanwang::wire::sgip::V12), "123 + 21n + L");
    assert_eq!(size(Protocol::Sgip, "trace_resp", sanwang::wire::sgip::V13), "1 + 51n");
    assert_eq!(size(Protocol::Smgp, "submit", smgp::V13), "114 + 21n + L");
}
