//! Events as JSON: the names and fields of every other door, numbers and contents masked where they are not to be
//! shown.

use serde_json::{Value as Json, json};

use super::json::{self, hex};
use crate::message::shown::number as shown_digits;
use crate::message::{AccountState, Deliver, Event, Report, Response, SubmitRequest, Trouble};
use crate::settings::Show;
use crate::text::number;
use crate::wire::Text;

/// One event as an object. Tickets are texts: they have more bits than a JSON number keeps everywhere. `show`: what is
/// shown; `None` leaves it to the account's own setting.
pub(super) fn event(event: &Event, show: Option<Show>) -> Json {
    let show = show.unwrap_or_else(|| event.show());
    match event {
        Event::AccountState(e) => account_state(e),
        Event::Response(e) => response(e),
        Event::Report(e) => report(e, show),
        Event::Outcome(e) => json::outcome(e, &shown_number(&e.receiver, show)),
        Event::Deliver(e) => deliver(e, show),
        Event::Submit(e) => submit(e, show),
        Event::Query(e) => json!({
            "event": "query",
            "account": &*e.account,
            "connection": e.connection,
            "time": e.time,
            "day": e.query.day.to_string_lossy(),
            "service": e.query.service.map(|code| code.to_string_lossy().into_owned()),
        }),
        Event::Cancel(e) => json!({
            "event": "cancel",
            "account": &*e.account,
            "connection": e.connection,
            "time": e.time,
            "message_id": e.message_id.to_string(),
        }),
        Event::Trouble(e) => trouble(e, show),
        Event::Log(e) => json!({
            "event": "log",
            "account": &*e.account,
            "time": e.time,
            "level": format!("{:?}", e.level).to_lowercase(),
            "area": e.area,
            "text": e.text,
        }),
        Event::LinkRequest(e) => json!({
            "event": "link_request", "account": &*e.account, "time": e.time, "pdu": e.pdu.name(),
        }),
        Event::LinkReply(e) => json!({
            "event": "link_reply", "account": &*e.account, "time": e.time, "ticket": e.ticket.as_u64(),
        }),
    }
}

fn shown_number(number: &Text<32>, show: Show) -> String {
    shown_digits(show, &number.to_string_lossy())
}

fn shown_text(text: &str, show: Show) -> String {
    if show.contents() { text.to_owned() } else { number::mask_text(text) }
}

fn shown_octets(octets: &[u8], shown: bool) -> String {
    if shown { hex(octets) } else { format!("({} octets)", octets.len()) }
}

fn account_state(e: &AccountState) -> Json {
    json!({
        "event": "account_state",
        "account": &*e.account,
        "connection": e.connection,
        "time": e.time,
        "state": e.state.name(),
        "up": e.up,
        "wanted": e.wanted,
        "inbound": e.inbound,
        "reason": e.reason,
        "last_frames": e.last_frames.lines().collect::<Vec<_>>(),
    })
}

fn response(e: &Response) -> Json {
    json!({
        "event": "response",
        "account": &*e.account,
        "connection": e.connection,
        "time": e.time,
        "ticket": e.ticket.to_string(),
        "reference": e.reference.as_deref(),
        "segment": e.segment,
        "segments": e.segments,
        "message_id": e.message_id.to_string(),
        "result": e.result,
        "name": e.name,
        "late": e.late,
    })
}

fn report(e: &Report, show: Show) -> Json {
    json!({
        "event": "report",
        "account": &*e.account,
        "connection": e.connection,
        "time": e.time,
        "ticket": e.ticket.map(|ticket| ticket.to_string()),
        "reference": e.reference.as_deref(),
        "segment": e.segment,
        "message_id": e.message_id.to_string(),
        "receiver": shown_number(&e.receiver, show),
        "stat": e.stat.to_string_lossy(),
        "error": e.error.to_string_lossy(),
        "final": e.is_final,
        "submitted_at": e.submitted_at,
        "done_at": e.done_at,
        "repeated": e.repeated,
        // The octets hold the receiver, and in some carriers' reports the text.
        "raw": shown_octets(&e.raw, show == Show::All),
    })
}

