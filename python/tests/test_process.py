"""Signals, the end of the interpreter, forks, and the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DEAD = '"cmpp://901234:secret@127.0.0.1:1?sender=10657001"'

INTERRUPT = """
import os, signal, threading
import sanwang

def interrupt(function):
    # As soon as the main thread is inside the call, and not before.
    main = threading.main_thread().ident
    def look():
        pause = threading.Event()
        while True:
            frame, names = sys._current_frames()[main], set()
            while frame is not None:
                names.add(frame.f_code.co_name)
                frame = frame.f_back
            if function in names:
                break
            pause.wait(0.005)
        pause.wait(0.05)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=look, daemon=True).start()

def waiting(what):
    return what()
"""


@pytest.mark.parametrize(
    "wait",
    [
        "sp.wait()",
        "sp.wait_online()",
        "ticket.outcome()",
        "sp.send('13800138000', 'y')",
        "sp.close(40)",
    ],
)
def test_ctrl_c_ends_a_wait(python, wait):
    script = f"""{INTERRUPT}
import time
sp = sanwang.Client({DEAD}, queue=1)
ticket = sp.send("13800138000", "x")
interrupt("waiting")
begin = time.monotonic()
try:
    waiting(lambda: {wait})
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - begin < 10)
"""
    done = python(script)
    assert (done.returncode, done.stdout) == (0, "interrupted True\n"), done.stderr


def test_an_interpreter_that_ends_without_close(python):
    script = """
import sanwang
sim = sanwang.Simulator(report_delay=3600)
sp = sanwang.Client(sim.url("cmpp"), sim.url("sgip"), sim.url("smgp"), sender="10657001")
outcomes = []
sp.on_outcome(outcomes.append)
sp.wait_online(20)
sp.send_many([("13800138000", "x"), ("13000000001", "x"), ("18900000001", "x")] * 10)
import atexit
print("end")
"""
    done = python(script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_what_is_queued_at_the_end_still_goes_out(python):
    script = """
import atexit, sanwang
sim = sanwang.Simulator("cmpp://127.0.0.1:0")
# Runs after the package's own, which was registered later.
sp = sanwang.Client(sim.url("cmpp"), sender="10657001", rate=0, report=False)
sp.on_outcome(lambda o: print(o.status))
sp.wait_online(20)
sp.send_many([("13800138000", "x")] * 3)
"""
    done = python(script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "SENT\n" * 3, "")


def test_an_interpreter_that_ends_while_a_handler_hangs(python):
    script = """
import threading, sanwang
sim = sanwang.Simulator("cmpp://127.0.0.1:0")
sp = sanwang.Client(sim.url("cmpp"), sender="10657001")
entered = threading.Event()
@sp.on_outcome
def hang(outcome):
    entered.set()
    threading.Event().wait()
sp.send("13800138000", "x")
entered.wait(20)
print("end")
"""
    done = python(script)
    assert (done.returncode, done.stdout) == (0, "end\n"), done.stderr
    assert "a handler is still running after the deadline of close" in done.stderr


def test_an_exception_that_ends_the_program(python):
    done = python(
        f"import sanwang\nsp = sanwang.Client({DEAD})\nsp.send('13800138000', 'x')\nraise OSError('mine')"
    )
    assert done.returncode == 1
    assert "OSError: mine" in done.stderr
    assert done.stderr.count("Traceback") == 1, done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_child_is_told_that_it_was_forked(python):
    script = """
import os, warnings
import sanwang
warnings.simplefilter("ignore", DeprecationWarning)
sim = sanwang.Simulator("cmpp://127.0.0.1:0")
sp = sanwang.Client(sim.url("cmpp"), sender="10657001")
sp.wait_online(20)
ticket = sp.send("13800138000", "x")
done = ticket.outcome(20)
later = sp.send("13800138000", "y")
# The watchdog's thread would be missing in the child, which waits for it at its end.
faulthandler.cancel_dump_traceback_later()
child = os.fork()
faulthandler.dump_traceback_later(40, exit=True)
if child == 0:
    bad = []
    for call in (
        lambda: sp.send("13800138000", "z"), lambda: sp.wait(1), lambda: sp.wait_online(1),
        lambda: sp.close(1), lambda: sim.counts(),
    ):
        try:
            bad.append(call())
        except sanwang.Forked as error:
            if "open a new client in the child" not in str(error):
                bad.append(error)
    if ticket.outcome(0) != done:
        bad.append("a known outcome")
    # A client of its own works.
    with sanwang.Simulator("cmpp://127.0.0.1:0") as own, \\
            sanwang.Client(own.url("cmpp"), sender="10657001") as mine:
        if mine.send("13800138000", "x").outcome(20).status != "DELIVERED":
            bad.append("own")
    del sp, sim, ticket, later
    if bad:
        print("child", bad, flush=True)
    # The end of the interpreter in the child, with all its hooks.
    sys.exit(1 if bad else 0)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), sp.send("13800138000", "z").outcome(20).status)
sp.close()
"""
    done = python(script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 DELIVERED\n", "")


COMMANDS = [[sys.executable, "-m", "sanwang"], [str(Path(sys.executable).with_name("sanwang"))]]


@pytest.mark.parametrize("command", COMMANDS, ids=["module", "script"])
def test_the_command(command):
    decode = [*command, "decode", "cmpp", "0000000c0000000800000003"]
    done = subprocess.run(decode, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "active_test" in done.stdout
    wrong = subprocess.run(
        [*command, "no-such-command"], capture_output=True, text=True, timeout=60, check=False
    )
    assert wrong.returncode != 0
    assert "no-such-command" in wrong.stderr
