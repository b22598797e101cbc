"""Messages, reports and deliveries through each protocol."""

from __future__ import annotations

import pytest

import sanwang
from conftest import PROTOCOLS, RECEIVERS, SOON, Events

LONG = "您好,世界。" * 40


@pytest.fixture(params=PROTOCOLS)
def protocol(request):
    return request.param


@pytest.fixture
def sp(sim, protocol):
    with sanwang.Client(sim.url(protocol), sender="10657001") as client:
        client.wait_online(SOON)
        yield client


def test_a_message_its_report_and_its_outcome(sp, protocol, events):
    outcomes, responses = Events(), Events()
    sp.on_report(events)
    sp.on_outcome(outcomes)
    sp.on_response(responses)
    ticket = sp.send(RECEIVERS[protocol], "你好,世界", reference="order-42", user_data=7)
    outcome = ticket.outcome(SOON)
    assert outcome.status is sanwang.Status.DELIVERED
    assert outcome.status.is_success
    assert (outcome.ticket, outcome.reference, outcome.user_data) == (ticket.id, "order-42", 7)
    assert (outcome.receiver, outcome.account) == (RECEIVERS[protocol], sp.accounts[0])
    assert outcome.accepted_at <= outcome.segments[0].sent_at <= outcome.decided_at
    report = events.next()
    assert (report.stat, report.ticket, report.reference) == ("DELIVRD", ticket.id, "order-42")
    assert report.is_final
    assert (report.segment, report.message_id) == (1, outcome.segments[0].message_id)
    response = responses.next()
    assert (response.result, response.ticket, response.message_id) == (0, ticket.id, report.message_id)
    assert outcomes.next() == outcome
    assert repr(outcome).startswith(f"Outcome(DELIVERED, {masked(RECEIVERS[protocol])}, 1 segment, ")


def masked(number):
    return f"{number[:3]}****{number[-4:]}"


def test_show_unmasks_what_is_printed(sim, protocol):
    """The setting of the account decides what a repr holds; attributes are always whole."""
    for show, number, text in [("none", False, False), ("numbers", True, False), ("all", True, True)]:
        delivers = Events()
        with sanwang.Client(sim.url(protocol), show=show, on_deliver=delivers) as sp:
            sp.wait_online(SOON)
            outcome = sp.send(RECEIVERS[protocol], "code 246810").outcome(SOON)
            assert (RECEIVERS[protocol] in repr(outcome)) is number
            assert (outcome.show, outcome.receiver) == (show, RECEIVERS[protocol])
            sim.deliver(sp.accounts[0], RECEIVERS[protocol], "10657001", "TD 975310")
            deliver = delivers.next()
            assert (RECEIVERS[protocol] in repr(deliver)) is number
            assert ("975310" in repr(deliver)) is text
            assert deliver.text == "TD 975310"


def test_a_long_message_is_one_ticket(sp, sim, protocol):
    outcome = sp.send(RECEIVERS[protocol], LONG).outcome(SOON)
    expected = sanwang.text.preview(LONG, protocol).segments
    assert expected > 1
    assert len(outcome.segments) == expected == sim.counts().submits
    assert len({segment.message_id for segment in outcome.segments}) == expected
    assert {segment.stat for segment in outcome.segments} == {"DELIVRD"}


def test_without_a_report_the_answer_decides(sp, protocol):
    outcome = sp.send(RECEIVERS[protocol], "no report", report=False).outcome(SOON)
    assert outcome.status is sanwang.Status.SENT
    assert outcome.segments[0].stat == ""


