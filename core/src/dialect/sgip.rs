//! SGIP 1.1, 1.2 and 1.3 (`sgip.md`).
//!
//! The sequence of a submit is its id. Both sides dial: the SP to submit, the gateway to deliver. There is no
//! link test; a quiet connection is closed and opened again when needed.

use super::cmpp::{REFUSED, fit, receiver, receivers, too_long};
use super::*;
use crate::wire::sgip::{self as pdu, Pdu};
use crate::wire::{ErrorClass, header};

#[derive(Debug)]
pub(super) struct Sgip {
    pub(super) version: Version,
}

/// LoginType of an SP that submits (`sgip.md 6.2`).
pub const LOGIN_SP: u8 = 1;
/// LoginType of a gateway that delivers.
pub const LOGIN_GATEWAY: u8 = 2;

/// ChargeNumber of 21 zeros: the SP pays.
const SP_PAYS: &str = "000000000000000000000";

impl Sgip {
    fn put(&self, pdu: Pdu, seq: Seq, out: &mut BytesMut) {
        let result = pdu.encode(self.version, seq, out);
        debug_assert!(result.is_ok(), "{result:?}");
    }

    /// A generic answer: one octet of result and eight reserved (`sgip.md 6.1`).
    fn generic(&self, command: u32, result: u32, seq: Seq, out: &mut BytesMut) {
        let result = u8::try_from(result).unwrap_or(u8::MAX);
        let reserve = [0; 8];
        let pdu = match command {
            pdu::BindResp::COMMAND => Pdu::BindResp(pdu::BindResp { result, reserve }),
            pdu::SubmitResp::COMMAND => Pdu::SubmitResp(pdu::SubmitResp { result, reserve }),
            pdu::DeliverResp::COMMAND => Pdu::DeliverResp(pdu::DeliverResp { result, reserve }),
            pdu::UserRptResp::COMMAND => Pdu::UserRptResp(pdu::UserRptResp { result, reserve }),
            _ => Pdu::ReportResp(pdu::ReportResp { result, reserve }),
        };
        self.put(pdu, seq, out);
    }
}

impl Dialect for Sgip {
    fn protocol(&self) -> Protocol {
        Protocol::Sgip
    }

    fn version(&self) -> Version {
        self.version
    }

    fn login(&self, who: &Credentials<'_>, seq: Seq, out: &mut BytesMut) -> Result<LoginProof, EncodeError> {
        let password = Text::from_octets(who.secret)
            .map_err(|_| too_long("bind", "login_password", 16, who.secret.len()))?;
        pdu::Bind {
            login_type: who.mode,
            login_name: fit("bind", "login_name", who.user)?,
            login_password: password,
            reserve: [0; 8],
        }
        .encode(self.version, seq, out)?;
        Ok(LoginProof::default())
    }

    fn login_answer(&self, _: &LoginRequest, status: u32, _: Option<&[u8]>, seq: Seq, out: &mut BytesMut) {
        self.generic(pdu::BindResp::COMMAND, status, seq, out);
    }

    fn login_check(&self, request: &LoginRequest, secret: &[u8]) -> Option<Notes> {
        digest::same(request.password.as_bytes(), secret).then(Notes::default)
    }

    fn check_answer(&self, _: &LoginAnswer, _: &LoginProof, _: &[u8]) -> AnswerCheck {
        AnswerCheck::Right
    }

    fn refusal(&self, why: Refusal) -> u32 {
        match why {
            Refusal::Credentials | Refusal::NotNow | Refusal::Address | Refusal::Version => 1,
            Refusal::TooMany => 3,
            Refusal::Mode => 4,
        }
    }

