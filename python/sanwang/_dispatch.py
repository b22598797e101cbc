"""The one thread that calls handlers."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from . import _native
from ._native import AccountState, Deliver, Log, Outcome, Report, Response, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[Any], object]

logger = logging.getLogger("sanwang")

BATCH = 256
KEPT = 1000
"""Deliveries kept until the first ``on_deliver``; of more the oldest go."""

KINDS: dict[str, type] = {
    "on_deliver": Deliver,
    "on_report": Report,
    "on_outcome": Outcome,
    "on_response": Response,
    "on_state": AccountState,
    "on_trouble": Trouble,
    "on_log": Log,
}


class Dispatcher:
    """Takes events from the core in batches and hands them to the handlers, in order, one at a time.

    It knows the native client but not the Python one, so that a client nobody holds can go.
    """

    def __init__(self, native: _native.Client, name: str) -> None:
        self._native = native
        self._handlers: dict[type, tuple[Handler, ...]] = dict.fromkeys(KINDS.values(), ())
        self._changing = threading.Lock()
        self._kept: deque[Deliver] = deque(maxlen=KEPT)
        self._said_kept = False
        # A daemon: an interpreter that ends while a handler hangs must not hang with it. The package ends the
        # thread at exit, before the interpreter goes.
        self._thread = threading.Thread(target=self._run, name=f"sanwang-events-{name}", daemon=True)

    def start(self) -> None:
        """Start to hand over events."""
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for the end of the thread; whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def add(self, kind: type, handler: Handler) -> None:
        """Add a handler after those that the kind has."""
        if not callable(handler):
            raise TypeError(f"a handler is a function that takes one event, not {handler!r}")
        with self._changing:
            self._handlers[kind] = (*self._handlers[kind], handler)
            wanted = (_native.KINDS[kind.__name__] for kind, all_ in self._handlers.items() if all_)
            self._native.want(sum(wanted))

    def _run(self) -> None:
        native, handlers, kept = self._native, self._handlers, self._kept
        while True:
            try:
                # While deliveries wait for their first handler, look now and then whether it is there.
                batch = native.poll(BATCH, 0.1 if kept else None)
            except Exception:
                logger.critical("events cannot be taken any more", exc_info=True)
                return
            if batch is None:
                break
            if kept and handlers[Deliver]:
                self._hand_over_kept()
            for event in batch:
                wanted = handlers[type(event)]
                for handler in wanted:
                    self._call(handler, event)
                if isinstance(event, Outcome):
                    native.decided()
                elif isinstance(event, Report):
                    native.handled(event.token)
                elif isinstance(event, Deliver):
                    if not wanted:
                        self._keep(event)
                    native.handled(event.token)
                elif not wanted:
                    self._log(event)
        if kept:
            logger.warning("%d messages from phones had no on_deliver handler", len(kept))

    @staticmethod
    def _call(handler: Handler, event: object) -> None:
        try:
            handler(event)
        except BaseException:  # SystemExit, too: it would end this thread and all handlers with it
            name = getattr(handler, "__qualname__", repr(handler))
            logger.exception("the handler %s failed; its event counts as handled", name)

    def _keep(self, event: Deliver) -> None:
        if len(self._kept) == KEPT and not self._said_kept:
            self._said_kept = True
            logger.warning(
                "more than %d messages from phones without an on_deliver handler: the oldest go", KEPT
            )
        self._kept.append(event)

    def _hand_over_kept(self) -> None:
        while self._kept:
            event = self._kept.popleft()
            for handler in self._handlers[Deliver]:
                self._call(handler, event)

    @staticmethod
    def _log(event: AccountState | Response | Log | Trouble) -> None:
        if isinstance(event, Log):
            log = logging.getLogger(f"sanwang.{event.area}")
            log.log(event.level, "%s: %s", event.account, event.text)
        elif isinstance(event, Trouble):
            log = logging.getLogger("sanwang.trouble")
            log.warning("%s: %s: %s", event.account, event.reason, event.action)
