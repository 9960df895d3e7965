"""How commands change feeds.opml: one at a time, whole or not at all, with the store following."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.cli.common import Clock
from monitor.cli.making import outlet_id
from monitor.errors import InputError

if TYPE_CHECKING:
    from monitor.setup import Setup
    from monitor.sources.opml import Opml
    from monitor.store.store import Store

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)  # and not a host with its port


def edit_feeds(
    setup: Setup,
    clock: Clock,
    change: Callable[[Opml], Opml],
    *,
    also: Callable[[Store], object] | None = None,
) -> None:
    """Write feeds.opml changed, and let the feeds of an existing store follow; `also` changes those first.

    A running monitor reads its feeds from the store, so it follows without being told.
    """
    from monitor.digest.write import write_atomically
    from monitor.sources import opml
    from monitor.store.store import Store

    path = setup.config.feeds.resolve()  # a link in its place stays one
    with _alone(path.parent):
        before = opml.parse(bytes_of(path), str(setup.config.feeds))
        after = change(before)
        if after != before:
            write_atomically(path, opml.serialise(after), mode=stat.S_IMODE(path.stat().st_mode))
        if not setup.config.database.exists():
            return
        with Store(setup.config.database) as store:
            if also is not None:
                also(store)
            store.sync_feeds(after.subscriptions(), lambda one: outlet_id(setup, one.url), clock())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other command edits the list in this folder."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(f"{folder} cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def bytes_of(file: Path) -> bytes:
    """Read a file that was named by the user."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error


def address_of(text: str) -> str:
    """Return what a person typed as a web address: "example.org/feed" means https."""
    text = text.strip()
    if text.lower().startswith("feed:"):
        text = text[5:].removeprefix("//")
    return text if not text or _SCHEME.match(text) else f"https://{text}"


def require_public(setup: Setup, url: str) -> None:
    """Raise InputError for an address that no feed may have here: not of the web, or private."""
    from monitor.sources.address import AddressPolicy, literal
    from monitor.sources.urls import fault_of, shown_url

    if fault := fault_of(url):
        raise InputError(f"the address {shown_url(url)} {fault}")
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        address = "127.0.0.1" if f".{host.rstrip('.')}".endswith(".localhost") else literal(host)
    except ValueError as error:
        raise InputError(f"the address {shown_url(url)} cannot be used: {error}") from error
    policy = AddressPolicy(setup.config.allow_private)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if address and (why := policy.refusal(address, port)):
        raise InputError(f"{why}; network.allow_private in the configuration can allow it")