    fn decode(&self, frame: &[u8], notes: &mut Notes) -> Result<(Seq, Inbound), Undecodable> {
        let (head, body) = Pdu::decode(self.version, frame, notes).map_err(|e| self.undecodable(frame, e))?;
        let seq = head.seq;
        // Answers may come with the serial alone (sgip.md D16), requests without a node (sgip.md 15.1).
        if seq.node == 0 && (seq.time == 0 || !head.is_response()) {
            notes.insert(if head.is_response() { Note::AnswerSequence } else { Note::ZeroNode });
        }
        let to = AnswerTo { seq, command: head.command | 0x8000_0000, id: MsgId::default() };
        let answer = |result: u8| Inbound::Answer { id: MsgId::from_sgip(seq), result: u32::from(result) };
        let inbound = match body {
            Pdu::Bind(p) => Inbound::Login(LoginRequest {
                name: p.login_name.to_string_lossy().into_owned(),
                digest: [0; 16],
                password: p.login_password,
                timestamp: 0,
                version: 0,
                mode: p.login_type,
            }),
            Pdu::BindResp(p) => Inbound::LoginAnswer(LoginAnswer {
                status: u32::from(p.result),
                digest: [0; 16],
                version: 0,
                narrow: false,
            }),
            Pdu::Unbind(_) => Inbound::End,
            Pdu::UnbindResp(_) => Inbound::EndAnswer,
            Pdu::SubmitResp(p) => answer(p.result),
            Pdu::DeliverResp(p) => answer(p.result),
            Pdu::ReportResp(p) => answer(p.result),
            Pdu::Submit(p) => {
                content::look(Protocol::Sgip, p.tp_udhi, p.message_coding, &p.message_content, notes);
                Inbound::Submit(Box::new(AnyPdu::Sgip(Pdu::Submit(p))))
            }
            Pdu::Deliver(p) => Inbound::Deliver(Box::new(DeliverPdu {
                to,
                sender: widen(&p.user_number),
                receiver: widen(&p.sp_number),
                coding: Coding(p.message_coding),
                has_udh: content::look(
                    Protocol::Sgip,
                    p.tp_udhi,
                    p.message_coding,
                    &p.message_content,
                    notes,
                ),
                content: p.message_content,
                // Reserve carries the LinkID of an on-demand request (sgip.md 7.3).
                link_id: Text::from_octets(&p.reserve).unwrap_or_default(),
                service_id: Text::default(),
                part: None,
            })),
            Pdu::Report(p) => {
                if p.report_type > 1 {
                    notes.insert(Note::UnknownState);
                }
                let (stat, error) = match p.state {
                    0 => (text("DELIVRD"), 0),
                    1 => (text("ENROUTE"), 0),
                    2 => (text("UNDELIV"), p.error_code),
                    // Outside the table (sgip.md 8): the number stays visible. No list has it, so it is a failure.
                    other => {
                        notes.insert(Note::UnknownState);
                        (text(&other.to_string()), p.error_code)
                    }
                };
                Inbound::Report(Box::new(ReportPdu {
                    to,
                    id: MsgId::from_sgip(p.submit_sequence),
                    receiver: widen(&p.user_number),
                    stat,
                    error: text(&error.to_string()),
                    submit_time: Text::default(),
                    done_time: Text::default(),
                    raw: Bytes::copy_from_slice(frame.get(20..).unwrap_or_default()),
                }))
            }
            other => {
                // By what it was read as: the tables misprint the id of one answer as that of a request (sgip.md D1).
                let is_request = !other.is_response();
                Inbound::Other(Box::new(AnyPdu::Sgip(other)), is_request.then_some(to))
            }
        };
        Ok((seq, inbound))
    }

    fn keepalive(&self, _: Seq, _: &mut BytesMut) -> bool {
        false
    }

    fn refused(&self, frame: &[u8]) -> BadFrame {
        self.undecodable(frame, REFUSED).action
    }

    fn keepalive_answer(&self, _: Seq, _: bool, _: &mut BytesMut) {}

    fn end(&self, seq: Seq, out: &mut BytesMut) {
        self.put(Pdu::Unbind(pdu::Unbind::default()), seq, out);
    }

    fn end_answer(&self, seq: Seq, out: &mut BytesMut) {
        self.put(Pdu::UnbindResp(pdu::UnbindResp::default()), seq, out);
    }

    fn answer(&self, to: &AnswerTo, result: u32, out: &mut BytesMut) {
        self.generic(to.command, result, to.seq, out);
    }

