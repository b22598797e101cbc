//! Status reports that travel inside the content of a deliver or a forward. (The report of SGIP is a PDU.)

use bytes::{Bytes, BytesMut};

use super::any::AnyPdu;
use super::cmpp::{self, V20, V30};
use super::error::{DecodeError, EncodeError, ErrorClass};
use super::field::{by, id, octets, text, u32};
use super::notes::Notes;
use super::reader::Reader;
use super::table::Rows;
use super::text::Text;
use super::value::{Field, Visit};
use super::version::Version;
use super::writer::Writer;

mod smgp;

pub use smgp::SmgpReport;

rows! {
    /// The report of CMPP on a submit, the content of a Deliver or of a Fwd of type 2 (`cmpp.md 9`).
    ///
    /// 60 octets in 2.x and in the 3.0 draft, 71 in 3.0. The length tells which, not the version of the session.
    CmppReport [] [] {
        /// The id that the response to the submit carried.
        msg_id: u64 = id(),
        /// State, for example `DELIVRD` (`cmpp.md 9.2`).
        stat: Text<8> = text(7),
        /// When the message was submitted, YYMMDDHHMM.
        submit_time: Text<10> = text(10),
        /// When it reached its state, YYMMDDHHMM.
        done_time: Text<10> = text(10),
        /// Receiver of the submit.
        dest_terminal_id: Text<32> = by(V30, text(21), text(32)),
        /// Message id of the message centre.
        smsc_sequence: u32 = u32,
    }
}

rows! {
    /// The report of CMPP on a deliver, the content of a Fwd of type 3; 60 octets in every version (`cmpp.md 5.4`).
    CmppMoReport [] [] {
        /// The id of the deliver to the SP.
        msg_id: u64 = id(),
        /// `DELIVRD`, or why not.
        stat: Text<8> = text(7),
        /// When the deliver left, YYMMDDHHMM.
        cmpp_deliver_time: Text<10> = text(10),
        /// When its answer came, YYMMDDHHMM.
        cmpp_deliver_resp_time: Text<10> = text(10),
        /// SP_Code.
        dest_id: Text<21> = text(21),
        /// Reserved, zero.
        reserved: [u8; 4] = octets(4),
    }
}

/// Octets of a report in 2.x and of every report on a deliver.
const SHORT: usize = 60;
/// Octets of a report on a submit in 3.0.
const LONG: usize = 71;

fn read<R: Rows>(
    pdu: &'static str,
    version: Version,
    content: &[u8],
    notes: &mut Notes,
) -> Result<R, DecodeError> {
    if content.len() < SHORT {
        let class = ErrorClass::BodyLengthInvalid;
        return Err(DecodeError { pdu, field: "msg_content", offset: 0, class });
    }
    let mut reader = Reader::new(pdu, version, 0, content, notes);
    let report = R::get_rows(&mut reader)?;
    reader.finish();
    Ok(report)
}

fn write<R: Rows>(pdu: &'static str, report: &R, version: Version) -> Result<Bytes, EncodeError> {
    let mut room = BytesMut::zeroed(report.rows_len(version));
    report.put_rows(&mut Writer::new(pdu, version, &mut room))?;
    Ok(room.freeze())
}

fn list<R: Rows>(report: &R, version: Version) -> Vec<Field> {
    let mut fields = Vec::new();
    report.show_rows(version, &mut fields);
    fields
}

impl CmppReport {
    const NAME: &str = "report";

    /// Reads the content of a report: 71 octets or more in the form of 3.0, 60 or more in that of 2.x. Octets beyond
    /// are ignored and recorded. Offsets of errors count from the first octet of the content.
    ///
    /// # Errors
    /// [`ErrorClass::BodyLengthInvalid`] if the content is shorter than 60 octets.
    pub fn parse(content: &[u8], notes: &mut Notes) -> Result<Self, DecodeError> {
        let version = if content.len() < LONG { V20 } else { V30 };
        read(Self::NAME, version, content, notes)
    }

    /// The content: 71 octets for 3.0, 60 for 2.x.
    ///
    /// # Errors
    /// [`EncodeError`] naming the field that does not fit.
    pub fn to_bytes(&self, version: Version) -> Result<Bytes, EncodeError> {
        write(Self::NAME, self, version)
    }

    /// The fields with their values.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        list(self, V30)
    }

    /// Shows the fields to a visitor.
    pub fn show(&self, to: &mut dyn Visit) {
        self.show_rows(V30, to);
    }
}

impl CmppMoReport {
    const NAME: &str = "mo_report";

    /// Reads the content of a report on a deliver. Octets beyond 60 are ignored and recorded.
    ///
    /// # Errors
    /// [`ErrorClass::BodyLengthInvalid`] if the content is shorter than 60 octets.
    pub fn parse(content: &[u8], notes: &mut Notes) -> Result<Self, DecodeError> {
        read(Self::NAME, V20, content, notes)
    }

