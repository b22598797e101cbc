"""Every PDU of CMPP 2.0, 2.1, 3.0: names and meanings are those of docs/protocol.

Made from the tables of the core by one of its tests; do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ._base import Body

__all__ = [
    "ActiveTest",
    "ActiveTestResp",
    "Cancel",
    "CancelResp",
    "Connect",
    "ConnectResp",
    "Deliver",
    "DeliverResp",
    "Fwd",
    "FwdResp",
    "GetMoRoute",
    "GetMoRouteResp",
    "GetMtRoute",
    "GetMtRouteResp",
    "GetRoute",
    "GetRouteResp",
    "MoRoute",
    "MoRouteResp",
    "MoRouteUpdate",
    "MoRouteUpdateResp",
    "MtRoute",
    "MtRouteResp",
    "MtRouteUpdate",
    "MtRouteUpdateResp",
    "PushMoRouteUpdate",
    "PushMoRouteUpdateResp",
    "PushMtRouteUpdate",
    "PushMtRouteUpdateResp",
    "Query",
    "QueryResp",
    "Submit",
    "SubmitResp",
    "Terminate",
    "TerminateResp",
]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Connect(Body):
    """Login.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "connect"
    COMMAND: ClassVar[int] = 0x00000001
    SECRET: ClassVar[frozenset[str]] = frozenset({"authenticator_source"})

    source_addr: str = ""
    """SP_Id; between gateways the code of the caller. At most 6 octets."""
    authenticator_source: bytes = bytes(16)
    """MD5 over account, secret and timestamp."""
    version: int = 0
    """The version the caller proposes: high nibble major, low nibble minor."""
    timestamp: int = 0
    """MMDDHHMMSS as a decimal number, the same that went into the digest."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConnectResp(Body):
    """Answer to a login.

    Its length decides the layout, not the version proposed. All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "connect_resp"
    COMMAND: ClassVar[int] = 0x80000001
    SECRET: ClassVar[frozenset[str]] = frozenset({"authenticator_ismg"})

    status: int = 0
    """0 accepted."""
    authenticator_ismg: bytes = bytes(16)
    """MD5 over status, the client's digest and the secret; all zero after a failure."""
    version: int = 0
    """The highest version the server supports."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Terminate(Body):
    """End of a session.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "terminate"
    COMMAND: ClassVar[int] = 0x00000002


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TerminateResp(Body):
    """Answer to the end of a session.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "terminate_resp"
    COMMAND: ClassVar[int] = 0x80000002


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Submit(Body):
    """A message towards phones.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "submit"
    COMMAND: ClassVar[int] = 0x00000004

    msg_id: bytes = bytes(8)
    """0; the gateway assigns the id and returns it in the response."""
    pk_total: int = 0
    """Number of segments of the message, at least 1."""
    pk_number: int = 0
    """Index of this segment, from 1."""
    registered_delivery: int = 0
    """0 no report, 1 report wanted, 2 (2.x only) charging record that is not delivered."""
    msg_level: int = 0
    """Priority, 0 to 9 in practice."""
    service_id: str = ""
    """Service code chosen by the SP. At most 10 octets."""
    fee_user_type: int = 0
    """Who is billed: 0 receiver, 1 sender, 2 SP, 3 see ``fee_terminal_id``."""
    fee_terminal_id: str = ""
    """Billed number, if ``fee_user_type`` is 3. At most 21 octets, from 3.0 on 32."""
    fee_terminal_type: int = 0
    """Kind of the billed number: 0 real, 1 pseudonym. Not in 2.0, 2.1."""
    tp_pid: int = 0
    """Protocol identifier of GSM 03.40; 0 for ordinary text."""
    tp_udhi: int = 0
    """1 if the content begins with a user data header."""
    msg_fmt: int = 0
    """Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK."""
    msg_src: str = ""
    """SP_Id of the owner of the content. At most 6 octets."""
    fee_type: str = ""
    """``01`` free, ``02`` per message, ``03`` monthly; in 2.x also ``04`` capped, ``05`` by the SP.
    At most 2 octets.
    """
    fee_code: str = ""
    """Amount in fen (1/100 yuan), decimal digits. At most 6 octets."""
    valid_time: str = ""
    """End of validity, YYMMDDhhmmsstnnp: tenths, quarter hours from UTC, then ``+``, ``-`` or ``R``
    for a period. Empty for the default. At most 17 octets.
    """
    at_time: str = ""
    """Scheduled delivery, in the same form; empty for at once. At most 17 octets."""
    src_id: str = ""
    """Sender shown on the phone: SP_Code and extension. At most 21 octets."""
    dest_terminal_id: tuple[str, ...] = ()
    """Receivers, 1 to 99. At most 21 octets, from 3.0 on 32."""
    dest_terminal_type: int = 0
    """Kind of all receivers' numbers: 0 real, 1 pseudonyms. Not in 2.0, 2.1."""
    msg_content: bytes = b""
    """The content, with its user data header if ``tp_udhi`` is 1."""
    reserve: bytes = bytes(8)
    """Reserved, zero. Not in 3.0."""
    link_id: str = ""
    """Token of an on-demand service, else empty. At most 20 octets. Not in 2.0, 2.1."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SubmitResp(Body):
    """Answer to a submit.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "submit_resp"
    COMMAND: ClassVar[int] = 0x80000004

    msg_id: bytes = bytes(8)
    """The id of the message; with n receivers the first of n ids."""
    result: int = 0
    """0 accepted."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Deliver(Body):
    """A message from a phone, or a status report.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "deliver"
    COMMAND: ClassVar[int] = 0x00000005

    msg_id: bytes = bytes(8)
    """Id made by the gateway; the response repeats it."""
    dest_id: str = ""
    """Number called: SP_Code and extension. At most 21 octets."""
    service_id: str = ""
    """Service code. At most 10 octets."""
    tp_pid: int = 0
    """Protocol identifier of GSM 03.40."""
    tp_udhi: int = 0
    """Not 0 if the content begins with a user data header; some gateways send 0x40."""
    msg_fmt: int = 0
    """Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK."""
    src_terminal_id: str = ""
    """Sender; in a report the receiver of the submit. At most 21 octets, from 3.0 on 32."""
    src_terminal_type: int = 0
    """Kind of the sender's number: 0 real, 1 pseudonym. Not in 2.0, 2.1."""
    registered_delivery: int = 0
    """0 message, 1 status report."""
    msg_content: bytes = b""
    """Text, or a report of 60 or 71 octets."""
    reserved: bytes = bytes(8)
    """Reserved, zero. Not in 3.0."""
    link_id: str = ""
    """Token of an on-demand service, to be repeated in the submit that answers. At most 20 octets.
    Not in 2.0, 2.1.
    """


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeliverResp(Body):
    """Answer to a deliver.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "deliver_resp"
    COMMAND: ClassVar[int] = 0x80000005

    msg_id: bytes = bytes(8)
    """The id of the deliver, never that inside a report."""
    result: int = 0
    """0 accepted."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Query(Body):
    """Asks for the counters of a day.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "query"
    COMMAND: ClassVar[int] = 0x00000006

    time: str = ""
    """The day, YYYYMMDD. At most 8 octets."""
    query_type: int = 0
    """0 totals, 1 per service."""
    query_code: str = ""
    """Service code, for type 1. At most 10 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QueryResp(Body):
    """The counters of a day.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "query_resp"
    COMMAND: ClassVar[int] = 0x80000006

    time: str = ""
    """The day, YYYYMMDD. At most 8 octets."""
    query_type: int = 0
    """0 totals, 1 per service."""
    query_code: str = ""
    """Service code, for type 1. At most 10 octets."""
    mt_tl_msg: int = 0
    """Messages received from the SP."""
    mt_tl_usr: int = 0
    """Receivers in messages from the SP."""
    mt_scs: int = 0
    """Forwarded successfully."""
    mt_wt: int = 0
    """Waiting to be forwarded."""
    mt_fl: int = 0
    """Failed to forward."""
    mo_scs: int = 0
    """Delivered to the SP."""
    mo_wt: int = 0
    """Waiting for the SP."""
    mo_fl: int = 0
    """Failed towards the SP."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Cancel(Body):
    """Asks to delete a message.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "cancel"
    COMMAND: ClassVar[int] = 0x00000007

    msg_id: bytes = bytes(8)
    """The id of the message."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CancelResp(Body):
    """Answer to a cancel.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "cancel_resp"
    COMMAND: ClassVar[int] = 0x80000007

    success_id: int = 0
    """0 done, 1 failed."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ActiveTest(Body):
    """Link check of a long connection.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "active_test"
    COMMAND: ClassVar[int] = 0x00000008


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ActiveTestResp(Body):
    """Answer to a link check.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "active_test_resp"
    COMMAND: ClassVar[int] = 0x80000008

    reserved: int | None = None
    """Without meaning. ``None`` if the peer left it out; it is always written, as 0 then."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fwd(Body):
    """A message or a report from one gateway to the next.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "fwd"
    COMMAND: ClassVar[int] = 0x00000009

    source_id: str = ""
    """Code of the sending gateway, six digits. At most 6 octets."""
    destination_id: str = ""
    """Code of the target gateway, six digits. At most 6 octets."""
    nodes_count: int = 0
    """Gateways passed so far."""
    msg_fwd_type: int = 0
    """0 MT, 1 MO, 2 report on an MT, 3 report on an MO."""
    msg_id: bytes = bytes(8)
    """The id."""
    pk_total: int = 0
    """Number of segments."""
    pk_number: int = 0
    """Index of this segment, from 1."""
    registered_delivery: int = 0
    """0 no report, 1 report wanted, 2 charging record."""
    msg_level: int = 0
    """Priority, 0 to 9 in practice."""
    service_id: str = ""
    """Service code. At most 10 octets."""
    fee_user_type: int = 0
    """Who is billed: 0 receiver, 1 sender, 2 SP, 3 see ``fee_terminal_id``."""
    fee_terminal_id: str = ""
    """Billed number. At most 21 octets."""
    fee_terminal_pseudo: str = ""
    """Pseudonym of the billed user. At most 32 octets. Not in 2.0, 2.1."""
    fee_terminal_user_type: int = 0
    """Kind of the billed user: 0 post-paid, 1 pre-paid. Not in 2.0, 2.1."""
    tp_pid: int = 0
    """Protocol identifier of GSM 03.40."""
    tp_udhi: int = 0
    """1 if the content begins with a user data header."""
    msg_fmt: int = 0
    """Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK."""
    msg_src: str = ""
    """SP_Id of the owner of the content. At most 6 octets."""
    fee_type: str = ""
    """``00`` none (2.x), ``01`` free, ``02`` per message, ``03`` monthly; 2.x also ``04`` capped,
    ``05`` by the SP; 3.0 also ``06`` monthly query. At most 2 octets.
    """
    fee_code: str = ""
    """Amount in fen, decimal digits. At most 6 octets."""
    valid_time: str = ""
    """End of validity, YYMMDDhhmmsstnnp: tenths, quarter hours from UTC, then ``+``, ``-`` or ``R``
    for a period. At most 17 octets.
    """
    at_time: str = ""
    """Scheduled delivery, in the same form. At most 17 octets."""
    src_id: str = ""
    """MT: ``src_id`` of the submit; MO: the phone; report on an MT: the phone; report on an MO:
    ``dest_id`` of the deliver. At most 21 octets.
    """
    src_pseudo: str = ""
    """Pseudonym of the source. At most 32 octets. Not in 2.0, 2.1."""
    src_user_type: int = 0
    """Kind of the source user: 0 post-paid, 1 pre-paid. Not in 2.0, 2.1."""
    src_type: int = 0
    """Kind of the source number shown to the SP: 0 real, 1 pseudonym. Not in 2.0, 2.1."""
    dest_id: tuple[str, ...] = ()
    """MT: the phones; MO: the SP's number; report on an MT: ``src_id`` of the submit; report on an
    MO: the phone. Exactly one in 3.0. At most 21 octets.
    """
    dest_pseudo: str = ""
    """Pseudonym of the destination. At most 32 octets. Not in 2.0, 2.1."""
    dest_user_type: int = 0
    """Kind of the destination user: 0 post-paid, 1 pre-paid. Not in 2.0, 2.1."""
    msg_content: bytes = b""
    """Text, or a report."""
    reserve: bytes = bytes(8)
    """Reserved, zero. Not in 3.0."""
    link_id: str = ""
    """Token of an on-demand service. At most 20 octets. Not in 2.0, 2.1."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FwdResp(Body):
    """Answer to a forward.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "fwd_resp"
    COMMAND: ClassVar[int] = 0x80000009

    msg_id: bytes = bytes(8)
    """The id of the forward."""
    pk_total: int = 0
    """Number of segments, from the forward."""
    pk_number: int = 0
    """Index of the segment, from the forward."""
    result: int = 0
    """0 accepted."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MtRoute(Body):
    """Asks for the gateway of a phone number.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "mt_route"
    COMMAND: ClassVar[int] = 0x00000010

    source_id: str = ""
    """Code of the asking gateway. At most 6 octets."""
    terminal_id: str = ""
    """Number asked about. At most 21 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MtRouteResp(Body):
    """The gateway of a phone number.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "mt_route_resp"
    COMMAND: ClassVar[int] = 0x80000010

    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    destination_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    gateway_port: int = 0
    """TCP port of the target gateway."""
    start_id: str = ""
    """First number segment. At most 6 octets, from 2.1 on 9."""
    end_id: str = ""
    """Last number segment. At most 6 octets, from 2.1 on 9."""
    area_code: str = ""
    """Area code of the capital of the province. At most 4 octets."""
    result: int = 0
    """0 done."""
    user_type: int = 0
    """Kind of user: 0 GoTone, 1 Shenzhouxing, 2 M-Zone. Not in 2.0."""
    time_stamp: str = ""
    """Last change of the route, yyyymmddhhmmss. At most 14 octets. Not in 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoRoute(Body):
    """Asks for the gateway of a service number.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "mo_route"
    COMMAND: ClassVar[int] = 0x00000011

    source_id: str = ""
    """Code of the asking gateway. At most 6 octets."""
    sp_code: str = ""
    """SP_Code. At most 21 octets."""
    service_id: str = ""
    """Service code; empty if the route is not bound to one. At most 10 octets."""
    service_code: int = 0
    """Service number asked about; 0 without a service code."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoRouteResp(Body):
    """The gateway of a service number.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "mo_route_resp"
    COMMAND: ClassVar[int] = 0x80000011

    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    destination_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    gateway_port: int = 0
    """TCP port of the target gateway."""
    sp_id: str = ""
    """SP_Id; up to 21 octets in 2.0. At most 21 octets, from 2.1 on 6."""
    sp_code: str = ""
    """SP_Code. At most 21 octets. Not in 2.0."""
    sp_access_type: int = 0
    """0 main access point of a national SP, 1 mirror. Not in 2.0."""
    start_code: int = 0
    """First service number."""
    end_code: int = 0
    """Last service number."""
    result: int = 0
    """0 done."""
    time_stamp: str = ""
    """Last change of the route, yyyymmddhhmmss. At most 14 octets. Not in 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GetRoute(Body):
    """Asks for the route after the last one received, 2.0 only.

    2.0.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "get_route"
    COMMAND: ClassVar[int] = 0x00000012

    source_id: str = ""
    """Code of the asking gateway. At most 6 octets."""
    route_type: str = ""
    """``MO`` or ``MT``. At most 2 octets."""
    last_route_id: int = 0
    """Last route received; -1 at first."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GetRouteResp(Body):
    """One route of a list, 2.0 only.

    2.0.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "get_route_resp"
    COMMAND: ClassVar[int] = 0x80000012

    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    destination_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    gateway_port: int = 0
    """TCP port of the target gateway."""
    sp_code: str = ""
    """SP_Code. At most 21 octets."""
    service_id: str = ""
    """Service code; empty if the route is not bound to one. At most 10 octets."""
    start_code: int = 0
    """MO: first service number; MT: first number segment as a number."""
    end_code: int = 0
    """MO: last service number; MT: last number segment as a number."""
    area_code: str = ""
    """Area code of the capital of the province. At most 4 octets."""
    result: int = 0
    """0 done."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GetMtRoute(Body):
    """Asks for the MT route after the last one received.

    2.1, 3.0.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "get_mt_route"
    COMMAND: ClassVar[int] = 0x00000012

    source_id: str = ""
    """Code of the asking gateway. At most 6 octets."""
    route_type: str = ""
    """``MT``. At most 4 octets."""
    last_route_id: int = 0
    """Last route received; -1 at first."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GetMtRouteResp(Body):
    """One MT route of a list.

    2.1, 3.0.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "get_mt_route_resp"
    COMMAND: ClassVar[int] = 0x80000012

    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    destination_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    gateway_port: int = 0
    """TCP port of the target gateway."""
    start_id: str = ""
    """First number segment. At most 9 octets."""
    end_id: str = ""
    """Last number segment. At most 9 octets."""
    area_code: str = ""
    """Area code of the capital of the province. At most 4 octets."""
    result: int = 0
    """0 done."""
    user_type: int = 0
    """Kind of user: 0 GoTone, 1 Shenzhouxing, 2 M-Zone."""
    route_total: int = 0
    """Number of routes."""
    route_number: int = 0
    """Index of this route, from 1."""
    time_stamp: str = ""
    """Last change of the route, yyyymmddhhmmss. At most 14 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GetMoRoute(Body):
    """Asks for the MO route after the last one received.

    2.1, 3.0.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "get_mo_route"
    COMMAND: ClassVar[int] = 0x00000017

    source_id: str = ""
    """Code of the asking gateway. At most 6 octets."""
    route_type: str = ""
    """``MO``. At most 4 octets."""
    last_route_id: int = 0
    """Last route received; -1 at first."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GetMoRouteResp(Body):
    """One MO route of a list.

    2.1, 3.0.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "get_mo_route_resp"
    COMMAND: ClassVar[int] = 0x80000017

    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    destination_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    gateway_port: int = 0
    """TCP port of the target gateway."""
    sp_id: str = ""
    """SP_Id. At most 6 octets."""
    sp_code: str = ""
    """SP_Code. At most 21 octets."""
    sp_access_type: int = 0
    """0 main access point of a national SP, 1 mirror."""
    service_id: str = ""
    """Service code; empty if the route is not bound to one. At most 10 octets."""
    start_code: int = 0
    """First service number."""
    end_code: int = 0
    """Last service number."""
    result: int = 0
    """0 done."""
    route_total: int = 0
    """Number of routes."""
    route_number: int = 0
    """Index of this route, from 1."""
    time_stamp: str = ""
    """Last change of the route, yyyymmddhhmmss. At most 14 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MtRouteUpdate(Body):
    """Asks the GNS to change an MT route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "mt_route_update"
    COMMAND: ClassVar[int] = 0x00000013

    update_type: int = 0
    """0 add, 1 delete, 2 change."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    destination_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    gateway_port: int = 0
    """TCP port of the target gateway."""
    start_id: str = ""
    """First number segment. At most 6 octets, from 2.1 on 9."""
    end_id: str = ""
    """Last number segment. At most 6 octets, from 2.1 on 9."""
    area_code: str = ""
    """Area code of the capital of the province. At most 4 octets."""
    user_type: int = 0
    """Kind of user: 0 GoTone, 1 Shenzhouxing, 2 M-Zone. Not in 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MtRouteUpdateResp(Body):
    """Answer to a change of an MT route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "mt_route_update_resp"
    COMMAND: ClassVar[int] = 0x80000013

    result: int = 0
    """0 done."""
    route_id: int = 0
    """The route: the new id after an add. Not in 2.0."""
    time_stamp: str = ""
    """When the request was received, yyyymmddhhmmss. At most 14 octets. Not in 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoRouteUpdate(Body):
    """Asks the GNS to change an MO route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "mo_route_update"
    COMMAND: ClassVar[int] = 0x00000014

    update_type: int = 0
    """0 add, 1 delete, 2 change."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    destination_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    gateway_port: int = 0
    """TCP port of the target gateway."""
    sp_id: str = ""
    """SP_Id. At most 6 octets. Not in 2.0."""
    sp_code: str = ""
    """SP_Code. At most 21 octets."""
    sp_access_type: int = 0
    """0 main access point of a national SP, 1 mirror. Not in 2.0."""
    service_id: str = ""
    """Service code; empty if the route is not bound to one. At most 10 octets."""
    start_code: int = 0
    """First service number."""
    end_code: int = 0
    """Last service number."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoRouteUpdateResp(Body):
    """Answer to a change of an MO route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "mo_route_update_resp"
    COMMAND: ClassVar[int] = 0x80000014

    result: int = 0
    """0 done."""
    route_id: int = 0
    """The route: the new id after an add. Not in 2.0."""
    time_stamp: str = ""
    """When the request was received, yyyymmddhhmmss. At most 14 octets. Not in 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PushMtRouteUpdate(Body):
    """The GNS tells a gateway of a changed MT route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "push_mt_route_update"
    COMMAND: ClassVar[int] = 0x00000015

    update_type: int = 0
    """0 add, 1 delete, 2 change."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    destination_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    gateway_port: int = 0
    """TCP port of the target gateway."""
    start_id: str = ""
    """First number segment. At most 6 octets, from 2.1 on 9."""
    end_id: str = ""
    """Last number segment. At most 6 octets, from 2.1 on 9."""
    area_code: str = ""
    """Area code of the capital of the province. At most 4 octets."""
    user_type: int = 0
    """Kind of user: 0 GoTone, 1 Shenzhouxing, 2 M-Zone. Not in 2.0."""
    time_stamp: str = ""
    """Last change of the route, yyyymmddhhmmss. At most 14 octets. Not in 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PushMtRouteUpdateResp(Body):
    """Answer to a told MT route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "push_mt_route_update_resp"
    COMMAND: ClassVar[int] = 0x80000015

    result: int = 0
    """0 done."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PushMoRouteUpdate(Body):
    """The GNS tells a gateway of a changed MO route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "push_mo_route_update"
    COMMAND: ClassVar[int] = 0x00000016

    update_type: int = 0
    """0 add, 1 delete, 2 change."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    destination_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    gateway_port: int = 0
    """TCP port of the target gateway."""
    sp_id: str = ""
    """SP_Id. At most 6 octets. Not in 2.0."""
    sp_code: str = ""
    """SP_Code. At most 21 octets."""
    sp_access_type: int = 0
    """0 main access point of a national SP, 1 mirror. Not in 2.0."""
    service_id: str = ""
    """Service code; empty if the route is not bound to one. At most 10 octets."""
    start_code: int = 0
    """First service number."""
    end_code: int = 0
    """Last service number."""
    time_stamp: str = ""
    """Last change of the route, yyyymmddhhmmss. At most 14 octets. Not in 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PushMoRouteUpdateResp(Body):
    """Answer to a told MO route.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "cmpp"
    NAME: ClassVar[str] = "push_mo_route_update_resp"
    COMMAND: ClassVar[int] = 0x80000016

    result: int = 0
    """0 done."""
