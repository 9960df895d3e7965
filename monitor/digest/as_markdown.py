"""The digest as CommonMark: readable as it stands, and nothing in it but what is meant.

Foreign text is escaped and isolated; the only links are the articles' own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from monitor.digest import month, words
from monitor.digest.card import GROUPS, Card, Report, cite
from monitor.digest.coverage import Coverage, FeedRow, Share
from monitor.digest.gather import Digest
from monitor.digest.index import IndexRow
from monitor.digest.passages import Passage
from monitor.digest.trend import Trend
from monitor.text import show

_ENTITY = re.compile(r"&(?=#?\w+;)")
_ASIDE = ("event", "project", "people", "term")


def markdown(digest: Digest) -> str:
    """Return the digest as CommonMark text."""
    blocks = [
        *_head(digest),
        *_glance(digest),
        *_month(digest),
        *_section("Stories", (block for card in digest.stories for block in _card(card, digest))),
        *_section("By topic", _index(digest.topics)),
        *_section("By place", _index(digest.places)),
        *_section("By organisation", _index(digest.organisations)),
        *_section("By person", _index(digest.people)),
        *_section("By rule", _index(digest.rules)),
        *_section("Single mentions", (block for card in digest.singles for block in _brief(card))),
        *_section("To be checked", (block for card in digest.checks for block in _brief(card))),
        *_section("Changed since earlier digests", _list(_changes(digest))),
        *_section("First polls", _held(digest.coverage.held)),
        *_section("Notices", _notices(digest)),
        *_coverage(digest),
        *_section("Sources cited", _sources(digest.sources)),
        "---",
        (
            f"Written by regional-news-monitor {digest.version}, rule set {digest.header.ruleset or 'unknown'}. "
            "Numbers and labels belong to the speakers and outlets quoted."
        ),
    ]
    return "\n\n".join(blocks) + "\n"


# --- foreign text -------------------------------------------------------------------------------


def _foreign(text: str) -> str:
    """Return foreign text on one line, escaped and isolated."""
    return show.isolate(show.markdown(show.one_line(text)))


def _own(sentence: str) -> str:
    """Return a sentence of our own that quotes foreign words, escaped, what it quotes isolated."""
    return show.isolate_quotations(show.markdown(show.one_line(sentence)))


def _title(passage: Passage) -> str:
    return _foreign(passage.text) if show.one_line(passage.text) else words.UNTITLED


def _label(text: str) -> str:
    """Return a word of our own registry or code, which somebody else may have filled in."""
    return show.markdown(text)


def _marked(passage: Passage) -> str:
    """Return a passage with its marked words in bold."""
    spans = [span for span in (_bold(passage.text, *mark) for mark in passage.marks) if span]
    text = show.mark(passage.text, spans, "**", "**", show.markdown)
    return show.isolate(f"{'… ' if passage.cut_before else ''}{text}{' …' if passage.cut_after else ''}")


def _bold(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Shrink a mark to its letters: CommonMark takes ** beside a space or a comma inside for stars."""
    while start < end and unicodedata.category(text[start])[0] in "PSZC":
        start += 1
    while start < end and unicodedata.category(text[end - 1])[0] in "PSZC":
        end -= 1
    return (start, end) if start < end else None


def _target(url: str) -> str:
    """Return a URL as a link destination; `&copy;` in it must not become a sign."""
    return f"<{_ENTITY.sub('&amp;', show.safe_url(url))}>"


def _link(text: str, url: str) -> str:
    return f"[{_foreign(text)}]({_target(url)})" if show.safe_url(url) else _foreign(text)


# --- blocks -------------------------------------------------------------------------------------


def _section(title: str, blocks: Iterable[str]) -> list[str]:
    """Return a section, or nothing when there is nothing to say."""
    inside = list(blocks)
    return [f"## {title}", *inside] if inside else []


def _list(items: Iterable[str]) -> list[str]:
    text = "\n".join(f"- {item}" for item in items)
    return [text] if text else []


def _head(digest: Digest) -> list[str]:
    head = digest.header
    feeds = (
        f"Feeds: {digest.coverage.feeds} followed, {head.polled} polled, {head.failed} failed, "
        f"{head.silent} silent"
    )
    found = (
        f"New: {words.many(head.entries, 'entry', 'entries')}, {words.many(head.articles, 'article')} read, "
        f"{words.many(head.matches, 'match', 'matches')}, {words.many(head.stories, 'story', 'stories')}, "
        f"{words.many(head.copies, 'further copy', 'further copies')}"
    )
    return [
        f"# {show.markdown(digest.region)}: daily digest, {words.long_date(digest.date)}",
        *_list(
            [
                *(f"{row.zone}: {row.start} to {row.end}" for row in head.windows),
                feeds,
                found,
                f"Rule set: {head.ruleset or 'unknown'}",
            ]
        ),
    ]


