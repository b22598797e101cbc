#!/usr/bin/env python3
"""Three simulated carriers, one client, a few hundred messages: what happens to each.

The simulated carriers are the command ``sanwang simulate``, one process a network. They check logins, take
their time, fail some messages, refuse some numbers, and some of their phones write back. The client sends
each message through the network of its receiver. Run it with ``make demo``, or by itself where the package is
installed.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unicodedata
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import sanwang

if TYPE_CHECKING:
    from types import FrameType

HERE = Path(__file__).resolve().parent
MESSAGES = HERE.parent / "data" / "messages.csv"

# Words in a text that make a simulated phone write back, and what it writes.
REPLIES = {
    "拒收请回复R": "R",
    "退订回TD": "TD",
    "回复1确认": "1",
    "满意度调查": "服务不错,师傅很准时,讲解也很耐心,网速比以前快了不少。建议以后可以把预约时间再细分一些,"
    "比如精确到一个小时以内,这样就不用请半天假在家里等了。总体很满意,谢谢!👍",
}


@dataclass(frozen=True)
class Network:
    """A carrier, and our account with it."""

    account: str
    title: str
    scheme: str
    port: int
    user: str
    secret: str
    settings: str
    # The result with which this carrier refuses a wrong receiver: receivers that end in 4, here.
    refusal: int
    gateway_settings: str = ""

    @property
    def url(self) -> str:
        """Our account."""
        return f"{self.scheme}://{self.user}:{self.secret}@127.0.0.1:{self.port}?{self.settings}"

    @property
    def gateway(self) -> str:
        """Where its gateway listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}{self.gateway_settings}"


def networks(args: argparse.Namespace) -> list[Network]:
    """Give the three carriers the ports of the options."""
    deliver = f"127.0.0.1:{args.deliver_port}"
    return [
        Network(
            "mobile", "China Mobile, CMPP 3.0", "cmpp", args.cmpp_port, "901234", "mobile-secret",
            "sender=10657001", refusal=13,
        ),
        Network(
            "unicom", "China Unicom, SGIP 1.2", "sgip", args.sgip_port, "sp12345", "unicom-secret",
            f"node=3010012345&sender=10655001&listen={deliver}", refusal=6,
            gateway_settings=f"?deliver_to={deliver}",
        ),
        Network(
            "telecom", "China Telecom, SMGP 3.0", "smgp", args.smgp_port, "10000001", "telecom-secret",
            "sender=1065900001", refusal=47,
        ),
    ]  # fmt: skip


class Problem(Exception):
    """Something that ends the demo, in words for the person who started it."""


# ---- the carriers


def find_command(given: str | None) -> str:
    """Find the ``sanwang`` command: of this Python, of a release build, or of the system."""
    beside = Path(sys.executable).parent / "sanwang"
    built = HERE.parent.parent / "target" / "release" / "sanwang"
    near = next((str(path) for path in (beside, built) if path.exists()), None)
    found = given or near or shutil.which("sanwang")
    if found is None:
        raise Problem("the command sanwang is not there: run make, or name it with --sanwang")
    return found


