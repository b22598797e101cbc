//! Frames: where one ends, and what its header says.

use super::error::{DecodeError, ErrorClass};
use super::version::{Protocol, Seq};

/// The bit of a command id that marks a response.
pub const RESPONSE: u32 = 0x8000_0000;

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Octets of the whole frame.
    pub length: u32,
    /// The command id; responses have the top bit set.
    pub command: u32,
    /// The sequence number. A response repeats that of its request.
    pub seq: Seq,
}

impl Header {
    /// Whether the frame is a response.
    #[must_use]
    pub const fn is_response(&self) -> bool {
        self.command & RESPONSE != 0
    }
}

const fn fail(field: &'static str, offset: usize, class: ErrorClass) -> DecodeError {
    DecodeError { pdu: "header", field, offset, class }
}

pub(crate) const fn unknown_command() -> DecodeError {
    fail("command", 4, ErrorClass::UnknownCommand)
}

fn word(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// The length of the first frame of `buf`, or `None` while it is not complete. `limit` is the receive limit in octets.
///
/// The length is checked as soon as its four octets are there, so that nothing is stored for a frame that is refused.
/// A stream with a bad length cannot be followed further; never search for the next frame.
///
/// # Errors
/// [`ErrorClass::LengthBelowHeader`] or [`ErrorClass::LengthAboveLimit`].
#[inline]
pub fn next(protocol: Protocol, buf: &[u8], limit: usize) -> Result<Option<usize>, DecodeError> {
    let Some(length) = word(buf, 0) else { return Ok(None) };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length < protocol.header_len() {
        return Err(fail(protocol.length_field(), 0, ErrorClass::LengthBelowHeader));
    }
    if length > limit {
        return Err(fail(protocol.length_field(), 0, ErrorClass::LengthAboveLimit));
    }
    Ok(Some(length).filter(|&length| length <= buf.len()))
}

/// The header of a frame.
///
/// # Errors
/// [`ErrorClass::LengthBelowHeader`] if the frame or its length field is shorter than a header.
#[inline]
pub fn header(protocol: Protocol, frame: &[u8]) -> Result<Header, DecodeError> {
    match fields(protocol, frame) {
        Some((header, _)) if header.length as usize >= protocol.header_len() => Ok(header),
        _ => Err(fail(protocol.length_field(), 0, ErrorClass::LengthBelowHeader)),
    }
}

/// The header and the body of exactly one frame.
#[inline]
pub(crate) fn split(protocol: Protocol, frame: &[u8]) -> Result<(Header, &[u8]), DecodeError> {
    match fields(protocol, frame) {
        Some((header, body)) if usize::try_from(header.length) == Ok(frame.len()) => Ok((header, body)),
        _ => Err(why_not(protocol, frame)),
    }
}

/// Why [`split`] does not.
#[cold]
fn why_not(protocol: Protocol, frame: &[u8]) -> DecodeError {
    match header(protocol, frame) {
        Ok(_) => fail(protocol.length_field(), 0, ErrorClass::BodyLengthInvalid),
        Err(error) => error,
    }
}

/// The fields of a header as they are, and what follows them.
#[inline]
fn fields(protocol: Protocol, frame: &[u8]) -> Option<(Header, &[u8])> {
    let (head, rest) = frame.split_first_chunk()?;
    let [l3, l2, l1, l0, c3, c2, c1, c0, s3, s2, s1, s0] = *head;
    let first = u32::from_be_bytes([s3, s2, s1, s0]);
    let (seq, body) = match protocol {
        Protocol::Cmpp | Protocol::Smgp => (Seq::serial(first), rest),
        Protocol::Sgip => {
            let (time, rest) = rest.split_first_chunk()?;
            let (serial, rest) = rest.split_first_chunk()?;
            (Seq::new(first, u32::from_be_bytes(*time), u32::from_be_bytes(*serial)), rest)
        }
    };
    let length = u32::from_be_bytes([l3, l2, l1, l0]);
    let command = u32::from_be_bytes([c3, c2, c1, c0]);
    Some((Header { length, command, seq }, body))
}

/// Writes a header into its room.
#[inline]
pub(crate) fn put_header(protocol: Protocol, room: &mut [u8], length: usize, command: u32, seq: Seq) {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    if let Some((head, rest)) = room.split_first_chunk_mut() {
        *head = length.to_be_bytes();
        if let Some((head, rest)) = rest.split_first_chunk_mut() {
            *head = command.to_be_bytes();
            put_seq(protocol, rest, seq);
        }
    }
}

fn put_seq(protocol: Protocol, room: &mut [u8], seq: Seq) {
    match protocol {
        Protocol::Cmpp | Protocol::Smgp => {
            if let Some(room) = room.first_chunk_mut() {
                *room = seq.serial.to_be_bytes();
            }
        }
        Protocol::Sgip => {
            if let Some(room) = room.first_chunk_mut() {
                *room = seq.to_bytes();
            }
        }
    }
}

/// Writes a sequence number into an encoded frame. A frame shorter than its header is left as it is.
pub fn patch_seq(protocol: Protocol, frame: &mut [u8], seq: Seq) {
    if frame.len() >= protocol.header_len()
        && let Some(room) = frame.get_mut(8..)
    {
        put_seq(protocol, room, seq);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    const ACTIVE_TEST: [u8; 12] = [0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 3];

    #[test]
    fn frames_end_where_the_length_says() {
        for have in 0..12 {
            assert_eq!(next(Protocol::Cmpp, &ACTIVE_TEST[..have], 4096), Ok(None));
        }
        assert_eq!(next(Protocol::Cmpp, &ACTIVE_TEST, 12), Ok(Some(12)));
        assert_eq!(next(Protocol::Cmpp, &[ACTIVE_TEST, ACTIVE_TEST].concat(), 4096), Ok(Some(12)));
        let class = |result: Result<Option<usize>, DecodeError>| result.unwrap_err().class;
        assert_eq!(class(next(Protocol::Cmpp, &ACTIVE_TEST, 11)), ErrorClass::LengthAboveLimit);
        assert_eq!(class(next(Protocol::Cmpp, &[0, 0, 0, 11], 4096)), ErrorClass::LengthBelowHeader);
        assert_eq!(class(next(Protocol::Sgip, &[0, 0, 0, 19], 4096)), ErrorClass::LengthBelowHeader);
        assert_eq!(class(next(Protocol::Smgp, b"GET / HTTP/1.1", 8192)), ErrorClass::LengthAboveLimit);
    }

    #[test]
    fn headers() {
        let parsed = header(Protocol::Smgp, &ACTIVE_TEST).unwrap();
        assert_eq!(parsed, Header { length: 12, command: 8, seq: Seq::serial(3) });
        assert!(!parsed.is_response());
        assert_eq!(header(Protocol::Sgip, &ACTIVE_TEST).unwrap_err().class, ErrorClass::LengthBelowHeader);
        assert_eq!(
            header(Protocol::Cmpp, &ACTIVE_TEST[..11]).unwrap_err().class,
            ErrorClass::LengthBelowHeader
        );
        let mut short = ACTIVE_TEST;
        short[3] = 11;
        assert_eq!(header(Protocol::Cmpp, &short).unwrap_err().class, ErrorClass::LengthBelowHeader);
        assert_eq!(split(Protocol::Cmpp, &[&ACTIVE_TEST[..], &[0]].concat()).unwrap_err().class, {
            ErrorClass::BodyLengthInvalid
        });
    }

    #[test]
    fn sequences_are_patched_in_place() {
        let mut frame = ACTIVE_TEST;
        patch_seq(Protocol::Cmpp, &mut frame, Seq::serial(0x0102_0304));
        assert_eq!(frame, [0, 0, 0, 12, 0, 0, 0, 8, 1, 2, 3, 4]);
        let mut frame = [0; 21];
        patch_seq(Protocol::Sgip, &mut frame, Seq::new(1, 2, 3));
        assert_eq!(frame[8..], [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0]);
        let mut short = [7; 19];
        patch_seq(Protocol::Sgip, &mut short, Seq::new(1, 2, 3));
        assert_eq!(short, [7; 19]);
    }
}
