"""The gateway: logins, submits and their answers, pushes, the end."""

from __future__ import annotations

import logging
import queue
import re
import threading
from datetime import datetime, timezone

import pytest

import sanwang
from conftest import PROTOCOLS, RECEIVERS, SOON, Events, free_port

ACCOUNT = {"cmpp": "901234", "sgip": "sp", "smgp": "10000001"}
BUSY = {"cmpp": 8, "sgip": 11, "smgp": 1}


class Pair:
    """A gateway and an SP that is logged in to it."""

    def __init__(self, protocol="cmpp", *, accounts=None, sp=None, **options):
        self.protocol = protocol
        self.account = ACCOUNT[protocol]
        self.receiver = RECEIVERS[protocol]
        own = dict(sp or {})
        if protocol == "sgip":
            at = f"127.0.0.1:{free_port()}"
            options["deliver_to"] = at
            own |= {"node": 3010012345, "listen": at}
        accounts = {self.account: "secret"} if accounts is None else accounts
        self.gateway = sanwang.Gateway(f"{protocol}://127.0.0.1:0", accounts=accounts, **options)
        url = f"{protocol}://{self.account}:secret@{self.gateway.listeners[0].address}"
        self.sp = sanwang.Client(url, sender="10657001", rate=0, **own)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sp.close(1)
        self.gateway.close(1)

    def send(self, text="hi", **options):
        text = None if "content" in options else text
        return self.sp.send(self.receiver, text, **options)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_message_its_answer_its_report_and_a_reply(protocol):
    submits, delivers, ended = Events(), Events(), Events()

    def submit(message):
        submits(message)
        return sanwang.ACCEPT

    with Pair(protocol, on_submit=submit, on_outcome=ended, sp={"on_deliver": delivers}) as pair:
        ticket = pair.send("你好", link_id="12345678")
        message = submits.next()
        assert (message.account, message.protocol) == (pair.account, protocol)
        assert (message.sender, message.receivers[0][-11:]) == ("10657001", pair.receiver)
        coding = (15, "gb18030") if protocol == "smgp" else (8, "utf-16-be")
        assert (message.text, message.coding, message.octets) == ("你好", coding[0], "你好".encode(coding[1]))
        assert (message.content, message.has_udh) == (message.octets, False)
        assert (message.segment, message.segments, message.wants_report) == (1, 1, True)
        assert message.link_id == "12345678"
        assert message.receiver == message.receivers[0]
        assert abs(datetime.now(timezone.utc) - message.time).total_seconds() < SOON
        name = {"cmpp": "msg_fmt", "sgip": "message_coding", "smgp": "msg_format"}[protocol]
        assert message.fields[name] == message.coding
        match message:
            case sanwang.Submit(_, text):
                assert text == "你好"
        assert repr(message).startswith(f"Submit({pair.account} from 10657001 to ")
        report = pair.gateway.report(message, "UNDELIV", error="12" if protocol != "cmpp" else "")
        outcome = ticket.outcome(SOON)
        assert outcome.status == "UNDELIVERED"
        assert outcome.segments[0].message_id == message.message_id
        assert report.outcome(SOON).status is sanwang.Status.ACKED
        push = pair.gateway.deliver(
            pair.account, pair.receiver, "1065700199", "上行" * 100, link_id="1234", reference="mine"
        )
        deliver = delivers.next()
        assert (deliver.text, deliver.receiver, deliver.link_id) == ("上行" * 100, "1065700199", "1234")
        assert (
            push.outcome(SOON).is_success
            if hasattr(push, "is_success")
            else push.outcome(SOON).reference == "mine"
        )
        assert pair.gateway.wait(SOON)
        assert pair.gateway.open_tickets == 0
        assert [e.ticket for e in ended.seen] == [report, push]


