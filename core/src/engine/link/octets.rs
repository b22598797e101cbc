//! The protocol and version that octets for a peer are read with.

use super::Link;
use crate::link;
use crate::message::{LinkError, Token};
use crate::wire::{AnyPdu, Protocol, Version};

impl Link {
    /// The PDU that octets are in the protocol and version spoken with a peer; an empty name is the only peer's.
    ///
    /// # Errors
    /// No such peer; what is wrong with the octets.
    pub fn read(&self, peer: &str, octets: &[u8]) -> Result<AnyPdu, LinkError> {
        let (protocol, version) = self.speaks(peer).ok_or_else(|| LinkError::NoPeer(peer.to_owned()))?;
        link::read(protocol, version, octets)
    }

    /// As [`Link::read`], for the peer whose request has this token.
    ///
    /// # Errors
    /// STALE: no peer has given out the token; what is wrong with the octets.
    pub fn read_answer(&self, token: Token, octets: &[u8]) -> Result<AnyPdu, LinkError> {
        let (protocol, version) = self.speaks_at(token).ok_or(LinkError::Stale)?;
        link::read(protocol, version, octets)
    }

    fn speaks_at(&self, token: Token) -> Option<(Protocol, Version)> {
        let peer = self.inner.shared.by_token(token)?;
        Some((peer.dialect.protocol(), peer.dialect.version()))
    }
}
