"""Queries, cancellations, and one message to several receivers."""

from __future__ import annotations

import contextlib
import threading
from datetime import date

import pytest

import sanwang
from conftest import SOON, Events

COUNTS = sanwang.DayCounts(mt_messages=12, mt_sent=11, mo_failed=3)
URLS = {"901234": "cmpp://127.0.0.1:0", "10000001": "smgp://127.0.0.1:0"}


class Pair:
    """A gateway for two protocols and an SP with an account on each."""

    def __init__(self, **handlers):
        accounts = dict.fromkeys(URLS, "secret")
        self.gateway = sanwang.Gateway(*URLS.values(), accounts=accounts, **handlers)
        at = [f"{p}://{n}:secret@{a}" for n, (p, a) in zip(URLS, self.gateway.listeners, strict=True)]
        self.sp = sanwang.Client(*at, sender="10657001", rate=0)

    def __enter__(self):
        self.sp.wait_online(SOON)
        return self.gateway, self.sp

    def __exit__(self, *_):
        self.sp.close(1)
        self.gateway.close(1)


def test_the_counts_of_a_day_come_at_once_or_later():
    asked = Events()

    def query(event):
        asked(event)
        return COUNTS if event.service is None else sanwang.LATER

    with Pair(on_query=query) as (gateway, sp):
        for account in URLS:
            assert sp.query("20260708", account=account, timeout=SOON) == COUNTS
            event = asked.next()
            assert (event.account, event.day, event.service) == (account, "20260708", None)
        assert repr(event) == "Query(10000001, 20260708)"

        def later():
            event = asked.next()
            match event:
                case sanwang.Query(day, service):
                    gateway.answer_query(
                        event, sanwang.DayCounts(mt_messages=int(day), mo_waiting=len(service))
                    )

        answering = threading.Thread(target=later)
        answering.start()
        counts = sp.query(date(2026, 7, 8), account="901234", service="HELP", timeout=SOON)
        answering.join()
        assert (counts.mt_messages, counts.mo_waiting, counts.mt_sent) == (20260708, 4, 0)
        assert repr(COUNTS).startswith("DayCounts(mt_messages=12, mt_receivers=0, mt_sent=11, ")


def test_what_is_wrong_with_a_question_is_said():
    with Pair() as (gateway, sp):
        assert gateway.turned_away == 0
        with pytest.raises(sanwang.AskError, match="20260708") as wrong:
            sp.query("2026-07-08", account="901234")
        assert (wrong.value.name, wrong.value.retriable) == ("BAD_SETTING", False)
        with pytest.raises(sanwang.AskError, match="10 characters"):
            sp.query("20260708", account="901234", service="01234567890")
        with pytest.raises(sanwang.ConfigError, match="which account"):
            sp.query("20260708")
        with pytest.raises(sanwang.AskError, match="nobody") as wrong:
            sp.query("20260708", account="nobody")
        assert wrong.value.name == "NOT_FOUND"
        with pytest.raises(sanwang.Timeout):
            sp.query("20260708", account="901234", timeout=0.2)
        with pytest.raises(sanwang.AskError, match="SMGP has no cancel"):
            sp.cancel_id("01006101161700012345", account="10000001", timeout=SOON)
        with pytest.raises(ValueError, match="message id"):
            sp.cancel_id("x", account="901234")
        with pytest.raises(sanwang.AskError, match="not open"):
            sp.cancel(5)
        # Without a handler nothing is taken back.
        refused = sp.cancel_id("7428a5c003e93039", account="901234", timeout=SOON)
        assert refused is sanwang.Cancellation.REFUSED
    with pytest.raises(sanwang.Closed):
        sp.query("20260708", account="901234")


