"""Every golden vector of the three protocols through ``sanwang.wire.decode``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import sanwang
from conftest import PROTOCOLS
from sanwang import wire

VECTORS = Path(__file__).parents[2] / "tests" / "vectors"

# Keys of ``fields`` that explain a vector and are no fields of its body.
EXPLANATIONS = {("login_resp", "authenticator_client"), ("submit_resp", "smgw"), ("submit_resp", "time")}


def load(protocol):
    return json.loads((VECTORS / f"{protocol}.json").read_text(encoding="utf-8"))


def vectors(*kinds):
    return [
        pytest.param(vector, id=f"{protocol}-{vector['name']}")
        for protocol in PROTOCOLS
        for vector in load(protocol)
        if vector["kind"] in kinds
    ]


def plain(value):
    """The form of the vectors: hexadecimal digits, lists, dictionaries."""
    if isinstance(value, Mapping):
        if set(value) == {"tag", "name", "octets", "value"}:
            return {
                "tag": value["tag"],
                "name": value["name"],
                "value_hex": value["octets"].hex(),
                "value": value["value"],
            }
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def version(vector):
    return "1.3b" if vector["name"] == "submit_v13_swapped" else vector["version"]


@pytest.mark.parametrize("vector", vectors("canonical", "tolerance"))
def test_a_frame(vector):
    expected = dict(vector["fields"])
    if vector["protocol"] == "smgp":
        expected = {k: v for k, v in expected.items() if (vector["pdu"], k) not in EXPLANATIONS}
    for tried in [version(vector), *vector.get("compatible", ())]:
        (pdu,) = wire.decode(vector["protocol"], vector["hex"], tried)
        assert (pdu.protocol, pdu.version, pdu.pdu) == (vector["protocol"], tried, vector["pdu"])
        assert plain(pdu.header) == vector["header"]
        assert plain(pdu.fields) == expected
        assert pdu["fields"] is pdu.fields
        if vector["kind"] == "canonical":
            # A report in another form than the usual one is a warning, too.
            assert set(pdu.warnings) <= ({"report_variant"} if vector.get("report") else set())
        if vector.get("report"):
            assert plain(pdu.report) == vector["report"]


@pytest.mark.parametrize("vector", vectors("invalid"))
def test_a_frame_that_is_none(vector):
    with pytest.raises(sanwang.DecodeError) as raised:
        wire.decode(vector["protocol"], vector["hex"], version(vector))
    error = raised.value
    assert error.error == vector["error"]
    assert error.pdu == vector.get("pdu") or error.pdu == "header" or not vector.get("pdu")
    assert error.field
    assert 0 <= error.offset <= len(vector["hex"]) // 2
    assert (error.start, error.pdus) == (0, [])
    assert error.field in str(error)


@pytest.mark.parametrize("vector", vectors("stream"))
def test_a_stream(vector):
    names = {v["name"]: v for v in load(vector["protocol"])}
    expected = [names[name]["pdu"] for name in vector["fields"]["frames"]]
    trailing = vector["fields"]["trailing_octets"]
    octets = bytes.fromhex(vector["hex"])
    if trailing:
        with pytest.raises(sanwang.DecodeError, match="not complete") as raised:
            wire.decode(vector["protocol"], octets, vector["version"])
        assert raised.value.error == "incomplete_frame"
        assert raised.value.start == len(octets) - trailing
        pdus = raised.value.pdus
    else:
        pdus = wire.decode(vector["protocol"], octets, vector["version"])
    assert [pdu.pdu for pdu in pdus] == expected


def test_there_are_as_many_as_the_files_have():
    counts = [len(vectors(kind)) for kind in ("canonical", "tolerance", "invalid", "stream")]
    assert sum(counts) == sum(len(load(protocol)) for protocol in PROTOCOLS)
    assert counts[0] > 150


def test_octets_in_every_form():
    active = "0000000c 00000008 00000003"
    octets = bytes.fromhex(active)
    for form in (active, active.upper(), octets, bytearray(octets), memoryview(octets)):
        (pdu,) = wire.decode("cmpp", form)
        assert (pdu.pdu, pdu.version) == ("active_test", "3.0")
    assert wire.decode("CMPP", b"") == []
    assert wire.decode("sgip", "").__class__ is list
    with pytest.raises(sanwang.DecodeError, match="not hexadecimal"):
        wire.decode("cmpp", "xyz")
    with pytest.raises(sanwang.ConfigError, match="use cmpp, sgip or smgp"):
        wire.decode("smpp", active)
    said = r"version=4.0 is not valid: write 2.0, 2.1, 3.0, 1.1 or 1.2"
    with pytest.raises(sanwang.ConfigError, match=said):
        wire.decode("cmpp", active, "4.0")
    with pytest.raises(TypeError):
        wire.decode("cmpp", 12)


def test_a_pdu_is_a_mapping_that_does_not_change():
    (pdu,) = wire.decode("cmpp", "0000000c0000000800000003")
    assert list(pdu) == ["protocol", "version", "pdu", "header", "fields", "report", "warnings"]
    assert dict(pdu)["header"]["sequence"] == 3
    assert pdu == wire.decode("cmpp", "0000000c0000000800000003")[0]
    with pytest.raises(TypeError):
        pdu.fields["x"] = 1
    with pytest.raises(AttributeError):
        pdu.pdu = "x"
    match pdu:
        case wire.Pdu("active_test", header={"sequence": sequence}):
            assert sequence == 3
        case _:
            pytest.fail("no match")
    assert repr(pdu) == "Pdu(cmpp 3.0 active_test, {})"
