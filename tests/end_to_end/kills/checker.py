"""Decide from what was published, what the channels took and what the database holds whether anything went wrong.

Pure but for `read_facts`. What must hold after any number of kills:
  stored     every published article once, with its entry, and read; no work left; nothing that was not published
  matched    every expected match once, and no other
  queued     one outbox row for each expected (story, rule, channel); none waits or is under way
  delivered  what counts as sent was taken by its channel; what a channel took has its row
  repeated   only what was in the last message of a life that was killed, or in one whose sender was not told
             that it was taken; and every repeated alert of a story says that it may be one
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.end_to_end.kills.channels import CHANNELS, Heard
from tests.end_to_end.kills.press import Report

_T = TypeVar("_T")
SETTLED = {"sent", "dead", "held"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the outbox. `url` is that of the article which raised it, empty without one."""

    key: str
    kind: str
    story: int | None
    url: str
    rule: str
    channel: str
    state: str
    title: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database holds, as far as it can be right or wrong."""

    integrity: tuple[str, ...]
    foreign_keys: int  # rows that point nowhere
    articles: tuple[tuple[str, bool], ...]  # address, whether it was read
    entries: tuple[str, ...]  # addresses
    jobs: int
    matches: tuple[tuple[str, str], ...]  # address, rule; withdrawn ones too
    stories: tuple[tuple[str, int], ...]  # address, story
    outbox: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that must not be."""

    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is wrong, and how often a message came again although nothing was."""

    faults: tuple[Fault, ...]
    repeats_by_kill: int  # messages
    repeats_by_fault: int  # messages
    repeated_alerts: int
    unmarked_notes: int  # digests and notices that came again and did not say so

    @property
    def kinds(self) -> set[str]:
        return {fault.kind for fault in self.faults}


def read_facts(path: Path) -> Facts:
    """Read a database that nobody uses any more."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        return Facts(
            integrity=tuple(str(row[0]) for row in db.execute("PRAGMA integrity_check")),
            foreign_keys=len(db.execute("PRAGMA foreign_key_check").fetchall()),
            articles=tuple(
                (url, bool(read))
                for url, read in db.execute("SELECT url, read_at IS NOT NULL AND text <> '' FROM article")
            ),
            entries=tuple(url for (url,) in db.execute("SELECT url FROM entry")),
            jobs=db.execute("SELECT count(*) FROM job").fetchone()[0],
            matches=tuple(
                db.execute("SELECT a.url, m.rule FROM match m LEFT JOIN article a ON a.id = m.article_id")
            ),
            stories=tuple(
                db.execute(
                    "SELECT a.url, s.story_id FROM story_article s LEFT JOIN article a ON a.id = s.article_id"
                )
            ),
            outbox=tuple(
                Row(*row)
                for row in db.execute(
                    "SELECT o.key, o.kind, o.story_id, coalesce(a.url, ''), o.rule, o.channel, o.state, o.title"
                    " FROM outbox o LEFT JOIN article a ON a.id = o.article_id"
                )
            ),
        )


def judge(
    published: Sequence[Report], heard: Sequence[Heard], facts: Facts, killed: frozenset[int]
) -> Judgement:
    """Say what is wrong; `killed` holds the numbers of the lives that were ended by kill -9."""
    deliveries = _Deliveries(published, heard, facts, killed)
    faults = (
        *_sound(facts),
        *_stored(published, facts),
        *_matched(published, facts),
        *_queued(published, facts),
        *deliveries.faults(),
    )
    return Judgement(
        faults, deliveries.by_kill, deliveries.by_fault, deliveries.alerts, deliveries.unmarked_notes
    )


def _sound(facts: Facts) -> Iterator[Fault]:
    if facts.integrity != ("ok",):
        yield Fault("corrupt", "; ".join(facts.integrity))
    if facts.foreign_keys:
        yield Fault("corrupt", f"{facts.foreign_keys} rows point nowhere")


def _stored(published: Sequence[Report], facts: Facts) -> Iterator[Fault]:
    wanted = Counter(report.url for report in published)
    yield from _compared("article", wanted, Counter(url for url, _ in facts.articles))
    yield from _compared("entry", wanted, Counter(facts.entries))
    for url, read in facts.articles:
        if not read:
            yield Fault("unread article", url)
    if facts.jobs:
        yield Fault("work left", f"{facts.jobs} jobs")


