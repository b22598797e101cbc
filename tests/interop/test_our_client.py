"""Our client at their gateway."""

from __future__ import annotations

import time

from fields import differences, segments
from peer import SOON
from relay import Relay

import sanwang
from conftest import ACCOUNT, ALL, KEPT_OPEN, LONG, NUMBER, SGIP12, Dialect, Events, Start, dialects


def eventually(what: object, true: object) -> None:
    """Wait until ``true()`` is; name ``what`` was missing."""
    end = time.monotonic() + SOON
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, f"it never happened: {what}"
        time.sleep(0.01)


def most_unanswered(relay: Relay, direction: str, name: str) -> int:
    """The most requests of this name that were under way at once."""
    now = most = 0
    for where, pdu in relay.frames:
        now += (where, pdu.pdu) == (direction, name)
        now -= where != direction and pdu.pdu == f"{name}_resp"
        most = max(most, now)
    return most


@dialects(*ALL)
def test_long_submit_and_report(dialect: Dialect, start: Start) -> None:
    peer, relay = start("gateway")
    outcomes, reports = Events(), Events()
    with sanwang.Client(dialect.url(relay.port), on_outcome=outcomes, on_report=reports) as client:
        ticket = client.send(dialect.phone, LONG)
        outcome = outcomes.next()
        assert (outcome.ticket, outcome.status.name, len(outcome.segments)) == (ticket, "DELIVERED", 3)
        login = peer.until("pdu")
        sent = peer.until("pdu")
        heard = [reports.next() for _ in range(3)]

    assert sent["message"]["msgContent"] == LONG
    assert {report.ticket for report in heard} == {ticket}
    assert {report.stat for report in heard} == {"DELIVRD"} or dialect is SGIP12
    assert not differences(dialect.name, relay.pdus("to", dialect.login)[0], login["message"])
    read = segments(sent)
    written = relay.pdus("to", "submit")
    assert len(read) == len(written) == 3
    for pdu, theirs in zip(written, read, strict=True):
        assert not differences(dialect.name, pdu, theirs)
    # Every id of a report is one that an answer gave, and each report was answered with success.
    answered = relay.pdus("to", f"{dialect.report}_resp")
    assert len(answered) == 3
    assert all(pdu.fields.get("result", pdu.fields.get("status")) == 0 for pdu in answered)


@dialects(*ALL)
def test_short_text_in_ascii(dialect: Dialect, start: Start) -> None:
    peer, relay = start("gateway")
    outcomes = Events()
    with sanwang.Client(dialect.url(relay.port), on_outcome=outcomes) as client:
        client.send(dialect.phone, "Your code is 123456")
        assert outcomes.next().status.name == "DELIVERED"
    peer.until("pdu")
    sent = peer.until("pdu")
    assert sent["message"]["msgContent"] == "Your code is 123456"
    assert not differences(dialect.name, relay.pdus("to", "submit")[0], sent["message"])


@dialects(*ALL)
def test_long_delivery(dialect: Dialect, start: Start) -> None:
    peer, relay = start("gateway")
    delivered, outcomes = Events(), Events()
    with sanwang.Client(dialect.url(relay.port), on_deliver=delivered, on_outcome=outcomes) as client:
        # SGIP logs in when there is something to send.
        client.send(dialect.phone, "hello")
        outcomes.next()
        peer.until("online")
        peer.say("deliver", dialect.wire_phone, NUMBER, LONG)
        event = delivered.next()
        assert (event.text, event.sender, event.receiver) == (LONG, dialect.phone, NUMBER)
        assert event.account == ACCOUNT
        eventually(
            "an answer to each segment",
            lambda: (
                sum(
                    pdu.fields.get("result", pdu.fields.get("status")) == 0
                    for pdu in relay.pdus("to", "deliver_resp")
                )
                >= 3
            ),
        )


@dialects(*KEPT_OPEN)
def test_link_tests(dialect: Dialect, start: Start) -> None:
    _, relay = start("gateway")
    # Their gateway asks after a second of silence, and so do we.
    with sanwang.Client(dialect.url(relay.port, keepalive="1s")) as client:
        client.wait_online(SOON)
        for direction, answer in (("to", "from"), ("from", "to")):
            eventually(
                f"a link test {direction} their gateway, and its answer",
                lambda direction=direction, answer=answer: (
                    relay.pdus(direction, dialect.link_test)
                    and relay.pdus(answer, f"{dialect.link_test}_resp")
                ),
            )
        assert client.state().state == "online"


@dialects(*ALL)
def test_wrong_secret(dialect: Dialect, start: Start) -> None:
    peer, relay = start("gateway")
    states = Events()
    client = sanwang.Client(dialect.url(relay.port, secret="wrong"), on_state=states)
    with client:
        if dialect is SGIP12:
            client.send(dialect.phone, "hello")
        refused = states.until(lambda event: event.reason)
        assert "refused" in refused.reason, refused
        assert not relay.pdus("to", "submit")
    answer = relay.pdus("from", f"{dialect.login}_resp")[0].fields
    assert answer.get("status", answer.get("result")) not in (0, None)
    assert "online" not in peer.names()


@dialects(*ALL)
def test_window(dialect: Dialect, start: Start) -> None:
    peer, relay = start("gateway")
    outcomes = Events()
    with sanwang.Client(dialect.url(relay.port, window=4), on_outcome=outcomes) as client:
        client.send(dialect.phone, "first")
        outcomes.next()
        before = len(relay.pdus("to", "submit"))
        peer.say("hold")
        peer.until("online")
        tickets = {client.send(dialect.phone, f"message {number}") for number in range(10)}
        eventually("four unanswered submits", lambda: len(relay.pdus("to", "submit")) == before + 4)
        peer.say("release")
        assert {outcomes.next().ticket for _ in tickets} == tickets
    assert len(relay.pdus("to", "submit")) == before + 10
    assert most_unanswered(relay, "to", "submit") == 4


@dialects(*ALL)
def test_orderly_end(dialect: Dialect, start: Start) -> None:
    peer, relay = start("gateway")
    outcomes = Events()
    with sanwang.Client(dialect.url(relay.port), on_outcome=outcomes) as client:
        client.send(dialect.phone, "hello")
        assert outcomes.next().status.name == "DELIVERED"
        left = client.close(SOON)
        assert (left.abandoned, left.in_doubt, left.no_report) == (0, 0, 0)
    assert len(relay.pdus("to", dialect.end)) == 1
    peer.until("offline")


@dialects(*ALL)
def test_lost_connection(dialect: Dialect, start: Start) -> None:
    peer, relay = start("gateway")
    outcomes, states = Events(), Events()
    url = dialect.url(relay.port, reconnect_min="100ms")
    with sanwang.Client(url, on_outcome=outcomes, on_state=states) as client:
        client.send(dialect.phone, "before")
        assert outcomes.next().status.name == "DELIVERED"
        states.until(lambda event: event.state.name == "ONLINE")
        peer.until("online")
        peer.say("drop")
        peer.until("offline")
        # SGIP may close without Unbind when nothing is open: that is no break, and has no reason.
        states.until(lambda event: event.reason or event.state.name == "IDLE")
        client.send(dialect.phone, "after")
        assert outcomes.next().status.name == "DELIVERED"
