"""Where the day's stories are, on the region's own outline: inline SVG that needs nothing else.

Equirectangular, true to scale in the middle. On a telephone the letters are set larger, so a label is placed
with two sizes in mind: where the large one does not fit, it is shown on a wide page only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians, sqrt

from markupsafe import Markup

from monitor.digest import words
from monitor.digest.places import Dot
from monitor.models import MapOutline
from monitor.text.show import isolate, one_line

_WIDTH = 720.0
_RADIUS, _LARGEST = 7.0, 30.0
_SMALL, _LARGE = 14.0, 25.0  # a letter's height on a wide page and on a telephone, as style.css sets it
_LETTER = 0.56  # of its height, on average
_COUNTRY = 0.9  # of a place's letters
_NAME = 28  # characters
_GRID = 24

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The map's projection."""

    west: float
    north: float
    across: float  # units for a degree of longitude
    down: float
    height: float

    def place(self, longitude: float, latitude: float) -> Point:
        return (longitude - self.west) * self.across, (self.north - latitude) * self.down


@dataclass(frozen=True, slots=True)
class _Bubble:
    dot: Dot
    x: float
    y: float
    radius: float

    @property
    def box(self) -> Box:
        return self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius


@dataclass(frozen=True, slots=True)
class _Label:
    text: str
    x: float
    y: float
    down: float  # of its base line from y, in letters: so that a size set by the page leaves it beside its circle
    anchor: str
    roomy: bool  # it fits in small letters only


def on_the_map(outline: MapOutline, dot: Dot) -> bool:
    """Tell whether a place has coordinates, and lies within the outline."""
    if dot.spot is None:
        return False
    latitude, longitude = dot.spot
    return outline.west <= longitude <= outline.east and outline.south <= latitude <= outline.north


def draw(outline: MapOutline, dots: Sequence[Dot]) -> Markup:
    """Draw a circle for each place that has coordinates within the outline; its area is its stories."""
    sheet = _sheet(outline)
    bubbles = [_bubble(sheet, dot) for dot in dots if on_the_map(outline, dot)]
    return Markup(
        '<svg class="map" role="img" aria-labelledby="map-title map-desc" viewBox="0 0 {0} {1}">\n'
        '<title id="map-title">Where the day’s stories are</title>\n<desc id="map-desc">{2}</desc>\n'
        '<rect class="sea" width="{0}" height="{1}"/>\n{3}\n</svg>'
    ).format(_n(_WIDTH), _n(sheet.height), _told(bubbles), Markup("\n").join(_map(outline, sheet, bubbles)))


def _told(bubbles: Sequence[_Bubble]) -> str:
    most = words.listed([f"{_name(one.dot)} {len(one.dot.numbers)}" for one in bubbles[:5]])
    return (
        f"{words.many(len(bubbles), 'district')} with stories; most at {most}." if bubbles else "No district."
    )


def _sheet(outline: MapOutline) -> _Sheet:
    wide = (outline.east - outline.west) * cos(radians((outline.north + outline.south) / 2))
    down = _WIDTH / wide
    return _Sheet(
        outline.west,
        outline.north,
        _WIDTH / (outline.east - outline.west),
        down,
        (outline.north - outline.south) * down,
    )


def _bubble(sheet: _Sheet, dot: Dot) -> _Bubble:
    latitude, longitude = dot.spot or (0.0, 0.0)
    return _Bubble(dot, *sheet.place(longitude, latitude), min(_RADIUS * sqrt(len(dot.numbers)), _LARGEST))


def _map(outline: MapOutline, sheet: _Sheet, bubbles: Sequence[_Bubble]) -> Iterator[Markup]:
    shapes = [
        (country, [[sheet.place(*point) for point in ring] for ring in rings])
        for country, rings in outline.land
    ]
    for _, rings in shapes:
        yield Markup('<path class="land" vector-effect="non-scaling-stroke" d="{}"/>').format(
            "".join(map(_ring, rings))
        )
    large, small = _labels(sheet, bubbles), [one.box for one in bubbles]
    small += [_box(label, _SMALL) for label in large]
    taken = [one.box for one in bubbles] + [_box(label, _LARGE) for label in large if not label.roomy]
    for country, rings in shapes:
        spot = _inside(rings, country, sheet, small, taken)
        if spot:
            yield Markup('<text class="country" x="{}" y="{}" text-anchor="middle">{}</text>').format(
                _n(spot[0]), _n(spot[1]), country
            )
    for one in bubbles:
        stories = f"{_name(one.dot)}\n{words.many(len(one.dot.numbers), 'story', 'stories')}"
        yield Markup('<circle class="bubble" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
            _n(one.x), _n(one.y), _n(one.radius), stories
        )
    for label in large:
        yield Markup(
            '<text class="place{}" x="{}" y="{}" dy="{}em" text-anchor="{}" paint-order="stroke">{}</text>'
        ).format(
            " roomy" if label.roomy else "",
            _n(label.x),
            _n(label.y),
            label.down,
            label.anchor,
            label.text,
        )


