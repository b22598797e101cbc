//! CMPP 2.0, 2.1 and 3.0 (`cmpp.md`).

use super::*;
use crate::few::Few;
use crate::wire::cmpp::{self as pdu, Pdu};
use crate::wire::report::CmppReport;
use crate::wire::{EncodeErrorKind, ErrorClass, header};

#[derive(Debug)]
pub(super) struct Cmpp {
    pub(super) version: Version,
}

const SUBMIT_RESP: u32 = pdu::SubmitResp::COMMAND;
const DELIVER_RESP: u32 = pdu::DeliverResp::COMMAND;
const CANCEL_RESP: u32 = pdu::CancelResp::COMMAND;

impl Cmpp {
    fn is_3(&self) -> bool {
        self.version.0 >= 0x30
    }

    /// Encoding of answers cannot fail: every field is an integer or a digest.
    fn put(&self, pdu: Pdu, seq: Seq, out: &mut BytesMut) {
        let result = pdu.encode(self.version, seq, out);
        debug_assert!(result.is_ok(), "{result:?}");
    }

    fn digest_of_answer(&self, status: u32, source: &[u8; 16], secret: &[u8]) -> [u8; 16] {
        let wide = status.to_be_bytes();
        // The status counts with the width it has on the wire (cmpp.md 7.2).
        let width: &[u8] = if self.is_3() { &wide } else { &wide[3..] };
        digest::md5(&[width, source, secret])
    }
}

impl Dialect for Cmpp {
    fn protocol(&self) -> Protocol {
        Protocol::Cmpp
    }

    fn version(&self) -> Version {
        self.version
    }

    fn login(&self, who: &Credentials<'_>, seq: Seq, out: &mut BytesMut) -> Result<LoginProof, EncodeError> {
        let timestamp = who.at.mmddhhmmss();
        // A name longer than the field is hashed whole and written cut (quirk 36).
        let digest = digest::login(who.user.as_bytes(), 9, who.secret, timestamp);
        let name = if who.source_addr.is_empty() { who.user } else { who.source_addr }.as_bytes();
        let request = pdu::Connect {
            source_addr: Text::from_octets(name.get(..6).unwrap_or(name)).unwrap_or_default(),
            authenticator_source: digest,
            version: self.version.0,
            timestamp,
        };
        request.encode(self.version, seq, out)?;
        Ok(LoginProof { digest })
    }

    fn login_answer(
        &self,
        request: &LoginRequest,
        status: u32,
        secret: Option<&[u8]>,
        seq: Seq,
        out: &mut BytesMut,
    ) {
        let digest = match secret {
            Some(secret) if status == 0 => self.digest_of_answer(status, &request.digest, secret),
            _ => [0; 16],
        };
        let answer = pdu::ConnectResp { status, authenticator_ismg: digest, version: self.version.0 };
        self.put(Pdu::ConnectResp(answer), seq, out);
    }

    fn login_check(&self, request: &LoginRequest, secret: &[u8]) -> Option<Notes> {
        let name = request.name.as_bytes();
        if digest::same(&digest::login(name, 9, secret, request.timestamp), &request.digest) {
            return Some(Notes::default());
        }
        // An old client library hashes the time without its leading zero (quirk 18).
        let unpadded = digest::md5(&[name, &[0; 9], secret, request.timestamp.to_string().as_bytes()]);
        digest::same(&unpadded, &request.digest).then(|| Notes::from_iter([Note::UnpaddedTime]))
    }

    fn check_answer(&self, answer: &LoginAnswer, proof: &LoginProof, secret: &[u8]) -> AnswerCheck {
        let status = answer.status.to_be_bytes();
        let native: &[u8] = if answer.narrow { &status[3..] } else { &status };
        let other: &[u8] = if answer.narrow { &status } else { &status[3..] };
        let is = |status: &[u8]| digest::same(&digest::md5(&[status, &proof.digest, secret]), &answer.digest);
        if is(native) {
            AnswerCheck::Right
        } else if answer.digest == [0; 16] {
            AnswerCheck::Empty
        } else if is(other) {
            AnswerCheck::Deviation("status hashed with another width")
        } else if is(answer.status.to_string().as_bytes()) {
            AnswerCheck::Deviation("status hashed as a decimal digit")
        } else {
            AnswerCheck::Wrong
        }
    }

