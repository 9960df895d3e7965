"""The month's pictures say what the numbers say, in places that can be read off."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, pairwise
from math import hypot, pi
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml import html as parser
from markupsafe import Markup

from monitor.digest import month
from monitor.digest.charts import MOST_LEVELS, MOST_ROWS, heat, level, levels, volume
from monitor.digest.map import draw, on_the_map
from monitor.digest.places import Dot
from monitor.digest.render import html, jsonl, markdown
from monitor.digest.trend import RuleDays, Trend, trend
from monitor.models import MapOutline
from tests.digest import days

SVG: TypeAlias = Any  # an element of lxml, which has no types
OUTLINE = MapOutline(
    10, 40, 20, 50, (("AA", (((10, 40), (20, 40), (20, 50), (10, 50), (10, 40)),)),), "Drawn for a test."
)
DAYS = tuple(days.DAY - timedelta(days=back) for back in reversed(range(31)))


def tree(picture: Markup) -> SVG:
    """Return a picture that was read as XML first: it stands in a page, and has to be well-formed anywhere."""
    etree.fromstring(f"<div>{picture}</div>".encode())
    return parser.fragment_fromstring(str(picture), create_parent="div")


def a_trend() -> Trend:
    found = trend(days.month())
    assert found
    return found


def number(element: SVG, name: str) -> float:
    return float(element.get(name).rstrip("%"))


def titles(picture: SVG) -> list[str]:
    return [element.text for element in picture.iter("title")]


# --- the curve ----------------------------------------------------------------------------------


def points(drawn: SVG, selector: str) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for path in drawn.xpath(f"//path[starts-with(@class, '{selector}')]")
        for x, y in re.findall(r"([\d.]+) ([\d.]+)", path.get("d"))
    ]


def test_heights_are_values_from_zero() -> None:
    curve = a_trend()
    drawn = tree(volume(curve))
    zero = number(drawn.xpath("//line[@class='axis']")[0], "y1")
    grid = drawn.xpath("//line[@class='grid']")
    steps = [
        float(one.text.replace(",", ""))
        for one in drawn.xpath("//text[@class='tick']")
        if one.get("x") == "0"
    ]
    unit = (zero - number(grid[0], "y1")) / steps[0]
    found = dict(points(drawn, "panel"))
    assert len(found) == len(curve.days)
    for (_, y), value in zip(sorted(found.items()), curve.panel, strict=True):
        assert abs((zero - y) / unit - value) < 0.05
    for line, value in zip(grid, steps, strict=True):
        assert abs((zero - number(line, "y1")) / unit - value) < 0.05
    assert 2 <= len(steps) <= 4
    band = drawn.xpath("//rect[@class='band']")[0]
    top, bottom = number(band, "y"), number(band, "y") + number(band, "height")
    assert abs((zero - top) / unit - curve.high) < 0.05
    assert abs((zero - bottom) / unit - curve.low) < 0.05


def test_the_band_covers_the_days_before_and_not_the_last() -> None:
    drawn = tree(volume(a_trend()))
    band = drawn.xpath("//rect[@class='band']")[0]
    last = number(drawn.xpath("//circle[@class='full']")[0], "cx")
    assert number(band, "x") + number(band, "width") < last - 1


def test_the_last_day_carries_its_value() -> None:
    curve = a_trend()
    drawn = tree(volume(curve))
    assert drawn.xpath("//text[@class='value']")[0].text == f"{curve.panel[-1]:.0f}"
    assert drawn.xpath("//text[@class='tick today']")[0].text == "2 Feb"
    guessed = replace(curve, unseen=(*curve.unseen[:-1], 2))
    assert tree(volume(guessed)).xpath("//text[@class='value']")[0].text == f"≈{curve.panel[-1]:.0f}"


def test_days_that_were_not_seen_in_full_are_hollow_on_a_broken_line() -> None:
    curve = a_trend()
    drawn = tree(volume(curve))
    assert len(drawn.xpath("//circle[@class='hollow']")) == sum(map(bool, curve.unseen)) == 3
    assert len(drawn.xpath("//path[@class='panel broken']")) == 1
    assert len(points(drawn, "panel broken")) == 5  # the three, and one whole day at either end
    told = [text for text in titles(drawn) if "not seen" in text]
    assert len(told) == 3
    whole = tree(volume(replace(curve, unseen=(0,) * 31)))
    assert not whole.xpath("//*[@class='hollow' or @class='panel broken']")


def test_every_change_has_a_flag_with_its_names() -> None:
    curve = a_trend()
    flags = tree(volume(curve)).xpath("//*[starts-with(@class, 'flag')]//title")
    assert [flag.text.split("\n") for flag in flags] == [
        ["Sun 11 Jan 2026: 2 feeds added", "روزنامہ صبح", "Harbour Wire"],
        ["Tue 20 Jan 2026: 1 feed lost", "Feed 0"],
        ["Sat 24 Jan 2026: 1 feed removed", "Old Harbour"],
        ["Wed 28 Jan 2026: rules changed"],
    ]


def test_the_count_of_every_feed_is_left_out_where_it_says_nothing_or_would_press_the_curve_flat() -> None:
    curve = a_trend()
    assert tree(volume(curve)).xpath("//path[@class='raw']")
    same = replace(
        curve, raw=tuple(round(value) for value in curve.panel), panel=tuple(map(round, curve.panel))
    )
    much = replace(curve, raw=tuple(value * 20 for value in curve.raw))
    for other in (same, much):
        drawn = tree(volume(other))
        assert not drawn.xpath("//path[@class='raw']")
        assert "every feed" not in [one.text for one in drawn.xpath("//text")]


@given(
    st.lists(st.floats(0, 5000), min_size=8, max_size=31),
    st.lists(st.integers(0, 9000), min_size=31, max_size=31),
    st.lists(st.integers(0, 3), min_size=31, max_size=31),
)
def test_whatever_was_counted_is_drawn_inside_the_picture(
    panel: list[float], raw: list[int], unseen: list[int]
) -> None:
    count = len(panel)
    low, high = min(panel), max(panel)
    drawn = tree(
        volume(
            Trend(DAYS[-count:], tuple(raw[:count]), tuple(panel), low, high, 5, tuple(unseen[:count]), ())
        )
    )
    height = number(drawn.xpath("//*[@class='volume']")[0], "height")
    for x, y in points(drawn, "panel"):
        assert 0 <= x <= 100
        assert 0 <= y <= height
    for element in drawn.xpath("//text|//circle|//rect"):
        for name, most in (("x", 100.0), ("cx", 100.0), ("y", height), ("cy", height)):
            if element.get(name):
                assert 0 <= number(element, name) <= most


def test_labels_keep_clear_of_each_other() -> None:
    drawn = tree(volume(a_trend()))
    labels = drawn.xpath("//text[starts-with(@class, 'label')]")
    assert {label.text for label in labels} == {"usual", "every feed"}
    for one, other in combinations(labels, 2):
        assert (
            abs(number(one, "y") - number(other, "y")) > 11 or abs(number(one, "x") - number(other, "x")) > 20
        )


# --- the strip ----------------------------------------------------------------------------------


def test_each_cell_tells_its_day_and_its_count() -> None:
    rows = [RuleDays("a", "A rule", (0,) * 29 + (3, 7)), RuleDays("b", "گوادر", (0, 12) + (1,) * 29)]
    drawn = tree(heat(rows, DAYS))
    strips = drawn.xpath("//svg[@role='img']")
    for row, strip in zip(rows, strips, strict=True):
        assert [int(text.rsplit(": ", 1)[1]) for text in titles(strip)] == list(row.counts)
        assert strip.xpath("./text")[0].text == str(row.counts[-1])
    assert [name.text for name in drawn.xpath("//p[@class='name']") if name.text] == ["A rule", "گوادر"]
    assert titles(strips[0])[-1] == "Mon 02 Feb 2026: 7"
    assert "0 to 3 a day" in strips[0].xpath("./desc")[0].text


def test_twelve_rules_are_drawn_and_the_rest_told() -> None:
    rows = [RuleDays(str(n), f"Rule {n}", (n,) * 31) for n in range(40, 20, -1)] + [
        RuleDays("z", "Zero", (0,) * 31)
    ]
    drawn = tree(heat(rows, DAYS))
    assert len(drawn.xpath("//svg[@role='img']")) == MOST_ROWS
    told = drawn.xpath("//figcaption")[0].text_content()
    assert told.startswith("8 more rules, none with more articles in these 31 days: Rule 28 868, ")
    assert "Zero" not in drawn.text_content()


@given(st.integers(1, 100_000))
def test_levels_grow_with_the_count_and_the_largest_is_the_darkest(largest: int) -> None:
    ends = levels(largest)
    assert list(ends) == sorted(set(ends))
    assert ends[-1] == largest
    assert len(ends) <= MOST_LEVELS
    shades = [level(count, ends) for count in range(min(largest, 300) + 1)]
    assert shades == sorted(shades)
    assert shades[:2] == [0, MOST_LEVELS if largest == 1 else 1]
    assert level(largest, ends) == MOST_LEVELS


@pytest.mark.parametrize("count", [2, 8, 14, 31])
def test_cells_lie_beside_each_other_whatever_the_number_of_days(count: int) -> None:
    drawn = tree(heat([RuleDays("a", "A", tuple(range(count)))], DAYS[-count:]))
    cells = drawn.xpath("//svg[@role='img']/rect")
    edges = [(number(cell, "x"), number(cell, "x") + number(cell, "width")) for cell in cells]
    assert edges == sorted(edges)
    assert all(right <= left for (_, right), (left, _) in pairwise(edges))
    assert edges[0][0] >= 0
    assert edges[-1][1] == 100


# --- the map ------------------------------------------------------------------------------------


def dot(name: str, stories: int, spot: tuple[float, float] | None) -> Dot:
    return Dot(f"place.{name.lower()}", name, spot, tuple(range(1, stories + 1)))


def test_places_stand_where_they_are() -> None:
    drawn = tree(draw(OUTLINE, [dot("Middle", 1, (45, 15)), dot("Corner", 1, (49.9, 10.2))]))
    middle, corner = drawn.xpath("//circle")
    _, _, width, height = map(float, drawn.xpath("//svg")[0].get("viewbox").split())
    assert abs(number(middle, "cx") - width / 2) < 0.1
    assert abs(number(middle, "cy") - height / 2) < 0.1
    assert number(corner, "cx") < width * 0.03
    assert number(corner, "cy") < height * 0.02
    assert abs(width / height - 0.7071) < 0.001  # ten degrees each way, at 45 degrees


def test_the_area_of_a_circle_is_its_stories_up_to_a_limit() -> None:
    dots = [dot(f"P{count}", count, (41 + count % 8, 11 + count % 7)) for count in (400, 9, 4, 1)]
    radii = [number(circle, "r") for circle in tree(draw(OUTLINE, dots)).xpath("//circle")]
    areas = [pi * radius**2 for radius in radii]
    assert abs(areas[2] / areas[3] - 4) < 0.01
    assert abs(areas[1] / areas[3] - 9) < 0.01
    assert radii[0] < 40


def test_what_has_no_coordinates_here_is_not_drawn() -> None:
    dots = [dot("Here", 1, (45, 15)), dot("Nowhere", 2, None), dot("Elsewhere", 3, (0, 0))]
    assert [on_the_map(OUTLINE, one) for one in dots] == [True, False, False]
    assert len(tree(draw(OUTLINE, dots)).xpath("//circle")) == 1
    text = parser.fromstring(html(days.digest(days.mixed_day()))).text_content()
    assert "Not drawn, for want of coordinates on this map: Zahedan County." in text


@given(
    st.lists(st.tuples(st.floats(40, 50), st.floats(10, 20), st.integers(1, 30)), min_size=1, max_size=25),
)
def test_names_cover_neither_each_other_nor_other_circles(places: list[tuple[float, float, int]]) -> None:
    dots = sorted(
        (
            dot(f"Place {number} District", count, (lat, lon))
            for number, (lat, lon, count) in enumerate(places)
        ),
        key=lambda one: -len(one.numbers),
    )
    drawn = tree(draw(OUTLINE, dots))
    circles = [
        (number(c, "cx"), number(c, "cy"), number(c, "r"), c[0].text.split("\n")[0])
        for c in drawn.xpath("//circle")
    ]
    for size, names in (
        (14, drawn.xpath("//text[starts-with(@class, 'place')]")),
        (25, drawn.xpath("//text[@class='place']")),
    ):
        boxes = [(box(name, size), name.text) for name in names]
        for (one, _), (other, _) in combinations(boxes, 2):
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        for (left, top, right, bottom), name in boxes:
            for x, y, radius, owner in circles:
                if owner != name:
                    near = hypot(max(left - x, 0, x - right), max(top - y, 0, y - bottom))
                    assert near >= radius - 0.5


def box(name: SVG, size: float) -> tuple[float, float, float, float]:
    width = len(name.text) * size * 0.5
    left = number(name, "x") - width * {"start": 0, "middle": 0.5, "end": 1}[name.get("text-anchor")]
    base = number(name, "y") + float(name.get("dy").removesuffix("em")) * size
    return left, base - size * 0.7, left + width, base + size * 0.2


def test_countries_are_named_where_there_is_room() -> None:
    drawn = tree(draw(OUTLINE, []))
    assert [one.text for one in drawn.xpath("//text[@class='country']")] == ["AA"]


# --- the section --------------------------------------------------------------------------------


def test_what_cannot_be_drawn_is_said_or_left_out() -> None:
    text = parser.fromstring(html(days.digest(days.empty_day()))).xpath("//section[@id='month']")[0]
    assert month.NO_CURVE in text.text_content()
    assert not text.xpath(".//svg")
    assert [one.text for one in text.iter("h3")] == ["How much was reported"]
    assert month.NO_CURVE in markdown(days.digest(days.empty_day()))
    assert '"trend"' not in jsonl(days.digest(days.empty_day()))


def test_a_day_without_a_map_or_without_a_month_keeps_the_rest() -> None:
    whole = days.digest(days.mixed_day())
    for part, gone in (
        (replace(whole, outline=None), "map"),
        (replace(whole, dots=()), "map"),
        (replace(whole, trend=None), "volume"),
        (replace(whole, rule_days=()), "heat"),
    ):
        page = parser.fromstring(html(part))
        there = {name for name in ("volume", "map", "heat") if page.xpath(f"//*[@class='{name}']")}
        assert there == {"volume", "map", "heat"} - {gone}


def test_each_picture_has_a_name_and_its_numbers_beside_it() -> None:
    page = parser.fromstring(html(days.digest(days.mixed_day())))
    section = page.xpath("//section[@id='month']")[0]
    for picture in section.xpath(".//svg[@role='img']"):
        for name in picture.get("aria-labelledby").split():
            assert page.get_element_by_id(name).text_content().strip()
    assert len(section.xpath("./details//table")) == 3
    curve = section.xpath("./details[1]//tbody/tr")
    assert len(curve) == 31
    assert curve[0].text_content().startswith("Mon 02 Feb 2026")
    assert "2 feeds added: روزنامہ صبح, Harbour Wire" in section.text_content()


def test_the_month_is_told_alike_in_words() -> None:
    digest = days.digest(days.mixed_day())
    assert digest.trend
    text = markdown(digest)
    assert digest.trend.sentence in text
    assert "Sat 24 Jan 2026: 1 feed removed: \u2068Old Harbour\u2069" in text
    assert "\u2068Baloch Liberation Army\u2069: 1, 1, 3, 3, 3, 3, 3 (71 in 31 days)" in text
    assert "Districts with their stories: \u2068Gwadar District\u2069 (2, 5)" in text
