"""The page in a real browser: what it looks like, what it asks the network for, what a checker says of it.

The pictures are left in build/screenshots/ for people to look at. A machine without a browser skips these tests;
where CI is true that is a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright

from monitor.digest.gather import Digest
from monitor.digest.render import html
from tests.digest import days
from tests.digest.busy import busy_digest
from tests.digest.hostile import RULES, hostile_day

PICTURES = Path(__file__).parents[2] / "build" / "screenshots"
DAYS: dict[str, Callable[[], Digest]] = {
    "english": lambda: days.digest(days.english_day()),
    "mixed": lambda: days.digest(days.mixed_day()),
    "busy": busy_digest,
    "empty": lambda: days.digest(days.empty_day()),
    "hostile": lambda: days.digest(hostile_day(), rules=RULES),
}
DESK, TELEPHONE, NARROWEST = 1280, 360, 320
BROWSERS = ("chromium", "google-chrome-stable", "google-chrome", "chromium-browser")
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-gpu", "--no-first-run")


@dataclass(frozen=True)
class View:
    """A page as it is open, and everything it asked for or complained of."""

    page: Page
    requests: list[str]
    complaints: list[str]


def executable(own: str) -> str:
    """Return a browser that starts; `own` is where playwright keeps one."""
    for found in (*map(shutil.which, BROWSERS), own):
        # Ubuntu's chromium-browser may be a note about where else to get it.
        if (
            found
            and Path(found).exists()
            and not subprocess.run([found, "--version"], check=False, capture_output=True).returncode
        ):
            return found
    if os.environ.get("CI") == "true":
        pytest.fail("no browser: .ci/run should have installed chromium")
    pytest.skip("no browser on this machine (chromium, or playwright install chromium)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as tool:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = tool.chromium.launch(
            executable_path=executable(tool.chromium.executable_path), args=[*QUIET, *sandbox]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("digests")
    for name, made in DAYS.items():
        (folder / f"{name}.html").write_text(html(made()), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in DAYS}


@pytest.fixture
def show(browser: Browser, files: dict[str, Path]) -> Iterator[Callable[..., View]]:
    opened: list[Page] = []

    def shown(day: str, width: int = DESK, scheme: Any = "light") -> View:
        page = browser.new_page(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            device_scale_factor=2 if width == TELEPHONE else 1,
        )
        opened.append(page)
        view = View(page, [], [])
        page.on("request", lambda request: view.requests.append(request.url))
        page.on("console", lambda message: view.complaints.append(message.text))
        page.on("pageerror", lambda error: view.complaints.append(str(error)))
        page.goto(files[day].as_uri())
        return view

    yield shown
    for page in opened:
        page.close()


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESK, TELEPHONE])
@pytest.mark.parametrize("day", ["english", "mixed"])
def test_the_page_fits_its_window_and_passes_axe(
    show: Callable[..., View], day: str, width: int, scheme: str
) -> None:
    view = show(day, width, scheme)
    PICTURES.mkdir(parents=True, exist_ok=True)
    view.page.screenshot(path=PICTURES / f"{day}-{width}-{scheme}.png", full_page=True)
    view.page.locator("#month").screenshot(path=PICTURES / f"{day}-{width}-{scheme}-month.png")
    assert overflow(view.page) <= 0
    unfold(view.page)
    assert overflow(view.page) <= 0
    assert findings(view.page) == []


def test_a_busy_day_fits_a_telephone_and_passes_axe(show: Callable[..., View]) -> None:
    view = show("busy", TELEPHONE)
    PICTURES.mkdir(parents=True, exist_ok=True)
    view.page.locator("#month").screenshot(path=PICTURES / f"busy-{TELEPHONE}-light-month.png")
    unfold(view.page)
    assert overflow(view.page) <= 0
    assert findings(view.page, "#month") == []  # the rest is more of the same, and would take ten seconds


def findings(page: Page, part: str = "html") -> list[str]:
    """Return what axe finds serious or critical, with what it found it in."""
    violations = Axe().run(page, context=part).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in violations
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("day", list(DAYS))
def test_the_page_asks_for_nothing_and_complains_of_nothing(
    show: Callable[..., View], files: dict[str, Path], day: str
) -> None:
    view = show(day, NARROWEST)
    view.page.mouse.wheel(0, 100_000)
    assert view.requests == [files[day].as_uri()]
    assert view.complaints == []
    assert overflow(view.page) <= 0


@pytest.mark.parametrize("day", ["english", "mixed"])
def test_on_paper_everything_is_open_and_nothing_is_cut_off(show: Callable[..., View], day: str) -> None:
    view = show(day, 700, "dark")  # paper is white, whatever the screen is
    view.page.emulate_media(media="print")
    assert overflow(view.page) <= 0
    assert view.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not view.page.locator("nav").is_visible()
    assert view.page.get_by_text("Asia/Tehran", exact=True).bounding_box()
    PICTURES.mkdir(parents=True, exist_ok=True)
    pdf = view.page.pdf(path=PICTURES / f"{day}.pdf", format="A4", prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize("width", [340, 420, 540, 700, DESK])
def test_letters_in_pictures_can_be_read_and_do_not_lie_on_each_other(
    show: Callable[..., View], width: int
) -> None:
    page = show("busy", width).page
    sizes = page.evaluate(
        "[...document.querySelectorAll('svg text')].filter(one => one.getClientRects().length)"
        ".map(one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"
    )
    assert len(sizes) > 20
    assert min(sizes) >= 9
    for drawn in (".volume text.tick, .volume text.value", ".map text"):
        boxes = page.evaluate(BOXES, drawn)
        for number, (name, left, top, right, bottom) in enumerate(boxes):
            for other, x1, y1, x2, y2 in boxes[:number]:
                apart = right <= x1 or x2 <= left or bottom <= y1 or y2 <= top
                assert apart, f"{name} lies on {other} at {width}"


BOXES = """query => [...document.querySelectorAll(query)].filter(one => one.getClientRects().length).map(one => {
    const box = one.getBoundingClientRect(), air = box.height * 0.2  // above and below the letters
    return [one.textContent, box.left, box.top + air, box.right, box.bottom - air]
})"""


def test_titles_from_right_to_left_begin_at_the_right(show: Callable[..., View]) -> None:
    page = show("mixed").page
    card = page.locator("article.card", has_text="ماہی گیروں کا دھرنا")
    title = card.locator("h3")
    assert title.evaluate("one => getComputedStyle(one).direction") == "rtl"
    edges = title.evaluate(
        "one => { const text = document.createRange(); text.selectNodeContents(one); "
        "return [text.getBoundingClientRect().right, one.getBoundingClientRect().right] }"
    )
    assert abs(edges[0] - edges[1]) < 2
    assert card.locator(".facts").evaluate("one => getComputedStyle(one).direction") == "ltr"


# --- by the letter of the standard --------------------------------------------------------------


@pytest.mark.parametrize("day", list(DAYS))
def test_the_page_is_html_without_a_fault(day: str) -> None:
    reader = html5lib.HTMLParser(strict=True)
    reader.parse(html(DAYS[day]()))
    assert reader.errors == []


@pytest.mark.parametrize("day", list(DAYS))
def test_the_nu_checker_finds_no_fault(files: dict[str, Path], day: str) -> None:
    java, jar = shutil.which("java"), os.environ.get("VNU_JAR", "")
    if not java or not Path(jar).is_file():
        pytest.skip("no Nu HTML checker: it wants java, and VNU_JAR=…/vnu.jar (npm install vnu-jar)")
    done = subprocess.run(
        [java, "-jar", jar, "--format", "json", "--exit-zero-always", str(files[day])],
        capture_output=True,
        check=True,
    )
    assert [f"{one['type']}: {one['message']}" for one in json.loads(done.stderr)["messages"]] == []
