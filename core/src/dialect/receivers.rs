//! Submits to several receivers, taken apart.

use super::Dialect;
use crate::few::Few;
use crate::wire::{AnyPdu, Notes, Seq, Text, cmpp, sgip, smgp};
use bytes::BytesMut;

/// The same submit to its receiver `index` alone, with sequence zero; `None` when it has no such receiver.
pub fn single(dialect: &dyn Dialect, frame: &[u8], index: usize) -> Option<BytesMut> {
    let version = dialect.version();
    let (_, pdu) = AnyPdu::decode(dialect.protocol(), version, frame, &mut Notes::default()).ok()?;
    let mut out = BytesMut::with_capacity(256 + frame.len());
    match pdu {
        AnyPdu::Cmpp(cmpp::Pdu::Submit(mut p)) => {
            p.dest_terminal_id = Few::One(*p.dest_terminal_id.get(index)?);
            p.encode(version, Seq::default(), &mut out)
        }
        AnyPdu::Sgip(sgip::Pdu::Submit(mut p)) => {
            let user = *p.user_numbers.get(index)?;
            // Empty says that each receiver pays, which is for groups only (sgip.md 7.1).
            if p.charge_number == Text::default() {
                p.charge_number = user;
            }
            p.user_numbers = Few::One(user);
            p.encode(version, Seq::default(), &mut out)
        }
        AnyPdu::Smgp(smgp::Pdu::Submit(mut p)) => {
            p.dest_term_id = Few::One(*p.dest_term_id.get(index)?);
            p.encode(version, Seq::default(), &mut out)
        }
        _ => return None,
    }
    .ok()?;
    Some(out)
}
