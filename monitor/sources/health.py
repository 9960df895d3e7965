"""What condition a feed is in, judged from what its polls have shown and against its own rhythm: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from monitor.models import OFFLINE, Feed, FeedHistory, Health, Notice, Specimen, Told
from monitor.sources import rhythm
from monitor.sources.rhythm import Rhythm
from monitor.sources.urls import shown_url
from monitor.text.show import one_line

BLOCKED = frozenset(
    {"http-401", "http-403", "http-429", "http-451", "http-503-challenge", "robots", "blocked-address"}
)
MOVED_POLLS, MOVED_FOR = 5, timedelta(days=7)
LASTING_FAILURES = 3  # in a row, and for longer than its patience
SHORTEST_PATIENCE, LONGEST_PATIENCE = timedelta(minutes=30), timedelta(days=1)
SHRUNK = 0.4  # of the median text before
LEAST_TEXT = 200  # characters; feeds of headlines cannot shrink
EARLIER = 2  # documents that show what a feed used to be like

_COARSE = {
    "ok": "ok",
    "moved": "ok",
    "undated": "ok",
    "shrinking": "ok",
    "silent": "silent",
    "stale": "silent",
    "failing": "failing",
    "parked": "failing",
    "gone": "failing",
    "blocked": "blocked",
    "paused": "paused",
    "unpolled": "unpolled",
}
# A change within one of these is no news: the same trouble, named better.
_EPISODES = {
    "silent": "quiet",
    "stale": "quiet",
    "failing": "lost",
    "parked": "lost",
    "blocked": "lost",
    "gone": "gone",
    "moved": "moved",
}
_AWAY = frozenset({"quiet", "lost", "gone"})
_SUBJECTS = {
    "silent": "has fallen silent",
    "stale": "no longer changes",
    "failing": "can no longer be read",
    "parked": "no longer gives a feed",
    "blocked": "refuses this program",
    "gone": "says that it is gone for good",
    "moved": "has moved",
    "back": "is back",
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STILL = "It is still polled."
_TITLE_LIMIT = 80


def coarse(condition: str) -> str:
    """Return the word for a condition that status and digests count: ok, failing, silent, blocked and so on."""
    return _COARSE[condition]


def learn(history: FeedHistory, zone: ZoneInfo) -> Rhythm | None:
    """Learn a feed's rhythm up to its last news, or return None while there is too little of it.

    What came after is on trial: learned from, a silence would become normal by lasting.
    """
    if history.since is None or history.last_new is None:
        return None
    return rhythm.learn(history.fresh, history.since, history.last_new, zone, history.blind)


def judge(history: FeedHistory, now: datetime, zone: ZoneInfo) -> Health:
    """Return a feed's condition at an instant; `zone` is the one its rhythm and the dates are told in."""
    return assess(history, learn(history, zone), now, zone)


def assess(history: FeedHistory, learned: Rhythm | None, now: datetime, zone: ZoneInfo) -> Health:
    """Return a feed's condition, given what has been learned of its rhythm."""
    if history.paused:
        return _health(history, "paused", "paused by hand")
    if history.problem:
        return _unread(history, learned, now, zone)
    if history.since is None or history.last_ok is None:
        return _health(history, "unpolled", "not polled yet")
    if not history.polls:
        return _health(history, "unpolled", "not polled in this time")
    return (
        _quiet(history, learned, history.last_ok, now, zone)
        or _odd(history, learned, now, zone)
        or _moved(history, now, zone)
        or _health(history, "ok", "")
    )


def notice(feed: Feed, told: Told | None, health: Health, now: datetime) -> Notice | None:
    """Return what is to be said about a feed now, or None.

    `told` is the last thing that was said about it. Each episode is told once, and its end once; what may
    pass by itself is not told at all. The key names the episode, so that saying it twice can be refused.
    """
    condition = health.condition
    episode = _EPISODES.get(condition, "") if health.lasting else ""
    before = _EPISODES.get(told.condition, "") if told else ""
    title = one_line(feed.title, _TITLE_LIMIT) or shown_url(feed.url)
    if episode and episode != before:
        advice = "" if condition == "moved" else f" {_STILL}"
        return Notice(
            f"feed|{feed.id}|{condition}|{_instant(health.since or now)}",
            f"{title} {_SUBJECTS[condition]}",
            f"{_sentence(health.why)}{advice}",
        )
    if told is None or before not in _AWAY or health.state != "ok":
        return None
    if before == "quiet" and (health.last_new is None or health.last_new <= told.at):
        return None  # what changed is what is expected of it, and nothing has come
    what = "It has something new again." if before == "quiet" else "It can be read again."
    remark = f" {_sentence(health.why)}" if health.why else ""
    return Notice(
        f"feed|{feed.id}|back|{_instant(now)}",
        f"{title} {_SUBJECTS['back']}",
        f"{what}{remark}",
    )


# --- a feed that could not be read --------------------------------------------------------------


