"""Clients and gateways that change while they are open."""

from __future__ import annotations

from pathlib import Path

import pytest

import sanwang
from conftest import SOON


def test_settings_and_secrets_change_without_losing_the_connection(sim):
    with sanwang.Client(sim.url("cmpp"), sender="10657001", rate=50) as sp:
        sp.wait_online(SOON)
        changed = sp.set(rate=0, window=4)
        assert changed.at_once == ((sp.accounts[0], "window"), (sp.accounts[0], "rate"))
        assert changed
        assert "rate" in str(changed)
        assert not sp.set(sp.accounts[0], window=4)
        later = sp.set_secret("another")
        assert later.on_reconnect == ((sp.accounts[0], "secret"),)
        with pytest.raises(sanwang.ConfigError, match="window") as error:
            sp.set(rate=1, window=0)
        assert error.value.field == "window"
        with pytest.raises(sanwang.ConfigError, match="remove the account and add it again"):
            sp.set(version="2.0")
        with pytest.raises(sanwang.ConfigError, match="did you mean rate"):
            sp.set(rat=1)
        with pytest.raises(sanwang.ConfigError, match="no account is called"):
            sp.set("nobody", rate=1)
        assert sp.send("13800138000", "hi").outcome(SOON).status == "DELIVERED"
        assert sp.counters()["logins"] == 1


def test_accounts_come_and_go(sim):
    with sanwang.Client({"one": sim.url("cmpp")}, sender="10657001") as sp:
        sp.add_account({"two": sim.url("smgp")}, sender="1065900001")
        assert sp.accounts == ("one", "two")
        sp.wait_online(SOON)
        assert sp.send("18900189000", "hi", account="two").outcome(SOON).status == "DELIVERED"
        with pytest.raises(sanwang.ConfigError, match="two accounts are called"):
            sp.add_account({"two": sim.url("cmpp")})
        left = sp.remove_account("two")
        assert (not left, sp.accounts) == (True, ("one",))
        with pytest.raises(sanwang.ConfigError):
            sp.remove_account("one")
        assert sp.send("13800138000", "hi").outcome(SOON).status == "DELIVERED"


def file(tmp_path, sim, *names, rate=100):
    lines = ["[engine]", "threads = 1"]
    for name in names:
        # Each its own login: the gateway sends reports on any connection of a login name.
        url = sim.url("cmpp").replace("901234", f"9012{ord(name)}")
        lines += [f"[accounts.{name}]", f'url = "{url}"', 'sender = "10657001"', f"rate = {rate}"]
    lines += ["[[route]]", 'carrier = "mobile"', f'accounts = ["{names[0]}"]']
    path = tmp_path / "accounts.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_client_is_opened_from_a_file_and_takes_it_again(sim, tmp_path):
    with sanwang.Client(config=file(tmp_path, sim, "a", "b")) as sp:
        assert sp.accounts == ("a", "b")
        sp.wait_online(SOON)
        outcome = sp.send("13800138000", "hi").outcome(SOON)
        assert (outcome.status, outcome.account) == ("DELIVERED", "a")
        changed = sp.reconfigure(config=file(tmp_path, sim, "b", "c", rate=7))
        assert (changed.added, changed.removed, changed.at_once) == (("c",), ("a",), (("b", "rate"),))
        assert sp.send("13800138000", "hi").outcome(SOON).account == "b"
        assert not sp.reconfigure(config=str(tmp_path / "accounts.toml"))
        (tmp_path / "accounts.toml").write_text("[accounts.x]\nurl = 7\n", encoding="utf-8")
        with pytest.raises(sanwang.ConfigError, match=r"accounts\.toml: .*accounts\.x"):
            sp.reconfigure(config=tmp_path / "accounts.toml")
        with pytest.raises(FileNotFoundError, match=r"none\.toml") as raised:
            sp.reconfigure(config=tmp_path / "none.toml")
        assert raised.value.filename == str(tmp_path / "none.toml")
        with pytest.raises(FileNotFoundError, match=r"none\.toml"):
            sanwang.Gateway(config=tmp_path / "none.toml")
        assert sp.accounts == ("b", "c")


def test_a_gateway_takes_new_accounts_and_lets_others_go():
    with sanwang.Gateway("cmpp://127.0.0.1:0", accounts={"901234": "secret"}) as gateway:
        gateway.on_submit(lambda _: sanwang.ACCEPT)
        address = gateway.listeners[0].address
        gateway.set_account("901235", b"other")
        with sanwang.Client(f"cmpp://901235:other@{address}?report=no") as sp:
            sp.wait_online(SOON)
            assert sp.send("13800138000", "hi").outcome(SOON).status == "SENT"
        assert gateway.remove_account("901235")
        assert not gateway.remove_account("901235")
        with sanwang.Client(f"cmpp://901235:other@{address}") as sp, pytest.raises(sanwang.LoginRefused):
            sp.wait_online(SOON)