def _ring(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points) + "Z"


def _name(dot: Dot) -> str:
    """Return a place's name without the word for what every place here is."""
    name = isolate(one_line(dot.name, _NAME))[1:-1]
    head, _, last = name.rpartition(" ")
    return head if head and last.casefold() in {"district", "county"} else name


# --- labels -------------------------------------------------------------------------------------


def _labels(sheet: _Sheet, bubbles: Sequence[_Bubble]) -> list[_Label]:
    """Name as many places as have room for it, those with most stories first."""
    small: list[Box] = []
    large: list[Box] = []
    done: list[_Label] = []
    for one in bubbles:
        circles = [other.box for other in bubbles if other is not one]
        for size, taken in ((_LARGE, large), (_SMALL, small)):
            label = next(
                (
                    label
                    for label in _around(one, roomy=size == _SMALL)
                    if _free(_box(label, size), [*circles, *taken], sheet)
                    and _free(_box(label, _SMALL), [*circles, *small], sheet)
                ),
                None,
            )
            if label:
                done.append(label)
                small.append(_box(label, _SMALL))
                if not label.roomy:
                    large.append(_box(label, _LARGE))
                break
    return done


def _around(one: _Bubble, *, roomy: bool) -> Iterator[_Label]:
    text = _name(one.dot)
    gap = one.radius + 4
    near = one.radius * 0.75 + 3
    for x, y, down, anchor in (
        (gap, 0.0, 0.35, "start"),
        (-gap, 0.0, 0.35, "end"),
        (0.0, -gap, 0.0, "middle"),
        (0.0, gap, 0.75, "middle"),
        (near, -near, 0.0, "start"),
        (near, near, 0.75, "start"),
        (-near, -near, 0.0, "end"),
        (-near, near, 0.75, "end"),
    ):
        yield _Label(text, one.x + x, one.y + y, down, anchor, roomy)


def _box(label: _Label, size: float) -> Box:
    width = len(label.text) * size * _LETTER
    left = label.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor]
    base = label.y + label.down * size
    return left, base - size * 0.8, left + width, base + size * 0.25


def _free(box: Box, taken: Sequence[Box], sheet: _Sheet) -> bool:
    left, top, right, bottom = box
    if left < 2 or top < 2 or right > _WIDTH - 2 or bottom > sheet.height - 2:
        return False
    return not any(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in taken
    )


def _inside(
    rings: Sequence[Sequence[Point]], name: str, sheet: _Sheet, small: Sequence[Box], large: Sequence[Box]
) -> Point | None:
    """Return where in a country its name keeps furthest from the borders and clear of everything else."""
    best: tuple[float, Point] | None = None
    edges = [point for ring in rings for point in ring]
    for row in range(1, _GRID):
        for column in range(1, _GRID):
            x, y = _WIDTH * column / _GRID, sheet.height * row / _GRID
            label = _Label(name, x, y, 0.0, "middle", roomy=False)
            boxes = _box(label, _SMALL * _COUNTRY), _box(label, _LARGE * _COUNTRY)
            corners = ((boxes[1][0], y), (boxes[1][2], y), (x, y))
            if not all(any(_within(ring, *corner) for ring in rings) for corner in corners):
                continue
            if not (_free(boxes[0], small, sheet) and _free(boxes[1], large, sheet)):
                continue
            room = min((x - px) ** 2 + (y - py) ** 2 for px, py in edges)
            if best is None or room > best[0]:
                best = room, (x, y)
    return best[1] if best else None


def _within(ring: Sequence[Point], x: float, y: float) -> bool:
    """Tell whether a point lies in a ring, by the edges that a ray from it crosses."""
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _n(value: float) -> str:
    """Write a place with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")
