"""Their client at our gateway, which the simulator plays."""

from __future__ import annotations

from fields import differences, segments
from relay import Relay
from test_our_client import eventually, most_unanswered

import sanwang
from conftest import ACCOUNT, ALL, KEPT_OPEN, LONG, NUMBER, SECRET, SGIP12, Dialect, Start, dialects

REPORT = (
    ("stat", "stat"),
    ("submit_time", "submitTime"),
    ("done_time", "doneTime"),
    ("dest_terminal_id", "destterminalId"),
    ("smsc_sequence", "smscSequence"),
)


def simulator(dialect: Dialect, deliver_to: int = 0, **rules: object) -> tuple[sanwang.Simulator, int]:
    """Our gateway, and its port."""
    query = f"version={dialect.version}"
    if deliver_to:
        query += f"&deliver_to=127.0.0.1:{deliver_to}"
    url = f"{dialect.protocol}://127.0.0.1:0?{query}"
    found = sanwang.Simulator(url, accounts={ACCOUNT: SECRET}, **rules)  # type: ignore[arg-type]
    return found, int(found.address(dialect.protocol).rpartition(":")[2])


def text_of(relay: Relay) -> str:
    """What the segments of a submit say, put together."""
    parts = []
    for pdu in relay.pdus("to", "submit"):
        content = pdu.fields.get("msg_content", pdu.fields.get("message_content"))
        parts.append(content[1 + content[0] :].decode("utf-16-be"))
    return "".join(parts)


def answered(relay: Relay, name: str) -> int:
    """How many successful answers of this name their client wrote."""
    return sum(pdu.fields.get("result", pdu.fields.get("status")) == 0 for pdu in relay.pdus("to", name))


@dialects(*ALL)
def test_long_submit_and_report(dialect: Dialect, start: Start) -> None:
    gateway, port = simulator(dialect)
    with gateway:
        peer, relay = start("sp", port)
        peer.until("online")
        peer.say("submit", dialect.wire_phone, NUMBER, LONG)
        eventually("three submits answered", lambda: len(relay.pdus("from", "submit_resp")) == 3)
        assert text_of(relay) == LONG
        assert {
            pdu.fields.get("result", pdu.fields.get("status")) for pdu in relay.pdus("from", "submit_resp")
        } == {0}
        if dialect is SGIP12:
            # SGIP reports on a connection of the gateway's own, to an SP that listens; their client does not.
            return
        eventually("three reports answered", lambda: answered(relay, "deliver_resp") == 3)
        for pdu in relay.pdus("from", "deliver"):
            heard = peer.until(
                "pdu", "DeliverRequestMessage" if dialect.protocol == "cmpp" else "DeliverMessage"
            )
            if dialect.protocol == "cmpp":
                data = heard["message"]["reportRequestMessage"]
                assert pdu.report is not None
                for ours, theirs in REPORT:
                    assert pdu.report[ours] == data[theirs]


@dialects(*KEPT_OPEN)
def test_long_delivery(dialect: Dialect, start: Start) -> None:
    gateway, port = simulator(dialect)
    with gateway:
        peer, relay = start("sp", port)
        peer.until("online")
        gateway.deliver(ACCOUNT, dialect.phone, NUMBER, LONG)
        heard = peer.until("pdu", dialect.deliver_class)
        assert heard["message"]["msgContent"] == LONG
        eventually("an answer to each segment", lambda: answered(relay, "deliver_resp") == 3)
        read, written = segments(heard), relay.pdus("from", "deliver")
        assert len(read) == len(written) == 3
        for pdu, theirs in zip(written, read, strict=True):
            assert not differences(dialect.name, pdu, theirs)


@dialects(*KEPT_OPEN)
def test_link_tests(dialect: Dialect, start: Start) -> None:
    gateway, port = simulator(dialect)
    with gateway:
        peer, relay = start("sp", port)
        peer.until("online")
        eventually("their link test", lambda: relay.pdus("to", "active_test"))
        eventually("our answer", lambda: relay.pdus("from", "active_test_resp"))
        assert "offline" not in peer.names()


@dialects(*ALL)
def test_wrong_secret(dialect: Dialect, start: Start) -> None:
    gateway, port = simulator(dialect)
    with gateway:
        peer, relay = start("sp", port, secret="wrong")
        eventually("our refusal", lambda: relay.pdus("from", f"{dialect.login}_resp"))
        answer = relay.pdus("from", f"{dialect.login}_resp")[0].fields
        assert answer.get("status", answer.get("result")) not in (0, None)
        assert "online" not in peer.names()


@dialects(*ALL)
def test_window(dialect: Dialect, start: Start) -> None:
    gateway, port = simulator(dialect, answer_delay=0.2)
    with gateway:
        peer, relay = start("sp", port, window=4)
        peer.until("online")
        for number in range(12):
            peer.say("submit", dialect.wire_phone, NUMBER, f"message {number}")
        eventually("twelve answers", lambda: len(relay.pdus("from", "submit_resp")) == 12)
        assert {
            pdu.fields.get("result", pdu.fields.get("status")) for pdu in relay.pdus("from", "submit_resp")
        } == {0}
        assert most_unanswered(relay, "to", "submit") <= 4


@dialects(*ALL)
def test_orderly_end(dialect: Dialect, start: Start) -> None:
    gateway, port = simulator(dialect)
    with gateway:
        peer, relay = start("sp", port)
        peer.until("online")
    # Our gateway ends the session when it closes.
    peer.until("offline")
    ends = relay.pdus("from", dialect.end)
    assert len(ends) == 1


@dialects(SGIP12)
def test_sgip_delivery(start: Start, dialect: Dialect) -> None:
    """An SP of SGIP listens for reports and deliveries: theirs does, and our gateway dials it."""
    peer, relay = start("gateway")
    gateway, port = simulator(dialect, deliver_to=relay.port)
    with gateway, sanwang.Client(dialect.url(port)) as client:
        client.send(dialect.phone, "hello")
        report = peer.until("pdu", "ReportRequestMessage")
        assert not differences(dialect.name, relay.pdus("to", "report")[0], report["message"])
        gateway.deliver(ACCOUNT, dialect.phone, NUMBER, LONG)
        heard = peer.until("pdu", "DeliverRequestMessage")
        assert heard["message"]["msgContent"] == LONG
        read, written = segments(heard), relay.pdus("to", "deliver")
        assert len(read) == len(written) == 3
        for pdu, theirs in zip(written, read, strict=True):
            assert not differences(dialect.name, pdu, theirs)
