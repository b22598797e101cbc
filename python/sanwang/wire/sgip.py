"""Every PDU of SGIP 1.1, 1.2, 1.3: names and meanings are those of docs/protocol.

Made from the tables of the core by one of its tests; do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ._base import Body, Group

__all__ = [
    "AddSmg",
    "AddSmgResp",
    "AddSp",
    "AddSpResp",
    "AddTeleSeg",
    "AddTeleSegResp",
    "Bind",
    "BindResp",
    "CheckUser",
    "CheckUserResp",
    "DeleteSmg",
    "DeleteSmgResp",
    "DeleteSp",
    "DeleteSpResp",
    "DeleteTeleSeg",
    "DeleteTeleSegResp",
    "Deliver",
    "DeliverResp",
    "ModifySmg",
    "ModifySmgResp",
    "ModifySp",
    "ModifySpResp",
    "ModifyTeleSeg",
    "ModifyTeleSegResp",
    "QueryRoute",
    "QueryRouteResp",
    "Report",
    "ReportResp",
    "RouteEntry",
    "Submit",
    "SubmitResp",
    "Trace",
    "TraceNode",
    "TraceResp",
    "Unbind",
    "UnbindResp",
    "UserRpt",
    "UserRptResp",
]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Bind(Body):
    """Login of the side that dialled.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "bind"
    COMMAND: ClassVar[int] = 0x00000001
    SECRET: ClassVar[frozenset[str]] = frozenset({"login_password"})

    login_type: int = 0
    """Kind of connection: 1 SP to gateway, 2 gateway to SP, 3 between gateways, 4 gateway to GNS, 5
    GNS to gateway, 6 between a GNS and its standby, 11 test.
    """
    login_name: str = ""
    """Name given by the side that listens. At most 16 octets."""
    login_password: str = ""
    """Password, in clear text. At most 16 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BindResp(Body):
    """Answer to a login.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "bind_resp"
    COMMAND: ClassVar[int] = 0x80000001

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Unbind(Body):
    """End of a connection.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "unbind"
    COMMAND: ClassVar[int] = 0x00000002


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UnbindResp(Body):
    """Answer to the end of a connection.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "unbind_resp"
    COMMAND: ClassVar[int] = 0x80000002


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Submit(Body):
    """A message towards phones.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "submit"
    COMMAND: ClassVar[int] = 0x00000003

    sp_number: str = ""
    """Access number of the SP, shown as the sender. At most 21 octets."""
    charge_number: str = ""
    """Who pays: 86 and a number, empty for each receiver, 21 times ``0`` for the SP. At most 21
    octets.
    """
    user_numbers: tuple[str, ...] = ()
    """Receivers with 86 in front, 1 to 100. At most 21 octets."""
    corp_id: str = ""
    """Enterprise code, 0 to 99999. At most 5 octets."""
    service_type: str = ""
    """Service code agreed with the operator. At most 10 octets."""
    fee_type: int = 0
    """0 none, 1 free, 2 per message, 3 monthly, 4 by the SP."""
    fee_value: str = ""
    """Fee in fen (1/100 yuan), decimal digits. At most 6 octets."""
    given_value: str = ""
    """Credit given to the user in fen, decimal digits. At most 6 octets."""
    agent_flag: int = 0
    """0 receivable, 1 received."""
    morelate_to_mt_flag: int = 0
    """0 first answer to an MO, 1 later answer, 2 not caused by an MO, 3 system feedback."""
    priority: int = 0
    """0 to 9, 0 is lowest."""
    expire_time: str = ""
    """End of validity, yymmddhhmmss and ``032+`` for UTC+8; empty for the default. At most 16 octets."""
    schedule_time: str = ""
    """Scheduled delivery, in the same form; empty for at once. At most 16 octets."""
    report_flag: int = 0
    """Report: 0 on final failure, 1 always, 2 never, 3 billing record."""
    tp_pid: int = 0
    """Protocol identifier of GSM 03.40; 0 for ordinary text."""
    tp_udhi: int = 0
    """1 if the content begins with a user data header."""
    message_coding: int = 0
    """Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK."""
    message_type: int = 0
    """0, a short message."""
    message_content: bytes = b""
    """The content, with its user data header if ``tp_udhi`` is 1."""
    reserve: bytes = bytes(8)
    """Zero, or the LinkID of an on-demand service."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SubmitResp(Body):
    """Answer to a submit.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "submit_resp"
    COMMAND: ClassVar[int] = 0x80000003

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Deliver(Body):
    """A message from a phone.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "deliver"
    COMMAND: ClassVar[int] = 0x00000004

    user_number: str = ""
    """Sender, with 86 in front. At most 21 octets."""
    sp_number: str = ""
    """Access number the user wrote to. At most 21 octets."""
    tp_pid: int = 0
    """Protocol identifier of GSM 03.40."""
    tp_udhi: int = 0
    """Not 0 if the content begins with a user data header."""
    message_coding: int = 0
    """Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK."""
    message_content: bytes = b""
    """The content."""
    reserve: bytes = bytes(8)
    """Zero, or the LinkID of an on-demand service."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeliverResp(Body):
    """Answer to a deliver.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "deliver_resp"
    COMMAND: ClassVar[int] = 0x80000004

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Report(Body):
    """A status report.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "report"
    COMMAND: ClassVar[int] = 0x00000005

    submit_sequence: tuple[int, int, int] = (0, 0, 0)
    """The sequence number of the submit, all three parts."""
    report_type: int = 0
    """0 on a submit, 1 on a forwarded deliver."""
    user_number: str = ""
    """Receiver, with 86 in front. At most 21 octets."""
    state: int = 0
    """0 sent, 1 waiting, 2 failed."""
    error_code: int = 0
    """Why, if the state is 2; else 0."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReportResp(Body):
    """Answer to a report.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "report_resp"
    COMMAND: ClassVar[int] = 0x80000005

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddSp(Body):
    """A new SP route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "add_sp"
    COMMAND: ClassVar[int] = 0x00000006

    smg_id: str = ""
    """Node number of the SP's gateway. At most 6 octets."""
    sp_number: str = ""
    """Access number. At most 21 octets."""
    service_tag: str = ""
    """Service code; empty if not considered. At most 10 octets."""
    corp_id: str = ""
    """Enterprise code, 0 to 99999. At most 5 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddSpResp(Body):
    """Answer to a new SP route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "add_sp_resp"
    COMMAND: ClassVar[int] = 0x80000006

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModifySp(Body):
    """A changed SP route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "modify_sp"
    COMMAND: ClassVar[int] = 0x00000007

    smg_id: str = ""
    """Node number of the SP's gateway. At most 6 octets."""
    old_sp_number: str = ""
    """Access number up to now. At most 21 octets."""
    old_service_tag: str = ""
    """Service code up to now; empty if not considered. At most 10 octets."""
    new_sp_number: str = ""
    """Access number from now on. At most 21 octets."""
    new_service_tag: str = ""
    """Service code from now on; empty if not considered. At most 10 octets."""
    corp_id: str = ""
    """Enterprise code from now on. At most 5 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModifySpResp(Body):
    """Answer to a changed SP route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "modify_sp_resp"
    COMMAND: ClassVar[int] = 0x80000007

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeleteSp(Body):
    """A deleted SP route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "delete_sp"
    COMMAND: ClassVar[int] = 0x00000008

    smg_id: str = ""
    """Node number of the SP's gateway. At most 6 octets."""
    sp_number: str = ""
    """Access number. At most 21 octets."""
    service_tag: str = ""
    """Service code; empty if not considered. At most 10 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeleteSpResp(Body):
    """Answer to a deleted SP route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "delete_sp_resp"
    COMMAND: ClassVar[int] = 0x80000008

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QueryRoute(Body):
    """Asks the GNS for routes.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "query_route"
    COMMAND: ClassVar[int] = 0x00000009

    query_type: int = 0
    """0 all, 1 by SP number, 2 by number segment, 3 by SP number and service code, 4 of one gateway."""
    number: str = ""
    """SP number, number segment or node number, by type. At most 21 octets."""
    service_tag: str = ""
    """Service code; empty if not considered. At most 10 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RouteEntry(Group):
    """One of ``routes`` of a ``query_route_resp``."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"password"})

    type: int = 0
    """1 SP number, 2 number segment."""
    number: str = ""
    """SP number or number segment. At most 21 octets."""
    mark: str = ""
    """Type 1: service code, empty if not considered. Type 2: user type. At most 10 octets."""
    code: str = ""
    """Type 1: enterprise code. Type 2: area code. At most 5 octets."""
    smg_id: str = ""
    """Node number of the gateway. At most 6 octets."""
    smg_ip: int = 0
    """IPv4 address of the gateway, first octet most significant."""
    login_user: str = ""
    """Login name for the gateway. At most 16 octets."""
    password: str = ""
    """Password for the gateway. At most 16 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QueryRouteResp(Body):
    """Routes, at most 20 a frame; a frame without body ends an answer of several frames.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "query_route_resp"
    COMMAND: ClassVar[int] = 0x80000009
    GROUPS: ClassVar[Mapping[str, type[Group]]] = {"routes": RouteEntry}

    end_of_routes: bool = False
    """The frame has no body at all."""

    result: int = 0
    """0 done."""
    routes: tuple[RouteEntry, ...] = ()
    """The routes."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddTeleSeg(Body):
    """A new number segment.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "add_tele_seg"
    COMMAND: ClassVar[int] = 0x0000000A

    smg_id: str = ""
    """Node number of the segment's gateway. At most 6 octets."""
    tele_seg: str = ""
    """Seven digits of a mobile number. At most 7 octets."""
    tele_type: str = ""
    """``0`` contract, ``1`` prepaid. At most 1 octets."""
    area_code: str = ""
    """Area code. At most 4 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddTeleSegResp(Body):
    """Answer to a new number segment.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "add_tele_seg_resp"
    COMMAND: ClassVar[int] = 0x8000000A

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModifyTeleSeg(Body):
    """A changed number segment.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "modify_tele_seg"
    COMMAND: ClassVar[int] = 0x0000000B

    smg_id: str = ""
    """Node number of the segment's gateway. At most 6 octets."""
    old_tele_seg: str = ""
    """Segment up to now. At most 7 octets."""
    new_tele_seg: str = ""
    """Segment from now on. At most 7 octets."""
    new_tele_type: str = ""
    """``0`` contract, ``1`` prepaid. At most 1 octets."""
    new_area_code: str = ""
    """Area code from now on. At most 4 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModifyTeleSegResp(Body):
    """Answer to a changed number segment.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "modify_tele_seg_resp"
    COMMAND: ClassVar[int] = 0x8000000B

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeleteTeleSeg(Body):
    """A deleted number segment.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "delete_tele_seg"
    COMMAND: ClassVar[int] = 0x0000000C

    smg_id: str = ""
    """Node number of the segment's gateway. At most 6 octets."""
    tele_seg: str = ""
    """Seven digits of a mobile number. At most 7 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeleteTeleSegResp(Body):
    """Answer to a deleted number segment.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "delete_tele_seg_resp"
    COMMAND: ClassVar[int] = 0x8000000C

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddSmg(Body):
    """A new gateway.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "add_smg"
    COMMAND: ClassVar[int] = 0x0000000D
    SECRET: ClassVar[frozenset[str]] = frozenset({"login_password"})

    smg_id: str = ""
    """Node number. At most 6 octets."""
    smg_ip: int = 0
    """IPv4 address, first octet most significant."""
    login_name: str = ""
    """Login name. At most 16 octets."""
    login_password: str = ""
    """Password. At most 16 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddSmgResp(Body):
    """Answer to a new gateway.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "add_smg_resp"
    COMMAND: ClassVar[int] = 0x8000000D

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModifySmg(Body):
    """A changed gateway.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "modify_smg"
    COMMAND: ClassVar[int] = 0x0000000E
    SECRET: ClassVar[frozenset[str]] = frozenset({"login_password"})

    old_smg_id: str = ""
    """Node number up to now. At most 6 octets."""
    new_smg_id: str = ""
    """Node number from now on. At most 6 octets."""
    smg_ip: int = 0
    """IPv4 address, first octet most significant."""
    login_name: str = ""
    """Login name. At most 16 octets."""
    login_password: str = ""
    """Password. At most 16 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModifySmgResp(Body):
    """Answer to a changed gateway.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "modify_smg_resp"
    COMMAND: ClassVar[int] = 0x8000000E

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeleteSmg(Body):
    """A deleted gateway.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "delete_smg"
    COMMAND: ClassVar[int] = 0x0000000F

    smg_id: str = ""
    """Node number. At most 6 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeleteSmgResp(Body):
    """Answer to a deleted gateway.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "delete_smg_resp"
    COMMAND: ClassVar[int] = 0x8000000F

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CheckUser(Body):
    """Asks the billing centre about a user.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "check_user"
    COMMAND: ClassVar[int] = 0x00000010
    SECRET: ClassVar[frozenset[str]] = frozenset({"password"})

    user_name: str = ""
    """Name given to the gateway by the billing centre. At most 16 octets."""
    password: str = ""
    """Password. At most 16 octets."""
    user_number: str = ""
    """The user, with 86 in front. At most 21 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CheckUserResp(Body):
    """The state of a user.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "check_user_resp"
    COMMAND: ClassVar[int] = 0x80000010

    result: int = 0
    """0 passed."""
    status: int = 0
    """0 cancelled, 1 suspended for arrears, 2 normal."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UserRpt(Body):
    """A change of a user's condition.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "user_rpt"
    COMMAND: ClassVar[int] = 0x00000011

    sp_number: str = ""
    """Access number of the SP. At most 21 octets."""
    user_number: str = ""
    """The user, with 86 in front. At most 21 octets."""
    user_condition: int = 0
    """0 cancelled, 1 suspended for arrears, 2 back to normal."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UserRptResp(Body):
    """Answer to a user condition.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "user_rpt_resp"
    COMMAND: ClassVar[int] = 0x80000011

    result: int = 0
    """0 accepted."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Trace(Body):
    """Asks for the path of a message.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "trace"
    COMMAND: ClassVar[int] = 0x00001000

    submit_sequence: tuple[int, int, int] = (0, 0, 0)
    """The sequence number of the submit, all three parts."""
    user_number: str = ""
    """Receiver, with 86 in front. At most 21 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TraceNode(Group):
    """One of ``nodes`` of a ``trace_resp``."""

    result: int = 0
    """0 received, 1 waiting, else an error."""
    node_id: str = ""
    """Node number, decimal. At most 6 octets, from 1.3 on 10."""
    receive_time: str = ""
    """When the node received the message, yymmddhhmmss. At most 16 octets."""
    send_time: str = ""
    """When the node sent the message on, yymmddhhmmss. At most 16 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TraceResp(Body):
    """The path of a message.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "sgip"
    NAME: ClassVar[str] = "trace_resp"
    COMMAND: ClassVar[int] = 0x80001000
    GROUPS: ClassVar[Mapping[str, type[Group]]] = {"nodes": TraceNode}

    nodes: tuple[TraceNode, ...] = ()
    """The nodes passed."""
