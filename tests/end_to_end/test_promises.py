"""Promises 1 to 3 under whatever may happen: a machine drives the program, and a model says what must hold.

The model knows what was published, what each feed showed when it was read to the end, and what each channel took.
Everything else is asked of the database, as whoever looks at it from outside.
"""

from __future__ import annotations

import json
import logging
import random
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlite_utils
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from monitor.alerts import policy
from monitor.alerts.send import Sender
from monitor.delivery import DEADLINE_S, Delivery
from monitor.models import Alert, ChannelState, Message, Outcome, PollRecord
from monitor.pipeline import STORY_WINDOW
from monitor.store import codec, polls
from monitor.store.store import Store
from tests.end_to_end.mortal import (
    WHOLE,
    Attempt,
    Clock,
    Fate,
    Line,
    Mode,
    Program,
    Variant,
    When,
    Wire,
    wired,
)
from tests.end_to_end.newsroom import LANGUAGES, RULES, Language, Newsroom, Report, Text, Trouble

CHANNELS = ("desk", "post", "console")
OUTLETS = range(len(LANGUAGES))
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
_ISOLATES = re.compile("[\u2066-\u2069]")

outlets = st.sampled_from(OUTLETS)
abouts = st.sampled_from([frozenset(some) for some in ({"almanac"}, {"almanac", "comet"}, {"comet"}, ())])
seeds = st.integers(0, 2**16)


def write_config(folder: Path, room: Newsroom) -> Path:
    (folder / "feeds.opml").write_text(room.opml(), encoding="utf-8")
    rules = "".join(
        f"  - {{id: {name}, query: '{query}', channels: [{', '.join(channels)}]}}\n"
        for name, (query, channels) in RULES.items()
    )
    config = folder / "config.yaml"
    config.write_text(
        "contact: https://example.org/tests\n"
        "poll: {host_gap: 0s}\n"
        "network: {allow_private: [127.0.0.1]}\n"
        "digest: {channels: [post]}\n"
        f"rules:\n{rules}"
        "channels:\n  desk: {url: 'console://', batch: 10m}\n  post: {url: 'console://'}\n",
        encoding="utf-8",
    )
    return config