    /// The content, 60 octets.
    ///
    /// # Errors
    /// [`EncodeError`] naming the field that does not fit.
    pub fn to_bytes(&self) -> Result<Bytes, EncodeError> {
        write(Self::NAME, self, V20)
    }

    /// The fields with their values.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        list(self, V20)
    }

    /// Shows the fields to a visitor.
    pub fn show(&self, to: &mut dyn Visit) {
        self.show_rows(V20, to);
    }
}

/// The report inside the content of a PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// On a submit of CMPP.
    Cmpp(CmppReport),
    /// On a deliver of CMPP, between gateways.
    CmppMo(CmppMoReport),
    /// Of SMGP.
    Smgp(SmgpReport),
}

impl Report {
    /// The report inside the content, if the PDU says that there is one; the error if it cannot be read as one.
    pub fn inside(pdu: &AnyPdu, notes: &mut Notes) -> Option<Result<Self, DecodeError>> {
        Some(match pdu {
            AnyPdu::Cmpp(cmpp::Pdu::Deliver(deliver)) if deliver.registered_delivery != 0 => {
                CmppReport::parse(&deliver.msg_content, notes).map(Self::Cmpp)
            }
            AnyPdu::Cmpp(cmpp::Pdu::Fwd(fwd)) if fwd.msg_fwd_type == 2 => {
                CmppReport::parse(&fwd.msg_content, notes).map(Self::Cmpp)
            }
            AnyPdu::Cmpp(cmpp::Pdu::Fwd(fwd)) if fwd.msg_fwd_type == 3 => {
                CmppMoReport::parse(&fwd.msg_content, notes).map(Self::CmppMo)
            }
            AnyPdu::Smgp(super::smgp::Pdu::Deliver(deliver)) if deliver.is_report == 1 => {
                SmgpReport::parse(&deliver.msg_content, notes).map(Self::Smgp)
            }
            AnyPdu::Smgp(super::smgp::Pdu::Forward(forward)) if forward.report_flag == 0 => {
                SmgpReport::parse(&forward.msg_content, notes).map(Self::Smgp)
            }
            _ => return None,
        })
    }

    /// Shows the fields to a visitor.
    pub fn show(&self, to: &mut dyn Visit) {
        match self {
            Self::Cmpp(report) => report.show(to),
            Self::CmppMo(report) => report.show(to),
            Self::Smgp(report) => report.show(to),
        }
    }

    /// The fields with their values.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        self.show(&mut fields);
        fields
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::error::EncodeErrorKind;
    use super::super::notes::Note;
    use super::*;

    fn sample() -> CmppReport {
        CmppReport {
            msg_id: 0x7428_a5c0_03e9_3039,
            stat: Text::new("MB:0069").unwrap(),
            submit_time: Text::new("0307081010").unwrap(),
            done_time: Text::new("0307081011").unwrap(),
            dest_terminal_id: Text::new("8613800138001").unwrap(),
            smsc_sequence: 0x1234_5678,
        }
    }

    #[test]
    fn the_length_chooses_the_form() {
        for (version, length) in [(V20, SHORT), (V30, LONG)] {
            let content = sample().to_bytes(version).unwrap();
            assert_eq!(content.len(), length);
            let mut notes = Notes::default();
            assert_eq!(CmppReport::parse(&content, &mut notes), Ok(sample()));
            assert!(notes.is_empty());
            let longer = [&content[..], &[0, 0]].concat();
            assert_eq!(CmppReport::parse(&longer, &mut notes), Ok(sample()));
            assert_eq!((notes.trailing(), notes.contains(Note::TrailingOctets)), (2, true));
        }
    }

    #[test]
    fn short_contents_are_refused() {
        let content = sample().to_bytes(V20).unwrap();
        for length in 0..SHORT {
            let error = CmppReport::parse(&content[..length], &mut Notes::default()).unwrap_err();
            assert_eq!(error.class, ErrorClass::BodyLengthInvalid);
            assert!(CmppMoReport::parse(&content[..length], &mut Notes::default()).is_err());
        }
    }

    #[test]
    fn long_values_are_refused() {
        let long = CmppReport { stat: Text::new("VMFLUCTL").unwrap(), ..sample() };
        let error = long.to_bytes(V30).unwrap_err();
        assert_eq!((error.field, error.limit, error.kind), ("stat", 7, EncodeErrorKind::TooLong));
        let long = CmppReport { dest_terminal_id: Text::new(&"1".repeat(22)).unwrap(), ..sample() };
        assert!(long.to_bytes(V30).is_ok());
        assert_eq!(long.to_bytes(V20).unwrap_err().field, "dest_terminal_id");
    }

    #[test]
    fn report_on_a_deliver() {
        let report =
            CmppMoReport { msg_id: 1, dest_id: Text::new("10661234").unwrap(), ..CmppMoReport::default() };
        let content = report.to_bytes().unwrap();
        assert_eq!(content.len(), SHORT);
        assert_eq!(CmppMoReport::parse(&content, &mut Notes::default()), Ok(report));
    }
}
