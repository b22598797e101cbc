"""A closed loop through the Python interface: every outcome sends the next message. Prints one line of JSON.

    python loop.py URL WINDOW SECONDS [SERVER_PID]
"""

from __future__ import annotations

import json
import os
import sys
import time

import sanwang

TEXT = "A" * 140


def cpu_of(pid: str) -> float:
    """Seconds of CPU a process has used."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(url: str, window: str, seconds: str, pid: str = "0") -> int:
    ended = 0
    stopping = False

    def on_outcome(_: sanwang.Outcome) -> None:
        nonlocal ended
        ended += 1
        if not stopping:
            sp.send("13800138000", TEXT)

    with sanwang.Client(url, on_outcome=on_outcome) as sp:
        sp.wait_online(10)
        for _ in range(int(window)):
            sp.send("13800138000", TEXT)
        time.sleep(0.5)
        begin, before, cpu = time.monotonic(), ended, time.process_time() + cpu_of(pid)
        time.sleep(float(seconds))
        messages, took = ended - before, time.monotonic() - begin
        cpu = time.process_time() + cpu_of(pid) - cpu
        stopping = True
    each = cpu / max(1, messages) * 1e6
    line = {"kind": "python", "window": int(window), "messages": messages, "msgs_per_s": round(messages / took)}
    print(json.dumps({**line, "cpu_s_per_M": round(each, 4)}))
    return 0 if messages else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
