//! Number segments: which carrier a number was first allotted to (`sms-content.md` 9.2).
//!
//! Numbers move between carriers since the number portability of 2019, so a segment is a default for routing and
//! never a reason to refuse a number. The built-in table is `core/data/segments.csv`; a newer one is loaded at run
//! time with [`Segments::from_csv`].

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::wire::Protocol;

/// The table that ships with the library.
const BUILT_IN_CSV: &str = include_str!("../data/segments.csv");

/// Longest prefix a table may hold: a whole 13-digit number of the Internet of things.
const LONGEST_PREFIX: usize = 13;

static BUILT_IN: LazyLock<Segments> =
    LazyLock::new(|| Segments::from_csv(BUILT_IN_CSV).expect("a test reads the built-in table"));

/// A carrier network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Carrier {
    /// China Mobile.
    Mobile,
    /// China Unicom.
    Unicom,
    /// China Telecom.
    Telecom,
    /// China Broadnet (CBN).
    Broadnet,
}

impl Carrier {
    /// Every carrier.
    pub const ALL: [Self; 4] = [Self::Mobile, Self::Unicom, Self::Telecom, Self::Broadnet];

    /// The lower-case name used in the table and in routes: `mobile`, `unicom`, `telecom`, `broadnet`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Unicom => "unicom",
            Self::Telecom => "telecom",
            Self::Broadnet => "broadnet",
        }
    }

    /// The protocol of the carrier's own gateways.
    ///
    /// China Broadnet sells no access of its own protocol: its numbers are reached through whichever carrier the
    /// account was bought from. So there is no protocol for it and the default route decides.
    pub const fn protocol(self) -> Option<Protocol> {
        match self {
            Self::Mobile => Some(Protocol::Cmpp),
            Self::Unicom => Some(Protocol::Sgip),
            Self::Telecom => Some(Protocol::Smgp),
            Self::Broadnet => None,
        }
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Carrier {
    type Err = SegmentsError;

    fn from_str(text: &str) -> Result<Self, SegmentsError> {
        Self::ALL.into_iter().find(|c| c.name() == text).ok_or_else(|| SegmentsError {
            line: 0,
            what: format!("{text:?} is no carrier: write mobile, unicom, telecom or broadnet"),
        })
    }
}

/// What the numbers of a segment are used for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum SegmentKind {
    /// Ordinary handsets of the carrier itself.
    Regular,
    /// Data cards; SMS works.
    Data,
    /// A virtual operator on the carrier's network.
    Mvno,
    /// Internet of things and machine to machine, mostly 13 digits.
    Iot,
    /// Satellite handsets.
    Satellite,
}

impl SegmentKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Regular, Self::Data, Self::Mvno, Self::Iot, Self::Satellite];

    /// The lower-case name used in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Data => "data",
            Self::Mvno => "mvno",
            Self::Iot => "iot",
            Self::Satellite => "satellite",
        }
    }
}

impl fmt::Display for SegmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for SegmentKind {
    type Err = SegmentsError;

    fn from_str(text: &str) -> Result<Self, SegmentsError> {
        Self::ALL.into_iter().find(|k| k.name() == text).ok_or_else(|| SegmentsError {
            line: 0,
            what: format!("{text:?} is no kind: write regular, data, mvno, iot or satellite"),
        })
    }
}

/// What the table says about a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Segment {
    /// The network the number was first allotted to.
    pub carrier: Carrier,
    /// What the segment is used for.
    pub kind: SegmentKind,
}

/// Why a table was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("segment table, line {line}: {what}")]
pub struct SegmentsError {
    /// Line in the text, counted from 1; 0 where a single word was read.
    pub line: usize,
    /// What is wrong and what to write instead.
    pub what: String,
}

/// One digit of the tree: where each next digit leads (0 = nowhere), and what ends here.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Node {
    next: [u32; 10],
    segment: Option<Segment>,
}

