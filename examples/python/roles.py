"""Two gateways and one route server (GNS), for each protocol, all in this process:

    python examples/python/roles.py

Gateway B tells the GNS that it serves a number segment; the GNS pushes that to gateway A. An SP then submits
to A for a phone of B: A asks the GNS, forwards to B, B reports back, and A reports to the SP.
"""

from __future__ import annotations

import queue
import socket
import struct
from typing import Any

import sanwang
from sanwang.wire import cmpp, sgip, smgp

A, B, GNS = "101001", "102001", "401001"
PHONE, SEGMENT = "13901001234", "1390100"
TIME = 60.0


class Cmpp:
    """How CMPP says it."""

    name = "cmpp"

    def question(self, own: str) -> Any:
        return cmpp.MtRoute(source_id=own, terminal_id=PHONE)

    def gateway_in(self, answer: Any) -> str | None:
        return answer.destination_id if answer.result == 0 else None

    def update(self, gateway: str, port: int) -> Any:
        return cmpp.MtRouteUpdate(
            destination_id=gateway,
            gateway_ip="127.0.0.1",
            gateway_port=port,
            start_id=SEGMENT,
            end_id=SEGMENT,
            area_code="0010",
        )

    def forward(self, submit: sanwang.Submit, own: str, to: str) -> Any:
        return cmpp.Fwd(
            source_id=own,
            destination_id=to,
            nodes_count=1,
            msg_id=bytes.fromhex(submit.message_id),
            pk_total=1,
            pk_number=1,
            registered_delivery=1,
            msg_fmt=submit.coding,
            msg_src=submit.account,
            src_id=submit.sender,
            dest_id=(submit.receiver,),
            msg_content=submit.content,
        )

    def accepted(self, answer: Any) -> bool:
        return bool(answer.result == 0)

    def asked(self, node: Node, event: sanwang.LinkRequest) -> Any:
        fwd = cmpp.Fwd.decode(event.octets, event.version)
        if fwd.msg_fwd_type == 2:  # a report on its way back
            node.came_back(fwd.msg_id.hex(), fwd.msg_content[8:15].decode())
            return cmpp.FwdResp(msg_id=fwd.msg_id, pk_total=fwd.pk_total, pk_number=fwd.pk_number)
        ours = node.serves(fwd.dest_id[0])
        if ours:
            report = struct.pack(">8s7s10s10s32sI", fwd.msg_id, b"DELIVRD", b"", b"", PHONE.encode(), 0)
            back = cmpp.Fwd(
                source_id=node.code,
                destination_id=event.account,
                nodes_count=1,
                msg_fwd_type=2,
                msg_id=fwd.msg_id,
                pk_total=1,
                pk_number=1,
                msg_src=fwd.msg_src,
                src_id=PHONE,
                dest_id=(fwd.src_id,),
                msg_content=report,
            )
            node.delivered(event, back)
        return cmpp.FwdResp(
            msg_id=fwd.msg_id, pk_total=fwd.pk_total, pk_number=fwd.pk_number, result=0 if ours else 9
        )


class Smgp:
    """How SMGP says it."""

    name = "smgp"

    def question(self, own: str) -> Any:
        return smgp.QueryTeRoute(src_gateway_id=own, query_term_id=PHONE)

    def gateway_in(self, answer: Any) -> str | None:
        return answer.dest_gateway_id if answer.status == 0 else None

    def update(self, gateway: str, port: int) -> Any:
        return smgp.UpdateTeRoute(
            dest_gateway_id=gateway,
            dest_gateway_ip="127.0.0.1",
            dest_gateway_port=port,
            term_range_id=SEGMENT,
            province_code="010",
        )

    def forward(self, submit: sanwang.Submit, own: str, to: str) -> Any:
        return smgp.Forward(
            msg_id=bytes.fromhex(submit.message_id),
            dest_smgw_no=to,
            src_smgw_no=own,
            msg_type=6,
            report_flag=1,
            msg_format=submit.coding,
            src_term_id=submit.sender,
            dest_term_id=submit.receiver,
            msg_content=submit.content,
        )

    def accepted(self, answer: Any) -> bool:
        return bool(answer.status == 0)

    def asked(self, node: Node, event: sanwang.LinkRequest) -> Any:
        forward = smgp.Forward.decode(event.octets, event.version)
        if forward.report_flag == 0:  # a report on its way back
            stat = forward.msg_content.partition(b"stat:")[2][:7]
            node.came_back(forward.msg_id.hex(), stat.decode())
            return smgp.ForwardResp(msg_id=forward.msg_id)
        ours = node.serves(forward.dest_term_id)
        if ours:
            said = b"sub:001 dlvrd:001 submit date:2607081200 done date:2607081201 stat:DELIVRD err:000"
            back = smgp.Forward(
                msg_id=forward.msg_id,
                dest_smgw_no=event.account,
                src_smgw_no=node.code,
                msg_type=forward.msg_type,
                report_flag=0,
                src_term_id=PHONE,
                dest_term_id=forward.src_term_id,
                msg_content=b"id:%s %s text:" % (forward.msg_id, said),
            )
            node.delivered(event, back)
        return smgp.ForwardResp(msg_id=forward.msg_id, status=0 if ours else 39)


