"""Hostile and broken samples by the way a poll and a page take: declared failures, deadlines kept, a small parent.

The samples are written by the corpora's own generator; those that take long to make or to read are left to
`pytest -m slow`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.util
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest

from monitor.cli.making import Run, open_run
from monitor.config import read as read_config
from monitor.errors import FeedError, OpmlError
from monitor.models import Region, Subscription, Verdict
from monitor.pipeline import FEED_DEADLINE_S
from monitor.registry import Registry
from monitor.rules.matcher import rule_source
from monitor.setup import Setup
from monitor.sources import opml
from monitor.sources.feed import parse_feed
from monitor.workers import Workers
from tests.sources.fetch_servers import Handler, Request, Server, reply

CORPORA = Path(os.environ.get("MONITOR_CORPORA", Path(__file__).parents[3] / "shared" / "data"))
GENERATOR = CORPORA.parent / "tools" / "hazards.py"
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
GROWTH = 50_000_000  # bytes, the most that a whole run may add to the parent
SLACK_S = 3.0  # fetching from loopback, storing, and killing a worker
HAZARDS = 95
CODINGS = {".gz": "gzip", ".deflate": "deflate", ".br": "br", ".zst": "zstd"}
HEAVY = frozenset(
    """
    bomb_gzip_1g.gz bomb_gzip_double.gz bomb_zlib_1g.deflate bomb_brotli_1g.br bomb_zstd_1g.zst html_50mb_one_p.html
    html_50k_small_p.html html_50k_divs_short.html html_20k_real_p.html html_date_flood.html xml_many_items.xml
    xml_deep_nesting.xml
    """.split()
)
URDU, PERSIAN = "بلوچستان میں حملے، وزیر دفاع کا بیان", "حمله در بلوچستان"
TITLES = {
    "enc_cp1256_declared_utf8.xml": (PERSIAN,),
    "enc_cp1256_undeclared.xml": (PERSIAN,),
    "enc_cp1256_declared_right.xml": (PERSIAN,),
    "enc_utf8_declared_cp1256.xml": (URDU,),
    "enc_utf8_double_bom.xml": (URDU,),
    "enc_utf16le_bom.xml": (URDU,),
    "enc_utf16_declared_utf8_body.xml": (URDU,),
    "enc_utf8_cut_midchar.xml": (URDU,),  # the second is cut off inside its title
    "enc_leading_whitespace.xml": (URDU,),
    "enc_mixed_bytes.xml": (f"GOOD {URDU}", "bad \ufffd\ufffd\ufffd byte"),
    "enc_control_chars.xml": (f"a\ufffdb\ufffdc\ufffdd\ufffd{URDU}",),
    "enc_charref_control.xml": (f"a\ufffdb\ufffdc\ufffdd\ufffde{URDU}",),
    "enc_charref_outofrange.xml": ("a\ufffdb", "second"),
    "enc_html_entities.xml": (f"A B—C \u200c{URDU}",),
    "enc_unescaped_amp.xml": (f"Tom & Jerry {URDU}", "second"),
}


def rss() -> int:
    """Return this process's resident memory in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def known_samples() -> list[str]:
    if not GENERATOR.is_file():
        pytest.skip(f"the samples' generator is not beside the corpora ({GENERATOR.name}, MONITOR_CORPORA)")
    return re.findall(r'@sample\("([^"]+)"\)', GENERATOR.read_text())


def made(folder: Path, names: Sequence[str]) -> list[Path]:
    """Write the samples of these names."""
    run = subprocess.run(
        [sys.executable, str(GENERATOR), str(folder), *names], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return [folder / name for name in names]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    names = [name for name in known_samples() if name not in HEAVY]
    return made(tmp_path_factory.mktemp("hazards"), names)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    names = known_samples()
    assert len(names) == HAZARDS
    missing = [name for name in ("brotli", "zstandard") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"the generator needs {' and '.join(missing)}")
    return made(tmp_path_factory.mktemp("hazards"), names)


def is_page(sample: Path) -> bool:
    return sample.suffix == ".html"


def served(sample: Path) -> Handler:
    """Make a handler that sends a sample in pieces: this process is the one whose memory is measured."""
    kind = "text/html" if is_page(sample) else "application/rss+xml"
    coding = f"Content-Encoding: {CODINGS[sample.suffix]}\r\n" if sample.suffix in CODINGS else ""
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{coding}Content-Length: {sample.stat().st_size}\r\n\r\n"
    )

    async def handler(_: Request, out: asyncio.StreamWriter) -> None:
        out.write(head.encode())
        with contextlib.suppress(ConnectionError), sample.open("rb") as file:
            while piece := file.read(65_536):
                out.write(piece)
                await out.drain()

    return handler