/// A table of number segments, as a tree of digits: a look-up reads at most as many digits as the longest prefix has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segments {
    nodes: Vec<Node>,
    rows: usize,
}

impl Segments {
    /// The table that ships with the library.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a table: one `prefix,carrier,kind` a line. A first line that begins with `prefix`, blank lines and lines
    /// that begin with `#` are skipped.
    ///
    /// # Errors
    ///
    /// The first line that is wrong: not three fields, a prefix that is not 1 to 13 digits or comes twice, an
    /// unknown carrier or kind; or no row at all.
    pub fn from_csv(csv: &str) -> Result<Self, SegmentsError> {
        let mut table = Self { nodes: vec![Node::default()], rows: 0 };
        for (index, line) in csv.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || (index == 0 && line.starts_with("prefix")) {
                continue;
            }
            table.add(line).map_err(|e| SegmentsError { line: index + 1, ..e })?;
        }
        if table.rows == 0 {
            return Err(SegmentsError { line: 1, what: "no rows: write prefix,carrier,kind lines".into() });
        }
        Ok(table)
    }

    fn add(&mut self, line: &str) -> Result<(), SegmentsError> {
        let wrong = |what: String| SegmentsError { line: 0, what };
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let [prefix, carrier, kind] = fields[..] else {
            return Err(wrong(format!("{} fields where prefix,carrier,kind are 3", fields.len())));
        };
        let segment = Segment { carrier: carrier.parse()?, kind: kind.parse()? };
        let digits = prefix.bytes().all(|b| b.is_ascii_digit());
        if !digits || prefix.is_empty() || prefix.len() > LONGEST_PREFIX {
            return Err(wrong(format!("the prefix {prefix:?} is not 1 to {LONGEST_PREFIX} digits")));
        }
        let mut at = 0;
        for digit in prefix.bytes().map(|b| usize::from(b - b'0')) {
            let next = self.nodes[at].next[digit] as usize;
            at = if next == 0 {
                let new = self.nodes.len();
                self.nodes[at].next[digit] =
                    u32::try_from(new).map_err(|_| wrong("the table is too large".into()))?;
                self.nodes.push(Node::default());
                new
            } else {
                next
            };
        }
        if self.nodes[at].segment.replace(segment).is_some() {
            return Err(wrong(format!("the prefix {prefix} comes twice")));
        }
        self.rows += 1;
        Ok(())
    }

    /// How many rows the table has.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether the table has no rows. A table that was read has at least one.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The segment of `number`, by the longest prefix. The number is in its national form, digits only
    /// (`13800138000`, without 86). `None` where the table has no row: the default route.
    pub fn find(&self, number: &str) -> Option<Segment> {
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut node = self.nodes.first()?;
        let mut found = None;
        for byte in number.bytes() {
            match node.next[usize::from(byte - b'0')] {
                0 => break,
                next => node = self.nodes.get(next as usize)?,
            }
            found = node.segment.or(found);
        }
        found
    }
}

