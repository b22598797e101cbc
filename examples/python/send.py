"""Send one message and print how it ended.

    python send.py 'cmpp://901234:secret@127.0.0.1:7890?version=3.0' 13800138000 '你好,世界'

Without arguments it sends through a simulated gateway of its own.
"""

from __future__ import annotations

import contextlib
import sys

import sanwang


def main(arguments: list[str]) -> int:
    with contextlib.ExitStack() as stack:
        if arguments:
            account, to, text = arguments
        else:
            sim = stack.enter_context(sanwang.Simulator("cmpp://127.0.0.1:0", report_delay=0.8))
            account, to, text = sim.url("cmpp"), "13800138000", "你好,世界"
        with sanwang.Client(account, sender="10657001") as sp:
            ticket = sp.send(to, text)
            outcome = ticket.outcome(timeout=60)
        print(outcome)  # Outcome(DELIVERED, 138****8000, 1 segment, 0.8 s)
        return 0 if outcome.status.is_success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
