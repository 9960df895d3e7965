"""The one thread that owns the writing connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, ParamSpec, TypeVar

from monitor.store.store import Store

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Item = TypeVar("_Item")


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


class Together(Generic[_Item, _T]):
    """Gives a store in one call what many tasks bring while the last call is under way.

    A commit waits for the disk; two hundred feeds that have nothing new need not wait two hundred times.
    """

    def __init__(self, writer: Writer, function: Callable[[Sequence[_Item]], Sequence[_T]]) -> None:
        self._writer = writer
        self._function = function
        self._under_way = asyncio.Lock()
        self._items: list[_Item] = []  # of the next call
        self._next: asyncio.Task[Sequence[_T]] | None = None

    async def __call__(self, item: _Item) -> _T:
        """Return what the function returns for the item. Raises what it raised for it or one beside it."""
        if self._next is None:
            self._next = asyncio.create_task(self._call())
        number = len(self._items)
        self._items.append(item)
        return (await asyncio.shield(self._next))[number]

    async def _call(self) -> Sequence[_T]:
        async with self._under_way:
            items, self._items, self._next = self._items, [], None
            return await self._writer(self._function, items)
