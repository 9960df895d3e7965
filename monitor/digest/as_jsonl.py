"""The digest as JSON Lines: the digest itself, then stories, articles, the month and coverage, one object a line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from monitor.digest import month
from monitor.digest.card import Card, Report
from monitor.digest.coverage import Coverage, FeedRow, Share
from monitor.digest.gather import Digest
from monitor.digest.index import IndexRow
from monitor.digest.passages import Passage
from monitor.digest.trend import Trend
from monitor.models import Stamp
from monitor.text.show import instant, json_line

Row: TypeAlias = dict[str, object]


def jsonl(digest: Digest) -> str:
    """Return one object a line, each with its kind: digest, story, article, index, trend, coverage, feed and so on."""
    return "".join(json_line(row) + "\n" for row in _rows(digest))


def _rows(digest: Digest) -> Iterable[Row]:
    yield _head(digest)
    for card in digest.cards:
        yield _story(card)
    for report in digest.sources:
        yield _article(report)
    for index, rows in (
        ("topic", digest.topics),
        ("place", digest.places),
        ("organisation", digest.organisations),
        ("person", digest.people),
        ("rule", digest.rules),
    ):
        for row in rows:
            yield _index(index, row)
    yield from _month(digest)
    yield from _changes(digest)
    yield _coverage(digest.coverage)
    for feed in digest.coverage.unseen + digest.coverage.seen:
        yield _feed(feed)
    for silence in digest.coverage.silences:
        yield {
            "kind": "no-reports",
            "rule": silence.rule,
            "title": silence.title,
            "live": silence.live,
            "sources": silence.sources,
            "sentence": silence.sentence,
        }
    for notice in digest.notices:
        yield {"kind": "notice", "at": instant(notice.at), "subject": notice.subject, "text": notice.text}
    for name, why in digest.channels_off:
        yield {"kind": "channel-off", "channel": name, "why": why}


def _changes(digest: Digest) -> Iterable[Row]:
    for edit in digest.changes.edits:
        yield {
            "kind": "edit",
            "article": edit.article,
            "at": instant(edit.at),
            "url": edit.url,
            "feed": edit.feed,
            "before": edit.before,
            "after": edit.after,
        }
    for moved in digest.changes.moved:
        yield {
            "kind": "moved",
            "story": moved.story,
            "into": moved.into,
            "how": moved.how,
            "articles": moved.articles,
        }
    for report in digest.late:
        yield {"kind": "late", "article": report.article, "number": report.number}
    if digest.changes.withdrawn:
        yield {"kind": "withdrawn", "matches": digest.changes.withdrawn}


def _head(digest: Digest) -> Row:
    head = digest.header
    return {
        "kind": "digest",
        "date": digest.date.isoformat(),
        "region": digest.region,
        "version": digest.version,
        "zone": digest.zone.key,
        "start": instant(head.start),
        "end": instant(head.end),
        "windows": [{"zone": row.zone, "start": row.start, "end": row.end} for row in head.windows],
        "ruleset": head.ruleset,
        "feeds": digest.coverage.feeds,
        "polled": head.polled,
        "failed": head.failed,
        "silent": head.silent,
        "entries": head.entries,
        "articles": head.articles,
        "matches": head.matches,
        "stories": head.stories,
        "copies": head.copies,
        "glance": [card.story for card in digest.glance],
    }


def _story(card: Card) -> Row:
    return {
        "kind": "story",
        "number": card.number,
        "id": card.story,
        "section": card.section,
        "title": card.title.text,
        "language": card.title.language,
        "first_seen": instant(card.first_seen),
        "latest": instant(card.latest),
        "continued": card.continued,
        "status": card.status,
        "grade": card.grade.value,
        "origins": card.origins,
        "sources": card.sources,
        "rules": [
            {
                "id": hit.id,
                "title": hit.title,
                "priority": hit.priority,
                "grade": hit.grade.value,
                "why": hit.why,
            }
            for hit in card.rules
        ],
        "entities": [
            {"id": entity.id, "name": entity.name, "type": entity.type, "grade": entity.grade.value}
            for entity in card.found
        ],
        "sentences": [_passage(passage) for passage in card.passages],
        "unconfirmed": [doubt.sentence for doubt in card.unconfirmed],
        "articles": [report.article for report in card.reports],
    }


def _passage(passage: Passage) -> Row:
    return {
        "article": passage.article,
        "field": passage.field,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "marks": [list(mark) for mark in passage.marks],
    }


def _article(report: Report) -> Row:
    return {
        "kind": "article",
        "number": report.number,
        "id": report.article,
        "story": report.story,
        "outlet": report.outlet,
        "source_kind": report.kind,
        "feed": report.feed,
        "language": report.language,
        "title": report.title.text,
        "title_marks": [list(mark) for mark in report.title.marks],
        "author": report.author,
        "url": report.url,
        "published": _stamp(report.stamp),
        "first_seen": instant(report.first_seen),
        "retrieved": instant(report.fetched_at) if report.fetched_at else None,
        "verdict": report.verdict.value,
        "text_origin": report.origin.value,
        "how": report.how,
        "grade": report.grade.value if report.grade else None,
        "text_sha256": report.text_sha256,
        "citation": report.citation,
    }


def _stamp(stamp: Stamp | None) -> Row | None:
    if stamp is None:
        return None
    return {
        "raw": stamp.raw,
        "at": instant(stamp.at) if stamp.at else None,
        "zone": stamp.zone,
        "calendar": stamp.calendar,
        "source": stamp.source,
        "confidence": stamp.confidence,
        "note": stamp.note,
    }


def _index(index: str, row: IndexRow) -> Row:
    return {
        "kind": "index",
        "index": index,
        "id": row.id,
        "name": row.name,
        "note": row.note,
        "depth": row.depth,
        "stories": list(row.numbers),
    }


def _month(digest: Digest) -> Iterable[Row]:
    days = [day.isoformat() for day in month.days_of(digest.date, digest.rule_days)]
    if digest.trend:
        yield from _trend(digest.trend)
    for row in digest.rule_days:
        yield {
            "kind": "rule-days",
            "rule": row.rule,
            "title": row.title,
            "days": days,
            "counts": list(row.counts),
        }
    for dot in digest.dots:
        yield {
            "kind": "district",
            "id": dot.place,
            "name": dot.name,
            "lat": dot.spot[0] if dot.spot else None,
            "lon": dot.spot[1] if dot.spot else None,
            "stories": list(dot.numbers),
        }


def _trend(trend: Trend) -> Iterable[Row]:
    yield {
        "kind": "trend",
        "days": [day.isoformat() for day in trend.days],
        "panel": list(trend.panel),
        "every_feed": list(trend.raw),
        "low": trend.low,
        "high": trend.high,
        "feeds": trend.feeds,
        "unseen": list(trend.unseen),
        "sentence": trend.sentence,
    }
    for mark in trend.marks:
        yield {"kind": "mark", "day": mark.day.isoformat(), "change": mark.kind, "feeds": list(mark.what)}


def _coverage(seen: Coverage) -> Row:
    return {
        "kind": "coverage",
        "feeds": seen.feeds,
        "polled": seen.polled,
        "states": dict(seen.states),
        "sources": seen.sources,
        "live": seen.live,
        "by_kind": [_share(share) for share in seen.kinds],
        "by_language": [_share(share) for share in seen.languages],
        "texts": dict(seen.texts),
        "gaps": list(seen.gaps),
        "sentence": seen.sentence,
    }


def _share(share: Share) -> Row:
    return {
        "name": share.name,
        "sources": share.sources,
        "live": share.live,
        "new_entries": share.new_entries,
        "matched": share.matched,
    }


def _feed(row: FeedRow) -> Row:
    return {
        "kind": "feed",
        "feed": row.feed,
        "url": row.url,
        "outlet": row.outlet,
        "source_kind": row.kind,
        "country": row.country,
        "language": row.language,
        "state": row.state,
        "detail": row.detail,
        "polls": row.polls,
        "failures": row.failures,
        "entries": row.entries,
        "new_entries": row.new_entries,
        "held": row.held,
        "last_ok": instant(row.last_ok) if row.last_ok else None,
    }