class Sgip:
    """How SGIP says it: it forwards the Submit itself, with the sequence it had (sgip.md 4.1)."""

    name = "sgip"

    def question(self, _own: str) -> Any:
        return sgip.QueryRoute(query_type=2, number=PHONE)

    def gateway_in(self, answer: Any) -> str | None:
        return answer.routes[0].smg_id if answer.routes else None

    def update(self, gateway: str, _port: int) -> Any:
        return sgip.AddTeleSeg(smg_id=gateway, tele_seg=SEGMENT, tele_type="0", area_code="010")

    def forward(self, submit: sanwang.Submit, _own: str, _to: str) -> Any:
        return sgip.Submit(
            sp_number=submit.sender,
            user_numbers=(submit.receiver,),
            corp_id="12345",
            report_flag=1,
            message_coding=submit.coding,
            message_content=submit.content,
        )

    def accepted(self, answer: Any) -> bool:
        return bool(answer.result == 0)

    def asked(self, node: Node, event: sanwang.LinkRequest) -> Any:
        if event.name == "report":
            report = sgip.Report.decode(event.octets, event.version)
            stat = "DELIVRD" if report.state == 0 else "UNDELIV"
            node.came_back("-".join(f"{part:010}" for part in report.submit_sequence), stat)
            return sgip.ReportResp()
        ours = node.serves(sgip.Submit.decode(event.octets, event.version).user_numbers[0])
        if ours:
            sequence = event.pdu.header["sequence"]
            node.delivered(event, sgip.Report(submit_sequence=sequence, user_number=PHONE))
        # A forwarded message has no second hop: 22, sent to the wrong gateway (sgip.md 2).
        return sgip.SubmitResp(result=0 if ours else 22)


Speech = Cmpp | Smgp | Sgip


class Node:
    """A gateway: its replica of the routes, its links, and what it has forwarded."""

    def __init__(self, speech: Speech, code: str, say: queue.Queue[str]) -> None:
        self.speech, self.code, self._said = speech, code, say
        self.routes = sanwang.RouteTable(speech.name, code)
        self.forwarded: dict[str, sanwang.Submit] = {}
        self.door: sanwang.Gateway | None = None
        other = B if code == A else A
        # Where other gateways call, and in SGIP the GNS.
        self.entrance = sanwang.Link(
            listen=f"{speech.name}://127.0.0.1:0",
            peers={other: "secret", GNS: "secret"},
            on_request=self.asked,
        )
        self.port = port_of(self.entrance)
        self.out: sanwang.Link

    def call(self, gns: int, other: str, port: int) -> None:
        """Open the connections to the GNS and to the other gateway."""
        name = self.speech.name
        self.out = sanwang.Link(
            dial={GNS: url(name, self.code, gns, 4), other: url(name, self.code, port, 3)},
            on_request=self.asked,
        )
        self.routes.fetch(self.out, GNS, timeout=TIME)
        known = sum(route.kind == "segment" for route in self.routes.routes)
        self.say(f"fetches {known} routes of phones")

    def say(self, what: str) -> None:
        self._said.put(f"gateway {'A' if self.code == A else 'B'}: {what}")

    def serves(self, number: str) -> bool:
        return self.routes.gateway_of(number) == self.code

    def submitted(self, submit: sanwang.Submit) -> sanwang.Answer:
        """Look up the gateway of a submit of our own SP, and forward it there."""
        self.say(f"an SP submits to {submit.receiver}")

        def looked_up(reply: sanwang.LinkReply) -> None:
            gateway = self.speech.gateway_in(reply.pdu.body) if reply.ok else None
            if gateway is None:
                self.report(submit, "UNDELIV")
            else:
                self.forward(submit, gateway)

        self.out.request_then(GNS, self.speech.question(self.code), looked_up, timeout=TIME)
        return sanwang.ACCEPT

    def forward(self, submit: sanwang.Submit, gateway: str) -> None:
        self.say(f"the GNS says {gateway}: forwarding")
        self.forwarded[submit.message_id] = submit
        sequence = None
        if self.speech.name == "sgip":
            node, time, serial = map(int, submit.message_id.split("-"))
            sequence = (node, time, serial)

        def answered(reply: sanwang.LinkReply) -> None:
            if not (reply.ok and self.speech.accepted(reply.pdu.body)):
                self.report(submit, "UNDELIV")

        pdu = self.speech.forward(submit, self.code, gateway)
        self.out.request_then(gateway, pdu, answered, timeout=TIME, sequence=sequence)

    def report(self, submit: sanwang.Submit, stat: str) -> None:
        self.say(f"reports {stat} to the SP")
        if self.door is not None:
            self.door.report(submit, stat)

    def asked(self, event: sanwang.LinkRequest) -> Any:
        """Answer another gateway or the GNS."""
        answer = self.routes.answer(event)
        if answer is not None:
            self.say(f"learns that {SEGMENT} is served by {self.routes.gateway_of(PHONE)}")
            return answer
        if event.name in ("fwd", "forward", "submit", "report"):
            return self.speech.asked(self, event)
        return None

    def delivered(self, event: sanwang.LinkRequest, report: Any) -> None:
        """Report back: the phone has the message.

        In CMPP and SMGP that goes the way it came. In SGIP the side that has something to say dials.
        """
        self.say(f"delivers to {PHONE} and reports back to {event.account}")
        link = self.out if self.speech.name == "sgip" else self.entrance
        link.request_then(event.account, report, lambda _: None, timeout=TIME)

    def came_back(self, message_id: str, stat: str) -> None:
        submit = self.forwarded.pop(message_id, None)
        if submit is not None:
            self.report(submit, stat)