def _glance(digest: Digest) -> list[str]:
    if not digest.cards:
        return ["## At a glance", "No story matched a rule on this day. What could be seen is said below."]
    if not digest.glance:
        return ["## At a glance", "Nothing but matches that have to be checked; see below."]
    return [
        "## At a glance",
        "\n".join(
            f"{card.number}. **{_title(card.title)}**: {card.status}; grade {card.grade}; {_rules(card)}"
            for card in digest.glance
        ),
    ]


def _rules(card: Card) -> str:
    return ", ".join(_foreign(hit.title) for hit in card.rules)


def _month(digest: Digest) -> list[str]:
    curve = _curve(digest.trend) if digest.trend else [month.NO_CURVE]
    return ["## The month", *curve, *_week(digest), *_districts(digest)]


def _curve(trend: Trend) -> Iterable[str]:
    yield _label(trend.sentence)
    missing = [day for day, unseen in zip(trend.days, trend.unseen, strict=True) if unseen]
    if missing:
        yield (
            f"{month.UNSEEN}: {words.listed([words.day_month(day) for day in missing])}. "
            "What they would have had is estimated from the others."
        )
    yield from _list(
        f"{words.short_date(mark.day)}: {month.changed(mark)}"
        + (f": {', '.join(map(_foreign, mark.what))}" if mark.what else "")
        for mark in trend.marks
    )


def _week(digest: Digest) -> Iterable[str]:
    days = month.days_of(digest.date, digest.rule_days)
    week = days[-month.WEEK :]
    if len(days) > 1:
        yield (
            f"Articles that each rule found, day by day from {words.short_date(week[0])} to "
            f"{words.short_date(week[-1])}:"
        )
        yield from _list(
            f"{_foreign(row.title)}: {', '.join(map(str, row.counts[-month.WEEK :]))} "
            f"({sum(row.counts)} in {words.many(len(days), 'day')})"
            for row in digest.rule_days
            if any(row.counts)
        )


def _districts(digest: Digest) -> Iterable[str]:
    if digest.dots:
        places = (f"{_foreign(dot.name)} ({', '.join(map(str, dot.numbers))})" for dot in digest.dots)
        yield f"Districts with their stories: {', '.join(places)}."


def _card(card: Card, digest: Digest) -> Iterable[str]:
    first = show.local_time(card.first_seen, digest.zone)
    yield f"### {card.number}. {_title(card.title)}"
    yield f"{card.status}; grade {card.grade}. {'Continued: first' if card.continued else 'First'} seen {first}."
    yield from _quotes(card)
    yield "Reported by:"
    yield from _list(_report(report, card) for report in card.reports)
    yield "Found:"
    yield from _list(_found(card))
    if card.unconfirmed:
        yield "Not confirmed:"
        yield from _list(_doubts(card))


def _quotes(card: Card) -> Iterable[str]:
    for passage in card.passages:
        yield f"> {_marked(passage)} \\[{card.report(passage.article).number}\\]"


def _report(report: Report, card: Card) -> str:
    line = (
        f"\\[{report.number}\\] {_link(report.outlet, report.url)} "
        f"({_label(words.kind(report.kind))}, {words.language(report.language)}), {report.published}; "
        f"{words.VERDICTS[report.verdict]}"
    )
    if report.title.text != card.title.text:
        line += f": “{_title(report.title)}”"
    return line + (" (seen before this day)" if report.earlier else "")


def _found(card: Card) -> Iterable[str]:
    for hit in card.rules:
        why = f": {_own(hit.why)}" if hit.why else ""
        yield f"Rule {_foreign(hit.title)}, {hit.grade}{why}"
    for title, groups in (
        *((GROUPS[group], (group,)) for group in ("place", "org", "person")),
        ("Also named", _ASIDE),
    ):
        names = [
            _foreign(entity.name) + (" (check)" if entity.grade == "check" else "")
            for entity in card.named(*groups)
        ]
        if names:
            yield f"{title}: {', '.join(names)}"


def _doubts(card: Card) -> Iterable[str]:
    for doubt in card.unconfirmed:
        yield f"{_label(doubt.text)} {words.listed([_foreign(one) for one in doubt.outlets])}".rstrip() + "."


def _brief(card: Card) -> Iterable[str]:
    """Show a story in short: its sources, one sentence, its rules."""
    sources = "; ".join(
        f"\\[{report.number}\\] {_link(report.outlet, report.url)}, {report.published}"
        for report in card.reports
    )
    why = "; ".join(
        f"{_foreign(hit.title)}, {hit.grade}" + (f" ({_own(hit.why)})" if hit.why else "")
        for hit in card.rules
    )
    yield f"### {card.number}. {_title(card.title)}"
    yield from list(_quotes(card))[:1]
    yield f"{sources}. Rule: {why}."


