"""Route tables: a route server and a replica, over links and in files."""

from __future__ import annotations

import stat

import pytest
from test_link import OWN, PEER, QUESTION, Pair, vector

import sanwang
from conftest import PROTOCOLS, SOON, Events

PHONE, SEGMENT = "13901001234", "1390100"


def segment(gateway="102001", first=SEGMENT, **options):
    at = {} if options.pop("sgip", False) else {"address": "10.0.0.1", "port": 7930}
    return sanwang.RouteEntry(kind="segment", gateway=gateway, first=first, **at, **options)


def definition(gateway, port=0):
    own = {"user": gateway, "password": "hidden"}
    return sanwang.RouteEntry(kind="gateway", gateway=gateway, address="10.0.0.1", port=port, **own)


def test_routes_are_added_changed_found_and_deleted():
    table = sanwang.RouteTable("cmpp", limit=3)
    assert (table.protocol, table.own, len(table)) == ("cmpp", None, 0)
    assert table.add(segment(first="1390100", last="1390199")) == 0
    assert table.add(segment("103001", "1390200", area="0020", user_type=1)) == 1
    service = sanwang.RouteEntry(
        kind="service", gateway="101001", address="10.0.0.2", port=1, sp_id="901234", sp_code="10657"
    )
    assert table.add(service) == 0
    with pytest.raises(sanwang.RouteError, match="full"):
        table.add(segment(first="1380000"))
    assert table.gateway_of("+86" + PHONE) == "102001"
    assert table.gateway_of("13800138000") is None
    found = table.by_phone("13902001234")
    assert (found.number, found.gateway, found.area, found.last) == (1, "103001", "0020", "1390200")
    assert found.changed.tzinfo is not None
    assert table.by_service("1065799").sp_id == "901234"
    assert table.by_service("12345") is None
    table.change(segment("104001", number=1, first="1390200"))
    assert table.get("segment", 1).gateway == "104001"
    assert [(route.kind, route.number) for route in table.routes] == [
        ("segment", 0),
        ("segment", 1),
        ("service", 0),
    ]
    assert table.remove("segment", 0).last == "1390199"
    assert table.get("segment", 0) is None
    assert repr(table) == "<sanwang.RouteTable cmpp server, 2 routes>"
    assert repr(sanwang.RouteTable("smgp", OWN)) == f"<sanwang.RouteTable smgp replica of {OWN}, 0 routes>"


@pytest.mark.parametrize(
    ("route", "said"),
    [
        (segment("x"), "gateway code"),
        (segment(first="12x"), "first number segment"),
        (segment(first="1390100", last="1390099"), "not before"),
        (segment(area="12345"), "area code"),
        (sanwang.RouteEntry(kind="segment", gateway="1", first="139"), "gateway address"),
        (sanwang.RouteEntry(kind="segment", gateway="1", first="139", address="here"), "IPv4"),
        (sanwang.RouteEntry(kind="river", gateway="1"), "segment, service or gateway"),
        (definition("1", 1), "only SGIP"),
        (segment(), "serves the same numbers"),
    ],
)
def test_a_wrong_route_changes_nothing(route, said):
    table = sanwang.RouteTable("cmpp")
    table.add(segment())
    before = table.to_text()
    with pytest.raises(sanwang.RouteError, match=said) as wrong:
        table.add(route)
    assert (wrong.value.name, table.to_text()) == ("BAD_ROUTE", before)
    with pytest.raises(sanwang.RouteError, match="no route 7"):
        table.remove("segment", 7)
    with pytest.raises(sanwang.RouteError, match="segment, service or gateway"):
        table.get("river", 7)
    with pytest.raises(ValueError, match="unknown protocol"):
        sanwang.RouteTable("smpp")


def test_a_table_is_saved_and_loaded(tmp_path):
    path = tmp_path / "routes"
    table = sanwang.RouteTable("sgip")
    table.follow(OWN)
    table.add(definition("102001"))
    table.add(segment(sgip=True))
    assert "hidden" not in repr(table.routes)
    table.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = sanwang.RouteTable.load(path)
    assert (again.routes, again.behind, again.to_text()) == (table.routes, {OWN: 2}, table.to_text())
    assert sanwang.RouteTable.from_text(table.to_text()).routes == table.routes
    path.write_text(path.read_text() + "nonsense\n")
    with pytest.raises(sanwang.RouteError, match="line 8"):
        sanwang.RouteTable.load(path)
    with pytest.raises(sanwang.RouteError, match="line 1"):
        sanwang.RouteTable.from_text("")
    with pytest.raises(FileNotFoundError):
        sanwang.RouteTable.load(tmp_path / "none")
    with pytest.raises(OSError, match="No such file"):
        table.save(tmp_path / "no" / "where")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_replica_is_fetched_and_told_of_changes(protocol):
    sgip = protocol == "sgip"
    table, replica = sanwang.RouteTable(protocol), sanwang.RouteTable(protocol, OWN)
    if sgip:
        table.add(definition("102001"))
    table.add(segment(sgip=sgip))
    told = Events()

    def request(event):
        answer = replica.answer(event)
        told((event.name, answer is not None))
        return answer

    with Pair(protocol, server={"on_request": table.answer}, gateway={"on_request": request}) as (
        server,
        gateway,
    ):
        with pytest.raises(sanwang.LinkError):
            replica.fetch(gateway, "nobody")
        assert replica.fetch(gateway, PEER, timeout=SOON) == len(table) == len(replica)
        assert replica.gateway_of(PHONE) == "102001"
        table.follow(OWN)
        table.add(segment(first="1390101", sgip=sgip))
        assert table.behind == {OWN: 1}
        if sgip:
            # The GNS of SGIP dials its gateways; this one is away, and keeps its place.
            table.push(server, timeout=SOON)
            assert table.behind == {OWN: 1}
        else:
            table.push(server, timeout=SOON)
            name, answered = told.next()
            assert answered
            assert name.startswith("push_")
            assert replica.gateway_of("13901011234") == "102001"
        table.forget(OWN)
        assert table.behind == {}


def test_what_is_not_about_routes_is_left_alone():
    table = sanwang.RouteTable("cmpp")
    forward = sanwang.LinkRequest(protocol="cmpp", version="2.0", octets=vector("cmpp", "v20_fwd_mt"))
    assert table.answer(forward) is None
    question = sanwang.LinkRequest(protocol="cmpp", version="3.0", octets=QUESTION)
    assert sanwang.wire.decode("cmpp", table.answer(question))[0].pdu == "mt_route_resp"
    with pytest.raises(sanwang.LinkError) as wrong:
        table.answer(sanwang.LinkRequest(protocol="cmpp", version="3.0", octets=b"\0\0\0"))
    assert wrong.value.name == "WRONG_PDU"
    with pytest.raises(sanwang.ConfigError):
        table.answer(sanwang.LinkRequest(protocol="cmpp", version="9.0", octets=QUESTION))
