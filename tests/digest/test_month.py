"""The month's curve: a feed that comes or goes is no news, and what was not seen is said."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digest.trend import Trend, trend
from monitor.models import FeedDays, FeedHealth, Month, PollRecord, Subscription
from monitor.store.month import month
from monitor.store.store import Store
from tests.store.facts import match, new, poll, reading, save

DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(31)]
EDGES = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(32)]
BEFORE = EDGES[0] - timedelta(hours=12)


def feed(name: str, matched: list[int], seen: list[bool] | None = None, **changes: object) -> FeedDays:
    shown = tuple(seen or [True] * len(matched))
    values = {"throughout": True} | changes
    return FeedDays(name, tuple(n if s else 0 for n, s in zip(matched, shown, strict=True)), shown, **values)  # type: ignore[arg-type]


def curve(*feeds: FeedDays) -> Trend:
    found = trend(Month(tuple(DAYS), feeds, ()))
    assert found is not None
    return found


def test_added_and_removed_feeds_move_the_raw_count_and_not_the_curve() -> None:
    chance = random.Random(20260101)
    news = [1 + 0.3 * chance.random() for _ in DAYS]  # what happened
    levels = [chance.randint(8, 40) for _ in range(45)]
    told = [[round(level * happened) for happened in news] for level in levels]
    stay = [feed(f"stay {number}", told[number]) for number in range(30)]
    gone = [
        feed(
            f"gone {number}",
            told[number],
            [day < 12 for day in range(31)],
            throughout=False,
            removed=DAYS[12],
        )
        for number in range(30, 40)
    ]
    come = [
        feed(
            f"come {number}", told[number], [day >= 20 for day in range(31)], throughout=False, added=DAYS[20]
        )
        for number in range(40, 45)
    ]
    drawn = curve(*stay, *gone, *come)
    truth = [sum(counts[day] for counts in told[:30]) for day in range(31)]
    assert all(abs(found / true - 1) < 0.05 for found, true in zip(drawn.panel, truth, strict=True))
    whole = [sum(counts[day] for counts in told[:40]) for day in range(31)]
    moved = [1 - raw / true for raw, true in zip(drawn.raw, whole, strict=True)]
    assert mean(moved[12:20]) > 0.2
    names = {name for mark in drawn.marks for name in mark.what}
    assert names == {one.feed for one in (*gone, *come)}
    assert {(mark.day, mark.kind) for mark in drawn.marks} == {(DAYS[12], "removed"), (DAYS[20], "added")}


def test_an_outage_of_some_feeds_is_filled_in_and_said() -> None:
    chance = random.Random(7)
    news = [1 + 0.5 * chance.random() for _ in DAYS]
    levels = [chance.randint(20, 60) for _ in range(20)]
    told = [[round(level * happened) for happened in news] for level in levels]
    out = range(9, 14)
    feeds = [
        feed(f"{number}", counts, [not (number < 8 and day in out) for day in range(31)])
        for number, counts in enumerate(told)
    ]
    drawn = curve(*feeds)
    truth = [sum(counts[day] for counts in told) for day in range(31)]
    assert all(abs(found / true - 1) < 0.05 for found, true in zip(drawn.panel, truth, strict=True))
    assert drawn.raw[10] < 0.8 * truth[10]
    assert [day for day, missing in enumerate(drawn.unseen) if missing] == list(out)
    assert drawn.unseen[9] == 8


def test_a_day_on_which_nothing_was_seen_is_like_the_others() -> None:
    seen = [day != 15 for day in range(31)]
    drawn = curve(*(feed(str(number), [10] * 31, seen) for number in range(5)))
    assert drawn.panel[15] == 50
    assert drawn.unseen[15] == 5


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 50), min_size=9, max_size=9), min_size=3, max_size=6),
    st.data(),
)
def test_what_was_seen_is_never_changed(counts: list[list[int]], data: st.DataObject) -> None:
    seen = [data.draw(st.lists(st.booleans(), min_size=9, max_size=9)) for _ in counts]
    feeds = [feed(str(number), own, seen[number]) for number, own in enumerate(counts)]
    drawn = trend(Month(tuple(DAYS[:9]), tuple(feeds), ()))
    assert drawn is not None
    for day, found in enumerate(drawn.panel):
        whole = sum(one.matched[day] for one in feeds)
        assert found >= whole - 0.01
        if all(one.seen[day] for one in feeds):
            assert abs(found - whole) < 0.01
    assert drawn.low <= drawn.high


def test_too_little_makes_no_curve() -> None:
    few = tuple(feed(str(number), [1] * 31) for number in range(2))
    assert trend(Month(tuple(DAYS), few, ())) is None
    short = tuple(feed(str(number), [1] * 7) for number in range(5))
    assert trend(Month(tuple(DAYS[:7]), short, ())) is None


# --- from the store -----------------------------------------------------------------------------


def health(url: str, state: str, since: datetime | None) -> FeedHealth:
    return FeedHealth("", url, "", "", "", "", state, "", 1, 0, 0, 0, None, since=since)


def test_the_store_tells_what_each_feed_gave_and_when_it_could_be_seen(tmp_path: Path) -> None:
    urls = {name: f"https://{name}.example/feed" for name in ("stays", "goes", "comes", "dies")}

    def follow(store: Store, at: datetime, *names: str) -> None:
        store.sync_feeds([Subscription(urls[name], name.title()) for name in names], lambda _: "", at)

    def look(store: Store, name: str, at: datetime, *numbers: int, problem: str = "") -> None:
        one = next(feed for feed in store.feeds() if feed.url == urls[name])
        record: PollRecord = poll(one, *(new(number) for number in numbers), at=at, problem=problem)
        store.save_polls([record])
        for job in store.due_jobs(at, 10):
            rules = [match("water")] if job.article % 2 else [match("water"), match("fire")]
            save(store, job.article, reading(*rules), at=at)

    with Store(tmp_path / "monitor.db") as store:
        follow(store, BEFORE, "stays", "goes", "dies")
        for name in ("stays", "goes", "dies"):
            look(store, name, BEFORE)
        look(store, "stays", EDGES[0] + timedelta(hours=1), 1, 2)
        look(store, "goes", EDGES[0] + timedelta(hours=2), 3)
        look(store, "dies", EDGES[0] + timedelta(hours=2))
        follow(store, EDGES[1] + timedelta(hours=5), "stays", "comes", "dies")
        look(store, "comes", EDGES[1] + timedelta(hours=6), 4)
        look(store, "stays", EDGES[1] + timedelta(hours=6), problem="unreachable")
        look(store, "dies", EDGES[1] + timedelta(hours=7), problem="gone")
        look(store, "stays", EDGES[2] + timedelta(hours=1), 5)
        look(store, "dies", EDGES[2] + timedelta(hours=1))
        lost = health(urls["dies"], "silent", EDGES[2] + timedelta(hours=3))
        found = month(store, DAYS[:3], EDGES[:4], [lost])
        # What came later changes nothing.
        look(store, "stays", EDGES[3] + timedelta(hours=1), 6, 7)
        follow(store, EDGES[3] + timedelta(hours=2), "comes")
        assert month(store, DAYS[:3], EDGES[:4], [lost]) == found
    feeds = {one.feed: one for one in found.feeds}
    assert feeds["Stays"] == FeedDays("Stays", (2, 0, 1), (True, False, True), throughout=True)
    assert feeds["Goes"] == FeedDays(
        "Goes", (1, 0, 0), (True, False, False), throughout=False, removed=DAYS[1]
    )
    assert feeds["Comes"] == FeedDays(
        "Comes", (0, 1, 0), (False, True, False), throughout=False, added=DAYS[1]
    )
    assert feeds["Dies"] == FeedDays("Dies", (0, 0, 0), (True, False, False), throughout=True, lost=DAYS[2])
    assert dict(found.rules) == {"water": (3, 1, 1), "fire": (1, 1, 0)}
