//! The messages of the codec's figures: one receiver and 140 octets of content, as in `tests/floors/limit`.

use sanwang_core::wire::{AnyPdu, Protocol, Text, Version, cmpp, sgip, smgp};

fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).expect("it fits")
}

/// Name, protocol, version, PDU.
pub(crate) type Sample = (&'static str, Protocol, Version, AnyPdu);

/// A submit of each protocol, and an answer.
pub(crate) fn samples() -> [Sample; 4] {
    let content: Vec<u8> = (0..140u32).map(|i| (i * 7 + 3) as u8).collect();
    let of_cmpp = cmpp::Submit {
        pk_total: 1,
        pk_number: 1,
        registered_delivery: 1,
        msg_level: 1,
        service_id: text("test"),
        fee_user_type: 2,
        fee_terminal_id: text("13500002696"),
        msg_fmt: 8,
        msg_src: text("900001"),
        fee_type: text("02"),
        fee_code: text("10"),
        valid_time: text("151105131555101+"),
        src_id: text("900001"),
        dest_terminal_id: vec![text("13500002696")].into(),
        msg_content: content.clone().into(),
        ..Default::default()
    };
    let of_sgip = sgip::Submit {
        sp_number: text("900001"),
        charge_number: text("000000000000000000000"),
        user_numbers: vec![text("8613500002696")].into(),
        corp_id: text("12345"),
        service_type: text("test"),
        fee_type: 2,
        fee_value: text("10"),
        given_value: text("0"),
        expire_time: text("151105131555032+"),
        report_flag: 1,
        message_coding: 8,
        message_content: content.clone().into(),
        ..Default::default()
    };
    let of_smgp = smgp::Submit {
        msg_type: 6,
        need_report: 1,
        priority: 1,
        service_id: text("test"),
        fee_type: text("02"),
        fee_code: text("10"),
        fixed_fee: text("0"),
        msg_format: 8,
        valid_time: text("151105131555032+"),
        src_term_id: text("900001"),
        dest_term_id: vec![text("13500002696")].into(),
        msg_content: content.into(),
        ..Default::default()
    };
    let answer = cmpp::SubmitResp { msg_id: 77, result: 0 };
    [
        ("cmpp submit", Protocol::Cmpp, cmpp::V30, AnyPdu::Cmpp(of_cmpp.into())),
        ("sgip submit", Protocol::Sgip, sgip::V12, AnyPdu::Sgip(of_sgip.into())),
        ("smgp submit", Protocol::Smgp, smgp::V30, AnyPdu::Smgp(of_smgp.into())),
        ("cmpp submit_resp, any PDU", Protocol::Cmpp, cmpp::V30, AnyPdu::Cmpp(answer.into())),
    ]
}
