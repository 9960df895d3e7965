"""Two lanes for heavy work: one for what is quick, and one worker for whatever has been slow.

A hostile page or feed holds a worker until its deadline. What does not end quickly is stopped, and begun
again in the slow lane; from then on everything of the same origin goes there. So however many hostile
items come, the others wait for none of them longer than a moment.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from monitor.errors import WorkerCrashedError, WorkerTimeoutError
from monitor.workers import Workers

QUICK_S = 2.0  # a hundred times what a usual page or feed takes
_REMEMBERED = 10_000  # origins

T = TypeVar("T")


class Lanes:
    """Runs functions in one of two pools, by what is known of their origin."""

    def __init__(self, quick: Workers, slow: Workers) -> None:
        self._quick = quick
        self._slow = slow
        self._slow_origins: OrderedDict[str, None] = OrderedDict()

    def mark_slow(self, origin: str) -> None:
        """Send what comes from an origin to the slow lane from now on."""
        self._slow_origins[origin] = None
        self._slow_origins.move_to_end(origin)
        if len(self._slow_origins) > _REMEMBERED:
            self._slow_origins.popitem(last=False)

    async def run(self, origin: str, function: Callable[..., T], *args: object, deadline_s: float) -> T:
        """Return function(*args); deadline_s bounds both tries together. Raises what Workers.run raises."""
        left = deadline_s
        if origin not in self._slow_origins:
            try:
                return await self._quick.run(function, *args, deadline_s=min(QUICK_S, deadline_s))
            except WorkerCrashedError:
                self.mark_slow(origin)
                raise
            except WorkerTimeoutError:
                self.mark_slow(origin)
                left -= QUICK_S
                if left <= 0:
                    raise
        return await self._slow.run(function, *args, deadline_s=left)
