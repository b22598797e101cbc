"""Settings as keyword arguments."""

from __future__ import annotations

import datetime as dt
import socket
import subprocess

import pytest

import sanwang
from conftest import SOON

URL = "cmpp://901234:secret@127.0.0.1:1"


@pytest.fixture
def opened():
    """Open clients that are closed at the end of the test."""
    clients = []

    def client(*accounts, **settings):
        clients.append(sanwang.Client(*accounts, **settings))
        return clients[-1]

    yield client
    for one in clients:
        one.close(0)


def test_a_setting_reaches_every_account_that_has_it(sim, opened):
    # node is SGIP's only, service_id is not: neither may trouble the others.
    sp = opened(
        sim.url("cmpp"), sim.url("sgip"), sender=10657001, report=False, node=3010012346, service_id="ABC"
    )
    for to in ("13800138000", "13000000001"):
        assert sp.send(to, "x").outcome(SOON).status == "SENT"


def test_values_of_every_kind(opened):
    sp = opened(
        URL,
        window=32,
        rate=0,
        report=True,
        keepalive=2.5,
        connect_timeout=dt.timedelta(milliseconds=200),
        valid_for=30,
        congestion=[8, 21],
        alt=("127.0.0.1:2", "127.0.0.1:3"),
        local=None,
        threads=1,
        worker=5,
    )
    assert (sp.send("13800138000", "x", sender="10657001").id >> 12) & 0x3FF == 5


@pytest.mark.parametrize(
    ("settings", "field", "text"),
    [
        ({"windw": 32}, "windw", "unknown setting windw: did you mean window?"),
        ({"thread": 2}, "thread", "unknown setting thread: did you mean threads?"),
        ({"on_delivery": print}, "on_delivery", "did you mean on_deliver?"),
        ({"qqqqqq": 1}, "qqqqqq", "docs/settings.md lists them"),
        ({"window": 0}, "window", "window=0 is out of range: write 1 to 1024 requests"),
        ({"window": "many"}, "window", "window=many is not valid: write 1 to 1024 requests"),
        ({"rate": 1.5}, "rate", "rate=1.5 is not valid"),
        ({"report": "perhaps"}, "report", "write yes or no"),
        ({"node": 3010012345}, "node", "node does not apply to cmpp"),
        ({"gateway_id": 5}, "gateway_id", "gateway_id is a setting of the gateway only"),
        ({"threads": 0}, "threads", "threads=0 is out of range: write 1 to 256 threads"),
        ({"sender": {"a": 1}}, "sender", "sender is a dict: give text, a number, True or False"),
        ({"sender": object()}, "sender", "sender is a object: give text"),
        ({"routes": [{"carrier": "mobil", "accounts": ["901234"]}]}, "routes", "no carrier"),
        (
            {"routes": [{"carier": "mobile", "accounts": []}]},
            "routes",
            "carrier, prefix and accounts, not carier",
        ),
        ({"routes": [{"carrier": "mobile"}]}, None, "names no account"),
        ({"routes": [{"accounts": ["nobody"]}]}, None, 'no account is called "nobody"'),
    ],
)
def test_wrong_settings_say_what_to_write(settings, field, text):
    with pytest.raises(sanwang.ConfigError) as raised:
        sanwang.Client(URL, **settings)
    assert text in str(raised.value)
    assert raised.value.field == field
    assert isinstance(raised.value, ValueError)
    assert (raised.value.name, raised.value.retriable) == ("BAD_SETTING", False)


@pytest.mark.parametrize(
    ("accounts", "text"),
    [
        ((), "a client needs an account"),
        (("tcp://127.0.0.1",), "begins with cmpp://"),
        ((URL, URL), "two accounts are called"),
        (("sgip://sp:secret@127.0.0.1:1",), "needs its node number"),
        ((3,), "an account is a URL, a pair of name and URL, or a dictionary, not 3"),
        (({"mobile": {"connections": 2}},), "the account 'mobile' has no url"),
        (({"mobile": {"url": URL, "conections": 2}},), "did you mean connections?"),
    ],
)
def test_wrong_accounts_say_what_to_write(accounts, text):
    with pytest.raises(sanwang.ConfigError) as raised:
        sanwang.Client(*accounts)
    assert text in str(raised.value)
    assert "secret" not in str(raised.value).replace("secret_env", "").replace(":secret@gw", "")


def test_accounts_have_names(opened):
    sp = opened(("one", URL), {"two": URL, "three": {"url": URL, "window": 4}}, window=8)
    assert sp.accounts == ("one", "two", "three")
    assert repr(sp) == "<sanwang.Client one, two, three>"
    assert sp.state("two").state in sanwang.LinkState
    with pytest.raises(sanwang.ConfigError, match="no account is called 'four'; there are: one, two, three"):
        sp.state("four")
    with pytest.raises(sanwang.ConfigError, match="no account is called"):
        sp.counters("four")
    with pytest.raises(sanwang.ConfigError, match="which account"):
        sp.counters()


def test_own_settings_of_an_account_rule(sim, opened):
    accounts = {
        "silent": {"url": sim.url("cmpp"), "report": False},
        "told": sim.url("cmpp", user="901235"),
    }
    sp = opened(accounts, sender="10657001", report=True)
    assert sp.send("13800138000", "x", account="silent").outcome(SOON).status == "SENT"
    assert sp.send("13800138000", "x", account="told").outcome(SOON).status == "DELIVERED"


def test_a_secret_may_stand_in_the_environment(monkeypatch, opened):
    with sanwang.Simulator("cmpp://127.0.0.1:0", accounts={"901234": "geheim"}) as sim:
        monkeypatch.setenv("MOBILE_SECRET", "geheim")
        sp = opened(f"cmpp://901234@{sim.address('cmpp')}", secret_env="MOBILE_SECRET")
        sp.wait_online(SOON)


def test_sgip_deliveries_are_wrapped(tmp_path, events):
    """Settings of TLS go by their keys, as every other one."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    what = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=sp"]
    more = ["-addext", "subjectAltName=DNS:sp.example", "-addext", "basicConstraints=critical,CA:FALSE"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *what, *more, *files], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    trusts = f"deliver_to={listen}&deliver_tls=yes&deliver_ca={certificate}&deliver_name=sp.example"
    with (
        sanwang.Simulator(f"sgip://127.0.0.1:0?{trusts}") as sim,
        sanwang.Client(
            f"sgip://901234:secret@{sim.address('sgip')}?node=3010012345",
            on_deliver=events,
            sender="10657001",
            listen=listen,
            deliver_tls=True,
            tls_cert=str(certificate),
            tls_key=str(key),
        ) as sp,
    ):
        assert sp.send("13000000001", "hi").outcome(SOON).status == "DELIVERED"
        sim.deliver("901234", "13000000001", "10657001", "TD")
        assert events.next().text == "TD"
    with pytest.raises(sanwang.ConfigError, match="deliver_tls needs deliver_ca"):
        sanwang.Simulator("sgip://127.0.0.1:0?deliver_tls=yes")
