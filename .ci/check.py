#!/usr/bin/env python3
"""Run the checks of `make test` one after the other and counts their tests.

    check.py MAKE TARGET...

Each target is a target of the Makefile. A check that passes is one line; one that fails shows what it
printed. Of one that passes, lines that begin with "| " are shown too, and those that begin with a name
and a colon once more at the end. All of them run, whatever fails. The last line says how many tests
passed and failed; a check that failed without naming a test counts as one.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field


@dataclass
class Count:
    """Tests of one check, and what it said of itself."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    said: list[str] = field(default_factory=list)


LIMIT = 1800
"""Seconds that one check may take."""

RUST = re.compile(r"^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored", re.M)
PYTEST = re.compile(r"^=*\s*((?:\d+ \w+,? ?)+) in [\d.]+s", re.M)
PLAIN = re.compile(r"^(?:[\w.-]+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
SAID = re.compile(r"^\| (\w+: .*\d.*)")


def count(output: str) -> Count:
    """Read the closing lines of cargo test, pytest and our own runners."""
    found = Count()
    for match in [*RUST.finditer(output), *PLAIN.finditer(output)]:
        passed, failed, skipped = (int(number or 0) for number in match.groups())
        found.passed += passed
        found.failed += failed
        found.skipped += skipped
    for match in PYTEST.finditer(output):
        for number, word in re.findall(r"(\d+) (\w+)", match.group(1)):
            if word in ("passed", "xpassed"):
                found.passed += int(number)
            elif word in ("failed", "error", "errors"):
                found.failed += int(number)
            elif word in ("skipped", "xfailed"):
                found.skipped += int(number)
    return found


def run(make: str, target: str) -> Count:
    """Run one target."""
    started = time.monotonic()
    print(f"{target:<16}", end=" ", flush=True)
    # A session of its own, so that what hangs can be ended with everything it started.
    process = subprocess.Popen(
        [make, "--no-print-directory", target],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    late = ""
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        late = f"\n{target} was ended after {LIMIT} s\n"
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    found = count(output)
    if process.returncode != 0 and found.failed == 0:
        found.failed = 1
    tests = f"{found.passed} passed" if found.passed else ""
    state = "ok" if process.returncode == 0 else "FAILED"
    print(f"{state:<7} {time.monotonic() - started:6.1f} s  {tests}".rstrip(), flush=True)
    if process.returncode == 0:
        shown = [line for line in output.splitlines() if line.startswith("| ")]
        print("".join(f"{line}\n" for line in shown), end="", flush=True)
        found.said = [match.group(1) for line in shown if (match := SAID.match(line))]
    else:
        print(f"{output.rstrip()}{late}", flush=True)
    return found


def main() -> int:
    """Run every target and sum up."""
    make, *targets = sys.argv[1:]
    total = Count()
    for target in targets:
        found = run(make, target)
        total.passed += found.passed
        total.failed += found.failed
        total.skipped += found.skipped
        total.said += found.said
    print("".join(f"{line}\n" for line in total.said), end="")
    skipped = f", {total.skipped} skipped" if total.skipped else ""
    print(f"{total.passed} passed, {total.failed} failed{skipped}")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