    fn refusal(&self, why: Refusal) -> u32 {
        match why {
            Refusal::Credentials | Refusal::NotNow => 3,
            Refusal::Address => 2,
            Refusal::Version => 4,
            Refusal::TooMany | Refusal::Mode => 5,
        }
    }

    fn decode(&self, frame: &[u8], notes: &mut Notes) -> Result<(Seq, Inbound), Undecodable> {
        // Almost all frames are submits and answers: read without the detour over the enum of all PDUs.
        if let Ok(head) = header(Protocol::Cmpp, frame)
            && matches!(head.command, SUBMIT_RESP | DELIVER_RESP | pdu::Submit::COMMAND)
        {
            let body = frame.get(12..).unwrap_or_default();
            if head.command == pdu::Submit::COMMAND {
                let read = pdu::Submit::decode_body(self.version, body, notes);
                let mut submit = read.map_err(|e| self.undecodable(frame, e))?;
                look_at(&mut submit, notes);
                return Ok((head.seq, Inbound::Submit(Box::new(AnyPdu::Cmpp(Pdu::Submit(submit))))));
            }
            let read = match head.command {
                SUBMIT_RESP => {
                    pdu::SubmitResp::decode_body(self.version, body, notes).map(|p| (p.msg_id, p.result))
                }
                _ => pdu::DeliverResp::decode_body(self.version, body, notes).map(|p| (p.msg_id, p.result)),
            };
            let (id, result) = read.map_err(|e| self.undecodable(frame, e))?;
            if head.command == SUBMIT_RESP && id == 0 && result == 0 {
                notes.insert(Note::ZeroId);
            }
            return Ok((head.seq, Inbound::Answer { id: MsgId::from_cmpp(id), result }));
        }
        let (head, body) = Pdu::decode(self.version, frame, notes).map_err(|e| self.undecodable(frame, e))?;
        let seq = head.seq;
        let inbound = match body {
            Pdu::Connect(p) => Inbound::Login(LoginRequest {
                name: p.source_addr.to_string_lossy().into_owned(),
                digest: p.authenticator_source,
                password: Text::default(),
                timestamp: p.timestamp,
                version: p.version,
                mode: 2,
            }),
            Pdu::ConnectResp(p) => Inbound::LoginAnswer(LoginAnswer {
                status: p.status,
                digest: p.authenticator_ismg,
                version: p.version,
                // The reply's length decides the layout (quirk 6).
                narrow: head.length == 30,
            }),
            Pdu::Terminate(_) => Inbound::End,
            Pdu::TerminateResp(_) => Inbound::EndAnswer,
            Pdu::ActiveTest(_) => Inbound::KeepAlive,
            Pdu::ActiveTestResp(p) => {
                if p.reserved.is_some_and(|octet| octet != 0) {
                    notes.insert(Note::ReservedValue);
                }
                Inbound::KeepAliveAnswer
            }
            Pdu::Submit(mut p) => {
                look_at(&mut p, notes);
                Inbound::Submit(Box::new(AnyPdu::Cmpp(Pdu::Submit(p))))
            }
            Pdu::Deliver(p) => self.deliver_or_report(seq, p, notes),
            Pdu::Query(p) => {
                let to = AnswerTo { seq, command: pdu::QueryResp::COMMAND, id: MsgId::default() };
                let service = (p.query_type != 0).then_some(p.query_code);
                Inbound::Query(to, Box::new(Query { day: p.time, service }))
            }
            Pdu::QueryResp(p) => Inbound::Counts(Box::new(DayCounts {
                mt_messages: p.mt_tl_msg,
                mt_receivers: p.mt_tl_usr,
                mt_sent: p.mt_scs,
                mt_waiting: p.mt_wt,
                mt_failed: p.mt_fl,
                mo_delivered: p.mo_scs,
                mo_waiting: p.mo_wt,
                mo_failed: p.mo_fl,
            })),
            Pdu::Cancel(p) => {
                let to = AnswerTo { seq, command: CANCEL_RESP, id: MsgId::default() };
                Inbound::Cancel(to, MsgId::from_cmpp(p.msg_id))
            }
            Pdu::CancelResp(p) => Inbound::Answer { id: MsgId::default(), result: p.success_id },
            other => Inbound::Other(Box::new(AnyPdu::Cmpp(other)), None),
        };
        Ok((seq, inbound))
    }