def _matched(published: Sequence[Report], facts: Facts) -> Iterator[Fault]:
    wanted = Counter((report.url, rule) for report in published for rule in report.rules)
    yield from _compared("match", wanted, Counter(facts.matches))
    stories = {report.url: report.story for report in published}
    placed: dict[int, set[int]] = defaultdict(set)
    for url, story in facts.stories:
        if url in stories:
            placed[stories[url]].add(story)
    for story, found in placed.items():
        if len(found) > 1:
            yield Fault("story apart", f"the copies of {story} are in {len(found)} stories")
    for found_story, count in Counter(one for found in placed.values() for one in found).items():
        if count > 1:
            yield Fault("stories mixed", f"{count} different ones are in story {found_story}")


def _queued(published: Sequence[Report], facts: Facts) -> Iterator[Fault]:
    stories = {report.url: report.story for report in published}
    wanted: Counter[tuple[int | None, str, str]] = Counter(
        {
            (report.story, rule, channel)
            for report in published
            for rule in report.rules
            for channel in CHANNELS
        }
    )
    found = Counter(
        (stories.get(row.url), row.rule, row.channel) for row in facts.outbox if row.kind == "story"
    )
    yield from _compared("alert", wanted, found)
    for row in facts.outbox:
        if row.state not in SETTLED:
            yield Fault("unsettled alert", f"#{row.key} on {row.channel} is {row.state}")


def _compared(what: str, wanted: Counter[_T], found: Counter[_T]) -> Iterator[Fault]:
    for one, count in wanted.items():
        if one not in found:
            yield Fault(f"lost {what}", str(one))
        elif found[one] > count:
            yield Fault(f"doubled {what}", f"{one}: {found[one]} times")
    for one in found.keys() - wanted.keys():
        yield Fault(f"unfounded {what}", str(one))


class _Deliveries:
    """What the channels took, beside the outbox.

    An alert is known by its channel, its short key, and its story (six hex digits alone may meet twice).
    """

    def __init__(
        self, published: Sequence[Report], heard: Sequence[Heard], facts: Facts, killed: frozenset[int]
    ) -> None:
        self._stories = {report.url: report.story for report in published}
        self._taken = [(place, one) for place, one in enumerate(heard) if one.taken]
        self._rows = {(row.channel, row.key, self._stories.get(row.url)): row for row in facts.outbox}
        self._killed = killed
        # The last message that a channel took in each life: all that a kill may cause to be sent again.
        self._last = {(one.channel, one.life): place for place, one in self._taken}
        self.by_kill = self.by_fault = self.alerts = self.unmarked_notes = 0

    def faults(self) -> Iterator[Fault]:
        before: dict[tuple[str, str, int | None], tuple[int, Heard]] = {}
        for place, one in self._taken:
            causes: set[str] = set()
            for key, url in one.alerts:
                alert = (one.channel, key, self._stories.get(url))
                row = self._rows.get(alert)
                if row is None:
                    yield Fault("unknown delivery", f"#{key} on {one.channel} has no row in the outbox")
                    continue
                if row.title.removesuffix(" again") not in one.text and row.kind == "story":
                    yield Fault("untitled alert", f"#{key} on {one.channel} came without its title")
                if alert in before:
                    self.alerts += 1
                    cause = self._cause(*before[alert], one)
                    causes.add(cause)
                    if not cause:
                        yield Fault("needless repeat", f"#{key} on {one.channel} in life {one.life}")
                    if key not in one.marked and row.kind != "story":
                        self.unmarked_notes += 1
                    elif key not in one.marked:
                        yield Fault(
                            "unmarked repeat", f"{row.kind} #{key} on {one.channel} in life {one.life}"
                        )
                before[alert] = place, one
            self.by_kill += "kill" in causes
            self.by_fault += "fault" in causes and "kill" not in causes
        for alert, row in self._rows.items():
            if row.state == "sent" and alert not in before and row.channel in CHANNELS:
                yield Fault("lost delivery", f"{row.kind} #{row.key} on {row.channel} counts as sent")
        if self.by_kill > len(self._killed) * len(CHANNELS):
            yield Fault("needless repeat", f"{self.by_kill} messages after {len(self._killed)} kills")

    def _cause(self, place: int, earlier: Heard, later: Heard) -> str:
        """Return what excuses that something came again; empty when nothing does."""
        if not earlier.well:
            return "fault"
        last = self._last[earlier.channel, earlier.life] == place
        return "kill" if last and earlier.life in self._killed and later.life > earlier.life else ""