@pytest.mark.parametrize("text", ["TD", LONG], ids=["short", "long"])
def test_a_message_from_a_phone(sim, protocol, events, text):
    # SGIP deliveries come on a connection that the gateway opens by itself.
    with sanwang.Client(sim.url(protocol), sender="10657001", on_deliver=events) as sp:
        sp.wait_online(SOON)
        if protocol == "sgip":
            sp.send(RECEIVERS[protocol], "hello").outcome(SOON)
        sim.deliver(sp.accounts[0], "13800138000", "106570012", text)
        deliver = events.next()
        assert (deliver.sender, deliver.receiver, deliver.text) == ("13800138000", "106570012", text)
        assert deliver.complete
        assert deliver.parts == deliver.total >= 1
        assert (deliver.total > 1) == (text == LONG)


def test_a_reply_goes_back_the_way_it_came(sim, protocol, events):
    with sanwang.Client(sim.url(protocol), sender="10657001") as sp:
        outcomes = Events()
        sp.on_outcome(outcomes)

        @sp.on_deliver
        def answer(deliver):
            events(deliver)
            sp.reply(deliver, "bye", reference="reply")

        sp.wait_online(SOON)
        if protocol == "sgip":
            sp.send(RECEIVERS[protocol], "hello", reference="first")
            assert outcomes.next().reference == "first"
        sim.deliver(sp.accounts[0], "13800138000", "106570019", "TD")
        assert events.next().text == "TD"
        outcome = outcomes.next()
        assert (outcome.reference, outcome.receiver, outcome.status) == ("reply", "13800138000", "DELIVERED")


def test_phones_of_the_simulator_write_back(events):
    with (
        sanwang.Simulator("cmpp://127.0.0.1:0", replies={"退订": "TD"}) as sim,
        sanwang.Client(sim.url("cmpp"), sender="10657001", on_deliver=events) as sp,
    ):
        sp.send("13800138000", "回复退订")
        assert events.next().text == "TD"


def test_refused_and_undelivered_messages():
    with (
        sanwang.Simulator("cmpp://127.0.0.1:0", digits={9: 13}, stats={"UNDELIV": 1}) as sim,
        sanwang.Client(sim.url("cmpp"), sender="10657001") as sp,
    ):
        refused = sp.send("13800138009", "x").outcome(SOON)
        assert (refused.status, refused.code) == (sanwang.Status.REJECTED, 13)
        assert "13" in refused.text
        assert not refused.status.is_success
        undelivered = sp.send("13800138000", "x").outcome(SOON)
        assert undelivered.status is sanwang.Status.UNDELIVERED
        assert undelivered.segments[0].stat == "UNDELIV"
        assert sim.counts().refused == 1


def test_octets_with_a_header_go_out_as_they_are(sim, events):
    octets = bytes(range(200)) * 2
    ports = bytes.fromhex("0605040b8423f0")
    with sanwang.Client(sim.url("cmpp"), sender="10657001") as sp:
        outcome = sp.send("13800138000", content=octets, udh=ports).outcome(SOON)
        assert outcome.status is sanwang.Status.DELIVERED
        # 140 octets less the ports and the concatenation: 128 a segment.
        assert len(outcome.segments) == 4
        assert sp.send("13800138000", content=bytearray(b"\x4f\x60"), coding="ucs2").outcome(SOON)


def test_three_networks_by_receiver(sim):
    accounts = {"mobile": sim.url("cmpp"), "unicom": sim.url("sgip"), "telecom": sim.url("smgp")}
    routes = [
        {"prefix": "170", "accounts": ["telecom"]},
        {"carrier": "unicom", "accounts": ["unicom", "mobile"]},
    ]
    with sanwang.Client(accounts, routes=routes, sender="10657001") as sp:
        sp.wait_online(SOON)
        receivers = ["13800138000", "13000000001", "18900000001", "17000000000"]
        outcomes = [sp.send(to, "hi").outcome(SOON) for to in receivers]
        assert [o.account for o in outcomes] == ["mobile", "unicom", "telecom", "telecom"]
        named = sp.send("13800138000", "hi", account="telecom").outcome(SOON)
        assert named.account == "telecom"
        assert {sp.counters(name)["sent"] for name in sp.accounts} == {1, 3}
        assert sp.state("mobile") == (sanwang.LinkState.ONLINE, "")


