"""Raw links: requests and answers of any role, PDUs as octets and as objects."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

import sanwang
from conftest import SOON, Events

VECTORS = Path(__file__).parents[2] / "tests" / "vectors"
OWN, PEER = "101001", "401001"


def vector(protocol, name):
    for one in json.loads((VECTORS / f"{protocol}.json").read_text(encoding="utf-8")):
        if one.get("name") == name:
            return bytes.fromhex(one["hex"])
    raise KeyError(name)


EXCHANGES = {
    "cmpp": (vector("cmpp", "v30_mt_route"), vector("cmpp", "v30_mt_route_resp")),
    "sgip": (vector("sgip", "queryroute_type2"), vector("sgip", "queryroute_resp_two")),
    "smgp": (vector("smgp", "query_te_route"), vector("smgp", "query_te_route_resp")),
}
QUESTION, ANSWER = EXCHANGES["cmpp"]


class Pair:
    """A route server that listens, and a gateway that dials it."""

    def __init__(self, protocol="cmpp", *, server=None, gateway=None):
        more = "?login_type=4&node=101001" if protocol == "sgip" else ""
        self.server = sanwang.Link(
            listen=f"{protocol}://127.0.0.1:0", peers={OWN: "secret"}, **(server or {})
        )
        at = self.server.listeners[0].address
        self.gateway = sanwang.Link(dial={PEER: f"{protocol}://{OWN}:secret@{at}{more}"}, **(gateway or {}))

    def __enter__(self):
        return self.server, self.gateway

    def __exit__(self, *_):
        self.gateway.close(1)
        self.server.close(1)


class Written:
    """A PDU that writes itself in a version."""

    def __init__(self, octets):
        self.octets = octets
        self.versions = []

    def encode(self, version):
        self.versions.append(version)
        return self.octets


def body(protocol, octets):
    return octets[20 if protocol == "sgip" else 12 :]


@pytest.mark.parametrize("protocol", EXCHANGES)
@pytest.mark.parametrize("form", [bytes, bytearray, memoryview, Written])
def test_a_question_and_its_answer(protocol, form):
    question, answer = EXCHANGES[protocol]
    asked = Events()

    def request(event):
        asked(event)
        return form(answer)

    with Pair(protocol, server={"on_request": request}) as (server, gateway):
        given = form(question)
        reply = gateway.request(PEER, given, timeout=SOON)
        event = asked.next()
        assert (event.account, event.protocol) == (OWN, protocol)
        assert body(protocol, event.octets) == body(protocol, question)
        want = sanwang.wire.decode(protocol, question)[0]
        assert (event.pdu.pdu, event.pdu.fields) == (want.pdu, want.fields)
        assert event.name == want.pdu
        assert event.time.tzinfo is not None
        want = sanwang.wire.decode(protocol, answer)[0]
        assert (reply.ok, reply.account, reply.error) == (True, PEER, "")
        assert (reply.name, reply.pdu.pdu, reply.pdu.fields) == (want.pdu, want.pdu, want.fields)
        assert len(reply.pdus) == 1
        assert body(protocol, reply.octets) == body(protocol, answer)
        if form is Written:
            assert given.versions == [gateway.speaks(PEER)[1]] == [event.version]
        assert server.speaks(OWN) == (protocol, event.version) == gateway.speaks("")
        assert server.counters()["logins"] == gateway.counters(PEER)["logins"] == 1
        assert set(server.peers) == {OWN}
        assert 'account="401001"' in gateway.metrics()
        assert repr(reply) == f"LinkReply({protocol} {want.pdu} of {PEER})"


def test_what_nobody_handles_is_refused():
    with Pair() as (_, gateway):
        reply = gateway.request("", QUESTION, timeout=SOON)
        assert reply.name == "mt_route_resp"
        assert reply.pdu.fields["result"] != 0
    with Pair(server={"on_request": lambda _: None}) as (_, gateway):
        assert gateway.request(PEER, QUESTION, timeout=SOON).pdu.fields["result"] != 0


@pytest.mark.parametrize("wrong", ["raise", "text", b"", ANSWER[:-1], QUESTION, ANSWER + ANSWER, 5])
def test_a_handler_that_answers_nonsense_leaves_no_peer_waiting(caplog, wrong):
    def request(_):
        if wrong == "raise":
            raise RuntimeError("on purpose")
        return wrong

    with Pair(server={"on_request": request}) as (_, gateway):
        assert gateway.request(PEER, QUESTION, timeout=SOON).pdu.fields["result"] != 0
    assert "the handler" in caplog.text


def test_answers_come_later_from_any_thread():
    asked = Events()

    def request(event):
        asked(event)
        return sanwang.LATER

    with Pair(server={"on_request": request}) as (server, gateway):

        def answer():
            event = asked.next()
            with pytest.raises(sanwang.LinkError, match="an answer is needed") as wrong:
                server.answer(event, QUESTION)
            assert wrong.value.name == "WRONG_PDU"
            server.answer(event, ANSWER)
            with pytest.raises(sanwang.LinkError) as late:
                server.answer(event, ANSWER)
            assert (late.value.name, late.value.retriable) == ("STALE", False)
            server.refuse(asked.next(), busy=True)

        answering = threading.Thread(target=answer)
        answering.start()
        assert gateway.request(PEER, QUESTION, timeout=SOON).pdu.fields["result"] == 0
        assert gateway.request(PEER, QUESTION, timeout=SOON).pdu.fields["result"] != 0
        answering.join()
        with pytest.raises(sanwang.LinkError) as wrong:
            server.refuse(asked.seen[0])
        assert (wrong.value.name, wrong.value.retriable) == ("STALE", False)


def test_a_handler_asks_another_peer_before_it_answers():
    """A gateway in the middle: what it is asked it asks the server, and passes the answer on."""
    with sanwang.Link(
        listen="cmpp://127.0.0.1:0", peers={OWN: "secret"}, on_request=lambda _: ANSWER
    ) as server:
        middle = sanwang.Link(
            dial={PEER: f"cmpp://{OWN}:secret@{server.listeners[0].address}"},
            listen="cmpp://127.0.0.1:0",
            peers={"102001": "secret"},
        )

        @middle.on_request
        def request(event):
            with pytest.raises(sanwang.WouldDeadlock):
                middle.request(PEER, event.octets)
            middle.request_then(PEER, event.octets, lambda reply: middle.answer(event, reply.octets))
            return sanwang.LATER

        with middle, sanwang.Link(dial={"m": f"cmpp://102001:secret@{middle.listeners[0].address}"}) as end:
            assert end.request("m", QUESTION, timeout=SOON).octets[12:] == ANSWER[12:]


def test_why_there_is_no_answer():
    replies = Events()
    with Pair(server={"on_request": lambda _: sanwang.LATER}) as (_, gateway):
        gateway.wait_online(PEER, SOON)

        def name(call):
            with pytest.raises(sanwang.LinkError) as wrong:
                call()
            return wrong.value.name

        ask = gateway.request
        # On a busy machine the time may be over before it is written, which is told as well.
        while (why := name(lambda: ask(PEER, QUESTION, timeout=0.2))) == "NOT_SENT":
            pass
        assert why == "NO_ANSWER"
        assert name(lambda: ask("nobody", QUESTION)) == "NO_PEER"
        assert name(lambda: ask(PEER, ANSWER)) == "WRONG_PDU"
        assert name(lambda: ask(PEER, QUESTION[:20])) == "WRONG_PDU"
        assert name(lambda: ask(PEER, b"")) == "WRONG_PDU"
        assert name(lambda: ask(PEER, vector("cmpp", "v30_mt_route") + b"\0")) == "WRONG_PDU"
        assert name(lambda: gateway.request_then(PEER, ANSWER, replies)) == "WRONG_PDU"
        for wrong in ("text", None, 7):
            with pytest.raises(TypeError, match="PDU"):
                ask(PEER, wrong)
        with pytest.raises(TypeError, match="then"):
            gateway.request_then(PEER, QUESTION, "no function")
        reply = None
        while reply is None or reply.error == "NOT_SENT":
            gateway.request_then(PEER, QUESTION, replies, timeout=0.2)
            reply = replies.next()
        assert (reply.ok, reply.error, reply.octets) == (False, "NO_ANSWER", b"")
        with pytest.raises(sanwang.LinkError, match="no answer in time"):
            _ = reply.pdu
        with pytest.raises(sanwang.ConfigError, match="nobody"):
            gateway.counters("nobody")
        with pytest.raises(sanwang.Timeout, match="nobody has not logged in"):
            gateway.wait_online("nobody", 0.05)
    with pytest.raises(sanwang.Closed):
        gateway.request(PEER, QUESTION)


def test_an_sgip_message_keeps_its_sequence():
    asked = Events()

    def request(event):
        asked(event)
        return vector("sgip", "submit_resp_ok")

    with Pair("sgip", server={"on_request": request}) as (_, gateway):
        gateway.request(
            PEER, vector("sgip", "submit_ascii"), sequence=(3010012345, 101000000, 7), timeout=SOON
        )
        assert asked.next().pdu.header["sequence"] == (3010012345, 101000000, 7)


def test_opening_is_checked():
    with pytest.raises(sanwang.ConfigError, match="a peer to dial or an address"):
        sanwang.Link()
    with pytest.raises(sanwang.ConfigError, match="did you mean window"):
        sanwang.Link(listen="cmpp://127.0.0.1:0", windw=3)
    with pytest.raises(sanwang.ConfigError, match="has no url"):
        sanwang.Link(dial={"a": {"window": 3}})
    with pytest.raises(sanwang.ConfigError):
        sanwang.Link(dial={"a": "http://x"})
    with pytest.raises(TypeError, match="str or bytes"):
        sanwang.Link(listen="cmpp://127.0.0.1:0", peers={"a": 5})
    with sanwang.Link(listen=["cmpp://127.0.0.1:0", "sgip://127.0.0.1:0"], window=4) as link:
        assert [at.protocol for at in link.listeners] == ["cmpp", "sgip"]
        with pytest.raises(sanwang.OpenFailed):
            sanwang.Link(listen=f"cmpp://{link.listeners[0].address}")
        with pytest.raises(ValueError, match="already"):
            link.on_request(print)
            link.on_request(print)


def test_states_of_peers_are_told():
    states = Events()
    with Pair(gateway={"on_state": states}) as (_, gateway):
        gateway.wait_online("", SOON)
        while states.next().state != "online":
            pass
        assert gateway.peers == {PEER: sanwang.LinkState.ONLINE}
        assert repr(gateway) == f"<sanwang.Link {PEER}>"


def test_events_are_made_with_keywords():
    request = sanwang.LinkRequest(protocol="cmpp", version="3.0", octets=QUESTION, name="mt_route")
    assert request.pdu.pdu == "mt_route"
    match sanwang.LinkReply(account="a", error="LOST", reason="gone"):
        case sanwang.LinkReply(account, error):
            assert (account, error) == ("a", "LOST")
