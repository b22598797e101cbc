"""Every error, with its text and attributes."""

from __future__ import annotations

import pickle
import socket

import pytest

import sanwang
from conftest import SOON


@pytest.fixture
def sp(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001") as client:
        yield client


@pytest.mark.parametrize(
    ("message", "error", "name", "field", "text"),
    [
        ({"to": "1380013800", "text": "x"}, sanwang.BadReceiver, "BAD_RECEIVER", "to", "receiver"),
        ({"to": "", "text": "x"}, sanwang.BadReceiver, "BAD_RECEIVER", "to", "receiver"),
        (
            {"to": "13800138000", "text": "你", "coding": "ascii"},
            sanwang.BadCoding,
            "BAD_CODING",
            "coding",
            "你",
        ),
        (
            {"to": "13800138000", "text": "x", "coding": "utf8"},
            sanwang.BadCoding,
            "BAD_CODING",
            "coding",
            'unknown coding "utf8": use auto, cheapest',
        ),
        (
            {"to": "13800138000", "content": b"x", "coding": "auto"},
            sanwang.BadCoding,
            "BAD_CODING",
            "coding",
            "content needs a coding that names its octet",
        ),
        ({"to": "13800138000", "text": "字" * 2000}, sanwang.TooLong, "TOO_LONG", None, "segments"),
        ({"to": "13800138000"}, sanwang.EmptyMessage, "EMPTY", "text", "the text is empty"),
        ({"to": "13800138000", "text": ""}, sanwang.EmptyMessage, "EMPTY", "text", "the text is empty"),
        (
            {"to": "13800138000", "text": "x", "service_idd": "A"},
            sanwang.BadSetting,
            "BAD_SETTING",
            "service_idd",
            "did you mean service_id?",
        ),
        (
            {"to": "13800138000", "text": "x", "window": 3},
            sanwang.BadSetting,
            "BAD_SETTING",
            "window",
            "window cannot be set for one message",
        ),
        (
            {"to": "13800138000", "text": "x", "tp_pid": 256},
            sanwang.BadSetting,
            "BAD_SETTING",
            "tp_pid",
            "tp_pid=256 is out of range: write 0 to 255",
        ),
        (
            {"to": "13800138000", "text": "x", "service_id": object()},
            sanwang.BadSetting,
            "BAD_SETTING",
            "service_id",
            "service_id is a object: give text",
        ),
        (
            {"to": "13800138000", "text": "x", "content": b"x"},
            sanwang.BadSetting,
            "BAD_SETTING",
            "content",
            "text and content are both given",
        ),
        (
            {"to": "13800138000", "text": "x", "udh": b"\0"},
            sanwang.BadSetting,
            "BAD_SETTING",
            "udh",
            "udh goes with content",
        ),
        (
            {"to": "13800138000", "text": "x", "valid_for": -0.5},
            sanwang.BadSetting,
            "BAD_SETTING",
            "valid_for",
            "valid_for=-0.5 is out of range: write 0 (no limit) or more seconds",
        ),
        (
            {"to": "13800138000", "text": "x", "sender": "SANWANG"},
            sanwang.BadSetting,
            "BAD_SETTING",
            "sender",
            "sender=SANWANG is not valid: write at most 21 digits",
        ),
        (
            {"to": "13800138000", "text": "x", "account": "telecom"},
            sanwang.NoRoute,
            "NO_ROUTE",
            None,
            "there are: 901234",
        ),
    ],
)
def test_messages_that_are_not_accepted(sp, message, error, name, field, text):
    with pytest.raises(error) as raised:
        sp.send(**message)
    assert text in str(raised.value)
    assert (raised.value.name, raised.value.field, raised.value.retriable) == (name, field, False)
    assert isinstance(raised.value, sanwang.SendError)
    assert sp.open_tickets == 0


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"valid_for": "soon"}, TypeError),
        ({"valid_for": float("nan")}, ValueError),
        ({"user_data": -1}, OverflowError),
        ({"content": "text"}, TypeError),
        ({"content": 7}, TypeError),
        ({"reference": 7}, TypeError),
    ],
)
def test_arguments_of_the_wrong_type(sp, options, error):
    with pytest.raises(error):
        sp.send("13800138000", None if "content" in options else "x", **options)
    assert sp.open_tickets == 0