def _index(rows: Sequence[IndexRow]) -> list[str]:
    lines = [
        f"{'  ' * row.depth}- {_foreign(row.name)}"
        + (f": {', '.join(map(str, row.numbers))}" if row.numbers else "")
        for row in rows
    ]
    return ["\n".join(lines)] if lines else []


def _changes(digest: Digest) -> Iterable[str]:
    changes = digest.changes
    for edit in changes.edits:
        at = show.local_time(edit.at, digest.zone)
        if edit.before == edit.after:
            yield f"{at}: {_foreign(edit.feed)} changed its summary of {_link(edit.after, edit.url)}"
        else:
            yield f"{at}: {_foreign(edit.feed)} now says {_link(edit.after, edit.url)}, before: {_foreign(edit.before)}"
    for moved in changes.moved:
        yield words.moved(moved)
    for report in digest.late:
        yield (
            f"Told late: \\[{report.number}\\] {_foreign(report.outlet)}, {report.published}, "
            f"first seen {show.local_time(report.first_seen, digest.zone)}"
        )
    if changes.withdrawn:
        yield words.withdrawn(changes.withdrawn)


def _held(rows: Sequence[FeedRow]) -> list[str]:
    return _list(
        f"{_foreign(row.feed)}: {words.many(row.held, 'entry', 'entries')} of its first poll kept, not alerted"
        for row in rows
    )


def _notices(digest: Digest) -> list[str]:
    notices = [
        f"{show.local_time(notice.at, digest.zone)}: {_foreign(notice.subject)}. {_foreign(notice.text)}"
        for notice in digest.notices
    ]
    off = [f"Channel {_foreign(name)} is off: {_foreign(why)}" for name, why in digest.channels_off]
    return _list(notices + off)


def _coverage(digest: Digest) -> list[str]:
    seen = digest.coverage
    return [
        "## Coverage",
        _label(seen.sentence),
        *_list(map(_label, seen.gaps)),
        *_subsection(
            "Rules without reports",
            [f"{_foreign(silence.title)}: {silence.sentence}" for silence in seen.silences],
        ),
        *_subsection("Not seen", [_feed(row) for row in seen.unseen]),
        *_subsection("By kind", _shares(seen.kinds, words.kind)),
        *_subsection("By language", _shares(seen.languages, words.language)),
        *_subsection("Texts", [seen.text_sentence, *_texts(seen)] if seen.read else []),
        *_subsection("Feeds read", [_feed(row) for row in seen.seen]),
    ]


def _shares(rows: Sequence[Share], name: Callable[[str], str]) -> list[str]:
    matched = sum(row.matched for row in rows)
    return [
        f"{_label(name(row.name))}: {row.live} of {words.many(row.sources, 'source')} live, "
        f"{words.many(row.new_entries, 'new entry', 'new entries')}, "
        f"{row.matched} matched ({words.percent(row.matched, matched)} %)"
        for row in rows
    ]


def _subsection(title: str, items: Sequence[str]) -> list[str]:
    return [f"### {title}", *_list(items)] if items else []


def _texts(seen: Coverage) -> list[str]:
    return [f"{count}: {_label(words.VERDICTS.get(verdict, verdict))}" for verdict, count in seen.texts]


def _feed(row: FeedRow) -> str:
    what = f"{_label(words.kind(row.kind))}, {words.language(row.language)}"
    if row.state == "ok":
        counts = f"{words.many(row.polls, 'poll')}, {words.many(row.new_entries, 'new entry', 'new entries')}"
        return f"{_foreign(row.feed)} ({what}): {counts}"
    detail = f": {_foreign(row.detail)}" if row.detail else ""
    last = f"; last read {words.utc(row.last_ok)}" if row.last_ok else "; never read"
    return f"{_foreign(row.feed)} ({what}) {_label(words.STATES.get(row.state, row.state))}{detail}{last}"


def _sources(reports: Sequence[Report]) -> list[str]:
    lines = []
    for report in reports:
        pieces = [
            text if role == "plain" else _autolink(text) if role == "url" else _foreign(text)
            for role, text in cite(report)
        ]
        lines.append(f"{report.number}. {''.join(pieces)}")
    return ["\n".join(lines)] if lines else []


def _autolink(url: str) -> str:
    """Show a URL as a link to itself; where an autolink would decode part of it, as a link with that text."""
    return f"[{show.markdown(url)}]({_target(url)})" if _ENTITY.search(url) else f"<{url}>"
