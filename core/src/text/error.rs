//! What can be wrong with a text to be sent.

use super::coding::Coding;
use super::udh::UdhError;

/// Why a text or content cannot be turned into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// The message is longer than the rules allow.
    #[error("the message needs {needed} segments and the limit is {max}: shorten it or raise the limit")]
    TooManySegments {
        /// Segments the message would need.
        needed: u32,
        /// The limit: `max_segments` of the rules.
        max: u8,
    },
    /// A character does not exist in the coding that was asked for.
    #[error(
        "character {position} ({character:?}) does not exist in coding {coding}: \
         use coding auto or ucs2, or replace the character"
    )]
    NotEncodable {
        /// The first such character.
        character: char,
        /// Its place in the text, in characters from 1.
        position: usize,
        /// The coding that was asked for.
        coding: Coding,
    },
    /// The coding carries octets, and a text was given.
    #[error("coding {coding} carries octets, not text: give the octets as content, or use coding auto")]
    NotText {
        /// The coding that was asked for.
        coding: Coding,
    },
    /// The coding cannot carry this message class.
    #[error(
        "coding {coding} cannot carry message class {class}: a class is 0 to 3, and 0, 4 and 8 can carry one"
    )]
    NoSuchClass {
        /// The coding that was asked for.
        coding: Coding,
        /// The class that was asked for.
        class: u8,
    },
    /// The room kept for the gateway's own text leaves none for the message.
    #[error(
        "{reserve} characters are reserved for the gateway's text, but a segment holds {room}: reserve fewer"
    )]
    ReserveTooLarge {
        /// Characters reserved at head and tail together.
        reserve: u32,
        /// Characters a segment holds, as the coding counts them.
        room: u32,
    },
    /// The user data header given with the content is broken.
    #[error("the user data header is broken: {0}")]
    BadUdh(#[from] UdhError),
    /// The user data header given with the content leaves no room for the content.
    #[error(
        "the user data header takes {octets} of the {max} octets of a segment: no room for content is left"
    )]
    UdhTooLong {
        /// Length of the header, with the concatenation element where one is needed.
        octets: usize,
        /// Octets of a segment.
        max: usize,
    },
    /// The content must be cut, but its header already has a concatenation element.
    #[error(
        "the content needs {needed} segments, but its header already has a concatenation element: \
         leave that out, or give each segment by itself"
    )]
    AlreadyConcatenated {
        /// Segments the content would need.
        needed: u32,
    },
}
