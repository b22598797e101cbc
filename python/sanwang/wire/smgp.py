"""Every PDU of SMGP 1.3, 2.0, 3.0, 3.1: names and meanings are those of docs/protocol.

Made from the tables of the core by one of its tests; do not edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ._base import Body, Tlv

__all__ = [
    "ActiveTest",
    "ActiveTestResp",
    "Deliver",
    "DeliverResp",
    "Exit",
    "ExitResp",
    "Forward",
    "ForwardResp",
    "GetAllSpRoute",
    "GetAllSpRouteResp",
    "GetAllTeRoute",
    "GetAllTeRouteResp",
    "Login",
    "LoginResp",
    "MoRouteUpdate",
    "MoRouteUpdateResp",
    "MtRouteUpdate",
    "MtRouteUpdateResp",
    "PaymentAffirm",
    "PaymentAffirmResp",
    "PaymentRequest",
    "PaymentRequestResp",
    "PushUpdateSpRoute",
    "PushUpdateSpRouteResp",
    "PushUpdateTeRoute",
    "PushUpdateTeRouteResp",
    "Query",
    "QueryResp",
    "QuerySpRoute",
    "QuerySpRouteResp",
    "QueryTeRoute",
    "QueryTeRouteResp",
    "QueryUserState",
    "QueryUserStateResp",
    "Submit",
    "SubmitResp",
    "UpdateSpRoute",
    "UpdateSpRouteResp",
    "UpdateTeRoute",
    "UpdateTeRouteResp",
]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Login(Body):
    """Login.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "login"
    COMMAND: ClassVar[int] = 0x00000001
    SECRET: ClassVar[frozenset[str]] = frozenset({"authenticator_client"})

    client_id: str = ""
    """Account: SP service code, gateway code or GNS code. At most 8 octets."""
    authenticator_client: bytes = bytes(16)
    """MD5 over account, secret and timestamp."""
    login_mode: int = 0
    """0 send, 1 receive, 2 both."""
    time_stamp: int = 0
    """MMDDHHMMSS as a decimal number, the same that went into the digest."""
    client_version: int = 0
    """The version the client speaks: high nibble major, low nibble minor."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LoginResp(Body):
    """Answer to a login.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "login_resp"
    COMMAND: ClassVar[int] = 0x80000001
    SECRET: ClassVar[frozenset[str]] = frozenset({"authenticator_server"})

    status: int = 0
    """0 accepted."""
    authenticator_server: bytes = bytes(16)
    """MD5 over status, the client's digest and the secret; all zero after a failure."""
    server_version: int = 0
    """The highest version the server supports."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Submit(Body):
    """A message towards phones.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "submit"
    COMMAND: ClassVar[int] = 0x00000002

    msg_type: int = 0
    """6 for a message of an SP; before 3.0 1 cancel, 2 subscribe, 3 on demand, 4 push, 5 interactive,
    6 query.
    """
    need_report: int = 0
    """0 no report, 1 report wanted."""
    priority: int = 0
    """0 low to 3 high; 0 to 9 before 3.0."""
    service_id: str = ""
    """Service code of the fixed network. At most 10 octets."""
    fee_type: str = ""
    """``00`` free, ``01`` per message, ``02`` monthly, ``03`` capped. At most 2 octets."""
    fee_code: str = ""
    """Price of a message in fen (1/100 yuan), decimal digits. At most 6 octets."""
    fixed_fee: str = ""
    """Monthly fee or cap in fen, decimal digits; layout C of 1.3 has none. At most 6 octets."""
    msg_format: int = 0
    """Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK."""
    valid_time: str = ""
    """End of validity, YYMMDDhhmmsstnnp: tenths, quarter hours from UTC, then ``+``, ``-`` or ``R``
    for a period. Empty for the default. At most 17 octets.
    """
    at_time: str = ""
    """Scheduled delivery, in the same form; empty for at once. At most 17 octets."""
    src_term_id: str = ""
    """Sender: the access number. At most 21 octets."""
    charge_term_id: str = ""
    """Charged number; empty for the receiver. At most 21 octets."""
    dest_term_id: tuple[str, ...] = ()
    """Receivers, 1 to 100. At most 21 octets."""
    msg_content: bytes = b""
    """The content, with its user data header if TP_udhi is 1."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""
    tlv: tuple[Tlv, ...] = ()
    """Optional parameters, from 3.0 on. Not in 1.3, 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SubmitResp(Body):
    """Answer to a submit.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "submit_resp"
    COMMAND: ClassVar[int] = 0x80000002

    msg_id: bytes = bytes(10)
    """The id of the message; with n receivers the first of n ids."""
    status: int = 0
    """0 accepted."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Deliver(Body):
    """A message from a phone, or a status report.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "deliver"
    COMMAND: ClassVar[int] = 0x00000003

    msg_id: bytes = bytes(10)
    """Id of this deliver; the response repeats it."""
    is_report: int = 0
    """0 message, 1 status report."""
    msg_format: int = 0
    """Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK; 0 in a report."""
    recv_time: str = ""
    """When the gateway received it, YYYYMMDDHHMMSS. At most 14 octets."""
    src_term_id: str = ""
    """The phone. At most 21 octets."""
    dest_term_id: str = ""
    """Access number of the SP. At most 21 octets."""
    msg_content: bytes = b""
    """Text, or a report of usually 122 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""
    tlv: tuple[Tlv, ...] = ()
    """Optional parameters, from 3.0 on. Not in 1.3, 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeliverResp(Body):
    """Answer to a deliver.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "deliver_resp"
    COMMAND: ClassVar[int] = 0x80000003

    msg_id: bytes = bytes(10)
    """The id of the deliver."""
    status: int = 0
    """0 accepted."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ActiveTest(Body):
    """Link check of a long connection.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "active_test"
    COMMAND: ClassVar[int] = 0x00000004


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ActiveTestResp(Body):
    """Answer to a link check.

    Some stacks add one octet, which is ignored. All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "active_test_resp"
    COMMAND: ClassVar[int] = 0x80000004


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Forward(Body):
    """A message or a report from one gateway to the next.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "forward"
    COMMAND: ClassVar[int] = 0x00000005

    msg_id: bytes = bytes(10)
    """The id, unchanged along the path."""
    dest_smgw_no: str = ""
    """Code of the next gateway. At most 6 octets."""
    src_smgw_no: str = ""
    """Code of this gateway. At most 6 octets."""
    smc_no: str = ""
    """Code of the sender's message centre. At most 6 octets."""
    msg_type: int = 0
    """0 MO, 6 MT, 7 phone to phone."""
    report_flag: int = 0
    """0 this is a report, 1 report wanted, 2 not wanted."""
    priority: int = 0
    """0 low to 3 high."""
    service_id: str = ""
    """Service code. At most 10 octets."""
    fee_type: str = ""
    """``00`` free, ``01`` per message, ``02`` monthly, ``03`` capped. At most 2 octets."""
    fee_code: str = ""
    """Price of a message in fen, decimal digits. At most 6 octets."""
    fixed_fee: str = ""
    """Monthly fee or cap in fen, decimal digits. At most 6 octets."""
    msg_format: int = 0
    """Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK."""
    valid_time: str = ""
    """End of validity, unchanged along the path. At most 17 octets."""
    at_time: str = ""
    """Scheduled delivery, unchanged along the path. At most 17 octets."""
    src_term_id: str = ""
    """Sender. At most 21 octets."""
    dest_term_id: str = ""
    """The one receiver. At most 21 octets."""
    charge_term_id: str = ""
    """Charged number; here behind the receiver. At most 21 octets."""
    msg_content: bytes = b""
    """Text, or a report."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""
    tlv: tuple[Tlv, ...] = ()
    """Optional parameters, from 3.0 on. Not in 1.3, 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ForwardResp(Body):
    """Answer to a forward.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "forward_resp"
    COMMAND: ClassVar[int] = 0x80000005

    msg_id: bytes = bytes(10)
    """The id of the forward."""
    status: int = 0
    """0 accepted."""
    tlv: tuple[Tlv, ...] = ()
    """PkTotal and PkNumber, from 3.0 on. Not in 1.3, 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Exit(Body):
    """End of a session.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "exit"
    COMMAND: ClassVar[int] = 0x00000006


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ExitResp(Body):
    """Answer to the end of a session.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "exit_resp"
    COMMAND: ClassVar[int] = 0x80000006


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Query(Body):
    """Asks for the counters of a day.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "query"
    COMMAND: ClassVar[int] = 0x00000007

    query_time: str = ""
    """The day, YYYYMMDD. At most 8 octets."""
    query_type: int = 0
    """0 totals, 1 per service code."""
    query_code: str = ""
    """Service code, for type 1. At most 10 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QueryResp(Body):
    """The counters of a day.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "query_resp"
    COMMAND: ClassVar[int] = 0x80000007

    query_time: str = ""
    """The day, YYYYMMDD. At most 8 octets."""
    query_type: int = 0
    """0 totals, 1 per service code."""
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
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QueryTeRoute(Body):
    """Asks for the gateway of a phone number.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "query_te_route"
    COMMAND: ClassVar[int] = 0x00000008

    src_gateway_id: str = ""
    """Code of the asking gateway. At most 6 octets."""
    query_term_id: str = ""
    """Number asked about. At most 21 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QueryTeRouteResp(Body):
    """The gateway of a phone number.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "query_te_route_resp"
    COMMAND: ClassVar[int] = 0x80000008

    status: int = 0
    """0 done."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    dest_gateway_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    dest_gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    dest_gateway_port: int = 0
    """TCP port of the target gateway."""
    term_range_id: str = ""
    """Number segment. At most 10 octets."""
    province_code: str = ""
    """Code of the province. At most 4 octets."""
    user_type: int = 0
    """Reserved."""
    time: str = ""
    """Last change of the route, YYYYMMDDHHMMSS. At most 14 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QuerySpRoute(Body):
    """Asks for the gateway of a service number.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "query_sp_route"
    COMMAND: ClassVar[int] = 0x00000009

    src_gateway_id: str = ""
    """Code of the asking gateway. At most 6 octets."""
    query_term_id: str = ""
    """Number asked about. At most 21 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QuerySpRouteResp(Body):
    """The gateway of a service number.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "query_sp_route_resp"
    COMMAND: ClassVar[int] = 0x80000009

    status: int = 0
    """0 done."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    dest_gateway_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    dest_gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    dest_gateway_port: int = 0
    """TCP port of the target gateway."""
    sp_id: str = ""
    """Enterprise code of the SP. At most 8 octets."""
    sp_code: str = ""
    """Service code of the SP. At most 21 octets."""
    sp_access_type: int = 0
    """0 primary access point, 1 mirror."""
    sp_type: int = 0
    """0 local SP, 1 national SP."""
    time: str = ""
    """Last change of the route, YYYYMMDDHHMMSS. At most 14 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GetAllTeRoute(Body):
    """Asks for the phone number route after the last one received.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "get_all_te_route"
    COMMAND: ClassVar[int] = 0x0000000D

    src_gateway_id: str = ""
    """Code of the asking gateway. At most 6 octets."""
    route_type: str = ""
    """``TE`` or ``SP``. At most 4 octets."""
    last_route_id: int = 0
    """Last route received; 0 at first."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GetAllTeRouteResp(Body):
    """One phone number route of a list.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "get_all_te_route_resp"
    COMMAND: ClassVar[int] = 0x8000000D

    status: int = 0
    """0 done."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    dest_gateway_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    dest_gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    dest_gateway_port: int = 0
    """TCP port of the target gateway."""
    term_range_id: str = ""
    """Number segment. At most 10 octets."""
    province_code: str = ""
    """Code of the province. At most 4 octets."""
    user_type: int = 0
    """Reserved."""
    route_total: int = 0
    """Number of routes."""
    route_number: int = 0
    """Index of this route, from 1."""
    time: str = ""
    """Last change of the route, YYYYMMDDHHMMSS. At most 14 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GetAllSpRoute(Body):
    """Asks for the service number route after the last one received.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "get_all_sp_route"
    COMMAND: ClassVar[int] = 0x0000000E

    src_gateway_id: str = ""
    """Code of the asking gateway. At most 6 octets."""
    route_type: str = ""
    """``TE`` or ``SP``. At most 4 octets."""
    last_route_id: int = 0
    """Last route received; 0 at first."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GetAllSpRouteResp(Body):
    """One service number route of a list.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "get_all_sp_route_resp"
    COMMAND: ClassVar[int] = 0x8000000E

    status: int = 0
    """0 done."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    dest_gateway_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    dest_gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    dest_gateway_port: int = 0
    """TCP port of the target gateway."""
    sp_id: str = ""
    """Enterprise code of the SP. At most 8 octets."""
    sp_code: str = ""
    """Service code of the SP. At most 21 octets."""
    sp_access_type: int = 0
    """0 primary access point, 1 mirror."""
    sp_type: int = 0
    """0 local SP, 1 national SP."""
    route_total: int = 0
    """Number of routes."""
    route_number: int = 0
    """Index of this route, from 1."""
    time: str = ""
    """Last change of the route, YYYYMMDDHHMMSS. At most 14 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UpdateTeRoute(Body):
    """Asks the GNS to change a phone number route.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "update_te_route"
    COMMAND: ClassVar[int] = 0x0000000F

    update_type: int = 0
    """0 add, 1 delete, 2 update."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    dest_gateway_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    dest_gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    dest_gateway_port: int = 0
    """TCP port of the target gateway."""
    term_range_id: str = ""
    """Number segment. At most 10 octets."""
    province_code: str = ""
    """Code of the province. At most 4 octets."""
    user_type: int = 0
    """Reserved."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UpdateTeRouteResp(Body):
    """Answer to a change of a phone number route.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "update_te_route_resp"
    COMMAND: ClassVar[int] = 0x8000000F

    status: int = 0
    """0 done."""
    route_id: int = 0
    """The route: the new id after an add."""
    time: str = ""
    """When the route was changed, YYYYMMDDHHMMSS. At most 14 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UpdateSpRoute(Body):
    """Asks the GNS to change a service number route.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "update_sp_route"
    COMMAND: ClassVar[int] = 0x00000010

    update_type: int = 0
    """0 add, 1 delete, 2 update."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    dest_gateway_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    dest_gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    dest_gateway_port: int = 0
    """TCP port of the target gateway."""
    sp_id: str = ""
    """Enterprise code of the SP. At most 8 octets."""
    sp_code: str = ""
    """Service code of the SP. At most 21 octets."""
    sp_access_type: int = 0
    """0 primary access point, 1 mirror."""
    sp_type: int = 0
    """0 local SP, 1 national SP."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UpdateSpRouteResp(Body):
    """Answer to a change of a service number route.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "update_sp_route_resp"
    COMMAND: ClassVar[int] = 0x80000010

    status: int = 0
    """0 done."""
    route_id: int = 0
    """The route: the new id after an add."""
    time: str = ""
    """When the route was changed, YYYYMMDDHHMMSS. At most 14 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PushUpdateTeRoute(Body):
    """The GNS tells a gateway of a changed phone number route.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "push_update_te_route"
    COMMAND: ClassVar[int] = 0x00000011

    update_type: int = 0
    """0 add, 1 delete, 2 update."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    dest_gateway_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    dest_gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    dest_gateway_port: int = 0
    """TCP port of the target gateway."""
    term_range_id: str = ""
    """Number segment. At most 10 octets."""
    province_code: str = ""
    """Code of the province. At most 4 octets."""
    user_type: int = 0
    """Reserved."""
    time: str = ""
    """Last change of the route, YYYYMMDDHHMMSS. At most 14 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PushUpdateTeRouteResp(Body):
    """Answer to a told phone number route.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "push_update_te_route_resp"
    COMMAND: ClassVar[int] = 0x80000011

    status: int = 0
    """0 done."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PushUpdateSpRoute(Body):
    """The GNS tells a gateway of a changed service number route.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "push_update_sp_route"
    COMMAND: ClassVar[int] = 0x00000012

    update_type: int = 0
    """0 add, 1 delete, 2 update."""
    route_id: int = 0
    """Route number given by the GNS; 0 on requests to add."""
    dest_gateway_id: str = ""
    """Code of the target gateway. At most 6 octets."""
    dest_gateway_ip: str = ""
    """Address of the target gateway, dotted decimal. At most 15 octets."""
    dest_gateway_port: int = 0
    """TCP port of the target gateway."""
    sp_id: str = ""
    """Enterprise code of the SP. At most 8 octets."""
    sp_code: str = ""
    """Service code of the SP. At most 21 octets."""
    sp_access_type: int = 0
    """0 primary access point, 1 mirror."""
    sp_type: int = 0
    """0 local SP, 1 national SP."""
    time: str = ""
    """Last change of the route, YYYYMMDDHHMMSS. At most 14 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PushUpdateSpRouteResp(Body):
    """Answer to a told service number route.

    3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "push_update_sp_route_resp"
    COMMAND: ClassVar[int] = 0x80000012

    status: int = 0
    """0 done."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MtRouteUpdate(Body):
    """A changed MT route of 1.x, peer-derived.

    1.3.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "mt_route_update"
    COMMAND: ClassVar[int] = 0x00000008

    update_type: int = 0
    """0 add, 1 delete, 2 update."""
    route_id: int = 0
    """Route number."""
    src_gateway_id: str = ""
    """Code of the gateway. At most 6 octets."""
    src_gateway_ip: str = ""
    """Address of the gateway, dotted decimal. At most 15 octets."""
    src_gateway_port: int = 0
    """TCP port of the gateway."""
    start_term_id: str = ""
    """First number segment. At most 6 octets."""
    end_term_id: str = ""
    """Last number segment. At most 6 octets."""
    area_code: str = ""
    """Area code. At most 4 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MtRouteUpdateResp(Body):
    """Answer to a changed MT route of 1.x.

    1.3.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "mt_route_update_resp"
    COMMAND: ClassVar[int] = 0x80000008

    status: int = 0
    """0 done; one octet on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoRouteUpdate(Body):
    """A changed MO route of 1.x, peer-derived.

    1.3.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "mo_route_update"
    COMMAND: ClassVar[int] = 0x00000009

    update_type: int = 0
    """0 add, 1 delete, 2 update."""
    route_id: int = 0
    """Route number."""
    src_gateway_id: str = ""
    """Code of the gateway. At most 6 octets."""
    src_gateway_ip: str = ""
    """Address of the gateway, dotted decimal. At most 15 octets."""
    src_gateway_port: int = 0
    """TCP port of the gateway."""
    src_term_id: str = ""
    """Service number. At most 21 octets."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoRouteUpdateResp(Body):
    """Answer to a changed MO route of 1.x.

    1.3.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "mo_route_update_resp"
    COMMAND: ClassVar[int] = 0x80000009

    status: int = 0
    """0 done; one octet on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PaymentRequest(Body):
    """A charge record for the prepaid platform.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "payment_request"
    COMMAND: ClassVar[int] = 0x0000000A

    message_id: str = ""
    """Message id as 20 digits. At most 20 octets."""
    msg_type: str = ""
    """Kind of message, 1.3. At most 2 octets. Not in 2.0, 3.0, 3.1."""
    pay_msg_type: str = ""
    """Kind of message, from 2.0 on. At most 2 octets. Not in 1.3."""
    charge_term_id: str = ""
    """Charged number. At most 21 octets."""
    cp_id: str = ""
    """Code of the content provider, 1.3. At most 8 octets. Not in 2.0, 3.0, 3.1."""
    sp_code: str = ""
    """Code of the SP, from 2.0 on. At most 8 octets. Not in 1.3."""
    src_term_id: str = ""
    """Sender, from 2.0 on. At most 21 octets. Not in 1.3."""
    dest_term_id: str = ""
    """Receiver. At most 21 octets."""
    service_id: str = ""
    """Service code. At most 10 octets."""
    fee_type: str = ""
    """Kind of fee. At most 2 octets."""
    fee_code: str = ""
    """Price of a message in fen, decimal digits. At most 6 octets."""
    fixed_fee: str = ""
    """Monthly fee or cap in fen, decimal digits. At most 6 octets."""
    priority: int = 0
    """Priority."""
    msg_length: int = 0
    """Octets of the message."""
    area_code: str = ""
    """Area code. At most 4 octets."""
    smg_no: str = ""
    """Code of the gateway. At most 6 octets."""
    fwd_smg_no: str = ""
    """Code of the forwarding gateway, 1.3. At most 6 octets. Not in 2.0, 3.0, 3.1."""
    smc_no: str = ""
    """Code of the message centre, 1.3. At most 6 octets. Not in 2.0, 3.0, 3.1."""
    nxt_nwk_nd: str = ""
    """Next network node, from 2.0 on. At most 6 octets. Not in 1.3."""
    pre_nwk_nd: str = ""
    """Previous network node, from 2.0 on. At most 6 octets. Not in 1.3."""
    recv_time: str = ""
    """When the message was received, YYYYMMDDHHMMSS. At most 14 octets."""
    done_time: str = ""
    """When the message was done, YYYYMMDDHHMMSS. At most 14 octets."""
    cdr_type: int = 0
    """Kind of record."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PaymentRequestResp(Body):
    """Answer to a charge record.

    All versions.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "payment_request_resp"
    COMMAND: ClassVar[int] = 0x8000000A

    result_notify_code: int = 0
    """Result of the notification."""
    status: int = 0
    """0 accepted."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PaymentAffirm(Body):
    """Confirmation of a charge; its layout is unknown.

    2.0, 3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "payment_affirm"
    COMMAND: ClassVar[int] = 0x0000000B

    body: bytes = b""
    """The body as it is."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PaymentAffirmResp(Body):
    """Answer to the confirmation of a charge; its layout is unknown.

    2.0, 3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "payment_affirm_resp"
    COMMAND: ClassVar[int] = 0x8000000B

    body: bytes = b""
    """The body as it is."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QueryUserState(Body):
    """Asks for the state of a user.

    2.0, 3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "query_user_state"
    COMMAND: ClassVar[int] = 0x0000000C

    query_user_addr: str = ""
    """The user's number. At most 21 octets."""
    smg_no: str = ""
    """Code of the gateway. At most 6 octets."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QueryUserStateResp(Body):
    """The state of a user.

    2.0, 3.0, 3.1.
    """

    PROTOCOL: ClassVar[str] = "smgp"
    NAME: ClassVar[str] = "query_user_state_resp"
    COMMAND: ClassVar[int] = 0x8000000C

    user_state: int = 0
    """0 to 8, as a number or as an ASCII digit."""
    count: int = 0
    """A number; no source says of what."""
    reserve: bytes = bytes(8)
    """Reserved, zero."""