@dataclass
class Costs:
    """What a run cost: the seconds of each sample, and the parent's memory before them and after each."""

    seconds: dict[str, float] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        gc.collect()
        self.memory.append(rss())

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began
        self.memory.append(rss())

    def check(self, deadline_s: float) -> None:
        slowest = max(self.seconds, key=lambda name: self.seconds[name])
        gc.collect()
        growth = rss() - self.memory[0]
        print(  # noqa: T201 -- shown by pytest -rP, and where it fails
            f"{len(self.seconds)} samples, slowest {slowest} {self.seconds[slowest]:.1f} s, in all {sum(self.seconds.values()):.1f} s; parent grew by"
            f" {growth / 1e6:.0f} MB, at most {(max(self.memory) - self.memory[0]) / 1e6:.0f} MB"
        )
        assert self.seconds[slowest] < deadline_s + SLACK_S, slowest
        assert growth < GROWTH


@contextlib.asynccontextmanager
async def running(folder: Path, server: Server, feeds: Sequence[str]) -> AsyncIterator[Run]:
    """Open a pipeline on feeds of a loopback server; nothing else may be reached."""
    (folder / "config.yaml").write_text(
        f"poll: {{host_gap: 0s}}\nnetwork: {{allow_private: ['127.0.0.1:{server.port}']}}\nextract: {{robots: false}}\n"
    )
    config = read_config(folder / "config.yaml", {}).config
    subscriptions = tuple(Subscription(url=server.url(f"/{name}"), title=name) for name in feeds)
    setup = Setup(config, Region(), Registry((), ()), rule_source((), ()), subscriptions)
    async with open_run(setup, lambda: NOW, out=io.StringIO(), progress=lambda *_: None) as run:
        yield run


async def poll_each(
    folder: Path, samples: Sequence[Path]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str], Costs]:
    """Poll each sample as a feed; return the titles stored, what is said of each failure, and the costs."""
    routes = {f"/{sample.name}": served(sample) for sample in samples}
    titles: dict[str, tuple[str, ...]] = {}
    details: dict[str, str] = {}
    async with Server(routes) as server, running(folder, server, [sample.name for sample in samples]) as run:
        store = run.writer.store
        await run.pipeline._poll_feed(store.feeds()[0])  # what is loaded once is no growth
        costs = Costs()
        for feed in store.feeds():
            with costs.of(feed.title):
                await run.pipeline._poll_feed(feed)
        for feed in store.feeds():
            found = store.db.execute("SELECT title FROM entry WHERE feed_id = ? ORDER BY id", [feed.id])
            titles[feed.title] = tuple(row[0] for row in found)
            details[feed.title] = feed.detail if feed.problem else ""
    return titles, details, costs


async def read_each(
    folder: Path, samples: Sequence[Path]
) -> tuple[dict[str, tuple[Verdict, str, str]], Costs]:
    """Read each sample as an article's page; return verdict, text and note, and the costs."""
    async with Server({f"/{sample.name}": served(sample) for sample in samples}) as server:
        items = "".join(
            f"<item><title>{escape(sample.name)}</title><link>{server.url(f'/{sample.name}')}</link></item>"
            for sample in samples
        )
        index = f"<rss version='2.0'><channel><title>Pages</title>{items}</channel></rss>"
        server.routes["/index"] = reply(200, index.encode(), Content_Type="application/rss+xml")
        async with running(folder, server, ["index"]) as run:
            store = run.writer.store
            await run.pipeline.poll(all_feeds=True)
            costs = Costs()
            for job in store.due_jobs(NOW, 1000):
                with costs.of(job.context.title):
                    await run.pipeline._read_job(job)
            rows = store.db.execute(
                "SELECT title, verdict, text, note, read_at FROM article ORDER BY id"
            ).fetchall()
            late = {row[0]: row[1] for row in store.db.execute(
                "SELECT a.title, j.last_error FROM job j JOIN article a ON a.id = j.article_id"
            )}  # fmt: skip
    assert all(bool(row[4]) != (row[0] in late) for row in rows)
    return {
        title: (Verdict(verdict or Verdict.EMPTY), text, late.get(title, note))
        for title, verdict, text, note, _ in rows
    }, costs