    fn submit(&self, part: SubmitPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let s = part.settings;
        let name = "submit";
        let charge = if s.charge_number == "sp" { SP_PAYS } else { &s.charge_number };
        let user_numbers = receivers(name, "user_numbers", &part)?;
        // Of several receivers each pays for itself where the field is empty.
        let user = user_numbers.first().copied().filter(|_| part.more.is_empty()).unwrap_or_default();
        let mut reserve = [0; 8];
        let link_id: Text<8> = fit(name, "reserve", &s.link_id)?;
        for (to, from) in reserve.iter_mut().zip(link_id.as_bytes()) {
            *to = *from;
        }
        pdu::Submit {
            sp_number: fit(name, "sp_number", part.sender)?,
            charge_number: if charge.is_empty() { user } else { fit(name, "charge_number", charge)? },
            user_numbers,
            corp_id: fit(name, "corp_id", &s.corp_id)?,
            service_type: fit(name, "service_type", &s.service_type)?,
            fee_type: s.fee_type.parse().unwrap_or(1),
            fee_value: fit(name, "fee_value", &s.fee_value)?,
            given_value: fit(name, "given_value", &s.given_value)?,
            agent_flag: s.agent_flag,
            morelate_to_mt_flag: s.morelate_to_mt,
            priority: s.level,
            expire_time: fit(name, "expire_time", &s.valid_time)?,
            schedule_time: fit(name, "schedule_time", &s.at_time)?,
            // 0 would report failures only: "no report" must be said with 2 (sgip.md 7.1).
            report_flag: if part.report { 1 } else { 2 },
            tp_pid: s.tp_pid,
            tp_udhi: u8::from(part.has_udh),
            message_coding: part.coding.0,
            message_type: 0,
            message_content: part.content,
            reserve,
        }
        .encode(self.version, Seq::default(), out)
    }

    fn deliver(&self, part: DeliverPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let name = "deliver";
        let mut reserve = [0; 8];
        let link_id: Text<8> = fit(name, "reserve", part.link_id)?;
        for (to, from) in reserve.iter_mut().zip(link_id.as_bytes()) {
            *to = *from;
        }
        pdu::Deliver {
            user_number: receiver(name, "user_number", national(part.sender), true)?,
            sp_number: fit(name, "sp_number", part.receiver)?,
            tp_udhi: u8::from(part.has_udh),
            message_coding: part.coding.0,
            message_content: part.content,
            reserve,
            ..pdu::Deliver::default()
        }
        .encode(self.version, Seq::default(), out)
    }

    fn report(&self, part: &ReportPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let (state, error_code) = match part.stat {
            "DELIVRD" => (0, 0),
            "ENROUTE" | "ACCEPTD" => (1, 0),
            _ => (2, part.error.parse().unwrap_or(29)),
        };
        pdu::Report {
            submit_sequence: part.submit.to_sgip().unwrap_or_default(),
            report_type: 0,
            user_number: receiver("report", "user_number", national(part.receiver), true)?,
            state,
            error_code,
            reserve: [0; 8],
        }
        .encode(self.version, Seq::default(), out)
    }

    fn busy(&self) -> u32 {
        11
    }

    fn over_rate(&self) -> u32 {
        88
    }

    fn malformed(&self) -> u32 {
        5
    }

    fn sequence_is_id(&self) -> bool {
        true
    }

    fn dials_both_ways(&self) -> bool {
        true
    }
}

fn text(word: &str) -> Text<8> {
    Text::new(word).unwrap_or_default()
}

/// A number without the country code it may have been written with.
fn national(number: &str) -> &str {
    number.strip_prefix("86").filter(|rest| matches!(rest.len(), 11 | 13)).unwrap_or(number)
}

impl Sgip {
    /// `sgip.md 9.2`: an unknown command or a malformed answer closes the connection; a malformed message is
    /// answered, so that its sender learns of it.
    fn undecodable(&self, frame: &[u8], error: DecodeError) -> Undecodable {
        let action = match (error.class, header(Protocol::Sgip, frame)) {
            (ErrorClass::UnknownCommand, _) => BadFrame::Close,
            (class, Ok(head))
                if matches!(
                    head.command,
                    pdu::Submit::COMMAND
                        | pdu::Deliver::COMMAND
                        | pdu::Report::COMMAND
                        | pdu::UserRpt::COMMAND
                ) =>
            {
                let result = if class == ErrorClass::ValueOutOfRange { 5 } else { 8 };
                let command = head.command | 0x8000_0000;
                BadFrame::Answer(AnswerTo { seq: head.seq, command, id: MsgId::default() }, result)
            }
            _ => BadFrame::Close,
        };
        Undecodable { error, action, hint: None }
    }
}