def test_the_end_of_a_connection_tells_its_last_frames():
    ended = []
    with sanwang.Gateway("cmpp://127.0.0.1:0", accounts={"901234": "secret"}) as gateway:
        address = gateway.listeners[0].address
        sp = sanwang.Client(f"cmpp://901234:wrong@{address}", on_state=ended.append, on_log=lambda _: None)
        with sp, pytest.raises(sanwang.LoginRefused):
            sp.wait_online(SOON)
    told = next(state.last_frames for state in ended if state.last_frames)
    assert "sent connect 1" in told
    assert "received connect_resp 1" in told
    assert "result 3" in told


def test_a_gateway_comes_from_a_file_and_changes(tmp_path: Path) -> None:
    (tmp_path / "sp.secret").write_text("secret\n")
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[listeners.mobile]\nurl = "cmpp://127.0.0.1:0"\n'
        '[accounts.901234]\nsecret_file = "sp.secret"\n[engine]\nthreads = 1\n'
    )
    with sanwang.Gateway(config=file, on_submit=lambda _: sanwang.ACCEPT) as gateway:
        assert gateway.listener_names == ("mobile",)
        url = f"cmpp://901234:secret@{gateway.listeners[0].address}"
        with sanwang.Client(url, report=False) as sp:
            sp.wait_online(20)
            changed = gateway.set("mobile", bind_from="192.0.2.0/24", window=8)
            assert changed.at_once == (("mobile", "bind_from"), ("mobile", "window"))
            assert sp.send("13800138000", "hi").outcome(20).status == sanwang.Status.SENT
            with sanwang.Client(url) as other, pytest.raises(sanwang.LoginRefused):
                other.wait_online(20)
        changed = gateway.set_account_settings("901234", connections=1)
        assert changed.at_once == (("901234", "connections"),)
        with pytest.raises(sanwang.ConfigError, match="cannot change while the gateway is open"):
            gateway.set(gateway_id=7)
        with pytest.raises(sanwang.ConfigError, match="no listener is called"):
            gateway.set("unicom", window=8)
    with pytest.raises(sanwang.ConfigError, match="nobody could log in"):
        sanwang.Gateway("cmpp://127.0.0.1:0")


def test_listeners_come_and_go() -> None:
    with sanwang.Gateway("cmpp://127.0.0.1:0", accounts={"901234": "secret"}) as gateway:
        gateway.on_submit(lambda _: sanwang.ACCEPT)
        first = gateway.listeners[0]
        with sanwang.Client(f"cmpp://901234:secret@{first.address}", report=False) as sp:
            sp.wait_online(SOON)
            with pytest.raises(sanwang.OpenFailed, match=f"cannot listen on {first.address}: .*in use"):
                gateway.add_listener(f"smgp://{first.address}")
            with pytest.raises(sanwang.ConfigError, match="window=0") as error:
                gateway.add_listener("cmpp://127.0.0.1:0", window=0)
            assert error.value.field == "window"
            with pytest.raises(sanwang.ConfigError, match="did you mean window"):
                gateway.add_listener("cmpp://127.0.0.1:0", windw=4)
            with pytest.raises(sanwang.ConfigError, match="name is empty"):
                gateway.add_listener("cmpp://127.0.0.1:0", name="")
            second = gateway.add_listener("cmpp://127.0.0.1:0", name="more", bind_from="127.0.0.0/8")
            third = gateway.add_listener("smgp://127.0.0.1:0")
            assert gateway.listeners == (first, second, third)
            assert gateway.listener_names == (
                f"cmpp://{first.address}",
                "more",
                f"smgp://{third.address}",
            )
            with pytest.raises(sanwang.ConfigError, match="already"):
                gateway.add_listener("cmpp://127.0.0.1:0", name="more")
            gateway.remove_listener(first)
            gateway.remove_listener(third)
            assert (gateway.listeners, gateway.listener_names) == ((second,), ("more",))
            page = gateway.metrics()
            assert second.address in page
            assert first.address not in page
            assert sp.send("13800138000", "hi").outcome(SOON).status == sanwang.Status.SENT
            url = f"cmpp://901234:secret@{second.address}"
            with sanwang.Client(url, report=False) as other:
                other.wait_online(SOON)
            gateway.remove_listener("more")
            with pytest.raises(sanwang.ConfigError, match="there are: none"):
                gateway.remove_listener("more")
            assert sp.send("13800138000", "hi").outcome(SOON).status == sanwang.Status.SENT
