"""Where things come from one after the other: taken by whoever waits, in a thread or in a coroutine, each once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Source(Generic[Item]):
    """What ``take`` gives, which waits for so many seconds and gives ``None`` when nothing came; nothing comes once
    ``is_over`` says so and ``take`` gives ``None``.

    A coroutine waits in a thread, and when it is cancelled the thread waits on for a moment. What comes then is kept for
    whoever asks next, so that nothing is lost and the order is that of its coming.
    """

    def __init__(self, take: Callable[[float | None], Item | None], is_over: Callable[[], bool]) -> None:
        self._take = take
        self._is_over = is_over
        self._lock = threading.Lock()
        self._thread: ThreadPoolExecutor | None = None
        self._pending: Future[tuple[Item | None, bool]] | None = None

    def next(self, timeout: float | None) -> Item | None:
        """The next; ``None`` when none came within ``timeout`` seconds, or there are no more."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            pending = self._pending
            if pending is None:
                return self._take(left)
            if not wait([pending], left).done:
                return None
            if self._is_mine(pending) and (item := pending.result()[0]) is not None:
                return item

    async def anext(self) -> Item:
        """The next, for which it waits; ends the iteration when there are no more."""
        import asyncio

        while True:
            pending = self._wait()
            # Which leaves the wait alone when the task is cancelled; from here to the return it cannot be.
            await asyncio.wait([asyncio.wrap_future(pending)])
            if not self._is_mine(pending):
                continue
            item, is_over = pending.result()
            if item is not None:
                return item
            if is_over:
                raise StopAsyncIteration

    def _wait(self) -> Future[tuple[Item | None, bool]]:
        """The wait that is under way, or a new one; there is one at a time."""
        with self._lock:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, "netshoot-wait")
            if self._pending is None:
                self._pending = self._thread.submit(self._take_a_piece)
            return self._pending

    def _take_a_piece(self) -> tuple[Item | None, bool]:
        # Asked before, as the last may come together with the end.
        is_over = self._is_over()
        return self._take(_PIECE), is_over

    def _is_mine(self, pending: Future[tuple[Item | None, bool]]) -> bool:
        """Whether the caller is the first to see what came of a wait, and so has it."""
        with self._lock:
            is_mine = self._pending is pending
            if is_mine:
                self._pending = None
            return is_mine


_PIECE = 0.25
"""Seconds for which a thread waits on after its task was cancelled, or for an end that nobody tells."""
