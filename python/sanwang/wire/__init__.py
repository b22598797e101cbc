"""PDUs as values: octets to PDUs, and PDUs to octets.

>>> from sanwang import wire
>>> octets = wire.cmpp.Submit(dest_terminal_id=("13800138000",), msg_content=b"hi").encode("3.0")
>>> wire.cmpp.Submit.decode(octets, "3.0").msg_content
b'hi'

The modules ``cmpp``, ``sgip`` and ``smgp`` have a class for every PDU, with the names of docs/protocol.
"""

from __future__ import annotations

from .._errors import DecodeError, EncodeError
from . import cmpp, sgip, smgp
from ._base import Body, Group, Pdu, Tlv, decode

__all__ = ["Body", "DecodeError", "EncodeError", "Group", "Pdu", "Tlv", "cmpp", "decode", "sgip", "smgp"]
