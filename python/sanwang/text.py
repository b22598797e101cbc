"""What a text will cost, before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _native
from ._native import Preview

if TYPE_CHECKING:
    from ._owner import Setting

__all__ = ["Preview", "preview"]


def preview(text: str, protocol: str = "cmpp", **settings: Setting) -> Preview:
    """Say how a text would be coded and cut, without sending it.

    ``settings`` are those of an account: ``coding``, ``signature_tail``, ``flash``, ``max_segments`` ...

    >>> preview("你好").segments
    1
    """
    return _native.preview(text, protocol, settings)