def test_answers(caplog):
    tokens = queue.Queue()

    def submit(message):
        match message.text:
            case "no":
                return sanwang.reject(13)
            case "later":
                tokens.put(message)
                return message.later()
            case "raise":
                raise RuntimeError("broken")
            case "exit":
                raise SystemExit(1)
            case "nothing":
                return None
            case "number":
                return 0
        return sanwang.ACCEPT

    with Pair(on_submit=submit, sp={"report": False, "congestion_max": 0}) as pair:
        assert pair.send("yes").outcome(SOON).status == "SENT"
        refused = pair.send("no").outcome(SOON)
        assert (refused.status, refused.code) == ("REJECTED", 13)
        for text in ("raise", "exit", "nothing", "number"):
            outcome = pair.send(text).outcome(SOON)
            assert (outcome.status, outcome.code) == ("REJECTED", BUSY["cmpp"]), text
        later = [pair.send("later") for _ in range(4)]
        asked = [tokens.get(timeout=SOON) for _ in later]
        assert not later[0].done
        pair.gateway.answer(asked[0])
        assert later[0].outcome(SOON).status == "SENT"
        pair.gateway.answer(asked[0], sanwang.reject(9))
        pair.gateway.answer(asked[1].token, sanwang.reject(9))
        assert later[1].outcome(SOON).code == 9
        pair.gateway.answer(asked[2], sanwang.ACCEPT, after=0.01)
        assert later[2].outcome(SOON).status == "SENT"
        with pytest.raises(sanwang.BadSetting, match=r"sanwang\.LATER is no answer") as error:
            pair.gateway.answer(asked[3], sanwang.LATER)
        assert error.value.field == "answer"
        with pytest.raises(TypeError):
            pair.gateway.answer(asked[3], 0)
        pair.gateway.answer(asked[3])
        assert later[3].outcome(SOON).status == "SENT"
    errors = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert [r.exc_info[0] for r in errors] == [RuntimeError, SystemExit, TypeError, TypeError]
    assert "submit failed" in errors[0].getMessage()
    assert str(errors[2].exc_info[1]) == (
        "on_submit returned None: return sanwang.ACCEPT, sanwang.reject(code) or sanwang.LATER"
    )


def test_answer_values():
    assert sanwang.ACCEPT.result == 0
    assert sanwang.LATER.result is None
    assert sanwang.reject(8) == sanwang.reject(8) != sanwang.reject(9)
    assert [repr(a) for a in (sanwang.ACCEPT, sanwang.LATER, sanwang.reject(8))] == [
        "sanwang.ACCEPT",
        "sanwang.LATER",
        "sanwang.reject(8)",
    ]
    assert repr(sanwang.NOT_NOW) == "sanwang.NOT_NOW"
    assert isinstance(sanwang.NOT_NOW, sanwang.NotNow)
    with pytest.raises(sanwang.BadSetting, match="0 is no refusal"):
        sanwang.reject(0)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_without_a_handler_submits_are_refused_as_busy(protocol):
    with Pair(protocol, sp={"report": False, "congestion_max": 0}) as pair:
        outcome = pair.send().outcome(SOON)
        assert (outcome.status, outcome.code) == ("REJECTED", BUSY[protocol])
        pair.gateway.on_submit(lambda message: sanwang.ACCEPT)
        assert pair.send().outcome(SOON).status == "SENT"
        with pytest.raises(ValueError, match="there is a handler already"):
            pair.gateway.on_submit(lambda message: sanwang.ACCEPT)


def test_many_submits_keep_their_order_and_have_one_answer_each():
    seen = []

    def submit(message):
        seen.append(int(message.text))
        return sanwang.reject(9) if int(message.text) % 10 == 0 else sanwang.ACCEPT

    with Pair(on_submit=submit, ids="opaque", sp={"report": False, "queue": 5000}) as pair:
        tickets = [pair.send(str(n)) for n in range(2000)]
        assert pair.sp.wait(SOON * 2)
        assert seen == list(range(2000))
        assert [t.outcome(0).code for t in tickets] == [9 if n % 10 == 0 else 0 for n in range(2000)]
        counters = pair.gateway.counters(pair.account)
        assert (counters["submits"], counters["logins"]) == (2000, 1)
        assert pair.gateway.counters() == counters
        assert len({t.outcome(0).segments[0].message_id for t in tickets if t.outcome(0).code == 0}) == 1800


