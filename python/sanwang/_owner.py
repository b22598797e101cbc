"""What the client and the gateway have in common: handlers, waiting, the end."""

from __future__ import annotations

import atexit
import contextlib
import difflib
import math
import os
import time
import warnings
import weakref
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from . import _native
from ._dispatch import ALONE, KINDS, Dispatcher, logger
from ._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from typing_extensions import Self

    from ._native import Left

    H = TypeVar("H", bound=Callable[..., object])

Seconds: TypeAlias = "float | timedelta"
"""A length of time: seconds, or a timedelta."""

Setting: TypeAlias = "str | int | float | bool | timedelta | Iterable[str | int] | None"
"""The value of a setting; None leaves the default."""

CLOSE = 10.0
CLOSE_ON_ERROR = 1.0
CLOSE_AT_EXIT = 1.0
LAST_HANDLER = 0.5
"""Seconds that the last handlers have beyond the deadline of close."""

_open: weakref.WeakSet[Owner] = weakref.WeakSet()


class Owner:
    """Owns a native client, gateway or link and the thread that calls its handlers."""

    _native: _native.Client | _native.Gateway | _native.Link
    _dispatcher: Dispatcher
    _closed: Left | None = None
    _is_client: ClassVar[bool] = True

    def _begin(self, name: str, handlers: dict[str, Callable[[Any], object] | None]) -> None:
        """Take the handlers and start to call them; without an end to come where that fails."""
        self._dispatcher = Dispatcher(self._native, name)
        try:
            for key, handler in handlers.items():
                if handler is not None:
                    self._on(key, handler)
            self._dispatcher.start()
        except BaseException:
            self._native.abandon()
            raise
        _open.add(self)

    # ---- handlers

    def on_state(self, handler: H) -> H:
        """Handle changes of an account's connections. Earlier ones are not kept."""
        return self._on("on_state", handler)

    def on_trouble(self, handler: H) -> H:
        """Handle input that could not be used. Without a handler it is logged."""
        return self._on("on_trouble", handler)

    def on_log(self, handler: H) -> H:
        """Take log lines. Without a handler they go to the loggers ``sanwang.*``."""
        return self._on("on_log", handler)

    def _on(self, key: str, handler: H) -> H:
        self._dispatcher.add(KINDS[key], handler, alone=key in ALONE)
        return handler

    # ---- waiting

    def close(self, timeout: Seconds = CLOSE) -> Left:
        """End it: nothing new; what is queued and its answers until ``timeout``; then the last handlers.

        Returns what was left, which has been decided as ABANDONED, IN_DOUBT or NO_REPORT. Closing again
        returns the same. Raises :class:`WouldDeadlock` inside a handler.
        """
        if self._closed is not None:
            return self._closed
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        if not math.isfinite(seconds):
            raise ConfigError(f"timeout={timeout} is not valid: write the seconds until close gives up")
        end = time.monotonic() + max(seconds, 0.0)
        left = self._native.close(timeout)
        _open.discard(self)
        if not self._dispatcher.join(max(end - time.monotonic(), 0.0) + LAST_HANDLER):
            logger.warning("a handler is still running after the deadline of close")
        self._closed = left
        return left

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The child of a fork leaves the block, too, and has nothing to close.
        if not self._native.forked:
            self.close(CLOSE if kind is None else CLOSE_ON_ERROR)

    def __del__(self) -> None:
        native = getattr(self, "_native", None)
        if native is None or self._closed is not None or native.forked:
            return
        warnings.warn(f"{self!r} was not closed", ResourceWarning, stacklevel=2, source=self)
        native.abandon()

    # ---- what is known

    def metrics(self) -> str:
        """Return all metrics (``docs/metrics.md``) as the text that Prometheus reads."""
        return self._native.metrics()


class TicketOwner(Owner):
    """A client or a gateway: what it sends or pushes has tickets."""

    _native: _native.Client | _native.Gateway

    def on_outcome(self, handler: H) -> H:
        """Handle the end of each ticket. Tickets have it, too: earlier outcomes are not kept."""
        return self._on("on_outcome", handler)

    def wait(self, timeout: Seconds | None = None) -> bool:
        """Wait until every ticket has its outcome and the handlers of those outcomes have returned.

        False: not within ``timeout``. Raises :class:`WouldDeadlock` inside a handler.
        """
        return self._native.wait(timeout)

    @property
    def open_tickets(self) -> int:
        """Tickets whose outcome has not been handled."""
        return self._native.open_tickets


def check_keys(settings: Iterable[str], *others: str) -> None:
    """Raise ConfigError at a keyword argument that is no setting, with the nearest one that is."""
    for key in settings:
        account, engine = _native.setting_keys()
        known = [*account, *engine, *others]
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "docs/settings.md lists them"
            raise ConfigError(f"unknown setting {key}: {hint}", field=key)


# What is open knows by this that it is in the child of a fork, where the threads of the parent are not.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_native.note_fork)


@atexit.register
def _close_all() -> None:
    """End what is open before the interpreter goes, so that no thread of ours meets it half gone."""
    # Clients first: a gateway of the same program may be the one they talk to.
    for owner in sorted(_open, key=lambda owner: not owner._is_client):
        with contextlib.suppress(Exception):
            owner.close(CLOSE_AT_EXIT)
