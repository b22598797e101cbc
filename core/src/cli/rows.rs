//! Messages from a CSV file: one row a message, a wrong row is an error with its line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use super::forms;
use super::out::Failure;
use crate::message::Submit;
use crate::text::CodingChoice;

/// Columns a file may have, the first two of them always.
pub(super) const COLUMNS: [&str; 8] =
    ["receiver", "text", "sender", "reference", "account", "coding", "flash", "report"];

/// What is wrong with a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadRow {
    /// Its first line in the file, from 1.
    pub(super) line: u64,
    /// What is wrong.
    pub(super) what: String,
}

/// A message with the line it stands on.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) submit: Submit,
}

/// The rows of a file.
pub(super) struct Rows {
    reader: csv::Reader<Box<dyn Read>>,
    /// The column of each field of a row.
    columns: Vec<&'static str>,
    record: csv::ByteRecord,
    /// What a row starts from.
    template: Submit,
}

impl Rows {
    /// Opens a file (`-`: stdin) and reads its header row.
    pub(super) fn open(path: &str, template: Submit) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::Failed(format!("{path}: {error}"));
        let source: Box<dyn Read> = match path {
            "-" => Box::new(std::io::stdin()),
            _ => Box::new(File::open(path).map_err(failed)?),
        };
        let source = skip_mark(source).map_err(failed)?;
        Self::new(source, template).map_err(|what| Failure::Failed(format!("{path}: {what}")))
    }

    fn new(source: Box<dyn Read>, template: Submit) -> Result<Self, String> {
        let mut reader = reader(source);
        let header = reader.byte_headers().map_err(|error| error.to_string())?;
        let mut columns = Vec::with_capacity(header.len());
        for (index, name) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(name).trim().to_ascii_lowercase();
            let column = COLUMNS.into_iter().find(|column| *column == name).ok_or_else(|| {
                // A file without header row has a number here, and stderr shows no numbers.
                let plain = name.bytes().all(|b| b.is_ascii_alphabetic() || b"_- ".contains(&b));
                let shown = if plain { format!(" {name:?}") } else { String::new() };
                format!(
                    "line 1: unknown name{shown} of column {}: the first row names the columns, which are {}",
                    index + 1,
                    COLUMNS.join(", ")
                )
            })?;
            if columns.contains(&column) {
                return Err(format!("line 1: the column {column} stands there twice"));
            }
            columns.push(column);
        }
        for needed in ["receiver", "text"] {
            if !columns.contains(&needed) {
                return Err(format!(
                    "line 1: no column {needed}: the first row names the columns, such as receiver,text"
                ));
            }
        }
        Ok(Self { reader, columns, record: csv::ByteRecord::new(), template })
    }

    fn row(&self) -> Result<Submit, String> {
        let (have, want) = (self.record.len(), self.columns.len());
        if have != want {
            return Err(format!("the row has {have} fields, the header has {want}: quote texts with commas"));
        }
        let mut submit = self.template.clone();
        for (index, (column, field)) in self.columns.iter().zip(&self.record).enumerate() {
            let field = std::str::from_utf8(field).map_err(|_| format!("{column} is not UTF-8"))?;
            let field = if index + 1 == want { field.strip_suffix('\r').unwrap_or(field) } else { field };
            fill(&mut submit, column, field).map_err(|what| format!("{column} {what}"))?;
        }
        Ok(submit)
    }
}

/// Lines end at the LF, so that a CR before it does not shift the number of the next line; the last one always does.
fn reader(source: Box<dyn Read>) -> csv::Reader<Box<dyn Read>> {
    let source: Box<dyn Read> = Box::new(source.chain(&b"\n"[..]));
    csv::ReaderBuilder::new().flexible(true).terminator(csv::Terminator::Any(b'\n')).from_reader(source)
}

/// Puts one field into a message. An empty field leaves what the options say, except of the text.
fn fill(submit: &mut Submit, column: &str, field: &str) -> Result<(), String> {
    if column == "text" {
        *submit = std::mem::replace(submit, Submit::to("")).text(field);
        return Ok(());
    }
    let field = field.trim();
    if field.is_empty() {
        return Ok(());
    }
    match column {
        "receiver" => field.clone_into(&mut submit.receiver),
        "sender" => submit.sender = Some(field.to_owned()),
        "reference" => submit.reference = Some(field.into()),
        "account" => submit.account = Some(field.to_owned()),
        "coding" => submit.coding = Some(field.parse::<CodingChoice>().map_err(|error| error.to_string())?),
        "flash" => submit.class = forms::flag(field)?.then_some(0),
        "report" => submit.report = Some(forms::flag(field)?),
        _ => {}
    }
    Ok(())
}

