"""Where handlers run, in which order, and what they may do."""

from __future__ import annotations

import logging
import threading

import pytest

import sanwang
from conftest import SOON, Events

URLS = ("cmpp://127.0.0.1:0",)


@pytest.fixture
def sp(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001", rate=0) as client:
        client.wait_online(SOON)
        yield client


def test_events_of_an_account_come_in_order_on_one_thread(sp, events):
    threads = set()
    running = threading.Lock()

    def note(event):
        assert running.acquire(blocking=False), "two handlers at once"
        threads.add(threading.current_thread())
        events(event)
        running.release()

    sp.on_report(note)
    sp.on_outcome(note)
    sp.send_many([("13800138000", f"{n}") for n in range(50)])
    assert sp.wait(SOON)
    (thread,) = threads
    assert thread.name == "sanwang-events-901234"
    assert thread.daemon
    last = {}
    for event in events.seen:
        if isinstance(event, sanwang.Outcome):
            assert last[event.ticket] is sanwang.Report, "the report comes before the outcome"
        last[event.ticket] = type(event)
    assert list(last.values()) == [sanwang.Outcome] * 50


def test_several_handlers_of_one_kind_are_called_in_order(sp):
    calls = []
    for name in "abc":
        sp.on_outcome(lambda outcome, name=name: calls.append((name, outcome.reference)))
    sp.send("13800138000", "x", reference="one")
    assert sp.wait(SOON)
    assert calls == [("a", "one"), ("b", "one"), ("c", "one")]


def test_a_decorator_gives_its_function_back(sp):
    @sp.on_outcome
    def handler(outcome):
        return outcome

    assert handler(3) == 3
    with pytest.raises(TypeError, match="a handler is a function that takes one event, not 3"):
        sp.on_outcome(3)


@pytest.mark.parametrize("error", [RuntimeError("broken"), SystemExit(1), KeyboardInterrupt()])
def test_a_handler_that_raises_is_logged_and_the_others_go_on(sp, events, caplog, error):
    def broken(outcome):
        raise error

    sp.on_outcome(broken)
    sp.on_outcome(events)
    sp.send("13800138000", "x")
    sp.send("13800138000", "y")
    assert sp.wait(SOON)
    assert len(events.seen) == 2
    records = [r for r in caplog.records if r.name == "sanwang"]
    assert len(records) == 2
    assert "broken failed; its event counts as handled" in records[0].getMessage()
    assert records[0].levelno == logging.ERROR
    assert records[0].exc_info[1] is error


def test_waiting_inside_a_handler_would_deadlock(sp, dead_url, events):
    errors = {}

    @sp.on_outcome
    def handler(outcome):
        other = sp.send("13800138000", "inside", report=False) if outcome.reference == "first" else None
        for name, call in {
            "wait": lambda: sp.wait(1),
            "wait_online": lambda: sp.wait_online(1),
            "close": lambda: sp.close(1),
            "outcome": lambda: down_ticket.outcome(1),
            "outcome for ever": down_ticket.outcome,
        }.items():
            try:
                call()
            except sanwang.WouldDeadlock as error:
                errors[name] = str(error)
            except sanwang.Timeout:
                errors[name] = "timeout"
        events((outcome, other))

    # The ticket of another client has another thread, and no outcome for long.
    down_ticket = sp.send("13800138000", "first", reference="first")
    outcome, inside = events.next()
    assert outcome.ticket == down_ticket
    assert set(errors) == {"wait", "wait_online", "close"}, "its own outcome is there in its handler"
    assert all("call it from another thread" in text for text in errors.values())
    assert inside.outcome(SOON).status == "SENT"


def test_outcomes_inside_a_handler(sp, events):
    release = threading.Event()
    tickets = []

    @sp.on_outcome
    def handler(outcome):
        if outcome.reference == "first":
            release.wait(SOON)
            events(tickets[0].outcome(0).status)
            events(tickets[0].outcome().status)
            # An answer that nobody has given yet.
            later = sp.send("13800138000", "later")
            for wait, error in (
                (0, sanwang.Timeout),
                (5, sanwang.WouldDeadlock),
                (None, sanwang.WouldDeadlock),
            ):
                try:
                    events(later.outcome(wait).status)
                except error:
                    events("not yet")

    tickets.append(sp.send("13800138000", "x", reference="first"))
    release.set()
    assert [events.next() for _ in range(2)] == ["DELIVERED"] * 2
    # The simulator may be as quick as the handler: then the outcome is there.
    assert {events.next() for _ in range(3)} <= {"not yet", "DELIVERED"}


def test_a_delivery_is_answered_after_its_handler(sim):
    entered, release = threading.Event(), threading.Event()

    def slow(deliver):
        entered.set()
        release.wait(SOON)

    with sanwang.Client(sim.url("cmpp"), on_deliver=slow) as sp:
        sp.wait_online(SOON)
        sim.deliver("901234", "13800138000", "10657001", "hello")
        assert entered.wait(SOON)
        assert sim.counts().acked == 0
        release.set()
        while sim.counts().acked == 0:
            threading.Event().wait(0.005)
        assert sp.counters()["acked_unhandled"] == 0


def test_deliveries_before_the_first_handler_are_kept(sim, events):
    with sanwang.Client(sim.url("cmpp")) as sp:
        sp.wait_online(SOON)
        for n in range(5):
            sim.deliver("901234", "13800138000", "10657001", f"early {n}")
        while sim.counts().acked < 5:
            threading.Event().wait(0.005)
        sp.on_deliver(events)
        assert [events.next().text for _ in range(5)] == [f"early {n}" for n in range(5)]
        sim.deliver("901234", "13800138000", "10657001", "late")
        assert events.next().text == "late"


def test_deliveries_that_nobody_took_are_mentioned(sim, caplog):
    with sanwang.Client(sim.url("cmpp")) as sp:
        sp.wait_online(SOON)
        sim.deliver("901234", "13800138000", "10657001", "hello")
        while sim.counts().acked == 0:
            threading.Event().wait(0.005)
    assert "1 messages from phones had no on_deliver handler" in caplog.text


def test_handlers_given_at_opening_see_everything(sim):
    seen = {name: Events() for name in ("on_state", "on_log", "on_outcome", "on_report", "on_response")}
    with sanwang.Client(sim.url("cmpp"), sender="10657001", **seen) as sp:
        assert seen["on_state"].next().state is sanwang.LinkState.CONNECTING
        online = seen["on_state"].next()
        assert (online.state, online.up, online.wanted) == (sanwang.LinkState.ONLINE, 1, 1)
        assert "logged in" in seen["on_log"].next().text
        sp.send("13800138000", "x")
        assert seen["on_response"].next().result == 0
        assert seen["on_report"].next().stat == "DELIVRD"
        assert seen["on_outcome"].next().status == "DELIVERED"


def test_log_lines_go_to_logging(sim, caplog):
    caplog.set_level(logging.INFO, logger="sanwang")
    with sanwang.Client(sim.url("cmpp")) as sp:
        sp.wait_online(SOON)
    (line,) = [r for r in caplog.records if r.name == "sanwang.login"]
    assert line.levelno == logging.INFO
    assert line.getMessage().startswith("901234: connection 1 logged in")


def test_input_that_cannot_be_used_is_an_event_or_a_log_line(caplog):
    import socket

    for handled in (True, False):
        events = Events()
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            handlers = {"on_trouble": events} if handled else {}
            url = f"cmpp://901234:secret@127.0.0.1:{port}"
            with sanwang.Client(url, version="2.0", verify="off", **handlers) as sp:
                peer, _ = server.accept()
                login = peer.recv(4096)
                peer.sendall(bytes.fromhex("0000001e80000001") + login[8:12] + bytes(17) + b"\x20")
                sp.wait_online(SOON)
                # A command that no version has.
                peer.sendall(bytes.fromhex("0000000c0000777700000001"))
                if handled:
                    trouble = events.next()
                    assert trouble.octets.hex() == "0000000c0000777700000001"
                    assert trouble.account == "901234"
                    assert trouble.action
                else:
                    while "sanwang.trouble" not in {r.name for r in caplog.records}:
                        threading.Event().wait(0.005)
                peer.close()
                sp.close(0)
