//! SMGP 1.3, 2.0 and 3.0 (`smgp.md`).

use super::cmpp::{REFUSED, fit, receivers};
use super::*;
use crate::wire::smgp::{self as pdu, Pdu};
use crate::wire::{ErrorClass, SmgpReport, Tlvs, header};

#[derive(Debug)]
pub(super) struct Smgp {
    pub(super) version: Version,
}

const SUBMIT_RESP: u32 = pdu::SubmitResp::COMMAND;
const DELIVER_RESP: u32 = pdu::DeliverResp::COMMAND;

impl Smgp {
    fn put(&self, pdu: Pdu, seq: Seq, out: &mut BytesMut) {
        let result = pdu.encode(self.version, seq, out);
        debug_assert!(result.is_ok(), "{result:?}");
    }

    fn has_tlvs(&self) -> bool {
        self.version.0 >= 0x30
    }
}

impl Dialect for Smgp {
    fn protocol(&self) -> Protocol {
        Protocol::Smgp
    }

    fn version(&self) -> Version {
        self.version
    }

    fn login(&self, who: &Credentials<'_>, seq: Seq, out: &mut BytesMut) -> Result<LoginProof, EncodeError> {
        let time_stamp = who.at.mmddhhmmss();
        let digest = digest::login(who.user.as_bytes(), 7, who.secret, time_stamp);
        pdu::Login {
            client_id: fit("login", "client_id", who.user)?,
            authenticator_client: digest,
            login_mode: who.mode,
            time_stamp,
            client_version: self.version.octet(),
        }
        .encode(self.version, seq, out)?;
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
        let authenticator_server = match secret {
            Some(secret) if status == 0 => digest::md5(&[&status.to_be_bytes(), &request.digest, secret]),
            _ => [0; 16],
        };
        let answer = pdu::LoginResp { status, authenticator_server, server_version: self.version.octet() };
        self.put(Pdu::LoginResp(answer), seq, out);
    }

    fn login_check(&self, request: &LoginRequest, secret: &[u8]) -> Option<Notes> {
        let name = request.name.as_bytes();
        if digest::same(&digest::login(name, 7, secret, request.timestamp), &request.digest) {
            return Some(Notes::default());
        }
        // A client hashes the whole field of eight, with its padding (smgp.md quirk 3).
        let padding = 8usize.saturating_sub(name.len());
        let zeros = [0; 15];
        let zeros = zeros.get(..padding.saturating_add(7)).unwrap_or(&zeros);
        let time = format!("{:010}", request.timestamp);
        let padded = digest::md5(&[name, zeros, secret, time.as_bytes()]);
        digest::same(&padded, &request.digest).then(|| Notes::from_iter([Note::PaddedName]))
    }

    fn check_answer(&self, answer: &LoginAnswer, proof: &LoginProof, secret: &[u8]) -> AnswerCheck {
        let right = digest::md5(&[&answer.status.to_be_bytes(), &proof.digest, secret]);
        if digest::same(&right, &answer.digest) {
            AnswerCheck::Right
        } else if answer.digest == [0; 16] {
            AnswerCheck::Empty
        } else {
            AnswerCheck::Wrong
        }
    }

    fn refusal(&self, why: Refusal) -> u32 {
        match why {
            Refusal::Credentials | Refusal::NotNow | Refusal::Mode => 21,
            Refusal::Address => 20,
            Refusal::Version => 22,
            Refusal::TooMany => 2,
        }
    }