def test_a_long_message_comes_in_segments():
    submits = Events()

    def submit(message):
        submits(message)
        return sanwang.ACCEPT

    with Pair(on_submit=submit) as pair:
        pair.send("很长" * 50)
        parts = [submits.next() for _ in range(2)]
        assert [(p.segment, p.segments, p.has_udh) for p in parts] == [(1, 2, True), (2, 2, True)]
        assert "".join(p.text for p in parts) == "很长" * 50
        assert parts[0].content[:3] == b"\x05\x00\x03"
        assert parts[0].content[6:] == parts[0].octets
        assert ", segment 1 of 2)" in repr(parts[0])
        pair.send(content=b"\x00\x01", coding=4)
        binary = submits.next()
        assert (binary.text, binary.octets, binary.coding) == (None, b"\x00\x01", 4)
        assert "2 octets" in repr(binary)


def test_a_long_message_may_come_joined():
    submits = Events()

    def submit(message):
        submits(message)
        return sanwang.ACCEPT

    with Pair(on_submit=submit, join=True) as pair:
        ticket = pair.send("很长" * 50)
        message = submits.next()
        assert (message.text, message.complete, len(message.message_ids)) == ("很长" * 50, True, 2)
        assert message.octets.decode("utf-16-be") == message.text
        assert message.udh[:3] == b"\x05\x00\x03"
        pair.gateway.report(message)
        outcome = ticket.outcome(SOON)
        assert outcome.status == "DELIVERED"
        assert tuple(s.message_id for s in outcome.segments) == message.message_ids
        assert pair.gateway.wait(SOON)


def test_octets_are_pushed():
    delivers = Events()
    with Pair(sp={"on_deliver": delivers}) as pair:
        pair.sp.wait_online(SOON)
        ports = bytes.fromhex("0605040b8423f0")
        pair.gateway.deliver(pair.account, pair.receiver, "10657001", content=b"\x01\x02", udh=ports)
        deliver = delivers.next()
        assert (deliver.text, deliver.octets, deliver.udh, deliver.coding) == (None, b"\x01\x02", ports, 4)
        with pytest.raises(sanwang.BadSetting, match="text and content are both given"):
            pair.gateway.deliver(pair.account, pair.receiver, "10657001", "x", content=b"x")
        with pytest.raises(sanwang.BadCoding):
            pair.gateway.deliver(pair.account, pair.receiver, "10657001", "x", coding="morse")


def test_accounts_are_looked_up(caplog):
    asked, kept = [], queue.Queue()

    def look_up(login):
        asked.append((login.protocol, login.name))
        assert login.address.startswith("127.0.0.1:")
        assert repr(login) == f"Login(cmpp, {login.name}, {login.address})"
        assert threading.current_thread().name.startswith("sanwang-logins-")
        match login.name:
            case "900001":
                return "secret"
            case "900002":
                return b"secret"
            case "900003" | "900008":
                kept.put(login)
                return sanwang.LATER
            case "900004":
                raise KeyError("no data base")
            case "900005":
                return 7
            case "900007":
                return sanwang.NOT_NOW
        return None

    with sanwang.Gateway("cmpp://127.0.0.1:0", accounts=look_up) as gateway:
        at = gateway.listeners[0].address

        def client(name):
            return sanwang.Client(f"cmpp://{name}:secret@{at}", sender="10657001")

        for name in ("900001", "900002"):
            with client(name) as sp:
                sp.wait_online(SOON)
        with client("900003") as sp:
            login = kept.get(timeout=SOON)
            assert sp.state().state == "connecting"
            # Others do not wait for it.
            with client("900001") as other:
                other.wait_online(SOON)
            login.answer("secret")
            login.answer(None)
            sp.wait_online(SOON)
        for name in ("900004", "900005", "900006", "900007"):
            with client(name) as sp, pytest.raises(sanwang.LoginRefused):
                sp.wait_online(SOON)
        with client("900008") as sp:
            kept.get(timeout=SOON).answer(sanwang.NOT_NOW)
            with pytest.raises(sanwang.LoginRefused, match="3"):
                sp.wait_online(SOON)
        assert gateway.accounts == ("900001", "900002", "900003")
        assert gateway.turned_away == 5
        page = gateway.metrics()
        assert re.findall(r'why="(?:credentials|not_now)"} (\d+)', page) == ["1", "4"]
    assert asked[:3] == [("cmpp", "900001"), ("cmpp", "900002"), ("cmpp", "900003")]
    errors = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert [r.exc_info[0] for r in errors] == [KeyError, TypeError]
    assert "a secret is str or bytes, not int" in str(errors[1].exc_info[1])
    assert "Login(cmpp, 900004, " in errors[0].getMessage()


