"""The classes of ``sanwang.wire``: every golden vector through them, and what they refuse."""

from __future__ import annotations

import dataclasses
import pickle

import pytest
from test_wire import load, vectors, version

import sanwang
from conftest import PROTOCOLS
from sanwang import wire
from sanwang.wire import cmpp, sgip, smgp


def sequence_of(pdu):
    sequence = pdu.header["sequence"]
    return tuple(sequence) if isinstance(sequence, (list, tuple)) else sequence


@pytest.mark.parametrize("vector", vectors("canonical"))
def test_a_vector_goes_through_its_class(vector):
    octets = bytes.fromhex(vector["hex"])
    for tried in [version(vector), *vector.get("compatible", ())]:
        (pdu,) = wire.decode(vector["protocol"], octets, tried)
        body = pdu.body
        assert (vector["protocol"], vector["pdu"]) == (body.PROTOCOL, body.NAME)
        assert pdu.header["command"] == body.COMMAND
        assert body.encode(tried, sequence_of(pdu)) == octets
        cls = type(body)
        assert cls.decode(octets, tried) == body
        again = cls(**body.fields)
        assert again == body
        assert hash(again) == hash(body)
        assert pickle.loads(pickle.dumps(body)) == body
        assert dataclasses.replace(body) == body
        assert repr(body).startswith(f"{vector['protocol']}.{cls.__name__}(")


@pytest.mark.parametrize("vector", vectors("tolerance"))
def test_what_is_tolerated_is_written_as_the_documents_say(vector):
    (pdu,) = wire.decode(vector["protocol"], vector["hex"], version(vector))
    if vector.get("reencode_hex"):
        assert pdu.body.encode(version(vector), sequence_of(pdu)).hex() == vector["reencode_hex"]


@pytest.mark.parametrize("vector", vectors("invalid"))
def test_what_is_no_frame(vector):
    for cls in (cmpp.Submit, sgip.Submit, smgp.Submit):
        if vector["protocol"] == cls.PROTOCOL:
            with pytest.raises(sanwang.DecodeError):
                cls.decode(vector["hex"], version(vector))


def test_every_pdu_has_a_class():
    for protocol in PROTOCOLS:
        module = getattr(wire, protocol)
        classes = [getattr(module, name) for name in module.__all__]
        bodies = {cls.NAME: cls for cls in classes if issubclass(cls, wire.Body)}
        assert {vector["pdu"] for vector in load(protocol) if vector["kind"] == "canonical"} <= set(bodies)
        for cls in classes:
            assert cls.__doc__
            plain = cls()
            assert plain == cls()
            assert repr(plain) == f"{protocol}.{cls.__name__}()"
            for name in plain.fields:
                with pytest.raises(dataclasses.FrozenInstanceError):
                    setattr(plain, name, 1)
            assert not hasattr(plain, "__dict__")
            with pytest.raises(TypeError, match="anything"):
                cls(anything=1)


def test_values():
    submit = cmpp.Submit(
        src_id="10657001",
        dest_terminal_id=["13800138000"],
        msg_content=bytearray(b"hi"),
        registered_delivery=True,
    )
    assert submit.dest_terminal_id == ("13800138000",)
    assert submit.fields["msg_content"] == b"hi"
    assert submit != cmpp.Submit()
    assert {submit: 1}[dataclasses.replace(submit)] == 1
    assert repr(submit) == (
        "cmpp.Submit(registered_delivery=True, src_id='10657001', dest_terminal_id=('13800138000',),"
        " msg_content=b'hi')"
    )
    octets = submit.encode("2.0", 7)
    (pdu,) = wire.decode("cmpp", octets, "2.0")
    assert (pdu.header["sequence"], pdu.body) == (7, submit)
    assert cmpp.Submit.decode(submit.encode()) == submit
    assert "secret" not in repr(sgip.Bind(login_name="me", login_password="secret"))


def test_text_keeps_its_octets():
    name = "你好".encode("gbk")
    octets = cmpp.Deliver(service_id=name).encode("3.0")
    assert name in octets
    deliver = cmpp.Deliver.decode(octets)
    assert deliver.service_id.encode("utf-8", "surrogateescape") == name
    assert deliver.encode("3.0") == octets