def test_a_message_is_taken_back():
    asked = Events()

    def cancel(event):
        asked(event)
        if event.message_id == "7428a5c003e93039":
            return sanwang.LATER
        return sanwang.ACCEPT

    with Pair(on_submit=lambda _: sanwang.ACCEPT, on_cancel=cancel) as (gateway, sp):
        assert sanwang.InFlight().retriable
        # A message that meets the library's thread at the account waits for it, and may be taken back unsent.
        done = sanwang.Cancellation.NOT_SENT
        while done is sanwang.Cancellation.NOT_SENT:
            ticket, done = sp.send("13800138000", "hi", account="901234"), None
            while done is None:
                with contextlib.suppress(sanwang.InFlight):
                    done = sp.cancel(ticket, timeout=SOON)
        assert done == "deleted"
        event = asked.next()
        assert event == sanwang.Cancel(
            account="901234",
            connection=event.connection,
            time=event.time,
            token=event.token,
            message_id=event.message_id,
        )
        for answer, done in [(sanwang.ACCEPT, "deleted"), (sanwang.reject(1), "refused")]:
            answering = threading.Thread(target=lambda a=answer: gateway.answer(asked.next(), a))
            answering.start()
            assert sp.cancel_id("7428a5c003e93039", account="901234", timeout=SOON) == done
            answering.join()


def test_what_is_not_sent_is_taken_back(dead_url):
    with sanwang.Client(dead_url) as sp:
        ticket = sp.send("13800138000", "hi")
        assert sp.cancel(int(ticket)) is sanwang.Cancellation.NOT_SENT
        assert ticket.outcome(SOON).status == "CANCELED"
        with pytest.raises(sanwang.NotConnected):
            sp.query("20260708")


@pytest.mark.parametrize("wrong", [None, 1, "raise", sanwang.ACCEPT])
def test_a_handler_that_says_something_else_answers_nothing(caplog, wrong):
    def handler(_):
        if wrong == "raise":
            raise RuntimeError("on purpose")
        return wrong

    cancels = {} if wrong is sanwang.ACCEPT else {"on_cancel": handler}
    with Pair(on_query=handler, **cancels) as (gateway, sp):
        with pytest.raises(sanwang.Timeout):
            sp.query("20260708", account="901234", timeout=0.3)
        assert sp.cancel_id("7428a5c003e93039", account="901234", timeout=SOON) == "refused"
        with pytest.raises(ValueError, match="already"):
            gateway.on_query(handler)
    assert "on purpose" in caplog.text or "on_query returned" in caplog.text


def test_nothing_waits_in_a_handler(sim, events):
    def outcome(_):
        with pytest.raises(sanwang.WouldDeadlock) as why:
            sp.query("20260708")
        events(why.value.name)

    with sanwang.Client(sim.url("cmpp"), sender="10657001") as sp:
        sp.on_outcome(outcome)
        sp.send("13800138000", "hi")
        assert events.next() == "WOULD_DEADLOCK"


def test_one_message_to_several_receivers():
    with sanwang.Simulator(digits={9: 13}) as sim:
        with sanwang.Client(sim.url("cmpp"), sender="10657001", max_receivers=3) as sp:
            to = ["13800138000", "13800138009", "nobody", "13800138002"]
            first, bad, nobody, last = sp.send_to_all(to, "hi", reference="r1", service_id="NEWS")
            assert isinstance(nobody, sanwang.BadReceiver)
            assert (nobody.name, nobody.field) == ("BAD_RECEIVER", "to")
            assert bad.outcome(SOON).status == "REJECTED"
            for ticket, receiver in [(first, to[0]), (last, to[3])]:
                outcome = ticket.outcome(SOON)
                assert (outcome.status, outcome.receiver) == ("DELIVERED", receiver)
                assert outcome.reference == "r1"
            assert sp.wait(SOON)
            assert sp.open_tickets == 0
            assert sp.send_to_all([], "hi") == []
            with pytest.raises(sanwang.BadSetting, match="servce"):
                raise sp.send_to_all(["13800138000"], "hi", servce="x")[0]
            with pytest.raises(sanwang.BadCoding):
                sp.send_to_all(["13800138000"], "hi", coding="morse")
            with pytest.raises(TypeError):
                sp.send_to_all(["13800138000"], "hi", user_data="x")
        # One to three, then three to one each.
        assert sim.counts().submits == 4


def test_several_receivers_wait_for_room(dead_url):
    with sanwang.Client(dead_url, queue=2) as sp:
        sent = sp.send_to_all([f"1380013800{i}" for i in range(4)], "hi", timeout=0.1)
        assert [type(one).__name__ for one in sent] == ["Ticket", "Ticket", "QueueFull", "QueueFull"]
        assert sp.open_tickets == 2
        sp.close(0)
        assert isinstance(sp.send_to_all(["13800138000"], "hi")[0], sanwang.Closed)