def _unread(history: FeedHistory, learned: Rhythm | None, now: datetime, zone: ZoneInfo) -> Health:
    start = history.failing_since or now
    unasked = history.status == 304  # the server did answer, and claims that nothing is new
    lasting = history.failures >= LASTING_FAILURES and now - start >= _patience(learned, start)
    since = f"since {_when(start, now, zone)}"
    if history.problem == OFFLINE:
        return _health(history, "failing", history.detail)
    if history.status == 410:
        why = f"says that it is gone for good (410), {since}; it is looked at once a week"
        return _health(history, "gone", why, start, lasting=True)
    if history.problem in BLOCKED:
        return _health(history, "blocked", _dated(history.detail, since, lasting), start, lasting=lasting)
    if lasting and unasked:
        why = f"answers “not modified” (304) even when nothing was asked about, {since}{_used_to(learned)}"
        return _health(history, "stale", why, start, lasting=True)
    if lasting and history.problem == "not-a-feed" and history.not_feeds >= LASTING_FAILURES:
        why = f"gives something else in the place of its feed, {since}: {history.detail}"
        return _health(history, "parked", why, start, lasting=True)
    if not lasting and (quiet := _quiet(history, learned, now if unasked else history.last_ok, now, zone)):
        return quiet
    return _health(history, "failing", _dated(history.detail, since, lasting), start, lasting=lasting)


def _dated(detail: str, since: str, lasting: bool) -> str:
    return f"{detail}, {since}" if lasting else detail


# --- a feed that answers ------------------------------------------------------------------------


def _quiet(
    history: FeedHistory, learned: Rhythm | None, until: datetime | None, now: datetime, zone: ZoneInfo
) -> Health | None:
    last = history.last_new or history.since
    if last is None or until is None or rhythm.silent_since(learned, last, until, history.blind) is None:
        return None
    since = _when(last, now, zone)
    if history.last_new is None:
        since = f"it was first read on {since}"
    if history.last_change is not None and history.last_change > last:
        why = f"answers, but has had nothing new since {since}{_used_to(learned)}"
        return _health(history, "silent", why, last, lasting=True)
    how = "answers “not modified” (304)" if history.not_modified else "gives the very same bytes"
    why = f"{how} at every poll since {since}: silent, or a server that keeps an old copy{_used_to(learned)}"
    return _health(history, "stale", why, last, lasting=True)


def _used_to(learned: Rhythm | None) -> str:
    return f"; it used to have something new {rhythm.describe(learned)}" if learned else ""


def _odd(history: FeedHistory, learned: Rhythm | None, now: datetime, zone: ZoneInfo) -> Health | None:
    """Notice entries that have lost their dates or most of their text; both leave the feed readable."""
    for condition, found in (
        ("undated", undated(history.specimens)),
        ("shrinking", shrunken(history.specimens)),
    ):
        if found is None or now - found[0].at < _patience(learned, found[0].at):
            continue
        since = _when(found[0].at, now, zone)
        why = (
            f"since {since} none of its entries has a date; before, they had"
            if condition == "undated"
            else f"since {since} its entries carry about {found[-1].characters} characters of text; before, "
            f"they carried about {round(_text_before(history.specimens, found))}"
        )
        return _health(history, condition, why, found[0].at, lasting=True)
    return None


def undated(specimens: Sequence[Specimen]) -> Sequence[Specimen] | None:
    """Return the latest documents when all their entries lack a date that earlier ones had."""
    split = len(specimens)
    while split and specimens[split - 1].undated == specimens[split - 1].entries:
        split -= 1
    before, lately = specimens[:split], specimens[split:]
    dated = sum(2 * one.undated < one.entries for one in before)
    return lately if lately and dated >= max(EARLIER, 0.8 * len(before)) else None


def shrunken(specimens: Sequence[Specimen]) -> Sequence[Specimen] | None:
    """Return the latest documents when their text is a fraction of what earlier ones had."""
    most = max((one.characters for one in specimens), default=0)
    if most < LEAST_TEXT or specimens[-1].characters >= SHRUNK * most:
        return None
    for split in range(EARLIER, len(specimens)):
        before = median(one.characters for one in specimens[:split])
        lately = specimens[split:]
        if before >= LEAST_TEXT and all(one.characters < SHRUNK * before for one in lately):
            return lately
    return None


def _text_before(specimens: Sequence[Specimen], lately: Sequence[Specimen]) -> float:
    return median(one.characters for one in specimens[: len(specimens) - len(lately)])


def _moved(history: FeedHistory, now: datetime, zone: ZoneInfo) -> Health | None:
    since = history.moved_since
    if not history.moved_to or since is None or history.moved_polls < MOVED_POLLS or now - since < MOVED_FOR:
        return None
    why = (
        f"redirects permanently to {shown_url(history.moved_to)} since {_when(since, now, zone)}: "
        "if that is the same feed, change its address in the list of feeds"
    )
    return _health(history, "moved", why, since, lasting=True)


def _patience(learned: Rhythm | None, start: datetime) -> timedelta:
    """Return how long trouble may last before it is told: a gap that is ordinary, within bounds."""
    if learned is None:
        return LONGEST_PATIENCE
    return min(max(rhythm.expected_gap(learned, start), SHORTEST_PATIENCE), LONGEST_PATIENCE)


# --- words --------------------------------------------------------------------------------------


def _health(
    history: FeedHistory, condition: str, why: str, since: datetime | None = None, *, lasting: bool = False
) -> Health:
    return Health(condition, _COARSE[condition], why, since, lasting, history.last_new)


def _when(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Write a local date, with the time of day while that still matters."""
    local = at.astimezone(zone)
    date = f"{local.day} {_MONTHS[local.month - 1]} {local.year}"
    return f"{date}, {local:%H:%M}" if now - at < timedelta(days=2) else date


def _sentence(why: str) -> str:
    return f"{why[:1].upper()}{why[1:]}."


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
