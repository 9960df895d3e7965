"""Store the older entries of a feed whose site pages it: `feeds backfill`."""

from __future__ import annotations

from datetime import datetime

from monitor.errors import FeedError, FetchError, OutsideError, WorkerError
from monitor.models import Entry, Feed
from monitor.pipeline import FEED_DEADLINE_S, FEED_LIMIT
from monitor.sources import paging
from monitor.sources.fetch import Permit
from monitor.sources.paging import Backfill, FeedPage
from monitor.sources.urls import same_place
from monitor.trial import Outside
from monitor.writer import Writer

_PAST_THE_LAST = frozenset({404, 410})


async def backfill(
    tools: Outside,
    writer: Writer,
    feed: Feed,
    *,
    pages: int,
    until: datetime | None,
    permit: Permit | None,
) -> Backfill:
    """Read up to so many older pages of a feed and store what is new, never to be alerted on.

    The first page is left to the next poll: what is new on it may alert. Raises OutsideError when the
    feed itself cannot be read; a later page that cannot ends the work, and what came before it is kept.
    """
    try:
        page, place = await _read(tools, feed.url, None)
    except (FetchError, FeedError, WorkerError) as error:
        raise OutsideError(str(error)) from error
    seen = set(paging.keys_of(feed, page.document))
    asked = {same_place(feed.url), same_place(place)}
    base, done, stored, articles = place, 0, list[Entry](), 0
    stopped = f"{pages} pages were asked for"
    while done < pages:
        url, why = paging.following(base, page, done + 1, asked)
        if why:
            stopped = why
            break
        asked.add(same_place(url))
        try:
            page, place = await _read(tools, url, permit)
        except (FetchError, FeedError, WorkerError) as error:
            over = isinstance(error, FetchError) and error.status in _PAST_THE_LAST
            stopped = "the site has no further page" if over else str(error)
            break
        asked.add(same_place(place))
        keys = paging.keys_of(feed, page.document)
        known = await writer(writer.store.known_keys, feed.id, keys)
        sifted = paging.sift(feed, page.document, known, seen, until)
        articles += await writer(writer.store.save_older, feed, sifted.new, tools.clock())
        stored += [new.entry for new in sifted.new]
        if sifted.stop:
            stopped = sifted.stop
            break
        seen |= keys
        done += 1
        tools.progress("backfill", done, pages + 1)
    tools.progress("backfill", done, done)
    return Backfill(done, len(stored), articles, paging.oldest(stored), stopped)


async def _read(tools: Outside, url: str, permit: Permit | None) -> tuple[FeedPage, str]:
    """Return a page of a feed and where it was in the end."""
    response = await tools.client.get(url, limit=FEED_LIMIT, permit=permit)
    page = await tools.workers.run(
        paging.read_page,
        response.body,
        response.url,
        response.header("content-type"),
        tools.clock(),
        deadline_s=FEED_DEADLINE_S,
    )
    return page, response.url
