"""SMS through China's carrier networks: CMPP (Mobile), SGIP (Unicom) and SMGP (Telecom).

>>> import sanwang
>>> with sanwang.Client("cmpp://901234:secret@127.0.0.1:7890", sender="10657001") as sp:  # doctest: +SKIP
...     print(sp.send("13800138000", "你好").outcome(timeout=60))
"""

from __future__ import annotations

from . import text, wire
from ._client import Client, Route, Standing
from ._enums import LinkState, Status
from ._errors import (
    BadCoding,
    BadReceiver,
    BadSetting,
    Closed,
    ConfigError,
    DecodeError,
    EmptyMessage,
    Forked,
    InternalError,
    LoginRefused,
    NoRoute,
    NotConnected,
    OpenFailed,
    QueueFull,
    SanwangError,
    SendError,
    Timeout,
    TooLong,
    WouldDeadlock,
)
from ._native import (
    AccountState,
    Counts,
    Deliver,
    Left,
    Log,
    Outcome,
    Report,
    Response,
    Segment,
    Ticket,
    Trouble,
    __version__,
)
from ._simulator import Simulator

__all__ = [
    "AccountState",
    "BadCoding",
    "BadReceiver",
    "BadSetting",
    "Client",
    "Closed",
    "ConfigError",
    "Counts",
    "DecodeError",
    "Deliver",
    "EmptyMessage",
    "Forked",
    "InternalError",
    "Left",
    "LinkState",
    "Log",
    "LoginRefused",
    "NoRoute",
    "NotConnected",
    "OpenFailed",
    "Outcome",
    "QueueFull",
    "Report",
    "Response",
    "Route",
    "SanwangError",
    "Segment",
    "SendError",
    "Simulator",
    "Standing",
    "Status",
    "Ticket",
    "Timeout",
    "TooLong",
    "Trouble",
    "WouldDeadlock",
    "__version__",
    "text",
    "wire",
]
