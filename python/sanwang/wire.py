"""Octets to PDUs: for captures, logs and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from . import _native
from ._errors import DecodeError

__all__ = ["DecodeError", "Pdu", "decode"]

_KEYS = ("protocol", "version", "pdu", "header", "fields", "report", "warnings")


class Pdu(Mapping[str, Any]):
    """A decoded PDU: attributes, and a mapping with the same names.

    Octets are ``bytes``, repeated values tuples, SGIP sequences ``(node, time, serial)``.
    """

    __slots__ = ("_items",)
    __match_args__ = ("pdu",)

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items: Mapping[str, Any] = _frozen(items)

    @property
    def protocol(self) -> str:
        """cmpp, sgip or smgp."""
        return str(self._items["protocol"])

    @property
    def version(self) -> str:
        """The version whose layout was used."""
        return str(self._items["version"])

    @property
    def pdu(self) -> str:
        """The name in snake case: submit, deliver_resp ..."""
        return str(self._items["pdu"])

    @property
    def header(self) -> Mapping[str, Any]:
        """Length, command and sequence."""
        header: Mapping[str, Any] = self._items["header"]
        return header

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of the body in the order of the wire."""
        fields: Mapping[str, Any] = self._items["fields"]
        return fields

    @property
    def report(self) -> Mapping[str, Any] | None:
        """The status report inside the content, where there is one."""
        report: Mapping[str, Any] | None = self._items["report"]
        return report

    @property
    def warnings(self) -> tuple[str, ...]:
        """How the frame differed from the documents and was read nevertheless."""
        warnings: tuple[str, ...] = self._items["warnings"]
        return warnings

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_KEYS)

    def __len__(self) -> int:
        return len(_KEYS)

    def __repr__(self) -> str:
        return f"Pdu({self.protocol} {self.version} {self.pdu}, {dict(self.fields)})"


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(item) for key, item in value.items()})
    if isinstance(value, tuple):
        return tuple(_frozen(item) for item in value)
    return value


def decode(
    protocol: str, octets: bytes | bytearray | memoryview | str, version: str | None = None
) -> list[Pdu]:
    """Read the PDUs of a piece of octets, or of its hexadecimal digits (blanks are skipped).

    Without a version the default one of an account is taken; the layout is found by length where it can be.
    Raises :class:`DecodeError` at the first frame that cannot be read or is not complete; its ``pdus`` are
    those before it.
    """
    if isinstance(octets, str):
        try:
            octets = bytes.fromhex(octets)
        except ValueError as why:
            raise DecodeError(f"not hexadecimal digits: {why}", error="not_hexadecimal") from None
    found, start, wrong = _native.decode(protocol, octets, version)
    pdus = [Pdu(pdu) for pdu in found]
    if wrong is not None:
        error, pdu, field, offset, text = wrong
        raise DecodeError(text, error=error, pdu=pdu, field=field, offset=offset, start=start, pdus=pdus)
    return pdus