def check_feeds(folder: Path, samples: Sequence[Path], caplog: pytest.LogCaptureFixture) -> None:
    feeds = [sample for sample in samples if not is_page(sample)]
    titles, details, costs = asyncio.run(poll_each(folder, feeds))
    assert len(details) == len(feeds)
    assert not [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert not [detail for detail in details.values() if "internal error" in detail or "Traceback" in detail]
    for name, expected in TITLES.items():
        assert titles[name] == expected, name
    for name in titles:
        if name.startswith(("not_feed_", "body_is_", "bomb_")):
            assert (titles[name], bool(details[name])) == ((), True), name
        elif name.startswith(("ids_", "dates_", "xss_", "inject_")):
            assert titles[name], name
    canary = re.compile(r"127\.0\.0\.1:8999|root:|localhost")
    assert not [title for found in titles.values() for title in found if canary.search(title)]
    costs.check(FEED_DEADLINE_S)


def check_pages(folder: Path, samples: Sequence[Path], caplog: pytest.LogCaptureFixture) -> None:
    pages = [sample for sample in samples if is_page(sample)]
    found, costs = asyncio.run(read_each(folder, pages))
    assert len(found) == len(pages)
    assert not [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert not [note for _, _, note in found.values() if note.startswith("could not be read")]
    for name, phrase in (
        ("html_normal.html", "claimed responsibility for the operation"),
        ("html_nul_bytes.html", "claimed responsibility for the operation"),
        ("html_xml_pi.html", "claimed responsibility for the operation"),
        ("html_cp1256_meta_utf8.html", "حمله در بلوچستان و خان قلات"),
        ("html_charset_late_meta.html", "حمله در بلوچستان و خان قلات"),
    ):
        verdict, text, _ = found[name]
        assert verdict is Verdict.FULL, name
        assert phrase in text, name
    costs.check(10.0)


def test_hostile_feeds_are_polled(
    usual: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check_feeds(tmp_path, usual, caplog)


def test_hostile_pages_are_read(usual: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    check_pages(tmp_path, usual, caplog)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_hostile_feed_is_polled(
    every: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check_feeds(tmp_path, every, caplog)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_hostile_page_is_read(
    every: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check_pages(tmp_path, every, caplog)


# --- the corpora's feeds and lists ----------------------------------------------------------------


def lists_and_feeds(step: int) -> tuple[list[Path], list[Path]]:
    """Return every nth feed and every nth OPML list of the corpora."""
    found = [
        sorted(path for path in (CORPORA / name).rglob("*") if path.is_file())[::step]
        for name in ("feeds", "opml")
    ]
    if not all(found):
        pytest.skip("the corpora are not here (MONITOR_CORPORA)")
    return found[0], found[1]


async def parse_each(feeds: Sequence[Path], lists: Sequence[Path]) -> tuple[int, Costs]:
    """Parse feeds in workers and lists here, as the program does; return how many were read, and the costs."""
    workers = Workers(1, preload=("monitor.sources.feed",))
    read = 0
    try:
        with contextlib.suppress(FeedError):
            await workers.run(parse_feed, b"", "", "", NOW, deadline_s=FEED_DEADLINE_S)
        costs = Costs()
        for path in feeds:
            with costs.of(path.name), contextlib.suppress(FeedError):
                await workers.run(
                    parse_feed, path.read_bytes(), "https://x.example/f", "", NOW, deadline_s=FEED_DEADLINE_S
                )
                read += 1
        for path in lists:
            with costs.of(path.name), contextlib.suppress(OpmlError):
                opml.read(path.read_bytes(), path.name)
                read += 1
    finally:
        workers.close()
    return read, costs


def check_corpora(step: int) -> None:
    feeds, lists = lists_and_feeds(step)
    read, costs = asyncio.run(parse_each(feeds, lists))
    assert read > 0.5 * (len(feeds) + len(lists))
    costs.check(FEED_DEADLINE_S)


def test_a_sample_of_the_corpora_keeps_the_parent_small() -> None:
    check_corpora(step=40)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_all_of_the_corpora_keeps_the_parent_small() -> None:
    check_corpora(step=1)