    fn keepalive(&self, seq: Seq, out: &mut BytesMut) -> bool {
        self.put(Pdu::ActiveTest(pdu::ActiveTest::default()), seq, out);
        true
    }

    fn refused(&self, frame: &[u8]) -> BadFrame {
        self.undecodable(frame, REFUSED).action
    }

    fn keepalive_answer(&self, seq: Seq, _: bool, out: &mut BytesMut) {
        self.put(Pdu::ActiveTestResp(pdu::ActiveTestResp { reserved: Some(0) }), seq, out);
    }

    fn end(&self, seq: Seq, out: &mut BytesMut) {
        self.put(Pdu::Terminate(pdu::Terminate::default()), seq, out);
    }

    fn end_answer(&self, seq: Seq, out: &mut BytesMut) {
        self.put(Pdu::TerminateResp(pdu::TerminateResp::default()), seq, out);
    }

    fn answer(&self, to: &AnswerTo, result: u32, out: &mut BytesMut) {
        let msg_id = to.id.to_cmpp().unwrap_or(0);
        // One octet in 2.x: a code that does not fit becomes "other".
        let result = if self.is_3() { result } else { result.min(255) };
        let written = match to.command {
            SUBMIT_RESP => pdu::SubmitResp { msg_id, result }.encode(self.version, to.seq, out),
            CANCEL_RESP => pdu::CancelResp { success_id: result }.encode(self.version, to.seq, out),
            _ => pdu::DeliverResp { msg_id, result }.encode(self.version, to.seq, out),
        };
        debug_assert!(written.is_ok(), "{written:?}");
    }

    fn submit(&self, part: SubmitPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let s = part.settings;
        let name = "submit";
        // The default is the SP_Id, which is the first six characters of a longer login name (quirk 36).
        let msg_src = if s.msg_src.is_empty() { part.user.get(..6).unwrap_or(part.user) } else { &s.msg_src };
        pdu::Submit {
            msg_id: 0,
            pk_total: part.total,
            pk_number: part.index,
            registered_delivery: u8::from(part.report),
            msg_level: s.level,
            service_id: fit(name, "service_id", &s.service_id)?,
            fee_user_type: s.fee_user_type,
            fee_terminal_id: fit(name, "fee_terminal_id", &s.fee_terminal)?,
            fee_terminal_type: if self.is_3() { s.fee_terminal_type } else { 0 },
            tp_pid: s.tp_pid,
            tp_udhi: if part.has_udh { s.udhi.octet() } else { 0 },
            msg_fmt: part.coding.0,
            msg_src: fit(name, "msg_src", msg_src)?,
            fee_type: fit(name, "fee_type", &s.fee_type)?,
            fee_code: fit(name, "fee_code", &s.fee_code)?,
            valid_time: fit(name, "valid_time", &s.valid_time)?,
            at_time: fit(name, "at_time", &s.at_time)?,
            src_id: fit(name, "src_id", part.sender)?,
            dest_terminal_id: receivers(name, "dest_terminal_id", &part)?,
            dest_terminal_type: 0,
            msg_content: part.content,
            reserve: [0; 8],
            link_id: if self.is_3() { fit(name, "link_id", &s.link_id)? } else { Text::default() },
        }
        .encode(self.version, Seq::default(), out)
    }