class Faults(logging.Handler):
    """Keeps what the program itself calls an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


class Promises(RuleBasedStateMachine):
    """The program in a world of three outlets and three channels."""

    wire: Wire
    variant: Variant = WHOLE
    # What happened in all examples: a machine that does nothing proves nothing.
    seen: ClassVar[Counter[str]] = Counter()
    broken: ClassVar[list[str]] = []

    def __init__(self) -> None:
        super().__init__()
        # In memory where there is such a place: a disk's patience is not what is tried here.
        shared = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(prefix="promises-", dir=shared if shared.is_dir() else None)
        self.room = Newsroom(self.wire)
        self.clock = Clock()
        self.lines = {name: Line(name) for name in CHANNELS}
        config = write_config(Path(self.folder.name), self.room)
        self.program = Program(config, self.clock, self.lines, self.variant)
        self.owed: set[str] = set()  # addresses that stood in a feed which was read to the end
        self.texts: dict[int, tuple[object, ...]] = {}  # what was stored of each article when it was read
        self.unsettled: set[tuple[int, str, str]] = (
            set()
        )  # life, channel, key: on its way when the life ended
        self.alive = True
        self.checked = True
        self.sound = True
        self.faults = Faults()
        logging.getLogger("monitor").addHandler(self.faults)

    # --- outlets --------------------------------------------------------------------------------

    @initialize(each=st.lists(abouts, min_size=3, max_size=3))
    def begin(self, each: list[frozenset[str]]) -> None:
        for outlet, about in zip(OUTLETS, each, strict=True):
            self.room.publish(outlet, self.room.write(LANGUAGES[outlet], about), self.clock.now)

    @rule(
        outlet=outlets,
        language=st.sampled_from(LANGUAGES),
        about=abouts,
        in_title=st.booleans(),
        age=st.sampled_from([timedelta(), timedelta(minutes=30), timedelta(hours=30)]),
    )
    def publish(
        self, outlet: int, language: Language, about: frozenset[str], in_title: bool, age: timedelta
    ) -> None:
        text = self.room.write(language, about, in_title=in_title)
        self.room.publish(outlet, text, self.clock.now - age)

    @rule(outlet=outlets, seed=seeds)
    def publish_a_copy(self, outlet: int, seed: int) -> None:
        # Not where it stands already: many copies in one feed are what regenerated identifiers look like.
        own = {report.text.number for (place, _), report in self.room.pages.items() if place == outlet}
        others = [text for text in self.room.texts[-6:] if text.number not in own]
        if others:
            self.room.publish(outlet, random.Random(seed).choice(others), self.clock.now)
            self.seen["copies"] += 1

    @rule(outlet=outlets, seed=seeds, how=st.sampled_from(["title", "summary", "a word that matches"]))
    def edit(self, outlet: int, seed: int, how: str) -> None:
        if not (feed := self.room.outlets[outlet].feed):
            return
        report = random.Random(seed).choice(feed)
        if how == "summary":
            report.summary = f"{report.summary} And more."
        elif how == "title" or not self.read(outlet, report):
            report.title = f"{report.title} again"
        else:
            report.title = f"{report.title}, almanac, comet"
        self.seen["edits"] += 1

    @rule(outlet=outlets, seed=seeds)
    def reorder(self, outlet: int, seed: int) -> None:
        random.Random(seed).shuffle(self.room.outlets[outlet].feed)

    @rule(outlet=outlets, count=st.integers(1, 5))
    def drop(self, outlet: int, count: int) -> None:
        del self.room.outlets[outlet].feed[-count:]

    @rule(outlet=outlets, seed=seeds)
    def show_an_old_report_again(self, outlet: int, seed: int) -> None:
        feed = self.room.outlets[outlet].feed
        gone = [one for (own, _), one in self.room.pages.items() if own == outlet and one not in feed]
        if gone:
            feed.append(random.Random(seed).choice(gone))

    @rule(outlet=outlets, serial=seeds)
    def regenerate_guids(self, outlet: int, serial: int) -> None:
        for report in self.room.outlets[outlet].feed:
            report.guid = f"{serial}-{report.path}"
        self.seen["regenerated"] += 1

    @rule(
        outlet=outlets,
        trouble=st.sampled_from(["500", "404", "html", "cut", "cut short of what was promised"]),
        cut_at=st.floats(0.1, 0.99),
    )
    def break_feed(self, outlet: int, trouble: Trouble, cut_at: float) -> None:
        self.room.outlets[outlet].trouble, self.room.outlets[outlet].cut_at = trouble, cut_at

    @rule(outlet=outlets)
    def mend_feed(self, outlet: int) -> None:
        self.room.outlets[outlet].trouble = ""

    # --- channels and time ----------------------------------------------------------------------

    @rule(
        name=st.sampled_from(CHANNELS),
        mode=st.sampled_from(["up", "refusing", "taken, then silent", "silent", "refusing for good"]),
    )
    def switch(self, name: str, mode: Mode) -> None:
        self.lines[name].mode = mode

    @rule()
    def all_well(self) -> None:
        for outlet in self.room.outlets:
            outlet.trouble = ""
        for line in self.lines.values():
            line.mode = "up"

    @rule(minutes=st.sampled_from([1, 5, 20, 120, 480, 1440]))
    def wait(self, minutes: int) -> None:
        self.clock.now += timedelta(minutes=minutes)

    # --- the program ----------------------------------------------------------------------------

    @rule(all_feeds=st.booleans())
    def cycle(self, all_feeds: bool) -> None:
        self.live(Fate(), all_feeds=all_feeds)

    @rule(statement=st.integers(1, 400))
    def die_at_a_statement(self, statement: int) -> None:
        self.live(Fate("statement", statement))

    @rule(
        when=st.sampled_from(["before sending", "after sending"]),
        delivery=st.integers(1, 2),
        outlet=outlets,
        again=st.booleans(),
    )
    def die_around_sending(self, when: When, delivery: int, outlet: int, again: bool) -> None:
        if not self.waiting():
            self.publish(outlet, "en", frozenset(RULES), in_title=False, age=timedelta())
        self.live(Fate(when, delivery))
        if again:
            self.live(Fate())

    @rule()
    def idle(self) -> None:
        self.live(Fate())
        before = self.tried()
        self.live(Fate(), after=timedelta())
        assert self.tried() == before, "a restart with nothing new sent something"
        self.seen["idle"] += 1

    def live(self, fate: Fate, *, all_feeds: bool = True, after: timedelta = timedelta(seconds=1)) -> None:
        self.clock.now += after
        asked = [outlet.asked for outlet in self.room.outlets]
        self.alive = self.program.cycle(fate, all_feeds=all_feeds)
        self.checked = False
        if not self.alive:
            self.seen["died at a statement" if fate.when == "statement" else "died around sending"] += 1
            rows = self.program.rows("SELECT channel, key FROM outbox WHERE state = 'sending'")
            self.unsettled |= {(self.program.lives, row["channel"], row["key"]) for row in rows}
            self.seen["died with messages on their way"] += bool(rows)
            return
        for number, outlet in enumerate(self.room.outlets):
            if outlet.asked > asked[number] and not outlet.trouble:
                self.owed |= {self.room.url(number, report) for report in outlet.feed}

    def tried(self) -> int:
        """Count the deliveries, without notices: a feed that fails once more may be one that is to be told of."""
        return sum(
            any(alert.kind != "notice" for alert, _ in attempt.message.parts)
            for line in self.lines.values()
            for attempt in line.attempts
        )

    def read(self, outlet: int, report: Report) -> bool:
        url = self.room.url(outlet, report)
        return bool(self.program.rows("SELECT 1 FROM article WHERE url = ? AND read_at IS NOT NULL", url))

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def promises_hold(self) -> None:
        if self.checked or not self.program.database.exists():
            return
        try:
            self.check()
        except AssertionError as error:
            self.broken.append(str(error))
            raise

    def check(self) -> None:
        self.checked, self.sound = True, False
        assert self.faults.said == []
        articles = self.articles()
        self.nothing_is_lost_or_doubled(articles)
        self.stored_texts_stay(articles)
        self.every_match_is_recorded_once(articles)
        self.copies_share_a_story(articles)
        self.only_the_first_poll_holds(articles)
        outbox = self.program.rows("SELECT * FROM outbox")
        self.every_match_stands_in_the_outbox(articles, outbox)
        self.outbox_is_true(outbox)
        for line in self.lines.values():
            self.nothing_is_repeated_without_reason(line)
        self.sound = True

    def articles(self) -> dict[str, Any]:
        rows = self.program.rows(
            "SELECT a.*, f.first_polled, s.story_id, s.at AS placed FROM article a JOIN feed f ON f.id = a.feed_id"
            " LEFT JOIN story_member s ON s.article_id = a.id ORDER BY s.at, a.id"
        )
        articles = {row["url"]: row for row in rows}
        assert len(articles) == len(rows), "an article is stored twice"
        return articles

    def reports(self, articles: Mapping[str, Any]) -> Iterator[tuple[Any, Report]]:
        """Yield every stored article that was read, with the report it is."""
        known = {self.room.url(outlet, report): report for (outlet, _), report in self.room.pages.items()}
        assert articles.keys() <= known.keys(), "an article nobody published is stored"
        return ((row, known[url]) for url, row in articles.items() if row["read_at"])

    def nothing_is_lost_or_doubled(self, articles: Mapping[str, Any]) -> None:
        assert self.owed <= articles.keys(), "what stood in a feed that was read is lost"
        if self.alive:
            unread = [url for url, row in articles.items() if not row["read_at"]]
            assert unread == [], "an article was left unread"
            assert self.program.rows("SELECT 1 FROM job") == []
        for row in self.program.rows("SELECT count(*) AS n FROM entry GROUP BY feed_id, article_id"):
            assert row["n"] == 1, "an entry is stored twice"

    def stored_texts_stay(self, articles: Mapping[str, Any]) -> None:
        columns = ("url", "title", "text", "published", "first_seen", "read_at", "raw_sha256", "text_sha256")
        for row in articles.values():
            if row["read_at"]:
                now = tuple(row[name] for name in columns)
                assert self.texts.setdefault(row["id"], now) == now, "a stored text was rewritten"

    def every_match_is_recorded_once(self, articles: Mapping[str, Any]) -> None:
        found: dict[int, list[str]] = defaultdict(list)
        spans: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.program.rows("SELECT article_id, rule, spans, withdrawn FROM match"):
            assert row["withdrawn"] is None
            found[row["article_id"]].append(row["rule"])
            spans[row["article_id"]] += json.loads(row["spans"])
        for row, report in self.reports(articles):
            assert sorted(found[row["id"]]) == sorted(report.text.rules)
            fields = {"title": row["title"], "summary": row["summary"], "body": row["text"]}
            for span in spans[row["id"]]:
                assert fields[span["field"]][span["start"] : span["end"]] == span["text"]
        assert sum(map(len, found.values())) == sum(len(one.text.rules) for _, one in self.reports(articles))

    def copies_share_a_story(self, articles: Mapping[str, Any]) -> None:
        owner: dict[int, Text] = {}
        before: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
        for row, report in self.reports(articles):
            if not report.text.rules:
                assert row["story_id"] is None
                continue
            assert owner.setdefault(row["story_id"], report.text) is report.text, "two stories are one"
            placed = datetime.fromisoformat(row["placed"])
            others = {story for at, story in before[report.text.number] if at >= placed - STORY_WINDOW}
            assert not others or row["story_id"] in others, "a copy has a story of its own"
            before[report.text.number].append((placed, row["story_id"]))

    def only_the_first_poll_holds(self, articles: Mapping[str, Any]) -> None:
        for row, report in self.reports(articles):
            seen = row["first_seen"]
            first = row["first_polled"] is None or seen <= row["first_polled"]
            old = report.at < datetime.fromisoformat(seen) - DAY
            assert row["may_alert"] == (not (first and old)), "what is news was held, or what is old alerts"

    def every_match_stands_in_the_outbox(self, articles: Mapping[str, Any], outbox: Sequence[Any]) -> None:
        may_alert: dict[tuple[int, str, str], bool] = defaultdict(bool)
        for row, report in self.reports(articles):
            for rule_id in report.text.rules:
                for channel in RULES[rule_id][1]:
                    may_alert[row["story_id"], rule_id, channel] |= bool(row["may_alert"])
        alerts = {
            (row["story_id"], row["rule"], row["channel"]): row for row in outbox if row["kind"] == "story"
        }
        assert alerts.keys() == may_alert.keys()
        for key, row in alerts.items():
            held = row["state"] == "held" and row["next_at"] is None
            assert held != may_alert[key], "an alert is held without reason, or not held"

    def outbox_is_true(self, outbox: Sequence[Any]) -> None:
        known = {(row["channel"], row["key"]) for row in outbox}
        assert len(known) == len(outbox), "something stands twice in the outbox"
        told: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
        for line in self.lines.values():
            for attempt in line.attempts:
                for key in attempt.alerts:
                    assert (line.name, key) in known, "something was sent that is in no outbox"
                    told[line.name, key].append(attempt)
        for row in outbox:
            attempts = told[row["channel"], row["key"]]
            if row["state"] == "sent":
                shown = [f"{one.message.title}\n{one.alerts[row['key']]}" for one in attempts if one.taken]
                assert any(row["title"] in _ISOLATES.sub("", text) for text in shown), (
                    "what is sent did not arrive"
                )
                assert any(f"#{row['key']}" in text for text in shown)
            elif row["state"] == "dead":
                aged = self.clock.now - datetime.fromisoformat(row["created_at"]) >= policy.GIVE_UP_AFTER
                refused = bool(attempts) and not attempts[-1].taken and attempts[-1].known
                assert refused or aged, "an alert died without reason"
            elif row["state"] == "sending":
                assert not self.alive, "an alert is on its way for ever"
            else:
                assert row["state"] in ("pending", "held")

    def nothing_is_repeated_without_reason(self, line: Line) -> None:
        last: dict[str, Attempt] = {}
        doubtful: set[str] = set()
        for attempt in line.attempts:
            for key in attempt.alerts:
                doubtful |= {key} & {
                    own for life, name, own in self.unsettled if name == line.name and life < attempt.life
                }
                assert key in doubtful or not attempt.marked(key), "called a repeat without reason"
                if not attempt.taken:
                    continue
                if before := last.get(key):
                    cut_off = (before.life, line.name, key) in self.unsettled
                    assert not before.known or cut_off, "delivered twice without reason"
                    assert attempt.marked(key), "delivered twice without saying so"
                    self.seen["repeats"] += 1
                last[key] = attempt
            if not attempt.known:
                doubtful |= attempt.alerts.keys()

    # --- the end --------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            if not self.sound:  # it has been said
                return
            self.all_well()
            for _ in range(30):
                self.clock.now += timedelta(minutes=65)
                self.live(Fate())
                if not self.waiting():
                    break
            self.promises_hold()
            assert self.waiting() == [], "something waits for ever"
            shown = {
                self.room.url(n, one) for n, outlet in enumerate(self.room.outlets) for one in outlet.feed
            }
            assert shown <= self.owed
            self.seen["examples"] += 1
            self.seen["sent"] += sum(len(line.taken) for line in self.lines.values())
        finally:
            logging.getLogger("monitor").removeHandler(self.faults)
            self.folder.cleanup()

    def waiting(self) -> list[Any]:
        return self.program.rows(
            "SELECT id FROM outbox WHERE state IN ('pending', 'sending') OR (state = 'held' AND next_at IS NOT NULL)"
        )


# --- running it ---------------------------------------------------------------------------------

QUICK = settings(
    max_examples=20,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)
LONG = settings(
    QUICK, max_examples=300, stateful_step_count=40, derandomize=False, phases=(Phase.generate, Phase.shrink)
)
HAPPENINGS = ("sent", "copies", "edits", "regenerated", "idle", "died at a statement", "died around sending")
RARER = ("repeats", "died with messages on their way")


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with wired(len(OUTLETS)) as wire:
        yield wire


def machine(wire: Wire, variant: Variant = WHOLE) -> type[Promises]:
    own = {"wire": wire, "variant": variant, "seen": Counter(), "broken": []}
    return type("Promises", (Promises,), own)


def test_promises_hold_whatever_happens(wire: Wire) -> None:
    own = machine(wire)
    run_state_machine_as_test(own, settings=QUICK)
    assert all(own.seen[name] for name in HAPPENINGS), own.seen


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_promises_hold_whatever_happens_for_long(wire: Wire) -> None:
    own = machine(wire)
    run_state_machine_as_test(own, settings=LONG)
    assert all(own.seen[name] > 20 for name in (*HAPPENINGS, *RARER)), own.seen


# --- the machine itself -------------------------------------------------------------------------


class SendsWhatIsSettled(Delivery):
    """Commits "sent" before it sends."""

    async def _send(
        self, sender: Sender, message: Message, alerts: Sequence[Alert], state: ChannelState
    ) -> Outcome:
        now, outcome = self._clock(), Outcome("ok")
        settled = policy.after(outcome, alerts, state, now, 0.5)
        await self._write(self._store.settle, settled.channel, outcome, settled.alerts, now)
        sender.deliver(message, DEADLINE_S, now)
        return outcome


class ForgetsClaims(Store):
    """Does not commit what is on its way."""

    def claim(self, alerts: Sequence[int], now: datetime, lease: timedelta) -> None:
        pass


class ForgetsTheDead(Store):
    """Does not give back what a dead run was sending."""

    def recover_leases(self, now: datetime) -> int:
        return 0


class RepeatsInSilence(Store):
    """Gives it back without saying that it may be a repeat."""

    def recover_leases(self, now: datetime) -> int:
        with self._write() as db:
            done = db.execute(
                "UPDATE outbox SET state = 'pending', next_at = ? WHERE state = 'sending'",
                [codec.instant(now)],
            )
        return done.rowcount


class ValidatorsFirst(Store):
    """Commits a feed's validators before the entries they stand for."""

    def save_polls(self, records: Sequence[PollRecord]) -> list[int]:
        with self._write() as db:
            for record in records:
                polls.update_feed(db, record.feed)
        return super().save_polls(records)


