"""Poll feeds, read articles, match rules, group stories, send alerts, write the daily digest.

Each stage asks the store what is due, decides by pure functions, and writes what came of it in one
transaction. So a stage can run alone, can be killed at any point, and finds its work again.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from monitor import daily, reading
from monitor.alerts import policy
from monitor.delivery import Delivery
from monitor.errors import FeedError, FetchError, MonitorError, WorkerError
from monitor.habits import Habits
from monitor.lanes import Lanes
from monitor.models import (
    REGENERATED,
    ArticleView,
    Counts,
    Feed,
    Job,
    Match,
    NewAlert,
    Notice,
    PageContext,
    PollRecord,
    Reading,
    Response,
    Story,
    ToldBy,
    Verdict,
)
from monitor.registry import host_of
from monitor.setup import Setup
from monitor.sources import cadence, network, polling
from monitor.sources.feed import parse_feed
from monitor.sources.fetch import Client
from monitor.sources.robots import Robots
from monitor.sources.urls import shown_url
from monitor.stories import cluster
from monitor.text.show import log_safe
from monitor.watch import watch_feed, watch_network
from monitor.writer import Together, Writer

FEED_DEADLINE_S = 15.0
FEED_LIMIT = 10_000_000  # bytes
FARTHEST_DUE = timedelta(days=15)  # twice the longest wait there is, a week for a feed that is gone
STORY_WINDOW = timedelta(hours=72)  # how far back an article may join a story
FEEDS_AT_ONCE = 256  # waiting or on their way; the client bounds those on their way
JOBS_AT_ONCE = 16  # pages on their way; workers take them one each
JOBS_PER_LOOK = 200
REMATCH_PER_LOOK = 100
REMATCH_MOST = 20_000  # stored articles seen again in one cycle after the rules changed

_Item = TypeVar("_Item")

log = logging.getLogger(__name__)


class Progress(Protocol):
    """Whoever wants to know how far a stage is."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """The effects that stages work with, made in cli/."""

    setup: Setup
    writer: Writer
    client: Client
    robots: Robots
    lanes: Lanes
    delivery: Delivery
    clock: Callable[[], datetime]
    progress: Progress
    chance: random.Random


class Pipeline:
    """The stages, in the order of the sentence above."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._setup = tools.setup
        self._write = tools.writer
        self._store = tools.writer.store
        self._bounds = cadence.Bounds(
            every_s=int(tools.setup.config.poll.every),
            min_s=int(tools.setup.config.poll.min),
            max_s=int(tools.setup.config.poll.max),
        )
        self._rules = {rule.id: rule for rule in tools.setup.config.rules}
        self._channels = {channel.name: channel for channel in tools.setup.config.channels}
        self._habits = Habits(tools.writer)
        self._recall = Together(tools.writer, tools.writer.store.recalls)
        self._known = Together(tools.writer, tools.writer.store.known_entries)
        self._save_poll = Together(tools.writer, tools.writer.store.save_polls)

    async def cycle(self, *, all_feeds: bool = False) -> Counts:
        """Run every stage once, until nothing is due in any; tell what was done."""
        counts = await self.poll(all_feeds=all_feeds)
        await self.watch()
        counts = add(counts, await self.read())
        counts = add(counts, await self.match())
        counts = add(counts, await self.digest())
        return add(counts, await self.alert())

    # --- poll -----------------------------------------------------------------------------------

    async def spread(self) -> None:
        """After a start, space out the feeds that are all due at once."""
        now = self._tools.clock()
        feeds = await self._write(self._store.due_feeds, now, FARTHEST_DUE)
        due = {
            feed.id: cadence.first_due(number, len(feeds), now, self._bounds)
            for number, feed in enumerate(feeds)
        }
        await self._write(self._store.spread_due, due)

    async def poll(self, *, all_feeds: bool = False) -> Counts:
        """Poll the feeds that are due, or all."""
        now = self._tools.clock()
        feeds = (
            [feed for feed in await self._write(self._store.feeds) if not feed.paused]
            if all_feeds
            else await self._write(self._store.due_feeds, now, FARTHEST_DUE)
        )
        # What answered well last time goes first: a slow or hostile feed delays none of them.
        in_order = sorted(feeds, key=lambda feed: (bool(feed.problem), feed.first_polled is None))
        return await self._each("poll", in_order, self._poll_feed)

    async def _poll_feed(self, feed: Feed) -> Counts:
        timing = polling.Timing(self._tools.clock(), self._bounds, self._tools.chance.random())
        try:
            record = await self._ask(feed, timing)
        except (FetchError, FeedError, WorkerError) as error:
            log.info("feed %s: %s", log_safe(shown_url(feed.url)), log_safe(str(error)))
            record = polling.failed(feed, error, timing, offline=await self._offline(feed, error))
        except Exception as error:  # the item boundary: one feed must not stop the others
            log.exception("feed %s failed in a way nobody foresaw", log_safe(shown_url(feed.url)))
            record = polling.failed(feed, MonitorError(f"internal error: {type(error).__name__}"), timing)
        articles = await self._save_poll(record)
        await self._tell_renamed(feed, record)
        return Counts(
            polled=1,
            unchanged=int(record.outcome == "unchanged"),
            failed=int(record.outcome == "failed"),
            entries_new=len(record.new),
            articles_new=articles,
        )

    async def _offline(self, feed: Feed, error: MonitorError) -> bool:
        """Tell whether a feed could not be reached because nothing can."""
        if not isinstance(error, FetchError) or error.kind not in network.UNREACHED:
            return False
        feeds = [one for one in await self._write(self._store.feeds) if not one.paused and one.id != feed.id]
        return network.offline(feeds)

    async def _ask(self, feed: Feed, timing: polling.Timing) -> PollRecord:
        """Fetch a feed and find out what is new in it; bytes that are known are not parsed again."""
        if feed.problem == polling.UNREADABLE:
            self._tools.lanes.mark_slow(feed.url)
        full = cadence.wants_full(feed, timing.now)
        response = await self._tools.client.get(
            feed.url,
            etag="" if full else feed.etag,
            last_modified="" if full else feed.last_modified,
            limit=FEED_LIMIT,
        )
        sha256 = hashlib.sha256(response.body).hexdigest()
        if response.status == 304 or sha256 == feed.body_sha256:
            return polling.unchanged(feed, response, timing)
        document = await self._tools.lanes.run(
            feed.url,
            parse_feed,
            response.body,
            response.url,
            response.header("content-type"),
            timing.now,
            await self._recall(feed.id),
            deadline_s=FEED_DEADLINE_S,
        )
        keys = polling.keys_of(feed, document)
        known, seen_text = await self._known((feed.id, keys))
        return polling.changed(feed, response, document, sha256, known, seen_text, timing)

    async def watch(self) -> Counts:
        """Tell when a feed has fallen silent, died or moved, and when it returns."""
        now = self._tools.clock()
        if await self._write(watch_network, self._store, self._setup, now):
            return Counts()  # no feed can be blamed
        for feed in await self._write(self._store.feeds):
            await self._write(watch_feed, self._store, self._setup, self._bounds, feed, now)
        return Counts()

    # --- read -----------------------------------------------------------------------------------

    async def read(self) -> Counts:
        """Fetch and read the articles that are due, match the rules, and store text, matches, stories, alerts."""
        counts = Counts()
        while jobs := await self._write(self._store.due_jobs, self._tools.clock(), JOBS_PER_LOOK):
            counts = add(counts, await self._each("read", jobs, self._read_job, at_once=JOBS_AT_ONCE))
        return counts

    async def _read_job(self, job: Job) -> Counts:
        now = self._tools.clock()
        try:
            read = await self._read_or_wait(job, now)
        except Exception as error:  # the item boundary: one article must not stop the others
            log.exception("article %d could not be read", job.article)
            read = reading.unread(self._context(job), f"could not be read: {type(error).__name__}"), ""
        if read is None:
            return Counts()
        result, final_url = read
        saved = await self._write(
            self._store.save_reading,
            job.article,
            result,
            now=now,
            ruleset=self._setup.rules.digest,
            final_url=final_url,
            window=STORY_WINDOW,
            place=cluster.place,
            route=partial(self._route, job, result.language),
            update=partial(self._update, job, result.language),
        )
        await self._tell_given_up(result.given_up, now)
        await self._look_again(await self._habits.learn(job, final_url, result), now)
        return Counts(matches=saved.matches, stories_new=int(saved.new_story))

    async def _tell_renamed(self, feed: Feed, record: PollRecord) -> None:
        """Tell once when a feed's known entries come under new names: they are kept and do not alert."""
        renamed = sum(new.held_reason == REGENERATED for new in record.new)
        if renamed:
            await self._write(
                self._store.tell,
                Notice(
                    f"renamed|{feed.id}|{record.at.isoformat()}",
                    f"{feed.title} renamed {renamed} entries at once",
                    "Most of its entries looked new in one poll, as after a move of its site. They are kept and "
                    "searched, and none of them alerts; if there was news among them, the digest has it.",
                ),
                self._setup.notice_channels,
                record.at,
            )

    async def _tell_given_up(self, rules: Sequence[str], now: datetime) -> None:
        """Tell once of each rule whose regular expression takes too long, so that nobody relies on it."""
        for rule in rules:
            await self._write(
                self._store.tell,
                Notice(
                    f"regex|{rule}|{self._setup.rules.digest}",
                    f"The rule {rule} does not see everything",
                    "Its regular expression takes too long on some articles and is given up there. "
                    "`monitor explain` shows where; words and NEAR are never given up.",
                ),
                self._setup.notice_channels,
                now,
            )

    async def _read_or_wait(self, job: Job, now: datetime) -> tuple[Reading, str] | None:
        """Read a job's page; None when it is to be tried again later."""
        context = self._context(job)
        if not context.url:
            return await self._read(None, replace(context, failure=Verdict.NO_PAGE)), ""
        try:
            response = await self._fetch_page(context.url)
            context = replace(
                context,
                url=response.url,
                content_type=response.header("content-type"),
                status=response.status,
                note="the page ended early" if response.truncated else "",
            )
            return await self._read(response.body, context), response.url
        except (FetchError, WorkerError) as error:
            return await self._give_up(job, error, now)

    async def _give_up(self, job: Job, error: MonitorError, now: datetime) -> tuple[Reading, str] | None:
        """Postpone a page that failed; after the last try read what the feed said instead."""
        fate = polling.after_page_failure(error, job.attempts, job.first_tried, now)
        if isinstance(fate, datetime):
            await self._write(self._store.postpone_job, job.article, now, fate, str(error))
            return None
        context = replace(self._context(job), failure=fate, note=str(error))
        return await self._read(None, context), ""

    async def _fetch_page(self, url: str) -> Response:
        return await self._tools.client.get(
            url,
            limit=self._setup.config.extract.max_fetch,
            permit=self._tools.robots.require if self._setup.config.extract.robots else None,
        )

    async def _read(self, body: bytes | None, context: PageContext) -> Reading:
        context = replace(context, boilerplate=await self._habits.boilerplate(context))
        limits = reading.Limits(max_parse=self._setup.config.extract.max_parse)
        deadline = self._setup.config.extract.deadline
        return await self._tools.lanes.run(
            context.host, reading.read_page, body, context, limits, deadline_s=deadline
        )

    async def _look_again(self, articles: Mapping[int, frozenset[int]], now: datetime) -> None:
        """Set aside in articles read before what only now is known to stand on many pages of their site."""
        for number, boilerplate in articles.items():
            before = await self._write(self._store.article, number)
            article = reading.set_aside(before, boilerplate) if before else None
            if article is not None and article != before and (result := await self._rematched(article)):
                await self._write(self._store.set_aside, number, result, now=now)

    def _context(self, job: Job) -> PageContext:
        registry = self._setup.registry
        outlet = registry.at(job.context.url) or registry.by_id.get(job.outlet)
        return replace(
            job.context,
            host=host_of(job.context.url),
            kind=outlet.kind if outlet else "",
            about_region=outlet is not None and outlet.about_region,
            foreign=registry.foreign(job.feed_url, job.context.url),
        )

    def _route(self, job: Job, language: str, matches: Sequence[Match]) -> tuple[NewAlert, ...]:
        return policy.route(
            matches,
            self._rules,
            self._channels,
            language=language,
            kind=self._context(job).kind,
            may_alert=job.may_alert,
            why_not=job.held_reason,
        )

    def _update(
        self, job: Job, language: str, told: Sequence[ToldBy], story: Callable[[], Story]
    ) -> tuple[NewAlert, ...]:
        """Return the updates that a story calls for that was told before, and has this article now."""
        if not job.may_alert or not any(
            one.rule in self._rules and self._rules[one.rule].updates for one in told
        ):
            return ()
        news = self._setup.registry.news(story(), job.article)
        kind = self._context(job).kind
        return policy.updates(news, told, self._rules, self._channels, language=language, kind=kind)

    # --- match ----------------------------------------------------------------------------------

    async def match(self) -> Counts:
        """Let rules that have changed see the stored articles, newest first. This never alerts."""
        ruleset = self._setup.rules.digest
        counts = Counts()
        for _ in range(0, REMATCH_MOST, REMATCH_PER_LOOK):
            articles = await self._write(self._store.stale_articles, ruleset, REMATCH_PER_LOOK)
            if not articles:
                break
            counts = add(counts, await self._each("match", articles, self._rematch, at_once=JOBS_AT_ONCE))
        return counts

    async def _rematched(self, article: ArticleView) -> Reading | None:
        """Return what the present rules find in a stored article; None when they cannot be asked."""
        host, article = host_of(article.url), self._setup.registry.article(article)
        deadline = self._setup.config.extract.deadline
        try:
            return await self._tools.lanes.run(host, reading.rematch, article, host, deadline_s=deadline)
        except WorkerError:
            log.exception("article %d could not be matched again", article.id)
            return None

    async def _rematch(self, article: ArticleView) -> Counts:
        result = await self._rematched(article)
        new = await self._write(
            self._store.save_rematch,
            article.id,
            result,
            now=self._tools.clock(),
            ruleset=self._setup.rules.digest,
        )
        return Counts(matches=new)

    # --- alert and digest -----------------------------------------------------------------------

    async def alert(self) -> Counts:
        """Send what is due on every channel."""
        sent = await self._tools.delivery.send_due()
        pending = await self._write(self._store.pending)
        return Counts(alerts_sent=sent, alerts_pending=pending)

    async def digest(self) -> Counts:
        """Write the digest of every closed day that has none, and queue it for its channels."""
        now = self._tools.clock()
        config = self._setup.config
        first = await self._write(self._store.first_activity)
        written = await self._write(self._store.digests)
        days = daily.missing(first, written, config.zone, config.digest.at, now)
        for done, day in enumerate(days, start=1):
            files = await self._write(daily.write_day, self._store, self._setup, day)
            await self._write(self._store.save_digest, day.isoformat(), now, files)
            for channel in config.digest.channels:
                await self._write(
                    self._store.queue,
                    "digest",
                    day.isoformat(),
                    channel,
                    daily.subject(self._setup, day),
                    now,
                )
            self._tools.progress("digest", done, len(days))
        return Counts(digests_written=len(days))

    # --- helpers --------------------------------------------------------------------------------

    async def _each(
        self,
        stage: str,
        items: Sequence[_Item],
        work: Callable[[_Item], Awaitable[Counts]],
        at_once: int = FEEDS_AT_ONCE,
    ) -> Counts:
        """Do the work on every item, some at once; what is not declared by an item's work stops the stage."""
        gate = asyncio.Semaphore(at_once)
        finished: list[Counts] = []

        async def one(item: _Item) -> None:
            async with gate:
                finished.append(await work(item))
            self._tools.progress(stage, len(finished), len(items))

        try:
            async with asyncio.TaskGroup() as group:
                for item in items:
                    group.create_task(one(item))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return functools.reduce(add, finished, Counts())


def add(one: Counts, other: Counts) -> Counts:
    """Add two counts field by field; alerts_pending is a state and not a sum: the later one holds."""
    sums = {field.name: getattr(one, field.name) + getattr(other, field.name) for field in fields(Counts)}
    return Counts(**(sums | {"alerts_pending": other.alerts_pending}))
