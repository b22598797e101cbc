"""Which property of sms-core is which field of ours, for the PDUs that both sides print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sanwang.wire

Row = tuple[str, Callable[[Any], Any]]


def same(value: Any) -> Any:
    return value


def octets(value: str) -> bytes:
    return bytes.fromhex(value)


def small(value: int) -> int:
    """They print octets as signed numbers."""
    return value & 0xFF


def yes(value: bool) -> int:
    return int(value)


def many(value: list[str]) -> tuple[str, ...]:
    return tuple(value)


CMPP_SUBMIT: dict[str, Row] = {
    "pk_total": ("pktotal", same),
    "pk_number": ("pknumber", same),
    "registered_delivery": ("registeredDelivery", same),
    "msg_level": ("msglevel", same),
    "service_id": ("serviceId", same),
    "fee_user_type": ("feeUserType", same),
    "fee_terminal_id": ("feeterminalId", same),
    "tp_pid": ("tppid", same),
    "tp_udhi": ("tpudhi", same),
    "msg_fmt": ("msgfmt", small),
    "msg_src": ("msgsrc", same),
    "fee_type": ("feeType", same),
    "fee_code": ("feeCode", same),
    "valid_time": ("valIdTime", same),
    "at_time": ("atTime", same),
    "src_id": ("srcId", same),
    "dest_terminal_id": ("destterminalId", many),
    "msg_content": ("msgContentBytes", octets),
}
CMPP_DELIVER: dict[str, Row] = {
    "dest_id": ("destId", same),
    "service_id": ("serviceid", same),
    "tp_pid": ("tppid", same),
    "tp_udhi": ("tpudhi", same),
    "msg_fmt": ("msgfmt", small),
    "src_terminal_id": ("srcterminalId", same),
    "registered_delivery": ("report", yes),
    "msg_content": ("msgContentBytes", octets),
}
ROWS: dict[tuple[str, str], dict[str, Row]] = {
    ("cmpp20", "connect"): {
        "source_addr": ("sourceAddr", same),
        "authenticator_source": ("authenticatorSource", octets),
        "version": ("version", same),
    },
    ("cmpp20", "submit"): CMPP_SUBMIT,
    ("cmpp30", "submit"): {
        **CMPP_SUBMIT,
        "fee_terminal_type": ("feeterminaltype", same),
        "dest_terminal_type": ("destterminaltype", same),
        "link_id": ("linkID", same),
    },
    ("cmpp20", "deliver"): CMPP_DELIVER,
    ("cmpp30", "deliver"): {
        **CMPP_DELIVER,
        "src_terminal_type": ("srcterminalType", same),
        "link_id": ("linkid", same),
    },
    ("sgip12", "bind"): {
        "login_type": ("loginType", same),
        "login_name": ("loginName", same),
        "login_password": ("loginPassowrd", same),
    },
    ("sgip12", "submit"): {
        "sp_number": ("spnumber", same),
        "charge_number": ("chargenumber", same),
        "user_numbers": ("usernumber", many),
        "corp_id": ("corpid", same),
        "service_type": ("servicetype", same),
        "fee_type": ("feetype", same),
        "fee_value": ("feevalue", same),
        "given_value": ("givenvalue", same),
        "agent_flag": ("agentflag", same),
        "morelate_to_mt_flag": ("morelatetomtflag", same),
        "priority": ("priority", same),
        "expire_time": ("expiretime", same),
        "schedule_time": ("scheduletime", same),
        "report_flag": ("reportflag", same),
        "tp_pid": ("tppid", same),
        "tp_udhi": ("tpudhi", same),
        "message_coding": ("msgfmt", small),
        "message_type": ("messagetype", same),
        "message_content": ("msgContentBytes", octets),
    },
    ("sgip12", "deliver"): {
        "user_number": ("usernumber", same),
        "sp_number": ("spnumber", same),
        "tp_pid": ("tppid", same),
        "tp_udhi": ("tpudhi", same),
        "message_coding": ("msgfmt", small),
        "message_content": ("msgContentBytes", octets),
    },
    ("sgip12", "report"): {
        "report_type": ("reporttype", same),
        "user_number": ("usernumber", same),
        "state": ("state", same),
        "error_code": ("errorcode", same),
    },
    ("smgp30", "login"): {
        "client_id": ("clientId", same),
        "authenticator_client": ("clientAuth", octets),
        "login_mode": ("loginMode", same),
        "client_version": ("version", small),
    },
    ("smgp30", "submit"): {
        "msg_type": ("msgType", same),
        "need_report": ("needReport", yes),
        "priority": ("priority", same),
        "service_id": ("serviceId", same),
        "fee_type": ("feeType", same),
        "fee_code": ("feeCode", same),
        "fixed_fee": ("fixedFee", same),
        "msg_format": ("msgFmt", small),
        "valid_time": ("validTime", same),
        "at_time": ("atTime", same),
        "src_term_id": ("srcTermId", same),
        "charge_term_id": ("chargeTermId", same),
        "dest_term_id": ("destTermIdArray", many),
        "msg_content": ("bMsgContent", octets),
    },
    ("smgp30", "deliver"): {
        "msg_id": ("msgId", octets),
        "is_report": ("report", yes),
        "msg_format": ("msgFmt", small),
        "recv_time": ("recvTime", same),
        "src_term_id": ("srcTermId", same),
        "dest_term_id": ("destTermId", same),
        "msg_content": ("bMsgContent", octets),
    },
}
ROWS["cmpp30", "connect"] = ROWS["cmpp20", "connect"]

TLVS = {
    "tp_pid": "tpPid",
    "tp_udhi": "tpUdhi",
    "pk_total": "pkTotal",
    "pk_number": "pkNumber",
    "submit_msg_type": "submitMsgType",
    "msg_src": "msgSrc",
}
"""SMGP's optional parameters that they print as properties."""


def differences(dialect: str, pdu: sanwang.wire.Pdu, theirs: dict[str, Any]) -> list[str]:
    """The fields that the two sides read differently from the same octets; empty if none."""
    wrong = []
    for ours, (property_, convert) in ROWS[dialect, pdu.pdu].items():
        mine, other = pdu.fields[ours], convert(theirs[property_])
        if mine != other:
            wrong.append(f"{ours}: {mine!r}, they say {other!r}")
    for tlv in pdu.fields.get("tlvs", ()):
        property_ = TLVS.get(str(tlv.get("name", "")), "")
        if property_ and tlv["value"] != theirs[property_]:
            wrong.append(f"{tlv['name']}: {tlv['value']!r}, they say {theirs[property_]!r}")
    return wrong


def segments(event: dict[str, Any]) -> list[dict[str, Any]]:
    """What they read of each segment of a long message: the first carries the others."""
    return [event["message"], *event["fragments"]]