def test_an_account_may_have_settings_of_its_own():
    accounts = {"one": {"secret": "secret", "connections": 1}, "two": "secret"}
    with sanwang.Gateway("cmpp://127.0.0.1:0", accounts=accounts) as gateway:
        at = gateway.listeners[0].address

        def client(name):
            return sanwang.Client(f"cmpp://{name}:secret@{at}", sender="10657001")

        with client("two") as sp, client("two") as again:
            sp.wait_online(SOON)
            again.wait_online(SOON)
        with client("one") as sp:
            sp.wait_online(SOON)
            with client("one") as again, pytest.raises(sanwang.LoginRefused, match="5"):
                again.wait_online(SOON)


def test_a_login_that_nobody_answers_is_refused_when_it_goes():
    with (
        sanwang.Gateway("cmpp://127.0.0.1:0", accounts=lambda login: sanwang.LATER) as gateway,
        sanwang.Client(f"cmpp://901234:x@{gateway.listeners[0].address}", sender="10657001") as sp,
        pytest.raises(sanwang.LoginRefused),
    ):
        sp.wait_online(SOON)


def test_logs_say_who_was_turned_away(caplog):
    caplog.set_level(logging.INFO)
    states = Events()
    with Pair(on_state=states) as pair:
        pair.sp.wait_online(SOON)
        while states.next().inbound != 1:
            pass
        url = f"cmpp://901234:wrong@{pair.gateway.listeners[0].address}"
        with sanwang.Client(url, sender="10657001") as sp, pytest.raises(sanwang.LoginRefused):
            sp.wait_online(SOON)
        pair.sp.close(1)
        while states.next().inbound != 0:
            pass
    said = [r.getMessage() for r in caplog.records if r.name == "sanwang.login"]
    assert any("901234: the secret is wrong" in text for text in said)


def test_settings_go_where_they_apply():
    with sanwang.Gateway(
        "cmpp://127.0.0.1:0",
        "smgp://127.0.0.1:0",
        "sgip://127.0.0.1:0?gateway_id=7",
        accounts={"a": "b"},
        deliver_to="127.0.0.1:8802",
        ids="opaque",
        threads=3,
    ) as gateway:
        assert [one.protocol for one in gateway.listeners] == ["cmpp", "smgp", "sgip"]
        assert repr(gateway).startswith("<sanwang.Gateway cmpp://127.0.0.1:")