class TrustsGuids(Store):
    """Knows entries by their guids alone."""

    def known_keys(self, feed: int, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        return super().known_keys(feed, [(kind, key) for kind, key in keys if kind == "guid"])


class Rewrites(Store):
    """Lets an edit change what is stored of an article."""

    @staticmethod
    def _note_edit(
        db: sqlite_utils.Database, entry_id: int, title: str, summary: str, at: str | None
    ) -> None:
        db.execute(
            "UPDATE article SET title = ? WHERE id = (SELECT article_id FROM entry WHERE id = ?)",
            [title, entry_id],
        )


@pytest.mark.parametrize(
    ("variant", "fault"),
    [
        pytest.param(
            Variant(delivery=SendsWhatIsSettled), "what is sent did not arrive", id="sends what is settled"
        ),
        pytest.param(Variant(store=ForgetsClaims), "repeat|delivered twice", id="forgets claims"),
        pytest.param(Variant(store=RepeatsInSilence), "without saying so", id="repeats in silence"),
        pytest.param(Variant(store=TrustsGuids), "an entry is stored twice", id="trusts guids"),
        pytest.param(
            Variant(store=ForgetsTheDead), "for ever", id="forgets the dead", marks=pytest.mark.slow
        ),
        pytest.param(
            Variant(store=ValidatorsFirst), "is lost", id="validators first", marks=pytest.mark.slow
        ),
        pytest.param(Variant(store=Rewrites), "was rewritten", id="rewrites", marks=pytest.mark.slow),
    ],
)
def test_a_program_that_breaks_a_promise_is_found_out(wire: Wire, variant: Variant, fault: str) -> None:
    own = machine(wire, variant)
    # Threads take turns as they like, so the same story need not end the same way when it is told again.
    with pytest.raises((AssertionError, Flaky)):
        run_state_machine_as_test(own, settings=settings(QUICK, max_examples=300))
    assert re.search(fault, own.broken[0])


# --- found by the machine ----------------------------------------------------------------------


def stage(folder: Path, wire: Wire) -> tuple[Newsroom, Clock, Program]:
    room, clock = Newsroom(wire), Clock()
    lines = {name: Line(name) for name in CHANNELS}
    return room, clock, Program(write_config(folder, room), clock, lines)


def test_a_digest_that_may_come_twice_says_so(tmp_path: Path, wire: Wire) -> None:
    room, clock, program = stage(tmp_path, wire)
    room.publish(0, room.write("en", frozenset()), clock.now)
    program.cycle()
    clock.now += DAY
    assert not program.cycle(Fate("after sending", 1))
    program.cycle()
    first, second = program.lines["post"].taken
    assert first.alerts.keys() == second.alerts.keys()
    assert second.marked(*second.alerts)


TITLE = "The almanac appears for the first time in years and then once again"


@pytest.mark.parametrize(
    ("polled_before", "after"),
    [
        pytest.param(False, "The almanac appears for", id="first poll, cut in the title"),
        pytest.param(False, "</title><link>", id="first poll, cut before the link"),
        pytest.param(False, "</link>", id="first poll, cut before the date"),
        pytest.param(True, "The almanac appears for", id="later poll, cut in the title"),
        pytest.param(True, "once again</title><link>", id="later poll, cut before the link"),
    ],
)
def test_a_first_item_that_came_in_part_is_read_whole_later(
    tmp_path: Path, wire: Wire, after: str, polled_before: bool
) -> None:
    room, clock, program = stage(tmp_path, wire)
    room.cuts_first_item = True
    if polled_before:
        room.publish(0, room.write("en", frozenset()), clock.now)
        program.cycle()
        clock.now += HOUR
    report = room.publish(0, room.write("en", frozenset({"almanac"})), clock.now)
    report.title = TITLE
    outlet, body = room.outlets[0], room.feed_body(0).decode()
    place = body.index(after, body.index("<item>")) + len(after)
    outlet.trouble, outlet.cut_at = "cut", (place + 0.5) / len(body)
    program.cycle()
    outlet.trouble = ""
    clock.now += HOUR
    program.cycle()
    stored = {row["url"] for row in program.rows("SELECT url FROM article")}
    assert stored == {room.url(0, one) for one in outlet.feed}
    assert [row["state"] for row in program.rows("SELECT state FROM outbox WHERE channel = 'desk'")] == [
        "sent"
    ]
