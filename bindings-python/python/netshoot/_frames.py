"""Frames one by one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from netshoot import _arguments as given
from netshoot import _netshoot
from netshoot._changes import Subscription
from netshoot._write import nanoseconds

if TYPE_CHECKING:
    from datetime import datetime


class CaptureIndex:
    """Where the frames of a capture are; ``len(index)`` tells how many there are."""

    def __init__(self, index: _netshoot.CaptureIndex) -> None:
        self._index = index

    def frame(self, number: int) -> _netshoot.CapturedFrame:
        """The frame of a number, from 1 as in Wireshark. Raises ``IndexError`` if there is none."""
        frame = self._index.frame(number) if number > 0 else None
        if frame is None:
            raise IndexError(f"there is no frame {number}; hint: the numbers are 1 to {len(self)}")
        return frame

    def at(self, time: datetime | float) -> _netshoot.CapturedFrame | None:
        """The first frame of the file that is not before ``time``, a ``datetime`` or seconds since 1970; ``None`` if there
        is none. Frames need not be in the order of time."""
        time_ns = nanoseconds("time", time)
        return None if time_ns is None else self._index.at(time_ns)

    def __len__(self) -> int:
        return len(self._index)

    def __repr__(self) -> str:
        return f"<netshoot.CaptureIndex: {len(self):,} frames>"


class Follow(Subscription[_netshoot.CapturedFrame]):
    """Frames of a capture as another program writes them: an iterator, an asynchronous iterator and a context manager."""


def follow(path: str | os.PathLike[str], *, timeout: float | None = None) -> Follow:
    """Opens a capture that another program writes, and goes on at its end as ``tail -f`` does. For the header it waits
    ``timeout`` seconds, without a number for ever.

    Raises :class:`Error`, a ``TimeoutError`` if no header comes in time, and while frames are read, if the file is damaged
    or became shorter.
    """
    return Follow(_netshoot.FollowedCapture(os.fspath(path), given.seconds("timeout", timeout)))
