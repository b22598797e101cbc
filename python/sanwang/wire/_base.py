"""What all PDUs share: the values, their octets, and frames that were read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from .. import _native
from .._errors import DecodeError

__all__ = ["Body", "Group", "Pdu", "Tlv", "decode"]

_KEYS = ("protocol", "version", "pdu", "header", "fields", "report", "warnings")

_B = TypeVar("_B", bound="Body")


class _Values:
    """Named values that do not change."""

    __slots__ = ()

    SECRET: ClassVar[frozenset[str]] = frozenset()
    """Fields that hold a secret; ``repr`` masks them."""

    def __post_init__(self) -> None:
        for field in _fields(self):
            value = getattr(self, field.name)
            if isinstance(value, list):
                object.__setattr__(self, field.name, tuple(value))
            elif isinstance(value, (bytearray, memoryview)):
                object.__setattr__(self, field.name, bytes(value))

    @property
    def fields(self) -> Mapping[str, Any]:
        """The values by their names, in the order of the wire."""
        return MappingProxyType({field.name: getattr(self, field.name) for field in _fields(self)})

    def __repr__(self) -> str:
        shown = []
        for field in _fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                shown.append(f"{field.name}={'***' if field.name in self.SECRET else repr(value)}")
        return f"{self._shown_name()}({', '.join(shown)})"

    def _shown_name(self) -> str:
        return f"{type(self).__module__.rpartition('.')[2]}.{type(self).__name__}"


def _fields(values: _Values) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(values)  # type: ignore[arg-type]


class Group(_Values):
    """A group of fields that repeats inside a PDU."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Tlv:
    """An optional parameter of SMGP. Tags that are not known are kept, and so are order and repeats."""

    tag: int
    octets: bytes


class Body(_Values):
    """A PDU. Its fields are keyword arguments; what is not given has its default. Equal if all fields are.

    Text that is not UTF-8 holds its octets as ``os.fsdecode`` would, so that nothing is lost.
    """

    __slots__ = ()

    PROTOCOL: ClassVar[str]
    """cmpp, sgip or smgp."""
    NAME: ClassVar[str]
    """The name in snake case: submit, deliver_resp ..."""
    COMMAND: ClassVar[int]
    """The command id."""
    GROUPS: ClassVar[Mapping[str, type[Group]]] = {}
    """The classes of what repeats, by the name of the field."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _BODIES[cls.PROTOCOL, cls.NAME] = cls

    def encode(self, version: str | None = None, sequence: int | tuple[int, int, int] = 0) -> bytes:
        """Write the frame in the layout of a version; the usual ones are 3.0, 1.2 and 3.0.

        The sequence of SGIP is ``(node, time, serial)``. Raises :class:`sanwang.EncodeError`, which names the
        field, if a value does not fit.
        """
        plain = {name: _plain(value) for name, value in self.fields.items()}
        return _native.encode(self.PROTOCOL, version, self.NAME, plain, sequence)

    @classmethod
    def decode(cls: type[_B], octets: bytes | bytearray | memoryview | str, version: str | None = None) -> _B:
        """Read one frame of this PDU from octets or their hexadecimal digits.

        Raises :class:`sanwang.DecodeError` if it cannot be read, or is more than one, or another PDU.
        """
        pdus = decode(cls.PROTOCOL, octets, version)
        found = [pdu.pdu for pdu in pdus]
        if len(pdus) != 1 or found != [cls.NAME]:
            what = f"one {cls.NAME} is expected, there is {' and '.join(found) or 'nothing'}"
            raise DecodeError(what, error="unexpected_pdu", pdu=cls.NAME, pdus=pdus)
        body = pdus[0].body
        if not isinstance(body, cls):
            raise TypeError(f"{cls.__name__} is not the class of {cls.NAME}")
        return body


_BODIES: dict[tuple[str, str], type[Body]] = {}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, Tlv):
        return {"tag": value.tag, "value_hex": value.octets}
    if isinstance(value, Group):
        return {name: _plain(item) for name, item in value.fields.items()}
    return value


class Pdu(Mapping[str, Any]):
    """A decoded PDU: attributes, and a mapping with the same names.

    Octets are ``bytes``, repeated values tuples, SGIP sequences ``(node, time, serial)``.
    """

    __slots__ = ("_items", "_octets")
    __match_args__ = ("pdu",)

    def __init__(self, items: Mapping[str, Any], octets: bytes = b"") -> None:
        self._items: Mapping[str, Any] = _frozen(items)
        self._octets = octets

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
        """The fields of the body in the order of the wire, as they are shown to people."""
        fields: Mapping[str, Any] = self._items["fields"]
        return fields

    @property
    def body(self) -> Body:
        """The PDU as a value of its class, for example of :class:`sanwang.wire.cmpp.Submit`."""
        cls = _BODIES[self.protocol, self.pdu]
        values = _native.decode_body(self.protocol, self.version, self._octets)
        for name, group in cls.GROUPS.items():
            values[name] = tuple(group(**entry) for entry in values.get(name, ()))
        if "tlv" in values:
            values["tlv"] = tuple(Tlv(tag, octets) for tag, octets in values["tlv"])
        return cls(**values)

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
    pdus, whole = [], bytes(octets)
    at = 0
    for items in found:
        end = at + items["header"]["length"]
        pdus.append(Pdu(items, whole[at:end]))
        at = end
    if wrong is not None:
        error, pdu, field, offset, text = wrong
        raise DecodeError(text, error=error, pdu=pdu, field=field, offset=offset, start=start, pdus=pdus)
    return pdus