fn deliver(e: &Deliver, show: Show) -> Json {
    json!({
        "event": "deliver",
        "account": &*e.account,
        "connection": e.connection,
        "time": e.time,
        "message_id": e.message_id.to_string(),
        "sender": shown_number(&e.sender, show),
        "receiver": shown_number(&e.receiver, show),
        "text": e.text.as_deref().map(|text| shown_text(text, show)),
        "octets": shown_octets(&e.octets, show.contents()),
        "coding": e.coding.0,
        "class": e.coding.class(),
        "udh": hex(&e.udh),
        "link_id": e.link_id.to_string_lossy(),
        "service_id": e.service_id.to_string_lossy(),
        "parts": e.parts,
        "total": e.total,
        "complete": e.complete,
        "repeated": e.repeated,
        "raw": shown_octets(&e.raw, show.contents()),
    })
}

fn submit(e: &SubmitRequest, show: Show) -> Json {
    json!({
        "event": "submit",
        "account": &*e.account,
        "connection": e.connection,
        "time": e.time,
        "message_id": e.message_id.to_string(),
        "sender": shown_number(&e.sender, show),
        "receivers": e.receivers.iter().map(|r| shown_number(r, show)).collect::<Vec<_>>(),
        "text": e.text().map(|text| shown_text(&text, show)),
        "octets": shown_octets(&e.content, show.contents()),
        "coding": e.coding.0,
        "report": e.report,
        "segment": e.segment,
        "segments": e.segments,
        "link_id": e.link_id.to_string_lossy(),
    })
}

fn trouble(e: &Trouble, show: Show) -> Json {
    json!({
        "event": "trouble",
        "account": &*e.account,
        "connection": e.connection,
        "time": e.time,
        "reason": e.reason,
        "action": e.action,
        // Octets of any PDU: they may hold numbers and contents.
        "octets": shown_octets(&e.octets, show == Show::All),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Token;
    use crate::text::Coding;
    use crate::wire::MsgId;
    use bytes::Bytes;

    fn text<const N: usize>(text: &str) -> Text<N> {
        Text::from_octets(text.as_bytes()).expect("it fits")
    }

    fn delivered() -> Event {
        Event::Deliver(Box::new(Deliver {
            account: "mobile".into(),
            connection: 2,
            time: 1,
            token: Token::from_u64(7),
            sender: text("13800138000"),
            receiver: text("106570019"),
            message_id: MsgId::default(),
            text: Some("验证码 246810".into()),
            octets: Bytes::from_static(b"246810"),
            coding: Coding(0x18),
            udh: Bytes::from_static(&[5, 0, 3, 1, 2, 1]),
            link_id: text("L1"),
            service_id: text(""),
            parts: 1,
            total: 2,
            complete: false,
            repeated: true,
            raw: Bytes::from_static(&[5, 0, 3, 1, 2, 1]),
            show: Show::None,
        }))
    }

    #[test]
    fn numbers_and_contents_show_where_they_are_asked_for() {
        for (show, sender, shown, octets) in [
            (Show::None, "138****8000", "(10 characters)", "(6 octets)"),
            (Show::Numbers, "13800138000", "(10 characters)", "(6 octets)"),
            (Show::Contents, "138****8000", "验证码 246810", "323436383130"),
            (Show::All, "13800138000", "验证码 246810", "323436383130"),
        ] {
            let line = event(&delivered(), Some(show));
            assert_eq!((&line["sender"], &line["text"]), (&json!(sender), &json!(shown)));
            assert_eq!((&line["octets"], &line["class"]), (&json!(octets), &json!(0)));
            assert_eq!((&line["event"], &line["complete"]), (&json!("deliver"), &json!(false)));
            assert_eq!((&line["repeated"], line["raw"] == "050003010201"), (&json!(true), show.contents()));
        }
    }

    #[test]
    fn raw_octets_show_only_with_everything() {
        let trouble = Event::Trouble(Box::new(Trouble {
            account: "mobile".into(),
            connection: 2,
            time: 1,
            reason: "r".into(),
            action: "skipped".into(),
            octets: Bytes::from_static(b"13800138000"),
            show: Show::All,
        }));
        for show in [Show::None, Show::Numbers, Show::Contents] {
            assert_eq!(event(&trouble, Some(show))["octets"], "(11 octets)");
        }
        assert_eq!(event(&trouble, Some(Show::All))["octets"], hex(b"13800138000"));
        assert_eq!(event(&trouble, None)["octets"], hex(b"13800138000"), "as the account says");
        assert_eq!(event(&delivered(), None)["sender"], "138****8000");
    }
}
