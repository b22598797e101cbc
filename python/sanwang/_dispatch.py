"""The one thread that calls handlers."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from . import _native
from ._native import (
    AccountState,
    Cancel,
    Deliver,
    LinkReply,
    LinkRequest,
    Log,
    Outcome,
    Query,
    Report,
    Response,
    Submit,
    Trouble,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[Any], object]

logger = logging.getLogger("sanwang")

KEPT = 1000
"""Deliveries kept until the first ``on_deliver``; of more the oldest go."""

KINDS: dict[str, type] = {
    "on_deliver": Deliver,
    "on_report": Report,
    "on_outcome": Outcome,
    "on_response": Response,
    "on_submit": Submit,
    "on_state": AccountState,
    "on_trouble": Trouble,
    "on_log": Log,
    "on_query": Query,
    "on_cancel": Cancel,
    "on_request": LinkRequest,
    "on_reply": LinkReply,
}

ALONE = frozenset({"on_submit", "on_query", "on_cancel", "on_request"})
"""What these handlers return is the answer, so there is one of each."""


def _place(kind: type) -> int:
    """Where the handlers of a kind of events are in the list: the place of its bit."""
    return _native.KINDS[kind.__name__].bit_length() - 1


class Dispatcher:
    """Takes events from the core in batches and hands them to the handlers, in order, one at a time.

    It knows the native client or gateway but not the Python one, so that one nobody holds can go.
    """

    def __init__(self, native: _native.Client | _native.Gateway | _native.Link, name: str) -> None:
        self._native = native
        self._handlers: list[tuple[Handler, ...]] = [()] * len(_native.KINDS)
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

    def add(self, kind: type, handler: Handler, *, alone: bool = False) -> None:
        """Add a handler after those that the kind has; one that is ``alone`` is the only one."""
        if not callable(handler):
            raise TypeError(f"a handler is a function that takes one event, not {handler!r}")
        with self._changing:
            place = _place(kind)
            if alone and self._handlers[place]:
                raise ValueError(
                    "there is a handler already: what it returns is the answer, so it is the only one"
                )
            self._handlers[place] = (*self._handlers[place], handler)
            self._native.want(sum(1 << place for place, all_ in enumerate(self._handlers) if all_))

    def _run(self) -> None:
        native, handlers, kept = self._native, self._handlers, self._kept
        delivers = _place(Deliver)
        while True:
            try:
                # While deliveries wait for their first handler, look now and then whether it is there.
                if not native.dispatch(handlers, self._unhandled, self._failed, 0.1 if kept else None):
                    break
            except Exception:
                logger.critical("events cannot be taken any more", exc_info=True)
                return
            while kept and handlers[delivers]:
                event = kept.popleft()
                for handler in handlers[delivers]:
                    self._call(handler, event)
        if kept:
            logger.warning("%d messages from phones had no on_deliver handler", len(kept))

    @classmethod
    def _call(cls, handler: Handler, event: object) -> None:
        try:
            handler(event)
        except BaseException as error:  # SystemExit, too: it would end this thread and all handlers with it
            cls._failed(handler, error)

    @staticmethod
    def _failed(handler: Handler, error: BaseException) -> None:
        name = getattr(handler, "__qualname__", repr(handler))
        logger.error("the handler %s failed; its event counts as handled", name, exc_info=error)

    def _unhandled(self, event: object) -> None:
        if isinstance(event, Deliver):
            self._keep(event)
        elif isinstance(event, Log):
            log = logging.getLogger(f"sanwang.{event.area}")
            log.log(event.level, "%s: %s", event.account, event.text)
        elif isinstance(event, Trouble):
            log = logging.getLogger("sanwang.trouble")
            log.warning("%s: %s: %s", event.account, event.reason, event.action)

    def _keep(self, event: Deliver) -> None:
        if len(self._kept) == KEPT and not self._said_kept:
            self._said_kept = True
            logger.warning(
                "more than %d messages from phones without an on_deliver handler: the oldest go", KEPT
            )
        self._kept.append(event)
