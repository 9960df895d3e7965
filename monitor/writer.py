"""The one thread that owns the writing connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from monitor.store.store import Store

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Writer:
    """Runs functions of a store on a thread of its own, one after another."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")

    async def __call__(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a function there and return what it returns.

        A caller that is cancelled leaves the function to finish: a transaction is whole or not begun.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))

    def close(self) -> None:
        """Wait for what is being written, then close the store."""
        self._thread.submit(self.store.close)
        self._thread.shutdown(wait=True)
