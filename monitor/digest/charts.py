"""The month as pictures: the volume curve and the heat strip, inline SVG that needs nothing else.

Places along the days are per cent of the width, heights are pixels: so a picture is as wide as its page, and
its letters are as large on a telephone as on a desk.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise

from markupsafe import Markup

from monitor.digest import words
from monitor.digest.month import changed
from monitor.digest.trend import Mark, RuleDays, Trend
from monitor.text.show import isolate, one_line

MOST_ROWS = 12
MOST_LEVELS = 5
MOST_NAMES = 12

_NAME = 60  # characters of a foreign name
_WEEK = 7

# --- the volume curve ---------------------------------------------------------------------------

_LEFT, _RIGHT = 8.0, 97.0  # per cent: the first and the last day
_TOP, _BASE = 30.0, 190.0  # pixels: the largest value and zero
_FLAG = 13.0  # pixels, each flag of a day below the other
_LETTER = 1.9  # per cent, on the narrowest page
_LINE = 11.0  # pixels, a label's height
_CROWDED = 2.5  # times the panel's largest: a raw count above that would press the curve flat

SHAPES = {
    "added": "M-4.5 4L0 -4.5L4.5 4Z",
    "removed": "M-4.5 -4L0 4.5L4.5 -4Z",
    "lost": "M-3.5 -3.5L3.5 3.5M3.5 -3.5L-3.5 3.5",
    "rules": "M0 -5L5 0L0 5L-5 0Z",
}


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a day and a value stand."""

    days: int
    top: float

    def x(self, day: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * day / (self.days - 1)

    def y(self, value: float) -> float:
        return _BASE - (_BASE - _TOP) * value / self.top


@dataclass(frozen=True, slots=True)
class _Box:
    """A label: its left edge and width in per cent, its base line in pixels."""

    x: float
    y: float
    width: float

    def meets(self, other: _Box) -> bool:
        beside = self.x + self.width <= other.x or other.x + other.width <= self.x
        return not beside and abs(self.y - other.y) < _LINE + 2


def volume(trend: Trend) -> Markup:
    """Draw the panel's articles day by day over its usual band, the count of every feed behind it."""
    raw = raw_is_drawn(trend)
    largest = max(*trend.panel, trend.high, *(trend.raw if raw else ()), 1)
    step = _step(largest)
    scale = _Scale(len(trend.days), step * -(-largest // step))
    flags = _by_day(trend)
    floor = _BASE + 8 + _FLAG * max((len(marks) for marks in flags.values()), default=0)
    return Markup(
        '<svg class="volume" role="img" aria-labelledby="volume-title volume-desc" width="100%" height="{}">\n'
        '<title id="volume-title">Articles with a match, day by day</title>\n'
        '<desc id="volume-desc">{}</desc>\n{}</svg>'
    ).format(_n(floor + 18), _told(trend), Markup("\n").join(_volume(trend, scale, raw, floor, step)))


def raw_is_drawn(trend: Trend) -> bool:
    """Tell whether the count of every feed differs from the panel's, and fits into one picture with it."""
    differs = any(abs(raw - panel) >= 0.5 for raw, panel in zip(trend.raw, trend.panel, strict=True))
    return differs and max(trend.raw) <= _CROWDED * max(*trend.panel, trend.high, 1)


def key(kind: str) -> Markup:
    """Draw the flag of a kind of mark, to stand in a line of text."""
    return Markup(
        '<svg class="key flag {}" width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true"><path d="{}"/></svg>'
    ).format(kind, SHAPES[kind])


def _told(trend: Trend) -> str:
    missing = sum(map(bool, trend.unseen))
    parts = [trend.sentence]
    if missing:
        parts.append(f"On {words.many(missing, 'day')} some of these feeds could not be seen.")
    if trend.marks:
        days = (f"{words.day_month(mark.day)} {changed(mark)}" for mark in trend.marks)
        parts.append(f"Changes: {'; '.join(days)}.")
    return " ".join(parts)


def _volume(trend: Trend, scale: _Scale, raw: bool, floor: float, step: float) -> Iterator[Markup]:
    last = len(trend.days) - 1
    yield from _grid(scale, step)
    yield Markup('<rect class="band" x="{}%" y="{}" width="{}%" height="{}"/>').format(
        _n(scale.x(0)),
        _n(scale.y(trend.high)),
        _n(scale.x(last - 1) - scale.x(0)),
        _n(max(scale.y(trend.low) - scale.y(trend.high), 1)),
    )
    yield Markup(
        '<svg width="100%" height="{0}" viewBox="0 0 100 {0}" preserveAspectRatio="none">{1}</svg>'
    ).format(_n(_BASE), Markup("").join(_curves(trend, scale, raw)))
    yield Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(_n(_BASE))
    yield from _labels(trend, scale, raw)
    yield from _points(trend, scale)
    yield from _dates(trend.days, [scale.x(day) for day in range(last + 1)], floor + 12)
    yield from _hovers(trend, scale, floor)
    yield from _flags(trend, scale)


def _grid(scale: _Scale, step: float) -> Iterator[Markup]:
    for number in range(1, round(scale.top / step) + 1):
        value = number * step
        yield Markup(
            '<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/><text class="tick" x="0" y="{1}">{2}</text>'
        ).format(_n(scale.y(value)), _n(scale.y(value) - 4), f"{value:,.0f}")


def _curves(trend: Trend, scale: _Scale, raw: bool) -> Iterator[Markup]:
    if raw:
        yield Markup('<path class="raw" vector-effect="non-scaling-stroke" d="{}"/>').format(
            _steps_path(trend.raw, scale)
        )
    points = [f"{_n(scale.x(day))} {_n(scale.y(value))}" for day, value in enumerate(trend.panel)]
    unsure = [bool(one or other) for one, other in pairwise(trend.unseen)]
    for broken, run in groupby(range(len(unsure)), key=lambda number: unsure[number]):
        numbers = list(run)
        yield Markup('<path class="panel{}" vector-effect="non-scaling-stroke" d="M{}"/>').format(
            " broken" if broken else "", "L".join(points[numbers[0] : numbers[-1] + 2])
        )


def _steps_path(values: Sequence[float], scale: _Scale) -> str:
    half = (scale.x(1) - scale.x(0)) / 2
    pieces = [f"M{_n(scale.x(0) - half)} {_n(scale.y(values[0]))}"]
    for day, value in enumerate(values):
        pieces.append(f"V{_n(scale.y(value))}H{_n(min(scale.x(day) + half, 100))}")
    return "".join(pieces)


def _points(trend: Trend, scale: _Scale) -> Iterator[Markup]:
    last = len(trend.days) - 1
    for day, missing in enumerate(trend.unseen):
        if missing or day == last:
            yield Markup('<circle class="{}" cx="{}%" cy="{}" r="{}"/>').format(
                "hollow" if missing else "full",
                _n(scale.x(day)),
                _n(scale.y(trend.panel[day])),
                4.5 if day == last else 3,
            )
    above = scale.y(max(trend.panel[last], trend.raw[last] if raw_is_drawn(trend) else 0))
    yield Markup('<text class="value" x="99.6%" y="{}" text-anchor="end">{}{}</text>').format(
        _n(max(above - 10, 14)), "≈" if trend.unseen[last] else "", f"{trend.panel[last]:,.0f}"
    )


def _dates(days: Sequence[date], places: Sequence[float], y: float) -> Iterator[Markup]:
    """Name the last day and every seventh before it."""
    last = len(days) - 1
    for day in range(last, -1, -_WEEK):
        yield Markup('<text class="{}" x="{}%" y="{}" text-anchor="{}">{}</text>').format(
            "tick today" if day == last else "tick",
            "99.6" if day == last else _n(places[day]),
            _n(y),
            "end" if day == last else "middle",
            words.day_month(days[day]),
        )


def _hovers(trend: Trend, scale: _Scale, floor: float) -> Iterator[Markup]:
    half = (scale.x(1) - scale.x(0)) / 2
    for day, when in enumerate(trend.days):
        told = f"{words.short_date(when)}: {trend.panel[day]:.0f}, every feed {trend.raw[day]}"
        if trend.unseen[day]:
            told += f"; {words.many(trend.unseen[day], 'feed')} not seen and filled in"
        yield Markup(
            '<rect class="day" x="{}%" y="0" width="{}%" height="{}"><title>{}</title></rect>'
        ).format(_n(scale.x(day) - half), _n(2 * half), _n(floor), told)


def _by_day(trend: Trend) -> dict[date, list[Mark]]:
    return {day: list(marks) for day, marks in groupby(trend.marks, key=lambda mark: mark.day)}


def _flags(trend: Trend, scale: _Scale) -> Iterator[Markup]:
    for day, when in enumerate(trend.days):
        for place, mark in enumerate(_by_day(trend).get(when, ())):
            # Every name on a line of its own: lines do not turn each other round.
            names = [isolate(one_line(name, _NAME))[1:-1] for name in mark.what[:MOST_NAMES]]
            if len(mark.what) > MOST_NAMES:
                names.append(f"and {len(mark.what) - MOST_NAMES} more")
            yield Markup(
                '<svg class="flag {}" x="{}%" y="{}" overflow="visible" width="1" height="1">'
                '<path d="{}"><title>{}</title></path></svg>'
            ).format(
                mark.kind,
                _n(scale.x(day)),
                _n(_BASE + 9 + _FLAG * place),
                SHAPES[mark.kind],
                "\n".join([f"{words.short_date(when)}: {changed(mark)}", *names]),
            )


# --- labels where there is room -----------------------------------------------------------------


def _labels(trend: Trend, scale: _Scale, raw: bool) -> Iterator[Markup]:
    lines = [trend.panel, trend.raw] if raw else [trend.panel]
    text = "usual"
    high, low = scale.y(trend.high), scale.y(trend.low)
    heights = [high + _LINE + 1, low - 4, high - 5, low + _LINE + 1, low + _LINE + 8]
    band = _roomiest(
        [
            _Box(scale.x(day), y, _LETTER * len(text))
            for y in heights
            for day in range(len(trend.days) - 1)
            if _LINE < y < _BASE - 2 and scale.x(day) + _LETTER * len(text) <= scale.x(len(trend.days) - 2)
        ],
        lines,
        scale,
        [],
    )
    if band:
        yield _label("usual", band, text)
    if raw:
        text = "every feed"
        named = _roomiest(
            list(_along(trend.raw, scale, _LETTER * len(text))), [trend.panel], scale, [band] if band else []
        )
        if named:
            yield _label("every", named, text)


def _label(name: str, box: _Box, text: str) -> Markup:
    return Markup('<text class="label {}" x="{}%" y="{}" paint-order="stroke">{}</text>').format(
        name, _n(box.x), _n(box.y), text
    )


def _along(values: Sequence[float], scale: _Scale, width: float) -> Iterator[_Box]:
    """Offer places right above and below a line."""
    for day in range(len(values)):
        x = scale.x(day)
        if x + width > _RIGHT:
            return
        under = _under(values, scale, _Box(x, 0, width))
        yield _Box(x, min(under) - 4, width)
        if max(under) + _LINE + 2 < _BASE - 2:
            yield _Box(x, max(under) + _LINE + 2, width)


def _under(values: Sequence[float], scale: _Scale, box: _Box) -> list[float]:
    """Return the heights of a line on the days that a label covers, one more at either side."""
    half = scale.x(1) - scale.x(0)
    return [
        scale.y(value)
        for day, value in enumerate(values)
        if box.x - half <= scale.x(day) <= box.x + box.width + half
    ]


def _roomiest(
    boxes: Sequence[_Box], lines: Sequence[Sequence[float]], scale: _Scale, taken: Sequence[_Box]
) -> _Box | None:
    """Return the box that keeps furthest away from every line; None where each would be crossed."""

    def room(box: _Box) -> float:
        middle = box.y - _LINE / 2
        heights = [height for line in lines for height in _under(line, scale, box)]
        above = min((middle - height for height in heights if height <= middle), default=99.0)
        below = min((height - middle for height in heights if height > middle), default=99.0)
        mixed = any(h <= middle for h in heights) and any(h > middle for h in heights)
        return min(above, below) if len(lines) == 1 or not mixed else min(above, below) - 1

    free = [box for box in boxes if box.y > _LINE and not any(box.meets(other) for other in taken)]
    best = max(free, key=lambda box: min(room(box), 16), default=None)
    return best if best and room(best) >= _LINE / 2 + 2 else None


# --- the heat strip -----------------------------------------------------------------------------

_LAST = 90.0  # per cent, where the last day's cell begins
_FEWEST_SLOTS = 14  # so that three days are not three walls
_CELL = 22  # pixels


def heat(rows: Sequence[RuleDays], days: Sequence[date]) -> Markup:
    """Draw what each rule found, a row for a rule and a cell for a day; rows beyond the first twelve in words."""
    found = [row for row in rows if any(row.counts)]
    ends = levels(max((max(row.counts) for row in found), default=0))
    lines = [_row(number, row, days, ends) for number, row in enumerate(found[:MOST_ROWS], start=1)]
    rest = found[MOST_ROWS:]
    return Markup('<div class="heat">\n{}\n{}\n</div>\n{}{}').format(
        Markup("\n").join(lines), _heat_axis(days), _heat_key(ends), _rest(rest, len(days))
    )


def levels(largest: int) -> tuple[int, ...]:
    """Return the largest count of each level above none; the steps grow, as counts do."""
    if largest <= MOST_LEVELS:
        return tuple(range(1, largest + 1))
    ends: list[int] = []
    for level in range(1, MOST_LEVELS):
        ends.append(max(int(largest ** (level / MOST_LEVELS) + 1e-9), ends[-1] + 1 if ends else 1))
    return (*ends, largest)


def level(count: int, ends: Sequence[int]) -> int:
    """Return a count's level: 0 for none, 5 for the darkest, whatever number of levels there is."""
    if not count:
        return 0
    place = bisect_left(ends, count)
    return MOST_LEVELS if len(ends) == 1 else 1 + round(place * (MOST_LEVELS - 1) / (len(ends) - 1))


def _row(number: int, row: RuleDays, days: Sequence[date], ends: Sequence[int]) -> Markup:
    last = len(days) - 1
    cells = [
        Markup('<rect class="q{}" x="{}%" width="{}%" height="{}"><title>{}: {}</title></rect>').format(
            level(row.counts[day], ends),
            _n(x),
            _n(width),
            _CELL,
            words.short_date(days[day]),
            row.counts[day],
        )
        for day, (x, width) in enumerate(_cells(len(days)))
    ]
    most = max(range(last), key=lambda day: (row.counts[day], day), default=last)
    told = f"{row.counts[last]} on {words.day_month(days[last])}"
    if last:
        told += (
            f"; in the {words.many(last, 'day')} before, {min(row.counts[:-1])} to {row.counts[most]} a day"
        )
    return Markup(
        '<p class="name" id="heat-{0}" dir="auto">{1}</p>'
        '<svg role="img" aria-labelledby="heat-{0} heat-{0}-desc" width="100%" height="{2}">'
        '<desc id="heat-{0}-desc">{3}</desc>\n{4}<text class="on{5}" x="{6}%" y="16" text-anchor="middle">'
        "{7}</text></svg>"
    ).format(
        number,
        isolate(one_line(row.title, 2 * _NAME))[1:-1],
        _CELL,
        told,
        Markup("\n").join(cells),
        level(row.counts[last], ends),
        _n((_LAST + 100) / 2),
        f"{row.counts[last]:,}",
    )


def _cells(days: int) -> list[tuple[float, float]]:
    """Return the left edge and the width of each day's cell; the last stands apart."""
    slot = (_LAST - 1) / (max(days, _FEWEST_SLOTS) - 1)
    before = [(_LAST - 1 - slot * (days - 1 - day), slot * 0.88) for day in range(days - 1)]
    return [*before, (_LAST, 100 - _LAST)]


def _heat_axis(days: Sequence[date]) -> Markup:
    places = [x + width / 2 for x, width in _cells(len(days))]
    return Markup('<p class="name"></p><svg width="100%" height="16" aria-hidden="true">{}</svg>').format(
        Markup("").join(_dates(days, places, 12))
    )


def _heat_key(ends: Sequence[int]) -> Markup:
    starts = [1, *(end + 1 for end in ends[:-1])]
    ranges = [
        f"{end}" if start == end else f"{start} to {end}" for start, end in zip(starts, ends, strict=True)
    ]
    pieces = [
        Markup(
            '<span><svg class="key" width="14" height="14" aria-hidden="true">'
            '<rect class="q{}" width="14" height="14"/></svg> {}</span>'
        ).format(shade, text)
        for shade, text in [
            (0, "none"),
            *((level(end, ends), text) for end, text in zip(ends, ranges, strict=True)),
        ]
    ]
    return Markup('<p class="keys">Articles a day: {}</p>\n').format(Markup(" ").join(pieces))


def _rest(rows: Sequence[RuleDays], days: int) -> Markup:
    if not rows:
        return Markup("")
    names = Markup(", ").join(
        Markup("<bdi>{}</bdi> {}").format(isolate(one_line(row.title, _NAME))[1:-1], sum(row.counts))
        for row in rows
    )
    return Markup("<figcaption>{}, none with more articles in these {}: {}.</figcaption>\n").format(
        words.many(len(rows), "more rule"), words.many(days, "day"), names
    )


# --- numbers ------------------------------------------------------------------------------------


def _step(largest: float) -> float:
    """Return a round step that takes two to four lines to the largest value, and at least 1."""
    size = 1.0
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * 4 >= largest:
                return step
        size *= 10


def _n(value: float) -> str:
    """Write a place with two decimals at most, and none for nothing."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
