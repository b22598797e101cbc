"""The examples run as they stand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "python"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("send.py", ["Outcome(DELIVERED, 138****8000, 1 segment, "]),
        ("receive.py", ["你好", "leaves"]),
        (
            "gateway.py",
            ["Submit(901234 from 10657001 to ", "REJECTED", "(11 characters)", "pushed Outcome(ACKED"],
        ),
    ],
)
def test_an_example(name, said):
    done = run(name)
    assert (done.returncode, done.stderr) == (0, "")
    for words in said:
        assert words in done.stdout


def test_the_story_of_gateways_and_route_servers():
    done = run("roles.py")
    assert (done.returncode, done.stderr) == (0, "")
    stories = done.stdout.split("--- ")[1:]
    assert [story.partition("\n")[0] for story in stories] == ["cmpp", "sgip", "smgp"]
    for story in stories:
        lines = story.splitlines()
        order = [
            "gateway B: tells the GNS that it serves 1390100",
            "gateway A: learns that 1390100 is served by 102001",
            "gateway A: the GNS says 102001: forwarding",
            "gateway B: delivers to 13901001234 and reports back to 101001",
            "gateway A: reports DELIVRD to the SP",
            "SP: DELIVERED",
        ]
        assert [line for line in lines if line in order] == order


def run(name, *arguments):
    return subprocess.run(
        [sys.executable, "-X", "utf8", str(EXAMPLES / name), *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_throughput(sim):
    sent = 0
    # As long as a busy machine needs for more than two windows.
    for seconds in ("0.3", "3", "30"):
        done = run("throughput.py", sim.url("cmpp"), "--window", "8", "--seconds", seconds, "--warmup", "0.1")
        assert (done.returncode, done.stderr) == (0, "")
        result = json.loads(done.stdout)
        assert (result["kind"], result["protocol"], result["window"]) == ("python", "cmpp", 8)
        assert result["sent"] == result["ended"] == result["outcomes"]["SENT"]
        sent += result["sent"]
        assert sim.counts().submits == sent
        if result["messages"] > 16:
            return
    pytest.fail("the loop does not go round")
