"""Print what phones write and answer TD with a word; print every report.

    python receive.py 'cmpp://901234:secret@127.0.0.1:7890?version=3.0'

It runs until Ctrl-C. Without arguments a simulated gateway plays three messages, and it ends after that.
"""

from __future__ import annotations

import contextlib
import sys
import threading

import sanwang


def main(accounts: list[str]) -> int:
    with contextlib.ExitStack() as stack:
        sim = None
        if not accounts:
            sim = stack.enter_context(sanwang.Simulator("cmpp://127.0.0.1:0"))
            accounts = [sim.url("cmpp")]
        answered = threading.Event()
        # Handlers run one at a time on a thread of the package. A delivery is acknowledged to the gateway
        # when its handler has returned.
        sp = stack.enter_context(sanwang.Client(*accounts, sender="10657001"))

        @sp.on_deliver
        def deliver(message: sanwang.Deliver) -> None:
            match message:
                case sanwang.Deliver(text=None):
                    print(f"{message.sender}: {message.octets.hex()}")
                case sanwang.Deliver(sender, "TD"):
                    print(f"{sender} leaves")
                    sp.reply(message, "您已退订")
                case sanwang.Deliver(sender, text):
                    print(f"{sender}: {text}")

        @sp.on_report
        def report(event: sanwang.Report) -> None:
            print(event)

        @sp.on_outcome
        def outcome(event: sanwang.Outcome) -> None:
            print(event)
            answered.set()

        @sp.on_state
        def state(event: sanwang.AccountState) -> None:
            print(event)

        with contextlib.suppress(KeyboardInterrupt):
            if sim is None:
                threading.Event().wait()
            else:
                sp.wait_online(10)
                for text in ("你好", "很长的短信。" * 30, "TD"):
                    sim.deliver(sp.accounts[0], "13800138000", "10657001", text)
                return 0 if answered.wait(10) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
