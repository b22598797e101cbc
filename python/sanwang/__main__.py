"""The ``sanwang`` command."""

from __future__ import annotations

import signal
import sys

from . import _native


def main() -> int:
    """Run the command with the arguments of the process; the exit code."""
    # Ctrl-C ends the command as it ends any other: Python would only take a note of it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
