"""Stories that become one, are parted, muted; and alerts that are tried again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import InputError, NotFoundError
from monitor.models import AlertState, ChannelState, Health, NewAlert, Outcome
from monitor.store.store import Store
from tests.store.facts import NOW, WINDOW, match, new, open_store, poll, reading, save, with_feed

HOUR = timedelta(hours=1)
Alerts = list[tuple[int | None, str, str]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), *map(new, range(1, 6)))])
        yield store


def told(store: Store) -> Alerts:
    return sorted((alert.story, alert.rule, alert.state.value) for alert in store.alerts())


def send(store: Store, *rules: str) -> None:
    alerts = [alert.id for alert in store.alerts() if alert.rule in rules]
    store.claim(alerts, NOW, HOUR)
    sent: dict[int, tuple[AlertState, None]] = dict.fromkeys(alerts, (AlertState.SENT, None))
    store.settle(ChannelState("console", 0, None, NOW, 1), Outcome("ok"), dict(sent), NOW)


def members(store: Store) -> dict[int, list[int]]:
    return {story.id: sorted(article.id for article in story.articles) for story in store.stories()}


def test_a_third_article_makes_two_stories_one(store: Store) -> None:
    one = save(store, 1, reading(match())).story
    other = save(store, 2, reading(match())).story
    assert one is not None
    assert other is not None
    save(store, 3, reading(match()), story=one, absorbs=(other,), at=NOW + HOUR)
    assert members(store) == {one: [1, 2, 3]}
    assert store.story(other) == store.story(one)
    # What waited for the other story is not sent; nothing was lost, and the pair of story and rule stays one.
    assert told(store) == [(one, "water", "pending"), (other, "water", "held")]
    assert len(store.waiting(NOW + HOUR)["console"]) == 1


@pytest.mark.parametrize("first_sent", [True, False])
def test_what_was_told_of_either_story_was_told(store: Store, first_sent: bool) -> None:
    one = save(store, 1, reading(match("water" if first_sent else "fire"))).story
    assert one is not None
    send(store, "water")
    other = save(store, 2, reading(match("water"), match("fire"))).story
    assert other is not None
    if not first_sent:
        send(store, "water")
    save(store, 3, reading(match("water"), match("fire")), story=one, absorbs=(other,), at=NOW + HOUR)
    waiting = [(alert.story, alert.rule) for alert in store.waiting(NOW + HOUR)["console"]]
    assert waiting == [(one, "fire")]
    save(store, 4, reading(match("water"), match("fire")), story=one, at=NOW + HOUR)
    assert [(alert.story, alert.rule) for alert in store.waiting(NOW + HOUR)["console"]] == waiting


def test_one_that_was_sent_takes_the_place_of_one_that_waits(store: Store) -> None:
    one = save(store, 1, reading(match()), state=AlertState.HELD).story
    other = save(store, 2, reading(match())).story
    assert one is not None
    assert other is not None
    send(store, "water")
    held = next(alert.id for alert in store.alerts() if alert.story == one)
    # only the other's was sent
    store.db.execute("UPDATE outbox SET state = 'held', sent_at = NULL, next_at = NULL WHERE id = ?", [held])
    store.db.conn.commit()
    save(store, 3, reading(match()), story=one, absorbs=(other,), at=NOW + HOUR)
    assert told(store) == [(one, "water", "sent"), (other, "water", "held")]


def test_the_digest_of_a_day_does_not_change_when_stories_do(store: Store) -> None:
    one = save(store, 1, reading(match())).story
    other = save(store, 2, reading(match())).story
    assert one is not None
    assert other is not None
    before = store.day(NOW - HOUR, NOW + HOUR, lambda _: Health("ok", "ok", "", NOW, False, NOW))
    store.merge([one, other], NOW + 2 * HOUR)
    store.split(one, [2], NOW + 3 * HOUR)
    assert (
        store.day(NOW - HOUR, NOW + HOUR, lambda _: Health("ok", "ok", "", NOW, False, NOW)).stories
        == before.stories
    )


def test_a_split_stays_and_takes_its_alert_along(store: Store) -> None:
    one = save(store, 1, reading(match("fire"))).story
    save(store, 2, reading(match("water")), story=one)
    assert one is not None
    new_story = store.split(one, [2], NOW + HOUR)
    assert members(store) == {one: [1], new_story: [2]}
    assert store.apart() == {frozenset((one, new_story))}
    assert told(store) == [(one, "fire", "pending"), (new_story, "water", "pending")]
    assert {candidate.story for candidate in store.candidates(NOW - WINDOW)} == {one, new_story}
    assert store.merge([new_story, one], NOW + HOUR) == one
    assert store.apart() == frozenset()


def test_who_was_kept_apart_from_a_story_is_kept_apart_from_what_it_became(store: Store) -> None:
    one = save(store, 1, reading(match())).story
    assert one is not None
    two = save(store, 2, reading(match())).story
    save(store, 3, reading(match()), story=two)
    assert two is not None
    three = store.split(two, [3], NOW)
    store.merge([one, two], NOW)
    assert store.apart() == {frozenset((one, three))}


def test_what_cannot_be_split_or_merged_is_refused_and_changes_nothing(store: Store) -> None:
    one = save(store, 1, reading(match())).story
    assert one is not None
    before = members(store), told(store)
    with pytest.raises(InputError, match="nothing would be left"):
        store.split(one, [1], NOW)
    with pytest.raises(NotFoundError, match="does not stand in story"):
        store.split(one, [2], NOW)
    with pytest.raises(NotFoundError, match="no story has the number 99"):
        store.merge([one, 99], NOW)
    with pytest.raises(NotFoundError):
        store.mute(99, None, NOW)
    assert (members(store), told(store)) == before


def test_a_muted_story_is_told_at_the_end(store: Store) -> None:
    one = save(store, 1, reading(match())).story
    assert one is not None
    store.mute(one, NOW + 2 * HOUR, NOW)
    save(store, 2, reading(match("fire")), story=one, at=NOW + HOUR)
    assert store.waiting(NOW + HOUR) == {}
    assert store.pending() == 2
    assert len(store.waiting(NOW + 2 * HOUR)["console"]) == 2
    store.mute(one, None, NOW + HOUR)
    assert len(store.waiting(NOW + HOUR)["console"]) == 2


def test_a_guard_s_hold_is_not_released_by_unmuting(store: Store) -> None:
    one = save(store, 1, reading(match()), state=AlertState.HELD).story
    assert one is not None
    store.mute(one, NOW + HOUR, NOW)
    store.mute(one, None, NOW)
    assert store.waiting(NOW + 2 * HOUR) == {}


def test_dead_letters_are_tried_again(store: Store) -> None:
    save(store, 1, reading(match("water"), match("fire")))
    alerts = [alert.id for alert in store.alerts()]
    dead: dict[int, tuple[AlertState, None]] = dict.fromkeys(alerts, (AlertState.DEAD, None))
    store.settle(ChannelState("console", 1, None, None, 0), Outcome("permanent", "no"), dict(dead), NOW)
    with pytest.raises(NotFoundError, match="alert 99 is not a dead letter"):
        store.retry([alerts[0], 99], NOW)
    assert store.waiting(NOW) == {}
    later = NOW + timedelta(days=8)
    assert store.retry(alerts[:1], later) == 1
    (again,) = store.waiting(later)["console"]
    assert (again.id, again.attempts, again.created_at) == (alerts[0], 0, later)  # its seven days begin anew
    assert store.retry(None, later) == 1


# --- updates ------------------------------------------------------------------------------------

NEWS = (NewAlert("water", "console", body="another origin: The Herald"),)


def updates(store: Store) -> list[tuple[str, str]]:
    return [(alert.state.value, alert.body) for alert in store.alerts() if alert.kind == "update"]


def test_a_story_that_was_not_sent_yet_needs_no_update(store: Store) -> None:
    story = save(store, 1, reading(match())).story
    save(store, 2, reading(match()), story=story, news=NEWS)
    assert updates(store) == []


def test_an_update_takes_up_what_comes_while_it_waits(store: Store) -> None:
    story = save(store, 1, reading(match())).story
    send(store, "water")
    later = replace(NEWS[0], not_before=NOW + HOUR)
    save(store, 2, reading(match()), story=story, news=(later,))
    save(
        store,
        3,
        reading(match()),
        story=story,
        news=(replace(later, body="another side is quoted: party"),),
    )
    assert updates(store) == [("pending", "another side is quoted: party\nanother origin: The Herald")]
    assert store.waiting(NOW + HOUR / 2) == {}
    (alert,) = store.waiting(NOW + HOUR)["console"]
    assert (alert.kind, alert.story, alert.article) == ("update", story, 3)


def test_an_update_waits_for_the_end_of_a_mute(store: Store) -> None:
    story = save(store, 1, reading(match())).story
    assert story is not None
    send(store, "water")
    store.mute(story, NOW + 5 * HOUR, NOW)
    save(store, 2, reading(match()), story=story, news=NEWS)
    assert [state for state, _ in updates(store)] == ["held"]
    assert store.waiting(NOW + 4 * HOUR) == {}
    assert len(store.waiting(NOW + 5 * HOUR)["console"]) == 1


def test_updates_follow_their_articles(store: Store) -> None:
    story = save(store, 1, reading(match())).story
    other = save(store, 2, reading(match())).story
    assert story is not None
    assert other is not None
    send(store, "water")
    save(store, 3, reading(match()), story=story, news=NEWS)
    new = store.split(story, [3], NOW)
    assert [alert.story for alert in store.alerts() if alert.kind == "update"] == [new]
    store.merge([new, other], NOW)
    assert [alert.story for alert in store.alerts() if alert.kind == "update"] == [other]


def test_what_an_update_says_outlasts_mutes_and_quiet_hours(store: Store) -> None:
    story = save(store, 1, reading(match())).story
    assert story is not None
    send(store, "water")
    save(store, 2, reading(match()), story=story, news=NEWS)
    store.mute(story, NOW + HOUR, NOW)
    store.mute(story, None, NOW)
    (alert,) = store.waiting(NOW)["console"]
    store.hold([alert.id], NOW + HOUR, "quiet hours")
    (alert,) = store.waiting(NOW + HOUR)["console"]
    assert alert.body == "another origin: The Herald"


def test_a_muted_story_stays_muted_whatever_happens_to_it(store: Store) -> None:
    one = save(store, 1, reading(match())).story
    other = save(store, 2, reading(match("fire"))).story
    assert one is not None
    assert other is not None
    store.mute(other, NOW + 5 * HOUR, NOW)
    store.merge([one, other], NOW)  # what the older one waits with is about the muted one now
    assert store.waiting(NOW + HOUR) == {}
    new = store.split(one, [2], NOW)
    save(store, 3, reading(match("snow")), story=new, at=NOW + HOUR)
    assert store.waiting(NOW + 2 * HOUR) == {}
    ended = store.waiting(NOW + 5 * HOUR)["console"]
    assert sorted(alert.rule for alert in ended) == ["fire", "snow", "water"]


@pytest.mark.parametrize("dead_first", [True, False])
def test_a_dead_letter_does_not_silence_the_other_story(store: Store, dead_first: bool) -> None:
    stories = [save(store, number, reading(match())).story for number in (1, 2)]
    first, second = sorted(store.alerts(), key=lambda one: one.id)
    dead = first if dead_first else second
    store.claim([dead.id], NOW, HOUR)
    state: dict[int, tuple[AlertState, None]] = {dead.id: (AlertState.DEAD, None)}
    store.settle(ChannelState("console"), Outcome("permanent", "no"), dict(state), NOW)
    store.merge([number for number in stories if number], NOW)
    (alert,) = store.waiting(NOW)["console"]
    assert alert.story == stories[0]
    assert sorted(one.state.value for one in store.alerts()) == ["dead", "pending"]