def route_server(speech: Speech, nodes: list[Node]) -> sanwang.Link:
    """Open the GNS: it answers from its table and pushes what changes."""
    table = sanwang.RouteTable(speech.name)
    dial = {}
    for node in nodes if speech.name == "sgip" else []:
        # Only here the GNS dials the gateways, and has definitions of them.
        dial[node.code] = url(speech.name, GNS, node.port, 5)
        own = sanwang.RouteEntry(
            kind="gateway",
            gateway=node.code,
            address="127.0.0.1",
            port=node.port,
            user=node.code,
            password="secret",
        )
        table.add(own)
    for node in nodes:
        table.follow(node.code)
    gns = sanwang.Link(
        dial=dial, listen=f"{speech.name}://127.0.0.1:0", peers=dict.fromkeys([A, B], "secret")
    )

    @gns.on_request
    def answer(event: sanwang.LinkRequest) -> bytes | None:
        said = table.answer(event)
        table.push(gns, timeout=TIME)
        return said

    return gns


def url(protocol: str, own: str, port: int, login_type: int) -> str:
    """Return a peer's URL: our code logs in; in SGIP with our node and the reason why we come."""
    more = f"?node={own}&login_type={login_type}" if protocol == "sgip" else ""
    return f"{protocol}://{own}:secret@127.0.0.1:{port}{more}"


def port_of(owner: sanwang.Link | sanwang.Gateway) -> int:
    return int(owner.listeners[0].address.rpartition(":")[2])


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def story(speech: Speech) -> list[str]:
    """Play the whole story over loopback and return its lines."""
    said: queue.Queue[str] = queue.Queue()
    lines: list[str] = []

    def until(beginning: str) -> None:
        while not any(line.startswith(beginning) for line in lines):
            lines.append(said.get(timeout=TIME))

    a, b = Node(speech, A, said), Node(speech, B, said)
    gns = route_server(speech, [a, b])
    a.call(port_of(gns), B, b.port)
    b.call(port_of(gns), A, a.port)

    # B serves a segment: it tells the GNS, and A learns it.
    b.say(f"tells the GNS that it serves {SEGMENT}")
    b.out.request(GNS, speech.update(B, b.port), timeout=TIME)
    until("gateway A: learns")
    if speech.name == "sgip":
        # Who changes a route in SGIP is not told of it by the GNS.
        b.routes.add(sanwang.RouteEntry(kind="segment", gateway=B, first=SEGMENT, area="010"))
    else:
        until("gateway B: learns")

    # An SP submits to A.
    name, deliver_to = speech.name, f"127.0.0.1:{free_port()}"
    own: dict[str, Any] = {"deliver_to": deliver_to} if name == "sgip" else {}
    door = sanwang.Gateway(f"{name}://127.0.0.1:0", accounts={"901234": "secret"}, **own)
    a.door = door
    door.on_submit(a.submitted)
    own = {"node": "3010012345", "listen": deliver_to} if name == "sgip" else {}
    at = f"{name}://901234:secret@127.0.0.1:{port_of(door)}"
    with sanwang.Client(at, sender="10657001", **own) as sp:
        outcome = sp.send(PHONE, "你好").outcome(TIME)
    until("gateway A: reports")
    lines.append(f"SP: {outcome.status}")
    for owner in (door, a.out, b.out, gns, a.entrance, b.entrance):
        owner.close()
    return lines


if __name__ == "__main__":
    speeches: list[Speech] = [Cmpp(), Sgip(), Smgp()]
    for speech in speeches:
        print(f"--- {speech.name}")
        print("\n".join(story(speech)))