    fn deliver(&self, part: DeliverPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let name = "deliver";
        pdu::Deliver {
            msg_id: part.id.to_cmpp().unwrap_or(0),
            dest_id: fit(name, "dest_id", part.receiver)?,
            service_id: fit(name, "service_id", part.service_id)?,
            tp_udhi: if part.has_udh { part.settings.udhi.octet() } else { 0 },
            msg_fmt: part.coding.0,
            src_terminal_id: fit(name, "src_terminal_id", part.sender)?,
            registered_delivery: 0,
            msg_content: part.content,
            link_id: if self.is_3() { fit(name, "link_id", part.link_id)? } else { Text::default() },
            ..pdu::Deliver::default()
        }
        .encode(self.version, Seq::default(), out)
    }

    fn report(&self, part: &ReportPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let name = "report";
        let content = CmppReport {
            msg_id: part.submit.to_cmpp().unwrap_or(0),
            stat: fit(name, "stat", part.stat)?,
            submit_time: part.submitted.yymmddhhmm(),
            done_time: part.done.yymmddhhmm(),
            dest_terminal_id: fit(name, "dest_terminal_id", part.receiver)?,
            smsc_sequence: 0,
        }
        .to_bytes(self.version)?;
        pdu::Deliver {
            msg_id: part.id.to_cmpp().unwrap_or(0),
            dest_id: fit(name, "dest_id", part.sender)?,
            src_terminal_id: fit(name, "src_terminal_id", part.receiver)?,
            registered_delivery: 1,
            msg_content: content,
            ..pdu::Deliver::default()
        }
        .encode(self.version, Seq::default(), out)
    }

    fn query(&self, query: &Query, out: &mut BytesMut) -> bool {
        let pdu = pdu::Query {
            time: query.day,
            query_type: u8::from(query.service.is_some()),
            query_code: query.service.unwrap_or_default(),
            reserve: [0; 8],
        };
        self.put(Pdu::Query(pdu), Seq::default(), out);
        true
    }

    fn query_answer(&self, seq: Seq, query: &Query, counts: &DayCounts, out: &mut BytesMut) {
        let pdu = pdu::QueryResp {
            time: query.day,
            query_type: u8::from(query.service.is_some()),
            query_code: query.service.unwrap_or_default(),
            mt_tl_msg: counts.mt_messages,
            mt_tl_usr: counts.mt_receivers,
            mt_scs: counts.mt_sent,
            mt_wt: counts.mt_waiting,
            mt_fl: counts.mt_failed,
            mo_scs: counts.mo_delivered,
            mo_wt: counts.mo_waiting,
            mo_fl: counts.mo_failed,
        };
        self.put(Pdu::QueryResp(pdu), seq, out);
    }

    fn cancel(&self, id: MsgId, out: &mut BytesMut) -> bool {
        let Some(msg_id) = id.to_cmpp() else { return false };
        self.put(Pdu::Cancel(pdu::Cancel { msg_id }), Seq::default(), out);
        true
    }

    fn busy(&self) -> u32 {
        8
    }

    fn malformed(&self) -> u32 {
        1
    }
}

impl Cmpp {
    fn deliver_or_report(&self, seq: Seq, p: pdu::Deliver, notes: &mut Notes) -> Inbound {
        let to = AnswerTo { seq, command: DELIVER_RESP, id: MsgId::from_cmpp(p.msg_id) };
        if p.registered_delivery == 0 {
            let has_udh = content::look(Protocol::Cmpp, p.tp_udhi, p.msg_fmt, &p.msg_content, notes);
            return Inbound::Deliver(Box::new(DeliverPdu {
                to,
                sender: p.src_terminal_id,
                receiver: widen(&p.dest_id),
                coding: Coding(p.msg_fmt),
                has_udh,
                content: p.msg_content,
                link_id: p.link_id,
                service_id: p.service_id,
                part: None,
            }));
        }
        // The draft of 3.0 and some gateways write the report of 2.x, some of 2.x that of 3.0 (quirks 1 and 3).
        let other = if self.is_3() { 60 } else { 71 };
        if p.msg_content.len() == other {
            notes.insert(Note::ReportSize);
        }
        match CmppReport::parse(&p.msg_content, notes) {
            Ok(r) => {
                content::state(Protocol::Cmpp, &r.stat, notes);
                Inbound::Report(Box::new(ReportPdu {
                    to,
                    id: MsgId::from_cmpp(r.msg_id),
                    receiver: r.dest_terminal_id,
                    stat: widen(&r.stat),
                    error: Text::default(),
                    submit_time: widen(&r.submit_time),
                    done_time: widen(&r.done_time),
                    raw: p.msg_content,
                }))
            }
            Err(_) => Inbound::BadReport(to, p.msg_content),
        }
    }

