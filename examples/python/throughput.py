"""Measure how many messages a second one Python process sends, from ``send`` to ``on_outcome``.

    sanwang simulate 'cmpp://127.0.0.1:7890' --quiet &
    python throughput.py 'cmpp://900001:888888@127.0.0.1:7890' --window 64 --seconds 5

Closed loop: twice as many messages as the window holds are always open, and the handler of an outcome sends
the next one. The last line is one JSON object, with the names that ``sanwang load`` uses.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time

import sanwang

RECEIVERS = [f"138{n:08}" for n in range(1000)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else None)
    parser.add_argument("url", help="the account, such as cmpp://900001:888888@127.0.0.1:7890")
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warmup", type=float, default=1.0)
    parser.add_argument("--content", type=int, default=140, help="octets of a message")
    parser.add_argument("--label", default="python")
    options = parser.parse_args()

    outstanding = options.window * options.connections * 2
    content = b"x" * options.content
    begin = time.perf_counter() + options.warmup
    end = begin + options.seconds
    counts: dict[str, int] = {}
    sent = ended = measured = 0
    running = True
    idle = threading.Event()

    sp = sanwang.Client(
        options.url,
        sender="10657001",
        rate=0,
        report=False,
        window=options.window,
        connections=options.connections,
        queue=outstanding * 2,
    )
    with sp:
        sp.wait_online(10)
        send = sp.send

        @sp.on_outcome
        def outcome(event: sanwang.Outcome) -> None:
            nonlocal sent, ended, measured, running
            ended += 1
            if event.status is not sanwang.Status.SENT:
                counts[event.status] = counts.get(event.status, 0) + 1
            now = time.perf_counter()
            if running and now >= begin:
                measured += 1
                running = now < end
            if running:
                sent += 1
                send(RECEIVERS[sent % 1000], content=content, coding=4)
            elif ended >= sent:
                idle.set()

        # The first ones are counted before the first outcome can come.
        sent = outstanding
        for n in range(outstanding):
            send(RECEIVERS[n % 1000], content=content, coding=4)
        time.sleep(max(begin - time.perf_counter(), 0))
        cpu = os.times()
        time.sleep(max(end - time.perf_counter(), 0))
        cpu_end = os.times()
        complete = idle.wait(15)
    per_million = 1e6 / max(measured, 1)
    result = {
        "kind": "python",
        "label": options.label,
        "protocol": options.url.split(":", maxsplit=1)[0],
        "window": options.window,
        "conns": options.connections,
        "secs": options.seconds,
        "messages": measured,
        "msgs_per_s": round(measured / options.seconds),
        "own_cpu_user_s_per_M": round((cpu_end.user - cpu.user) * per_million, 2),
        "own_cpu_sys_s_per_M": round((cpu_end.system - cpu.system) * per_million, 2),
        "outcomes": {"SENT": ended - sum(counts.values()), **counts},
        "sent": sent,
        "ended": ended,
    }
    print(json.dumps(result))
    return 0 if complete and ended == sent else 1


if __name__ == "__main__":
    sys.exit(main())