def test_groups_parameters_and_sequences():
    route = sgip.RouteEntry(type=1, number="10655", smg_id="301001", password="secret")
    answer = sgip.QueryRouteResp(routes=(route, sgip.RouteEntry()))
    octets = answer.encode("1.2", (3010012345, 1120203225, 1))
    assert sgip.QueryRouteResp.decode(octets) == answer
    assert "secret" not in repr(answer)
    assert sgip.QueryRouteResp.decode(sgip.QueryRouteResp(end_of_routes=True).encode()).end_of_routes
    report = sgip.Report(submit_sequence=(3010012345, 1120203225, 1))
    assert sgip.Report.decode(report.encode()) == report
    tlv = (wire.Tlv(2, b"\x01"), wire.Tlv(0x0201, b"unknown"), wire.Tlv(2, b"\x02"))
    submit = smgp.Submit(dest_term_id=("13300133000",), tlv=tlv)
    assert smgp.Submit.decode(submit.encode()).tlv == tlv


@pytest.mark.parametrize(
    ("body", "version", "error", "field", "said"),
    [
        (cmpp.Submit(), "3.0", "bad_count", "dest_terminal_id", "at least 1"),
        (
            cmpp.Submit(dest_terminal_id=("1",), pk_total=256),
            "3.0",
            "out_of_range",
            "pk_total",
            "from 0 to 255",
        ),
        (cmpp.SubmitResp(result=256), "2.0", "out_of_range", "result", "from 0 to 255"),
        (cmpp.SubmitResp(result=1 << 200), "3.0", "out_of_range", "result", "from 0 to 4294967295"),
        (
            cmpp.Submit(dest_terminal_id=("1", "2" * 33)),
            "3.0",
            "bad_length",
            "dest_terminal_id[1]",
            "holds 32",
        ),
        (
            cmpp.Submit(dest_terminal_id=("1",), link_id="x"),
            "2.0",
            "not_in_version",
            "link_id",
            "another version",
        ),
        (cmpp.Submit(dest_terminal_id=("1",) * 100), "3.0", "bad_count", "dest_terminal_id", "at most 99"),
        (cmpp.Submit(dest_terminal_id="1"), "3.0", "wrong_type", "dest_terminal_id", "list of texts"),
        (cmpp.Connect(source_addr=901234), "3.0", "wrong_type", "source_addr", "give text"),
        (cmpp.Connect(authenticator_source=b"1"), "3.0", "bad_length", "authenticator_source", "give 16"),
        (cmpp.GetRoute(), "3.0", "not_in_version", None, "does not exist in 3.0"),
        (
            sgip.QueryRouteResp(routes=(sgip.RouteEntry(type=300),)),
            "1.2",
            "out_of_range",
            "routes[0].type",
            "255",
        ),
        (
            smgp.Submit(dest_term_id=("1",), tlv=(wire.Tlv(-1, b""),)),
            "3.0",
            "out_of_range",
            "tlv[0].tag",
            "65535",
        ),
    ],
)
def test_what_does_not_fit(body, version, error, field, said):
    with pytest.raises(sanwang.EncodeError) as raised:
        body.encode(version)
    assert (raised.value.error, raised.value.field, raised.value.pdu) == (error, field, body.NAME)
    assert said in str(raised.value)
    assert raised.value.name == "BAD_PDU"


def test_other_mistakes():
    active = cmpp.ActiveTest()
    octets = active.encode(sequence=1)
    with pytest.raises(sanwang.ConfigError, match=r"version=9\.9"):
        active.encode("9.9")
    for sequence in (-1, 1 << 32, "1", (1, 2, 3), None):
        with pytest.raises(ValueError, match="sequence is a number"):
            active.encode(sequence=sequence)
    with pytest.raises(ValueError, match="node, time, serial"):
        sgip.Unbind().encode(sequence=7)
    with pytest.raises(TypeError, match="pk_total holds a float"):
        cmpp.Submit(dest_terminal_id=("1",), pk_total=1.5).encode()
    for given in (octets + octets, b"", cmpp.Terminate().encode()):
        with pytest.raises(sanwang.DecodeError, match="one active_test is expected") as raised:
            cmpp.ActiveTest.decode(given)
        assert raised.value.error == "unexpected_pdu"
    with pytest.raises(sanwang.DecodeError, match="not complete"):
        cmpp.ActiveTest.decode(octets[:-1])
