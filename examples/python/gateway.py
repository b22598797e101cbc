"""A gateway of your own: SPs log in, send, and get reports and messages from phones.

    python gateway.py 'cmpp://127.0.0.1:7890' 'smgp://127.0.0.1:8890' 'sgip://127.0.0.1:8801'

It runs until Ctrl-C. Without arguments an SP in this process sends three messages to it, and it ends.
"""

from __future__ import annotations

import queue
import sys

import sanwang

SECRETS = {"901234": "secret", "10000001": "secret", "sp": "secret"}


def look_up(login: sanwang.Login) -> str | None:
    """Give the secret of an account. A data base may be asked here: only logins wait for it."""
    return SECRETS.get(login.name)


def open_gateway(urls: list[str]) -> sanwang.Gateway:
    def submit(message: sanwang.Submit) -> sanwang.Answer:
        print(message)
        if message.text is not None and "spam" in message.text:
            return sanwang.reject(13)
        if message.wants_report:
            gateway.report(message, "DELIVRD", after=0.5)
        if message.text == "TD":
            gateway.deliver(message.account, message.receiver, message.sender, "TD received")
        return sanwang.ACCEPT

    gateway = sanwang.Gateway(*urls, accounts=look_up)
    gateway.on_submit(submit)
    gateway.on_state(print)
    gateway.on_outcome(lambda outcome: print("pushed", outcome))
    return gateway


def play(gateway: sanwang.Gateway) -> int:
    """Be an SP of the gateway."""
    delivers: queue.Queue[sanwang.Deliver] = queue.Queue()
    url = f"cmpp://901234:secret@{gateway.listeners[0].address}?version=3.0"
    with sanwang.Client(url, sender="10657001", on_deliver=delivers.put) as sp:
        sp.wait_online(10)
        for text in ("你好", "spam", "TD"):
            print("the SP:", sp.send("13800138000", text).outcome(timeout=10))
        print("the SP:", delivers.get(timeout=10))
    return 0 if gateway.wait(10) else 1


def main(urls: list[str]) -> int:
    with open_gateway(urls or ["cmpp://127.0.0.1:0"]) as gateway:
        print(gateway)
        if not urls:
            return play(gateway)
        gateway.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