/// The segment of `number` in the built-in table: [`Segments::find`] of [`Segments::built_in`].
pub fn carrier(number: &str) -> Option<Segment> {
    Segments::built_in().find(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows() -> Vec<(&'static str, Segment)> {
        BUILT_IN_CSV
            .lines()
            .skip(1)
            .map(|line| {
                let f: Vec<_> = line.split(',').collect();
                (f[0], Segment { carrier: f[1].parse().unwrap(), kind: f[2].parse().unwrap() })
            })
            .collect()
    }

    #[test]
    fn every_row_of_the_csv_is_found() {
        let rows = rows();
        assert_eq!(Segments::built_in().len(), rows.len());
        for (prefix, segment) in rows {
            assert_eq!(carrier(prefix), Some(segment), "{prefix}");
            assert_eq!(carrier(&format!("{prefix:0<11}")), Some(segment), "{prefix}");
        }
    }

    #[test]
    fn the_longest_prefix_wins() {
        let kind_of = |n: &str| carrier(n).map(|s| (s.carrier, s.kind));
        assert_eq!(kind_of("13480000000"), Some((Carrier::Mobile, SegmentKind::Regular)));
        assert_eq!(kind_of("13490000000"), Some((Carrier::Telecom, SegmentKind::Satellite)));
        assert_eq!(kind_of("17400000000"), Some((Carrier::Telecom, SegmentKind::Satellite)));
        assert_eq!(kind_of("17030000000"), Some((Carrier::Mobile, SegmentKind::Mvno)));
        assert_eq!(kind_of("1064700000000"), Some((Carrier::Mobile, SegmentKind::Iot)));
        let nested =
            Segments::from_csv("13,unicom,regular\n1349,telecom,satellite\n134,mobile,regular").unwrap();
        assert_eq!(nested.find("13500000000").unwrap().carrier, Carrier::Unicom);
        assert_eq!(nested.find("13400000000").unwrap().carrier, Carrier::Mobile);
        assert_eq!(nested.find("13490000000").unwrap().carrier, Carrier::Telecom);
    }

    #[test]
    fn numbers_without_a_row_have_no_carrier() {
        let none = [
            "",
            "1",
            "17406000000",
            "17490000000",
            "02087310323",
            "8613800138000",
            "+86138",
            "138 0013",
            "号",
        ];
        for number in none {
            assert_eq!(carrier(number), None, "{number:?}");
        }
    }

    #[test]
    fn carriers_have_names_and_protocols() {
        for c in Carrier::ALL {
            assert_eq!(c.to_string().parse::<Carrier>().unwrap(), c);
        }
        for k in SegmentKind::ALL {
            assert_eq!(k.to_string().parse::<SegmentKind>().unwrap(), k);
        }
        assert_eq!(Carrier::Mobile.protocol(), Some(Protocol::Cmpp));
        assert_eq!(Carrier::Unicom.protocol(), Some(Protocol::Sgip));
        assert_eq!(Carrier::Telecom.protocol(), Some(Protocol::Smgp));
        assert_eq!(Carrier::Broadnet.protocol(), None);
    }

    #[test]
    fn a_table_can_be_replaced_and_bad_tables_name_the_line() {
        let own =
            Segments::from_csv("\u{feff}prefix,carrier,kind\r\n# ours\r\n\r\n 199 , broadnet , data \r\n")
                .unwrap();
        let segment = Segment { carrier: Carrier::Broadnet, kind: SegmentKind::Data };
        assert_eq!((own.len(), own.is_empty()), (1, false));
        assert_eq!(own.find("19900000000"), Some(segment));
        assert_eq!(own.find("13800138000"), None);
        let bad = [
            ("138,mobile", 1, "2 fields"),
            ("prefix,carrier,kind\n138,mobil,regular", 2, "no carrier"),
            ("138,mobile,phone", 1, "no kind"),
            ("13x,mobile,regular", 1, "digits"),
            (",mobile,regular", 1, "digits"),
            ("13800138000138,mobile,regular", 1, "digits"),
            ("138,mobile,regular\n\n138,unicom,regular", 3, "twice"),
            ("prefix,carrier,kind\n", 1, "no rows"),
        ];
        for (csv, line, word) in bad {
            let error = Segments::from_csv(csv).unwrap_err();
            assert_eq!(error.line, line, "{csv:?}: {error}");
            assert!(error.to_string().contains(word), "{csv:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn the_tree_agrees_with_a_search_of_the_rows(number in "1[0-9]{0,12}") {
            let longest = rows().into_iter().filter(|(p, _)| number.starts_with(p)).max_by_key(|(p, _)| p.len());
            prop_assert_eq!(carrier(&number), longest.map(|(_, s)| s));
        }

        #[test]
        fn any_text_is_safe(number in "\\PC*", csv in "[0-9a-z,#\n ]*") {
            let _ = carrier(&number);
            let _ = Segments::from_csv(&csv);
        }
    }
}