def check_port(port: int, option: str) -> None:
    """Say which option to use when something listens at a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Problem(
                f"port {port} cannot be used ({error.strerror}): end what listens there, or choose another "
                f"one with {option}"
            ) from error


class Carriers:
    """The simulated gateways that run. Leaving the ``with`` ends them."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.running: list[subprocess.Popen[str]] = []

    def start(self, network: Network) -> None:
        """Run the gateway of a network."""
        words = [
            self.command, "simulate", network.gateway, "--account", f"{network.user}:{network.secret}",
            "--answer-delay", "5ms", "--report-delay", "200ms", "--report-jitter", "150ms",
            "--reply-delay", "100ms", "--stat", "DELIVRD=95,UNDELIV=3,EXPIRED=2",
            "--digit", f"4={network.refusal}", "--seed", str(network.port), "--quiet",
        ]  # fmt: skip
        for keyword, answer in REPLIES.items():
            words += ["--reply", f"{keyword}={answer}"]
        # A session of its own, so that Ctrl-C reaches us alone and we end it in order.
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            words, stdout=pipe, stderr=pipe, text=True, encoding="utf-8", start_new_session=True
        )
        self.running.append(process)
        # It prints a line when it listens, and nothing when it could not.
        if process.stdout is None or not process.stdout.readline().startswith("listening"):
            raise Problem(f"{network.title}: {process.communicate()[1].strip() or 'the simulator ended'}")

    def __enter__(self) -> Carriers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.communicate(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


# ---- the messages and what became of them


@dataclass(frozen=True)
class Message:
    """A row of the file."""

    receiver: str
    text: str
    sender: str
    reference: str
    flash: bool


def read_messages(path: Path) -> list[Message]:
    """Read the rows of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Message(row["receiver"], row["text"], row["sender"], row["reference"], row["flash"] == "yes")
            for row in csv.DictReader(file)
        ]


@dataclass
class Tally:
    """What the handlers saw. They run on one thread of the client; the main thread only looks."""

    outcomes: dict[int, list[sanwang.Outcome]] = field(default_factory=dict)
    reports: dict[int, list[sanwang.Report]] = field(default_factory=dict)
    replies: list[sanwang.Deliver] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    decided: int = 0
    segments: int = 0
    last_event: dict[str, float] = field(default_factory=dict)

    def outcome(self, outcome: sanwang.Outcome) -> None:
        """Note that a ticket has ended."""
        self.outcomes.setdefault(outcome.ticket, []).append(outcome)
        self.decided += 1
        self.segments += len(outcome.segments)
        self.last_event[outcome.account] = time.monotonic()

    def report(self, report: sanwang.Report) -> None:
        """Note a status report."""
        if report.ticket is None:
            self.strange.append(f"a report without a message: {report.message_id} {report.stat}")
        else:
            self.reports.setdefault(report.ticket, []).append(report)

    def deliver(self, deliver: sanwang.Deliver) -> None:
        """Note that a phone wrote back."""
        self.replies.append(deliver)
        self.last_event[deliver.account] = time.monotonic()

    def trouble(self, trouble: sanwang.Trouble) -> None:
        """Note input that could not be used."""
        self.strange.append(f"{trouble.account}: {trouble.reason}")


class Progress:
    """One line that is written again and again on a terminal, a line each second elsewhere."""

    def __init__(self, tally: Tally, total: int) -> None:
        self.tally, self.total = tally, total
        self.terminal = sys.stdout.isatty()
        self.next_line = 0.0
        self.shown = ""

    def show(self, queued: int, *, last: bool = False) -> None:
        """Say how far it is."""
        now = time.monotonic()
        line = (
            f"  given to the client {queued} of {self.total}, decided {self.tally.decided} "
            f"({self.tally.segments} segments), replies {len(self.tally.replies)}"
        )
        if self.terminal:
            print(f"\r{line}", end="\n" if last else "", flush=True)
        elif last or now >= self.next_line:
            self.next_line = now + 1.0
            if line != self.shown:
                print(line, flush=True)
        self.shown = line


def send_all(sp: sanwang.Client, messages: list[Message], tally: Tally) -> dict[int, Message]:
    """Send everything, wait for every outcome and reply, return the messages by ticket number."""
    progress = Progress(tally, len(messages))
    tickets: dict[int, Message] = {}
    for message in messages:
        ticket = sp.send(
            message.receiver,
            message.text,
            sender=message.sender or None,
            reference=message.reference,
            flash=message.flash,
        )
        tickets[int(ticket)] = message
        progress.show(len(tickets))
    end = time.monotonic() + 60.0
    while not sp.wait(0.1) and time.monotonic() < end:
        progress.show(len(tickets))
    # A reply comes after its report; phones write only if they got the message.
    rejected = sanwang.Status.REJECTED
    reached = [tickets[number] for number, found in tally.outcomes.items() if found[0].status is not rejected]
    expected = sum(any(word in message.text for word in REPLIES) for message in reached)
    end = time.monotonic() + 3.0
    while len(tally.replies) < expected and time.monotonic() < end:
        time.sleep(0.05)
        progress.show(len(tickets))
    progress.show(len(tickets), last=True)
    return tickets


# ---- what a person reads


def width(text: str) -> int:
    """Count columns on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def short(text: str, columns: int) -> str:
    """Show the beginning of a text, on one line."""
    text = " ".join(text.split())
    if width(text) <= columns:
        return text
    while width(text) > columns - 3:
        text = text[:-1]
    return text + "..."


def reason(outcome: sanwang.Outcome) -> str:
    """Say why a message did not arrive, in words that many messages share."""
    return f"{outcome.status.name} {outcome.text}".strip()


def print_table(known: list[Network], tally: Tally, started: float) -> None:
    """Print one row a network, and why messages failed."""
    titles = ("network", "messages", "segments", "delivered", "failed", "replies", "time")
    rows: list[tuple[str, ...]] = []
    outcomes = [found[0] for found in tally.outcomes.values()]
    for network in [*known, None]:
        own = [o for o in outcomes if network is None or o.account == network.account]
        replies = [r for r in tally.replies if network is None or r.account == network.account]
        delivered = sum(o.status is sanwang.Status.DELIVERED for o in own)
        ends = [at for name, at in tally.last_event.items() if network is None or name == network.account]
        rows.append(
            (
                network.title if network else "all",
                str(len(own)),
                str(sum(len(o.segments) for o in own)),
                str(delivered),
                str(len(own) - delivered),
                str(len(replies)),
                f"{max(ends, default=started) - started:.1f} s",
            )
        )
    first = max(len(row[0]) for row in rows)
    print()
    for row in [titles, *rows]:
        print(f"{row[0]:<{first}}" + "".join(f"{cell:>11}" for cell in row[1:]))
    print("\nWhy messages failed:")
    failed = [o for o in outcomes if o.status is not sanwang.Status.DELIVERED]
    for network in known:
        reasons = Counter(reason(o) for o in failed if o.account == network.account)
        for why, count in reasons.most_common():
            print(f"  {network.account:<8} {count:>3}  {why}")


def print_ticket(title: str, outcome: sanwang.Outcome, message: Message, tally: Tally) -> None:
    """Print one message with its segments, ids and reports."""
    print(f"\n{title}: {message.reference} to {outcome.receiver} through {outcome.account}")
    print(f"  {short(message.text, 96)}")
    reports = {report.segment: report for report in tally.reports.get(outcome.ticket, [])}
    for number, segment in enumerate(outcome.segments, 1):
        parts = [f"segment {number} of {len(outcome.segments)}"]
        if segment.message_id:
            parts.append(f"id {segment.message_id}")
        if segment.result:
            parts.append(f"refused with {segment.result}")
        report = reports.get(number)
        if report is not None and segment.sent_at is not None:
            after = (report.time - segment.sent_at).total_seconds()
            error = f" error {report.error}" if report.error.strip("0") else ""
            parts.append(f"report {report.stat}{error} after {after:.2f} s")
        print(f"  {', '.join(parts)}")
    who = (outcome.account, outcome.receiver)
    for reply in [reply for reply in tally.replies if (reply.account, reply.sender) == who][:1]:
        joined = f" (joined from {reply.parts} parts)" if reply.parts > 1 else ""
        print(f"  reply to {reply.receiver}{joined}: {short(reply.text or '', 60)}")
    print(f"  ticket {outcome.ticket}: {outcome}")


def print_samples(tickets: dict[int, Message], tally: Tally) -> None:
    """Print a long message, one that failed, one whose phone wrote back."""
    delivered, undelivered = sanwang.Status.DELIVERED, sanwang.Status.UNDELIVERED
    outcomes = [found[0] for found in tally.outcomes.values()]
    phones = {(reply.account, reply.sender): reply for reply in tally.replies}

    def long_reply(outcome: sanwang.Outcome) -> int:
        reply = phones.get((outcome.account, outcome.receiver))
        return reply.parts if reply else 0

    long = next((o for o in outcomes if o.status is delivered and 3 <= len(o.segments) <= 5), None)
    bad = next((o for o in outcomes if o.status is undelivered and len(o.segments) > 1), None)
    answered = max(outcomes, key=long_reply, default=None)
    samples = (("A long message", long), ("One that failed", bad), ("One with a reply", answered))
    for title, outcome in samples:
        if outcome is not None:
            print_ticket(title, outcome, tickets[outcome.ticket], tally)


def verdict(tickets: dict[int, Message], tally: Tally) -> bool:
    """Say whether every message has exactly one outcome."""
    without = [message.reference for number, message in tickets.items() if number not in tally.outcomes]
    twice = [tickets[number].reference for number, found in tally.outcomes.items() if len(found) > 1]
    for line in tally.strange:
        print(f"odd: {line}", file=sys.stderr)
    if without:
        print(f"{len(without)} messages have no outcome: {', '.join(without[:10])}", file=sys.stderr)
    if twice:
        print(f"{len(twice)} messages have more than one: {', '.join(twice[:10])}", file=sys.stderr)
    if without or twice:
        return False
    print(f"\nEvery one of the {len(tickets)} messages has exactly one outcome.")
    return True


# ---- the demo


def run(args: argparse.Namespace) -> int:
    """Start the carriers, send, and tell."""
    messages = read_messages(args.messages)
    known = networks(args)
    command = find_command(args.sanwang)
    for port, option in (
        (args.cmpp_port, "--cmpp-port"),
        (args.sgip_port, "--sgip-port"),
        (args.smgp_port, "--smgp-port"),
        (args.deliver_port, "--deliver-port"),
    ):
        check_port(port, option)
    tally = Tally()
    with ExitStack() as stack:
        carriers = stack.enter_context(Carriers(command))
        for network in known:
            carriers.start(network)
            print(f"{network.title}: simulated at 127.0.0.1:{network.port}")
        sp = stack.enter_context(
            sanwang.Client(
                {network.account: network.url for network in known},
                on_outcome=tally.outcome,
                on_report=tally.report,
                on_deliver=tally.deliver,
                on_trouble=tally.trouble,
            )
        )
        sp.wait_online(10)
        print(f"Sending {len(messages)} messages, at most 100 segments a second on each network.")
        started = time.monotonic()
        tickets = send_all(sp, messages, tally)
    print_table(known, tally, started)
    print_samples(tickets, tally)
    return 0 if verdict(tickets, tally) else 1


def interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Take a request to end as Ctrl-C."""
    raise KeyboardInterrupt


def main() -> int:
    """Read the options and run the demo."""
    parser = argparse.ArgumentParser(description="Three simulated carriers, one client.")
    parser.add_argument("--messages", type=Path, default=MESSAGES, help="CSV file (default: %(default)s)")
    parser.add_argument("--sanwang", help="the sanwang command (default: of this Python, or of a build)")
    parser.add_argument("--cmpp-port", type=int, default=17890, help="port of the CMPP gateway (%(default)s)")
    parser.add_argument("--sgip-port", type=int, default=18801, help="port of the SGIP gateway (%(default)s)")
    parser.add_argument("--smgp-port", type=int, default=18890, help="port of the SMGP gateway (%(default)s)")
    parser.add_argument(
        "--deliver-port",
        type=int,
        default=18802,
        help="port where the SGIP gateway delivers to us (%(default)s)",
    )
    args = parser.parse_args()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, interrupt)
    try:
        return run(args)
    except BrokenPipeError:
        raise
    except (Problem, OSError, sanwang.SanwangError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: stopped", file=sys.stderr)
        return 128 + signal.SIGINT
    finally:
        sys.stdout.flush()


if __name__ == "__main__":
    # Output that nobody reads any more is no error worth a page.
    try:
        sys.exit(main())
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