@pytest.mark.parametrize(
    ("urls", "options", "field", "text"),
    [
        (["cmpp://127.0.0.1:0"], {"idz": "dated"}, "idz", "did you mean ids"),
        (["cmpp://127.0.0.1:0"], {"ids": "round"}, "ids", "round"),
        (["cmpp://127.0.0.1:0"], {"on_submitt": 1}, "on_submitt", "did you mean on_submit"),
        (["cmpp://user:x@127.0.0.1:0"], {}, None, "a user, which a listener has not"),
        ([], {}, None, "needs an address to listen on"),
        (["cmpp://127.0.0.1:0"], {"accounts": 7}, "accounts", "a dictionary of names and secrets"),
        (["cmpp://127.0.0.1:0"], {"accounts": {"a": {"window": 3}}}, "accounts", "'a' has no secret"),
        (["cmpp://127.0.0.1:0"], {"accounts": {"a": {"secret": "b", "idz": 3}}}, "idz", "did you mean ids"),
        (
            ["cmpp://127.0.0.1:0"],
            {"accounts": {"a": {"secret": "b", "ids": "opaque"}}},
            None,
            "account a: ids",
        ),
    ],
)
def test_wrong_settings(urls, options, field, text):
    with pytest.raises(sanwang.ConfigError, match=text) as error:
        sanwang.Gateway(*urls, **{"accounts": {"a": "b"}, **options})
    assert error.value.field == field


def test_wrong_arguments():
    with pytest.raises(TypeError, match="a handler is a function that takes one event"):
        sanwang.Gateway("cmpp://127.0.0.1:0", accounts={"a": "b"}, on_submit=3)
    with pytest.raises(TypeError, match="a secret is str or bytes, not int"):
        sanwang.Gateway("cmpp://127.0.0.1:0", accounts={"a": 7})
    with sanwang.Gateway("cmpp://127.0.0.1:0", accounts={"a": "b"}) as gateway:
        with pytest.raises(sanwang.OpenFailed, match="cannot listen on"):
            sanwang.Gateway(f"cmpp://{gateway.listeners[0].address}", accounts={"a": "b"})
        with pytest.raises(sanwang.NoRoute, match=r"no account called .nobody. has logged in yet"):
            gateway.deliver("nobody", "13800138000", "1", "x")
        with pytest.raises(
            sanwang.ConfigError, match="no account called 'x' has logged in; there are: none yet"
        ):
            gateway.counters("x")
        assert gateway.counters()["submits"] == 0
        made = sanwang.Submit(account="nobody", message_id="0" * 16)
        with pytest.raises(sanwang.BadSetting, match="the submit has no receiver"):
            gateway.report(made)


def test_a_report_on_a_submit_of_an_earlier_gateway():
    kept = Events()

    def submit(message):
        kept(message)
        return sanwang.ACCEPT

    with Pair(on_submit=submit) as pair:
        ticket = pair.send("hi")
        seen = kept.next()
        made = sanwang.Submit(
            account=seen.account,
            message_id=seen.message_id,
            sender=seen.sender,
            receivers=seen.receivers,
            time=seen.time,
        )
        assert made != seen
        with pytest.raises(sanwang.SendError):
            pair.gateway.report(made, "MUCHTOOLONG")
        assert pair.gateway.report(made, receiver=pair.receiver).outcome(SOON).status == "ACKED"
        assert ticket.outcome(SOON).status == "DELIVERED"


def test_submits_are_values():
    one = sanwang.Submit(receivers=["13800138000"], text="TD", fields={"service_id": "ABC"})
    same = sanwang.Submit(receivers=["13800138000"], text="TD")
    assert one == same
    assert hash(one) == hash(same)
    assert one != sanwang.Submit(receivers=["13800138000"], text="T")
    assert (one.receiver, one.text, one.fields, same.fields) == (
        "13800138000",
        "TD",
        {"service_id": "ABC"},
        {},
    )
    match one:
        case sanwang.Submit(receiver, "TD"):
            assert receiver == "13800138000"
    assert sanwang.Submit(content=b"\x4f\x60", coding=8).text == "你"
    with pytest.raises(AttributeError):
        one.text = "x"
    assert one.later() is sanwang.LATER or one.later() == sanwang.LATER


def test_metrics_of_both_sides():
    with Pair(on_submit=lambda message: sanwang.ACCEPT, sp={"report": False}) as pair:
        assert pair.send().outcome(SOON).status == "SENT"
        assert 'side="gateway"' in pair.gateway.metrics()
        assert "# TYPE sanwang_" in pair.gateway.metrics()
        assert 'side="listener"' in pair.gateway.metrics()
        assert 'side="sp"' in pair.sp.metrics()