    fn decode(&self, frame: &[u8], notes: &mut Notes) -> Result<(Seq, Inbound), Undecodable> {
        // Half of all frames are answers: read without the detour over the enum of all PDUs.
        if let Ok(head) = header(Protocol::Smgp, frame)
            && matches!(head.command, SUBMIT_RESP | DELIVER_RESP)
        {
            let body = frame.get(12..).unwrap_or_default();
            let read = match head.command {
                SUBMIT_RESP => {
                    pdu::SubmitResp::decode_body(self.version, body, notes).map(|p| (p.msg_id, p.status))
                }
                _ => pdu::DeliverResp::decode_body(self.version, body, notes).map(|p| (p.msg_id, p.status)),
            };
            let (id, result) = read.map_err(|e| self.undecodable(frame, e))?;
            if head.command == SUBMIT_RESP && id == [0; 10] && result == 0 {
                notes.insert(Note::ZeroId);
            }
            return Ok((head.seq, Inbound::Answer { id: MsgId::from_smgp(id), result }));
        }
        let (head, body) = Pdu::decode(self.version, frame, notes).map_err(|e| self.undecodable(frame, e))?;
        let seq = head.seq;
        let inbound = match body {
            Pdu::Login(p) => Inbound::Login(LoginRequest {
                name: p.client_id.to_string_lossy().into_owned(),
                digest: p.authenticator_client,
                password: Text::default(),
                timestamp: p.time_stamp,
                version: p.client_version,
                mode: p.login_mode,
            }),
            Pdu::LoginResp(p) => Inbound::LoginAnswer(LoginAnswer {
                status: p.status,
                digest: p.authenticator_server,
                version: p.server_version,
                narrow: false,
            }),
            Pdu::Exit(_) => Inbound::End,
            Pdu::ExitResp(_) => Inbound::EndAnswer,
            Pdu::ActiveTest(_) => Inbound::KeepAlive,
            Pdu::ActiveTestResp(_) => {
                // We never number a request 0 (smgp.md quirk 8).
                if seq.serial == 0 {
                    notes.insert(Note::AnswerSequence);
                }
                Inbound::KeepAliveAnswer
            }
            Pdu::Submit(p) => {
                self.look(&p.tlvs, p.msg_format, &p.msg_content, notes);
                Inbound::Submit(Box::new(AnyPdu::Smgp(Pdu::Submit(p))))
            }
            Pdu::Deliver(p) => self.deliver_or_report(seq, p, notes),
            Pdu::Query(p) => {
                let to = AnswerTo { seq, command: pdu::QueryResp::COMMAND, id: MsgId::default() };
                let service = (p.query_type != 0).then_some(p.query_code);
                Inbound::Query(to, Box::new(Query { day: p.query_time, service }))
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
            other => Inbound::Other(Box::new(AnyPdu::Smgp(other)), None),
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

    fn keepalive_answer(&self, seq: Seq, reserve: bool, out: &mut BytesMut) {
        let start = out.len();
        self.put(Pdu::ActiveTestResp(pdu::ActiveTestResp::default()), seq, out);
        if reserve {
            out.extend_from_slice(&[0]);
            let length = u32::try_from(out.len().saturating_sub(start)).unwrap_or_default();
            if let Some(field) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
                *field = length.to_be_bytes();
            }
        }
    }

    fn end(&self, seq: Seq, out: &mut BytesMut) {
        self.put(Pdu::Exit(pdu::Exit::default()), seq, out);
    }

    fn end_answer(&self, seq: Seq, out: &mut BytesMut) {
        self.put(Pdu::ExitResp(pdu::ExitResp::default()), seq, out);
    }

    fn answer(&self, to: &AnswerTo, result: u32, out: &mut BytesMut) {
        let (msg_id, status) = (to.id.to_smgp().unwrap_or_default(), result);
        let written = match to.command {
            SUBMIT_RESP => pdu::SubmitResp { msg_id, status }.encode(self.version, to.seq, out),
            _ => pdu::DeliverResp { msg_id, status }.encode(self.version, to.seq, out),
        };
        debug_assert!(written.is_ok(), "{written:?}");
    }

    fn submit(&self, part: SubmitPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let s = part.settings;
        let name = "submit";
        let mut tlvs = Tlvs::default();
        if self.has_tlvs() {
            if s.tp_pid != 0 {
                tlvs.set_tp_pid(s.tp_pid);
            }
            if part.has_udh {
                // A header without all three shows as garbage on handsets (user pain 35).
                tlvs.set_tp_udhi(1);
                tlvs.set_pk_total(part.total);
                tlvs.set_pk_number(part.index);
            }
            if !s.link_id.is_empty() {
                put_tlv(tlvs.set_link_id(&s.link_id), "link_id", 20, &s.link_id)?;
            }
            if !s.msg_src.is_empty() {
                put_tlv(tlvs.set_msg_src(&s.msg_src), "msg_src", 8, &s.msg_src)?;
            }
            if !s.m_service_id.is_empty() {
                put_tlv(tlvs.set_m_service_id(&s.m_service_id), "m_service_id", 21, &s.m_service_id)?;
            }
            if s.sub_msg_type != 0 {
                tlvs.set_submit_msg_type(s.sub_msg_type);
            }
            if s.fee_user_type != 0 {
                tlvs.set_charge_user_type(s.fee_user_type);
            }
        }
        pdu::Submit {
            msg_type: s.msg_type,
            need_report: u8::from(part.report),
            priority: s.level,
            service_id: fit(name, "service_id", &s.service_id)?,
            fee_type: fit(name, "fee_type", &s.fee_type)?,
            fee_code: fit(name, "fee_code", &s.fee_code)?,
            // Layout C of 1.3 has no such field (smgp.md 14.2); what the caller did not choose is left out there.
            fixed_fee: match &*s.fixed_fee {
                "000000" if self.version == pdu::V13C => Text::default(),
                fee => fit(name, "fixed_fee", fee)?,
            },
            msg_format: part.coding.0,
            valid_time: fit(name, "valid_time", &s.valid_time)?,
            at_time: fit(name, "at_time", &s.at_time)?,
            src_term_id: fit(name, "src_term_id", part.sender)?,
            charge_term_id: fit(name, "charge_term_id", &s.charge_term_id)?,
            dest_term_id: receivers(name, "dest_term_id", &part)?,
            msg_content: part.content,
            reserve: [0; 8],
            tlvs,
        }
        .encode(self.version, Seq::default(), out)
    }

    fn deliver(&self, part: DeliverPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let name = "deliver";
        let mut tlvs = Tlvs::default();
        if self.has_tlvs() {
            if part.has_udh {
                tlvs.set_tp_udhi(1);
            }
            if !part.link_id.is_empty() {
                put_tlv(tlvs.set_link_id(part.link_id), "link_id", 20, part.link_id)?;
            }
        }
        pdu::Deliver {
            msg_id: part.id.to_smgp().unwrap_or_default(),
            is_report: 0,
            msg_format: part.coding.0,
            recv_time: part.at.yyyymmddhhmmss(),
            src_term_id: fit(name, "src_term_id", part.sender)?,
            dest_term_id: fit(name, "dest_term_id", part.receiver)?,
            msg_content: part.content,
            reserve: [0; 8],
            tlvs,
        }
        .encode(self.version, Seq::default(), out)
    }

    fn report(&self, part: &ReportPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let name = "report";
        let error = match part.error {
            "" if part.stat == "DELIVRD" => "000",
            "" => "999",
            given => given,
        };
        let report = SmgpReport {
            msg_id: part.submit.to_smgp().unwrap_or_default(),
            sub: fit(name, "sub", "001")?,
            dlvrd: fit(name, "dlvrd", "001")?,
            submit_date: part.submitted.yymmddhhmm().resize().unwrap_or_default(),
            done_date: part.done.yymmddhhmm().resize().unwrap_or_default(),
            stat: fit(name, "stat", part.stat)?,
            err: fit(name, "err", error)?,
            text: SmgpReport::excerpt(part.excerpt),
        };
        pdu::Deliver {
            msg_id: part.id.to_smgp().unwrap_or_default(),
            is_report: 1,
            msg_format: 0,
            recv_time: part.done.yyyymmddhhmmss(),
            src_term_id: fit(name, "src_term_id", part.receiver)?,
            dest_term_id: fit(name, "dest_term_id", part.sender)?,
            msg_content: report.to_bytes()?,
            reserve: [0; 8],
            tlvs: Tlvs::default(),
        }
        .encode(self.version, Seq::default(), out)
    }

    fn query(&self, query: &Query, out: &mut BytesMut) -> bool {
        let pdu = pdu::Query {
            query_time: query.day,
            query_type: u8::from(query.service.is_some()),
            query_code: query.service.unwrap_or_default(),
        };
        self.put(Pdu::Query(pdu), Seq::default(), out);
        true
    }

    fn query_answer(&self, seq: Seq, query: &Query, counts: &DayCounts, out: &mut BytesMut) {
        let pdu = pdu::QueryResp {
            query_time: query.day,
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
            reserve: [0; 8],
        };
        self.put(Pdu::QueryResp(pdu), seq, out);
    }

    fn busy(&self) -> u32 {
        1
    }

    fn malformed(&self) -> u32 {
        10
    }
}

impl Smgp {
    fn deliver_or_report(&self, seq: Seq, p: pdu::Deliver, notes: &mut Notes) -> Inbound {
        let to = AnswerTo { seq, command: DELIVER_RESP, id: MsgId::from_smgp(p.msg_id) };
        if p.is_report == 0 {
            let has_udh = self.look(&p.tlvs, p.msg_format, &p.msg_content, notes);
            let part = content::part(p.tlvs.pk_total(), p.tlvs.pk_number(), notes);
            return Inbound::Deliver(Box::new(DeliverPdu {
                to,
                sender: widen(&p.src_term_id),
                receiver: widen(&p.dest_term_id),
                coding: Coding(p.msg_format),
                has_udh,
                part,
                link_id: p.tlvs.link_id().and_then(|id| Text::from_octets(id).ok()).unwrap_or_default(),
                content: p.msg_content,
                service_id: Text::default(),
            }));
        }
        // Usually the handset is the source, but some gateways swap the two: take the one that is written like a
        // phone number.
        let swapped = looks_like_phone(&p.dest_term_id) && !looks_like_phone(&p.src_term_id);
        match SmgpReport::parse(&p.msg_content, notes) {
            Ok(r) => {
                content::state(Protocol::Smgp, &r.stat, notes);
                if swapped {
                    notes.insert(Note::SwappedNumbers);
                }
                Inbound::Report(Box::new(ReportPdu {
                    to,
                    id: MsgId::from_smgp(r.msg_id),
                    receiver: widen(if swapped { &p.dest_term_id } else { &p.src_term_id }),
                    stat: r.stat,
                    error: widen(&r.err),
                    submit_time: widen(&r.submit_date),
                    done_time: widen(&r.done_date),
                    raw: p.msg_content,
                }))
            }
            Err(_) => Inbound::BadReport(to, p.msg_content),
        }
    }

    /// `smgp.md 4`, `18`: an unknown request is skipped, a bad message is answered, a bad login closes.
    fn undecodable(&self, frame: &[u8], error: DecodeError) -> Undecodable {
        let action = match (error.class, header(Protocol::Smgp, frame)) {
            (ErrorClass::UnknownCommand, _) => BadFrame::Skip,
            (class, Ok(head)) if matches!(head.command, pdu::Submit::COMMAND | pdu::Deliver::COMMAND) => {
                // None is 47, more than 100 is 10 (smgp.md 18).
                let no_receiver = class == ErrorClass::ValueOutOfRange
                    && error.field == "dest_term_id_count"
                    && frame.get(error.offset) == Some(&0);
                let command = head.command | 0x8000_0000;
                BadFrame::Answer(
                    AnswerTo { seq: head.seq, command, id: MsgId::default() },
                    if no_receiver { 47 } else { 10 },
                )
            }
            _ => BadFrame::Close,
        };
        Undecodable { error, action, hint: hint(frame, &error) }
    }

    /// What is odd about optional parameters and content; returns whether the parameters speak of a header.
    fn look(&self, tlvs: &Tlvs, format: u8, content: &[u8], notes: &mut Notes) -> bool {
        if tlvs.iter().any(|tlv| tlv.name().is_none()) {
            notes.insert(Note::UnknownTlv);
        }
        content::look(Protocol::Smgp, tlvs.tp_udhi().unwrap_or(0), format, content, notes)
    }
}

/// An encoder that leaves out MsgLength lets the content begin in its place: the first octet of a GBK text is taken for
/// the length (`smgp.md` 16, row 16).
fn hint(frame: &[u8], error: &DecodeError) -> Option<&'static str> {
    let length = frame.get(error.offset).copied().unwrap_or(0);
    (error.class == ErrorClass::FieldOverrunsFrame && error.field == "msg_length" && length > 0x80)
        .then_some("perhaps the length was left out and the content begins in its place")
}

/// Names the field of a TLV that is too long.
fn put_tlv(
    set: Result<(), crate::wire::TooLong>,
    field: &'static str,
    limit: usize,
    value: &str,
) -> Result<(), EncodeError> {
    set.map_err(|_| cmpp::too_long("submit", field, limit, value.len()))
}

fn looks_like_phone(number: &Text<21>) -> bool {
    let digits = number.as_bytes();
    let national = digits.strip_prefix(b"86").filter(|d| d.len() == 11).unwrap_or(digits);
    national.len() == 11 && national.first() == Some(&b'1')
}