    /// `cmpp.md 11.5`: an unknown command is skipped, a bad request is answered where an answer exists, and
    /// anything else ends the connection.
    fn undecodable(&self, frame: &[u8], error: DecodeError) -> Undecodable {
        let action = match (error.class, header(Protocol::Cmpp, frame)) {
            (ErrorClass::UnknownCommand, _) => BadFrame::Skip,
            (class, Ok(head)) if matches!(head.command, pdu::Submit::COMMAND | pdu::Deliver::COMMAND) => {
                let too_long = class == ErrorClass::FieldOverrunsFrame
                    && matches!(error.field, "msg_content" | "msg_length");
                let command = head.command | 0x8000_0000;
                BadFrame::Answer(
                    AnswerTo { seq: head.seq, command, id: MsgId::default() },
                    if too_long { 4 } else { 1 },
                )
            }
            _ => BadFrame::Close,
        };
        Undecodable { error, action, hint: None }
    }
}

/// Says of a frame that it is malformed, where nothing is wrong but what the account does not tolerate.
pub(super) const REFUSED: DecodeError =
    DecodeError { pdu: "", field: "", offset: 0, class: ErrorClass::ValueOutOfRange };

/// Notes what is odd about a submit. A billed number of zeros only is taken for an empty one (quirk 26).
fn look_at(p: &mut pdu::Submit, notes: &mut Notes) {
    content::look(Protocol::Cmpp, p.tp_udhi, p.msg_fmt, &p.msg_content, notes);
    if !p.fee_terminal_id.is_empty() && p.fee_terminal_id.as_bytes().iter().all(|octet| *octet == b'0') {
        notes.insert(Note::ZeroNumber);
        p.fee_terminal_id = Text::default();
    }
}

/// The error of a text that does not fit its field.
pub(super) fn too_long(pdu: &'static str, field: &'static str, limit: usize, actual: usize) -> EncodeError {
    EncodeError { pdu, field, limit, actual, kind: EncodeErrorKind::TooLong }
}

/// A text that fits its field, or an error that names the field and its width.
pub(super) fn fit<const N: usize>(
    pdu: &'static str,
    field: &'static str,
    value: &str,
) -> Result<Text<N>, EncodeError> {
    Text::new(value).map_err(|_| too_long(pdu, field, N, value.len()))
}

/// The receivers of a submit in the form the account wants.
pub(super) fn receivers<const N: usize>(
    pdu: &'static str,
    field: &'static str,
    part: &SubmitPart<'_>,
) -> Result<Few<Text<N>>, EncodeError> {
    let prefix86 = part.settings.prefix86;
    let mut all = Few::One(receiver(pdu, field, part.receiver, prefix86)?);
    for more in part.more {
        all.push(receiver(pdu, field, &more.to_string_lossy(), prefix86)?);
    }
    Ok(all)
}

/// The receiver in the form the account wants.
pub(super) fn receiver<const N: usize>(
    pdu: &'static str,
    field: &'static str,
    national: &str,
    prefix86: bool,
) -> Result<Text<N>, EncodeError> {
    if !prefix86 {
        return fit(pdu, field, national);
    }
    let mut octets = [0u8; 64];
    let text = [b"86", national.as_bytes()];
    let len = text.iter().map(|t| t.len()).sum::<usize>();
    let error = too_long(pdu, field, N, len);
    let room = octets.get_mut(..len).ok_or(error)?;
    let (prefix, rest) = room.split_at_mut(2);
    prefix.copy_from_slice(text[0]);
    rest.copy_from_slice(text[1]);
    Text::from_octets(room).map_err(|_| error)
}
