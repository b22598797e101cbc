//! PDUs passed as they are, for a raw link: login, link test and end stay with the protocol's own speaker.

use super::*;
use crate::wire::sgip::QueryRouteResp;
use crate::wire::{ErrorClass, cmpp, frame, header, sgip, smgp};
use std::sync::Arc;

/// Routes of one QueryRoute_Resp (`sgip.md 6.9`).
const FULL_PART: usize = 20;

#[derive(Debug)]
struct Raw {
    inner: Arc<dyn Dialect>,
}

/// The dialect of a raw link: every PDU that does not belong to the session itself comes as
/// [`Inbound::Raw`] or [`Inbound::RawAnswer`].
pub fn raw(protocol: Protocol, version: Version) -> Arc<dyn Dialect> {
    Arc::new(Raw { inner: dialect(protocol, version) })
}

/// Whether the session handles a command by itself: login, end, link test.
pub fn is_session_command(protocol: Protocol, command: u32) -> bool {
    match (protocol, command & !frame::RESPONSE) {
        (Protocol::Cmpp, request) => {
            matches!(request, cmpp::Connect::COMMAND | cmpp::Terminate::COMMAND | cmpp::ActiveTest::COMMAND)
        }
        (Protocol::Sgip, request) => matches!(request, sgip::Bind::COMMAND | sgip::Unbind::COMMAND),
        (Protocol::Smgp, request) => {
            matches!(request, smgp::Login::COMMAND | smgp::Exit::COMMAND | smgp::ActiveTest::COMMAND)
        }
    }
}

/// Whether an answer is whole with this part. Only SGIP's QueryRoute_Resp has parts: a frame with fewer than
/// 20 routes or without a body ends it. The text leaves open whether a single frame is followed by the empty
/// one; both are read (`sgip.md 6.9`).
fn is_last(pdu: &AnyPdu) -> bool {
    match pdu {
        AnyPdu::Sgip(sgip::Pdu::QueryRouteResp(QueryRouteResp { end_of_routes, routes, .. })) => {
            *end_of_routes || routes.len() < FULL_PART
        }
        _ => true,
    }
}

impl Dialect for Raw {
    fn protocol(&self) -> Protocol {
        self.inner.protocol()
    }

    fn version(&self) -> Version {
        self.inner.version()
    }

    fn login(&self, who: &Credentials<'_>, seq: Seq, out: &mut BytesMut) -> Result<LoginProof, EncodeError> {
        self.inner.login(who, seq, out)
    }

    fn login_answer(
        &self,
        request: &LoginRequest,
        status: u32,
        secret: Option<&[u8]>,
        seq: Seq,
        out: &mut BytesMut,
    ) {
        self.inner.login_answer(request, status, secret, seq, out);
    }

    fn login_check(&self, request: &LoginRequest, secret: &[u8]) -> Option<Notes> {
        self.inner.login_check(request, secret)
    }

    fn check_answer(&self, answer: &LoginAnswer, proof: &LoginProof, secret: &[u8]) -> AnswerCheck {
        self.inner.check_answer(answer, proof, secret)
    }

    fn refusal(&self, why: Refusal) -> u32 {
        self.inner.refusal(why)
    }

    fn decode(&self, frame: &[u8], notes: &mut Notes) -> Result<(Seq, Inbound), Undecodable> {
        let protocol = self.protocol();
        if header(protocol, frame).is_ok_and(|head| is_session_command(protocol, head.command)) {
            return self.inner.decode(frame, notes);
        }
        match AnyPdu::decode(protocol, self.version(), frame, notes) {
            Ok((head, pdu)) if pdu.command() & frame::RESPONSE != 0 => {
                let last = is_last(&pdu);
                Ok((head.seq, Inbound::RawAnswer { pdu: Box::new(pdu), last }))
            }
            Ok((head, pdu)) => Ok((head.seq, Inbound::Raw(Box::new(pdu)))),
            // What a frame that cannot be read leads to is the protocol's own rule.
            Err(error) => match self.inner.decode(frame, notes) {
                Err(bad) => Err(bad),
                Ok(_) if error.class == ErrorClass::UnknownCommand => {
                    Err(Undecodable { error, action: BadFrame::Skip, hint: None })
                }
                Ok(_) => Err(Undecodable { error, action: BadFrame::Close, hint: None }),
            },
        }
    }

    fn keepalive(&self, seq: Seq, out: &mut BytesMut) -> bool {
        self.inner.keepalive(seq, out)
    }

    fn refused(&self, frame: &[u8]) -> BadFrame {
        self.inner.refused(frame)
    }

    fn keepalive_answer(&self, seq: Seq, reserve: bool, out: &mut BytesMut) {
        self.inner.keepalive_answer(seq, reserve, out);
    }

    fn end(&self, seq: Seq, out: &mut BytesMut) {
        self.inner.end(seq, out);
    }

    fn end_answer(&self, seq: Seq, out: &mut BytesMut) {
        self.inner.end_answer(seq, out);
    }

    fn answer(&self, to: &AnswerTo, result: u32, out: &mut BytesMut) {
        self.inner.answer(to, result, out);
    }

    fn submit(&self, part: SubmitPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.inner.submit(part, out)
    }

    fn deliver(&self, part: DeliverPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.inner.deliver(part, out)
    }

    fn report(&self, part: &ReportPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.inner.report(part, out)
    }

    fn busy(&self) -> u32 {
        self.inner.busy()
    }

    fn malformed(&self) -> u32 {
        self.inner.malformed()
    }

    fn sequence_is_id(&self) -> bool {
        self.inner.sequence_is_id()
    }

    fn dials_both_ways(&self) -> bool {
        self.inner.dials_both_ways()
    }
}