/// Takes a UTF-8 byte order mark away, which spreadsheets write.
fn skip_mark(source: Box<dyn Read>) -> std::io::Result<Box<dyn Read>> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let mut source = BufReader::new(source);
    let head = source.fill_buf()?;
    if head.starts_with(MARK) {
        source.consume(MARK.len());
    }
    Ok(Box::new(source))
}

impl Iterator for Rows {
    type Item = Result<Row, BadRow>;

    fn next(&mut self) -> Option<Self::Item> {
        let before = self.reader.position().line();
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => None,
            // An empty line with a CR.
            Ok(true) if self.record.len() == 1 && self.record.as_slice() == b"\r" => self.next(),
            Ok(true) => {
                // The reader has skipped empty lines before the row; line ends inside quotes are in its fields.
                let inside = self.record.as_slice().iter().filter(|b| **b == b'\n').count() as u64;
                let line = self.reader.position().line().saturating_sub(inside + 1).max(before);
                Some(match self.row() {
                    Ok(submit) => Ok(Row { line, submit }),
                    Err(what) => Err(BadRow { line, what }),
                })
            }
            Err(error) => {
                // Nothing behind a failed read can be trusted.
                self.reader = reader(Box::new(std::io::empty()));
                Some(Err(BadRow { line: before, what: error.to_string() }))
            }
        }
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("columns", &self.columns).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Body;

    fn rows(text: &[u8]) -> Result<Vec<Result<Row, BadRow>>, String> {
        let source = skip_mark(Box::new(std::io::Cursor::new(text.to_vec()))).unwrap();
        Rows::new(source, Submit::to("").sender("10657001").report(false)).map(Iterator::collect)
    }

    #[test]
    fn rows_over_options_and_several_lines() {
        let file = "\u{feff}text,receiver,flash,report,coding,reference\r\n\
                    \"a, \"\"b\"\"\nc\",13800138000,yes,,ucs2,r1\r\n\
                    \r\n\n\
                    plain, 13900139000 ,no,yes,,r2\r\n\
                    \"open, 13900139000 ,no,yes,,r3";
        let rows = rows(file.as_bytes()).unwrap();
        let first = rows[0].as_ref().unwrap();
        assert_eq!((first.line, &first.submit.body), (2, &Body::Text("a, \"b\"\nc".into())));
        assert_eq!((first.submit.class, first.submit.report), (Some(0), Some(false)));
        assert_eq!(first.submit.reference.as_deref(), Some("r1"));
        let second = rows[1].as_ref().unwrap();
        assert_eq!((second.line, second.submit.receiver.as_str()), (6, "13900139000"));
        assert_eq!(second.submit.reference.as_deref(), Some("r2"));
        assert_eq!((second.submit.class, second.submit.report), (None, Some(true)));
        assert_eq!(second.submit.sender.as_deref(), Some("10657001"));
        let open = rows[2].as_ref().unwrap_err();
        assert_eq!((open.line, rows.len()), (7, 3), "a quote that is never closed");
    }

    #[test]
    fn wrong_rows_name_line_and_fault_and_the_next_is_read() {
        let mut file = b"receiver,text,coding\n13800138000,a\n13800138000,b,utf8\n13800138000,".to_vec();
        file.extend_from_slice(b"\xff\xfe,\n13800138000,d,\n");
        let rows = rows(&file).unwrap();
        let fault = |at: usize| rows[at].as_ref().map(|_| ()).unwrap_err();
        assert_eq!(fault(0).line, 2);
        assert!(fault(0).what.contains("2 fields, the header has 3"));
        assert!(fault(1).line == 3 && fault(1).what.contains("unknown coding \"utf8\""));
        assert!(fault(2).line == 4 && fault(2).what == "text is not UTF-8");
        assert!(rows[3].is_ok());
    }

    #[test]
    fn the_header_row_is_needed_and_checked() {
        let wrong = |text: &str| rows(text.as_bytes()).unwrap_err();
        assert!(wrong("").contains("no column receiver"));
        assert!(wrong("13800138000,hello\n").contains("unknown name of column 1"));
        assert!(wrong("receiver,txt\n").contains("unknown name \"txt\" of column 2"));
        assert!(wrong("receiver,sender\n").contains("no column text"));
        assert!(wrong("receiver,text,text\n").contains("twice"));
    }
}
