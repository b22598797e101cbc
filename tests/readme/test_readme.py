"""The snippets of both READMEs, run word for word.

A block of ``sh`` runs as it stands, with the package's environment active; one that starts with
``sanwang simulate`` is the other terminal and goes on until the page ends. A block of ``python`` or ``c``
whose first line is a comment with a file name is saved under that name. A block of ``text`` is what the block
of ``sh`` before it prints; numbers and ids differ from run to run. Commands of ``make`` are not run again
here, but their targets must exist.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "README.zh-CN.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
FILE = re.compile(r"(?:#|/\*|//) ([\w.]+\.(?:py|c))(?: \*/)?\n")


class Block(NamedTuple):
    """A block of code in a page."""

    language: str
    code: str


def blocks(page: str) -> list[Block]:
    """Find the blocks of a page."""
    return [Block(*found) for found in FENCE.findall((ROOT / page).read_text(encoding="utf-8"))]


@pytest.fixture(name="place")
def fixture_place(tmp_path: Path) -> Path:
    """Make a place that looks like the top of the project and may be written to."""
    for name in ("include", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    built = os.environ.get("CARGO_TARGET_DIR")
    (tmp_path / "target").symlink_to(ROOT / built if built else ROOT / "target")
    return tmp_path


def environment() -> dict[str, str]:
    """Make the environment that `. .venv/bin/activate` makes."""
    beside = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}


def is_free(port: int) -> bool:
    """Tell whether nothing listens at a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def running(command: str, place: Path) -> Iterator[None]:
    """Run a simulator as the other terminal does, from the time it listens."""
    words = shlex.split(command)
    ports = [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", command)]
    for port in ports:
        assert is_free(port), f"something else listens on port {port}: end it and run this again"
    process = subprocess.Popen(words, cwd=place, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for _ in [word for word in words if "://" in word]:
            assert process.stdout.readline().startswith("listening "), f"it did not start: {command}"
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def run(command: str, place: Path) -> str:
    """Run a block of shell and return what it printed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=place,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def alike(printed: str) -> str:
    """Leave out what differs from run to run."""
    return re.sub(r"\bid [0-9a-f]+", "id ...", re.sub(r"\b\d+\.\d s\b", "... s", printed)).strip()


def check_make(command: str) -> None:
    """Check that the targets exist. `make test` has built them before it comes here."""
    for part in re.split(r"&&|\n", command):
        words = shlex.split(part, comments=True)
        if words[:1] == ["make"]:
            names = [word for word in words[1:] if "=" not in word] or ["release"]
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            for name in names:
                assert re.search(rf"^{re.escape(name)}:", makefile, re.M), f"make {name} does not exist"


def is_build(command: str) -> bool:
    """Tell whether a block builds the project."""
    return command.startswith(("make", ". .venv"))


@pytest.mark.parametrize("page", PAGES)
def test_snippets_run(page: str, place: Path) -> None:
    """Run a page from its top to its end."""
    printed = ""
    terminals = []
    ran = []
    try:
        for block in blocks(page):
            named = FILE.match(block.code)
            if named and block.language in ("python", "c"):
                (place / named.group(1)).write_text(block.code, encoding="utf-8")
            elif block.language == "sh" and is_build(block.code):
                check_make(block.code)
            elif block.language == "sh" and block.code.startswith("sanwang simulate"):
                terminals.append(running(block.code, place))
                terminals[-1].__enter__()
            elif block.language == "sh":
                printed = run(block.code, place)
                ran.append(block.code.split()[0])
            elif block.language == "text":
                assert alike(printed) == alike(block.code)
            else:
                assert block.language == "rust", (
                    f"a block of {block.language} that nothing runs: {block.code}"
                )
    finally:
        for terminal in reversed(terminals):
            terminal.__exit__(None, None, None)
    assert {"sanwang", "python", "cc"} <= set(ran), "the first message is shown in shell, Python and C"


@pytest.mark.parametrize("page", PAGES)
def test_rust_is_the_crate_s_own_example(page: str) -> None:
    """Check the Rust snippet: it is the example that the crate's documentation tests compile."""
    lines = (ROOT / "core" / "src" / "lib.rs").read_text(encoding="utf-8").splitlines()
    example = "\n".join(line[4:] for line in lines if line.startswith("//! "))
    snippets = [block.code.strip() for block in blocks(page) if block.language == "rust"]
    assert snippets
    for snippet in snippets:
        compact = [line for line in snippet.splitlines() if line]
        assert "\n".join(compact) in "\n".join(line for line in example.splitlines() if line)


def test_the_shop_s_answers_arrive(place: Path) -> None:
    """Run the second Python program: three phones write back, each through its own network."""
    page = blocks(PAGES[0])
    simulate = next(b.code for b in page if b.code.startswith("sanwang simulate") and "sgip" in b.code)
    program = next(b.code for b in page if b.code.startswith("# three.py"))
    (place / "three.py").write_text(program, encoding="utf-8")
    with running(simulate, place):
        started = time.monotonic()
        lines = sorted(run("python three.py", place).splitlines())
        assert time.monotonic() - started < 30
    assert lines == [
        "13000130000 through unicom wrote TD",
        "13800138000 through mobile wrote TD",
        "18900189000 through telecom wrote TD",
    ]
