"""wait, close, and the GIL meanwhile."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import threading
import weakref

import pytest

import sanwang
from conftest import SOON


def test_wait_returns_after_the_handlers_have_returned(sim):
    release, entered, done = threading.Event(), threading.Event(), []
    with sanwang.Client(sim.url("cmpp"), sender="10657001") as sp:

        @sp.on_outcome
        def slow(outcome):
            entered.set()
            release.wait(SOON)
            done.append(outcome)

        sp.send("13800138000", "x")
        assert entered.wait(SOON)
        # Decided, but its handler has not returned.
        assert not sp.wait(0.02)
        assert sp.open_tickets == 1
        threading.Timer(0.05, release.set).start()
        assert sp.wait(SOON)
        assert len(done) == 1


def test_wait_counts_events_before_outcomes_that_nobody_handles(sim):
    reports = []
    with sanwang.Client(sim.url("cmpp"), sender="10657001", on_report=reports.append) as sp:
        for n in range(20):
            sp.send("13800138000", "x")
            assert sp.wait(SOON)
            assert len(reports) == n + 1


def test_wait_without_messages_returns_at_once(dead_url):
    with sanwang.Client(dead_url) as sp:
        assert sp.wait(0)
        assert sp.wait()
        sp.send("13800138000", "x")
        assert not sp.wait(dt.timedelta(milliseconds=5))
        sp.close(0)


def test_close_says_what_it_left_and_tells_the_tickets(dead_url):
    seen = []
    sp = sanwang.Client(dead_url, on_outcome=seen.append)
    tickets = sp.send_many([("13800138000", "a"), ("13800138000", "b")])
    left = sp.close(0)
    assert left == sanwang.Left(abandoned=2)
    assert left
    assert repr(left) == "Left(abandoned=2, in_doubt=0, no_report=0)"
    assert [o.ticket for o in seen] == tickets
    assert {o.status for o in seen} == {sanwang.Status.ABANDONED}
    assert sp.close(5) is left
    assert sp.wait(0)


def test_close_leaves_nothing_where_all_is_done(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001") as sp:
        sp.send("13800138000", "x", report=False)
    assert not sp.close()


def test_close_drains_what_is_queued(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001", report=False, rate=0) as sp:
        tickets = sp.send_many([("13800138000", "x")] * 200)
    assert {t.outcome(0).status for t in tickets} == {sanwang.Status.SENT}


def test_an_open_report_is_decided_by_close():
    with (
        sanwang.Simulator("cmpp://127.0.0.1:0", report_delay=3600) as sim,
        sanwang.Client(sim.url("cmpp"), sender="10657001") as sp,
    ):
        responses = threading.Event()
        sp.on_response(lambda response: responses.set())
        ticket = sp.send("13800138000", "x")
        assert responses.wait(SOON)
        assert sp.close(SOON) == sanwang.Left(no_report=1)
        assert ticket.outcome(0).status is sanwang.Status.NO_REPORT


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_close_needs_an_end(dead_url, bad):
    with sanwang.Client(dead_url) as sp, pytest.raises(ValueError, match="timeout"):
        sp.close(bad)


def test_a_failing_block_closes_and_keeps_its_error(dead_url):
    with pytest.raises(ZeroDivisionError), sanwang.Client(dead_url) as sp:
        ticket = sp.send("13800138000", "x")
        raise ZeroDivisionError
    assert ticket.outcome(0).status == "ABANDONED"
    with pytest.raises(sanwang.Closed):
        sp.send("13800138000", "x")


def test_a_client_that_was_forgotten_is_ended(dead_url):
    seen = threading.Event()
    sp = sanwang.Client(dead_url, on_outcome=lambda outcome: seen.set())
    ticket = sp.send("13800138000", "x")
    gone = weakref.ref(sp)
    with pytest.warns(ResourceWarning, match="<sanwang.Client 901234> was not closed"):
        del sp
        gc.collect()
    assert gone() is None
    assert seen.wait(SOON)
    assert ticket.outcome(SOON).status == "ABANDONED"


def test_closing_from_several_threads(sim):
    sp = sanwang.Client(sim.url("cmpp"))
    sp.wait_online(SOON)
    results = []
    threads = [threading.Thread(target=lambda: results.append(sp.close(5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    assert results == [sanwang.Left()] * 4


WAITS = {
    "wait": lambda sp, ticket: sp.wait(0.5),
    "wait_online": lambda sp, ticket: sp.wait_online(0.5),
    "outcome": lambda sp, ticket: ticket.outcome(0.5),
    "send": lambda sp, ticket: sp.send("13800138000", "full", timeout=0.5),
}


@pytest.mark.parametrize("what", WAITS)
def test_other_threads_run_while_one_waits(dead_url, what):
    with sanwang.Client(dead_url, queue=1) as sp:
        ticket = sp.send("13800138000", "x")
        stop, turns = threading.Event(), [0]

        def count():
            while not stop.wait(0.001):
                turns[0] += 1

        counter = threading.Thread(target=count)
        counter.start()
        # A waiter that kept the GIL would let the counter in between two looks at the signals at most, at
        # every try. A busy machine keeps it out now and then.
        during = 0
        for _ in range(20):
            before = turns[0]
            late = pytest.raises((sanwang.Timeout, sanwang.QueueFull))
            with contextlib.nullcontext() if what == "wait" else late:
                WAITS[what](sp, ticket)
            during = turns[0] - before
            if during > 25:
                break
        stop.set()
        counter.join(SOON)
        assert during > 25
        sp.close(0)


def test_a_sender_waits_for_room_and_gets_it(dead_url):
    with sanwang.Client(dead_url, queue=1, valid_for=0.2) as sp:
        first = sp.send("13800138000", "x")
        # The first one expires in the queue, and its room is free.
        second = sp.send("13800138000", "y", timeout=SOON, valid_for=0.1)
        assert first.outcome(SOON).status is sanwang.Status.EXPIRED
        assert second.outcome(SOON).status is sanwang.Status.EXPIRED
        sp.close(0)


def test_senders_of_many_threads(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001", rate=0, window=64) as sp:
        tickets: list[list[sanwang.Ticket]] = [[] for _ in range(4)]

        def send(mine):
            mine.extend(sp.send_many([("13800138000", "x")] * 100))

        threads = [threading.Thread(target=send, args=(mine,)) for mine in tickets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SOON)
        assert sp.wait(SOON)
        every = [t for mine in tickets for t in mine]
        assert len(set(every)) == 400
        assert {t.outcome(0).status for t in every} == {sanwang.Status.DELIVERED}


def test_a_ticket_is_its_number(dead_url):
    with sanwang.Client(dead_url) as sp:
        ticket = sp.send("13800138000", "x")
        assert ticket == ticket.id == int(ticket)
        assert ticket != ticket.id + 1
        assert ticket != "x"
        waiting = {ticket: "mine"}
        assert waiting[ticket.id] == "mine"
        assert repr(ticket) == f"Ticket({ticket.id})"
        assert f"{ticket.id:x}" == f"{hex(ticket)[2:]}"
        sp.close(0)