def test_a_full_queue_says_so_and_can_be_waited_for(dead_url):
    with sanwang.Client(dead_url, queue=2) as sp:
        sp.send_many([("13800138000", "a"), ("13800138000", "b")])
        for full in (
            lambda: sp.try_send("13800138000", "c"),
            lambda: sp.send("13800138000", "c", timeout=0.05),
        ):
            with pytest.raises(sanwang.QueueFull, match="the queue of account 901234 is full") as raised:
                full()
            assert (raised.value.name, raised.value.retriable) == ("QUEUE_FULL", True)
        assert sp.open_tickets == 2
        left = sp.close(0)
        assert left == sanwang.Left(abandoned=2)


def test_an_account_that_is_down_and_does_not_queue(dead_url):
    with (
        sanwang.Client(dead_url, queue_offline=False) as sp,
        pytest.raises(sanwang.NotConnected, match="not connected and queue_offline=no") as raised,
    ):
        sp.send("13800138000", "x")
    assert raised.value.retriable


def test_a_closed_client(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001") as sp:
        pass
    with pytest.raises(sanwang.Closed, match="it is closed: open a new one"):
        sp.send("13800138000", "x")
    with pytest.raises(sanwang.Closed):
        sp.wait_online()


def test_a_refused_login():
    with (
        sanwang.Simulator("cmpp://127.0.0.1:0", accounts={"901234": "right"}) as sim,
        sanwang.Client(sim.url("cmpp", secret="wrong")) as sp,
        pytest.raises(sanwang.LoginRefused, match="901234") as raised,
    ):
        sp.wait_online(SOON)
    assert raised.value.name == "LOGIN_REFUSED"


def test_an_address_where_nobody_is(dead_url):
    with sanwang.Client(dead_url) as sp, pytest.raises(sanwang.Timeout, match="not online in time") as raised:
        sp.wait_online(0.05)
    assert isinstance(raised.value, TimeoutError)
    assert raised.value.retriable


def test_an_outcome_that_is_not_there_yet(dead_url):
    with sanwang.Client(dead_url) as sp:
        ticket = sp.send("13800138000", "x")
        assert not ticket.done
        for wait in (0, 0.02):
            with pytest.raises(sanwang.Timeout, match=f"ticket {ticket.id} has no outcome yet"):
                ticket.outcome(wait)
        sp.close(0)
        assert ticket.done
        assert ticket.outcome().status is sanwang.Status.ABANDONED


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(sanwang.OpenFailed, match=f"cannot listen on 127.0.0.1:{port}") as raised:
            sanwang.Client(f"sgip://sp:secret@127.0.0.1:1?node=1&listen=127.0.0.1:{port}")
        assert isinstance(raised.value, OSError)
        with pytest.raises(sanwang.OpenFailed, match="cannot listen"):
            sanwang.Simulator(f"cmpp://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({"stats": {"DELIVERED": 1}}, "a stat has 1 to 7 characters"),
        ({"stats": {"DELIVRD": 0}}, "no stat has a weight above 0"),
        ({"results": {8: 60.0, 9: 60.0}}, "more than 100 %"),
        ({"digits": {10: 1}}, "write the last digit"),
    ],
)
def test_rules_of_a_simulator_that_make_no_sense(rules, text):
    with pytest.raises(sanwang.ConfigError, match=text):
        sanwang.Simulator(**rules)


def test_a_simulator_names_what_it_lacks(sim):
    with pytest.raises(sanwang.SendError):
        sim.deliver("nobody", "13800138000", "10657001", "x")
    with pytest.raises(sanwang.ConfigError, match="use cmpp, sgip or smgp"):
        sim.address("smpp")
    with (
        sanwang.Simulator("cmpp://127.0.0.1:0") as only,
        pytest.raises(sanwang.ConfigError, match="does not listen for smgp"),
    ):
        only.address("smgp")


def test_errors_can_be_pickled(sp):
    with pytest.raises(sanwang.BadReceiver) as raised:
        sp.send("nobody", "x")
    again = pickle.loads(pickle.dumps(raised.value))
    assert (type(again), str(again), again.name, again.field) == (
        sanwang.BadReceiver,
        str(raised.value),
        "BAD_RECEIVER",
        "to",
    )


def test_all_errors_have_one_base():
    errors = [e for e in vars(sanwang).values() if isinstance(e, type) and issubclass(e, Exception)]
    assert len(errors) >= 19
    for error in errors:
        assert issubclass(error, sanwang.SanwangError)
        assert error("what").name.isupper()
        assert str(error("what")) == "what"
