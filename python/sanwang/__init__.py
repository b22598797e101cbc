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
    EncodeError,
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
from ._gateway import Gateway, Listener
from ._native import (
    ACCEPT,
    LATER,
    AccountState,
    Answer,
    Counts,
    Deliver,
    Left,
    Log,
    Login,
    Outcome,
    Report,
    Response,
    Segment,
    Submit,
    Ticket,
    Trouble,
    __version__,
    reject,
)
from ._simulator import Simulator

__all__ = [
    "ACCEPT",
    "LATER",
    "AccountState",
    "Answer",
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
    "EncodeError",
    "Forked",
    "Gateway",
    "InternalError",
    "Left",
    "LinkState",
    "Listener",
    "Log",
    "Login",
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
    "Submit",
    "Ticket",
    "Timeout",
    "TooLong",
    "Trouble",
    "WouldDeadlock",
    "__version__",
    "reject",
    "text",
    "wire",
]