def test_a_thousand_at_once(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001", rate=0, window=32) as sp:
        tickets = sp.send_many((f"138{n:08}", f"number {n}") for n in range(1000))
        assert sp.wait(SOON * 3)
        assert len({ticket.id for ticket in tickets}) == 1000
        # Every outcome is there without waiting, whatever came after it.
        outcomes = [ticket.outcome(0) for ticket in tickets]
        assert {o.status for o in outcomes} == {sanwang.Status.DELIVERED}
        assert [o.receiver for o in outcomes] == [f"138{n:08}" for n in range(1000)]
        assert sp.open_tickets == 0
    assert sim.counts().submits == 1000


def test_many_as_dictionaries_with_common_options(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001") as sp:
        messages = [
            {"to": "13800138000", "text": "a", "reference": "first"},
            {"to": "13800138001", "text": "b", "report": True},
        ]
        first, second, third = sp.send_many([*messages, ["13800138002", "c"]], report=False)
        assert (first.outcome(SOON).status, first.outcome(0).reference) == ("SENT", "first")
        assert second.outcome(SOON).status == "DELIVERED"
        assert third.outcome(SOON).status == "SENT"


def test_many_wait_for_room(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001", rate=0, queue=10) as sp:
        tickets = sp.send_many([("13800138000", f"{n}") for n in range(600)], report=False)
        assert [ticket.outcome(SOON).status for ticket in tickets] == ["SENT"] * 600
    assert sim.counts().submits == 600


def test_many_of_an_iterable_that_fails_are_sent_up_to_there(sim):
    def messages():
        for n in range(200):
            yield "13800138000", f"{n}"
        raise OSError("no more")

    with sanwang.Client(sim.url("cmpp"), sender="10657001", rate=0) as sp:
        with pytest.raises(OSError, match="no more") as raised:
            sp.send_many(messages())
        assert (raised.value.index, len(raised.value.tickets)) == (200, 200)
        assert sp.wait(SOON)
    assert sim.counts().submits == 200


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (5, "message 1 is int: give a pair of receiver and text, or a dictionary"),
        ("ab", "message 1 is str"),
        (("13800138000",), "message 1 has 1 parts"),
        ((13800138000, "b"), "'int' object"),
        ({"text": "b"}, "'to'"),
    ],
)
def test_many_that_are_no_messages_lose_no_ticket(sim, wrong, what):
    with sanwang.Client(sim.url("cmpp"), sender="10657001") as sp:
        with pytest.raises(TypeError, match=what) as raised:
            sp.send_many([("13800138000", "a"), wrong, ("13800138001", "c")])
        assert raised.value.index == 1
        (ticket,) = raised.value.tickets
        assert ticket.outcome(SOON).status == "DELIVERED"
        with pytest.raises(TypeError, match="message 0 is str"):
            sp.send_many("13800138000")
        with pytest.raises(TypeError, match="give a list of receivers"):
            sp.send_to_all("13800138000", "hi")
        assert sp.wait(SOON)
    assert sim.counts().submits == 1


def test_many_tell_which_of_a_later_batch_is_wrong(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001", rate=0) as sp:
        good = [("13800138000", f"{n}") for n in range(300)]
        with pytest.raises(sanwang.EmptyMessage) as raised:
            sp.send_many([*good, ("13800138000", ""), *good])
        assert (raised.value.index, len(raised.value.tickets)) == (300, 300)
        assert sp.wait(SOON)
    assert sim.counts().submits == 300


def test_many_stop_at_the_first_that_is_wrong(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001") as sp:
        with pytest.raises(sanwang.BadReceiver) as raised:
            sp.send_many([("13800138000", "a"), ("nobody", "b"), ("13800138001", "c")])
        assert raised.value.index == 1
        (ticket,) = raised.value.tickets
        assert ticket.outcome(SOON).receiver == "13800138000"
        assert sp.wait(SOON)
    assert sim.counts().submits == 1