def test_waiting_and_closing_in_a_handler_would_deadlock():
    raised = queue.Queue()

    def submit(message):
        push = pair.gateway.deliver(message.account, "13800138000", "10657001", "x", after=3600)
        for call in (pair.gateway.wait, pair.gateway.close, lambda: push.outcome(1)):
            try:
                call()
            except sanwang.SendError as error:
                raised.put(error.name)
        return sanwang.ACCEPT

    with Pair(on_submit=submit, sp={"report": False}) as pair:
        assert pair.send().outcome(SOON).status == "SENT"
        assert [raised.get(timeout=SOON) for _ in range(3)] == ["WOULD_DEADLOCK"] * 3


def test_close_says_what_is_left():
    ended = Events()
    with Pair(on_submit=lambda message: sanwang.ACCEPT, on_outcome=ended) as pair:
        pair.sp.wait_online(SOON)
        pair.sp.close(5)
        push = pair.gateway.deliver(pair.account, "13800138000", "10657001", "nobody is there")
        assert not pair.gateway.wait(0.01)
        assert pair.gateway.open_tickets == 1
        left = pair.gateway.close(0)
        assert left == sanwang.Left(abandoned=1)
        assert pair.gateway.close() == left
        assert ended.next().status == "ABANDONED"
        assert push.outcome(0).status == "ABANDONED"
        with pytest.raises(sanwang.Closed):
            pair.gateway.deliver(pair.account, "13800138000", "10657001", "x")
        pair.gateway.serve_forever()


SERVE = """
import os, signal, threading, sanwang
gateway = sanwang.Gateway("cmpp://127.0.0.1:0", accounts=lambda login: "secret")
gateway.on_submit(lambda submit: sanwang.ACCEPT)
"""


def test_ctrl_c_ends_serve_forever(python):
    done = python(
        SERVE
        + """
import sys
main = threading.main_thread().ident
pause = threading.Event()
def interrupt():
    # As soon as the main thread is inside, and not before.
    while "serve_forever" not in names(sys._current_frames()[main]):
        pause.wait(0.005)
    pause.wait(0.05)
    os.kill(os.getpid(), signal.SIGINT)
def names(frame):
    while frame is not None:
        yield frame.f_code.co_name
        frame = frame.f_back
killer = threading.Thread(target=interrupt)
killer.start()
gateway.serve_forever()
killer.join()
print("closed", gateway.close(), threading.active_count())
"""
    )
    assert done.stdout == "closed Left(abandoned=0, in_doubt=0, no_report=0) 1\n", done.stderr
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interpreter_that_ends_with_an_open_gateway(python):
    done = python(
        SERVE
        + """
sp = sanwang.Client(f"cmpp://901234:secret@{gateway.listeners[0].address}", sender="10657001")
print(sp.send("13800138000", "x", report=False).outcome(20).status)
"""
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "SENT\n", "")


def test_a_forgotten_gateway_goes(python):
    done = python(
        SERVE.replace("import os", "import gc, warnings, time, os")
        + """
name = gateway.listeners[0].address
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    del gateway
    gc.collect()
print([str(w.message).startswith("<sanwang.Gateway cmpp://") for w in caught])
for _ in range(200):
    if threading.active_count() == 1:
        break
    time.sleep(0.05)
print(threading.active_count())
"""
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[True]\n1\n", "")


def test_the_child_of_a_fork(python):
    done = python(
        SERVE
        + """
import sys
child = os.fork()
if child == 0:
    try:
        gateway.deliver("901234", "13800138000", "1", "x")
    except sanwang.Forked as error:
        print(error.name, flush=True)
    try:
        gateway.close()
    except sanwang.Forked as error:
        print(error.name, flush=True)
    os._exit(0)
os.waitpid(child, 0)
gateway.close()
print("parent")
"""
    )
    assert (done.returncode, done.stdout) == (0, "FORKED\nFORKED\nparent\n"), done.stderr
