"""How late good feeds are when hostile ones are polled beside them.

    python -m benchmarks.hostile_mix

Forty good feeds are polled alone and then beside ten hostile ones (feeds that hold a parser for a minute,
servers that drip, hang or send bombs), three rounds each with changed content. Lateness is the time from the
beginning of a round to the feed's transaction. Everything is on loopback.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from monitor.cli.making import open_run
from monitor.config import Config, read
from monitor.models import PollRecord, Region, Subscription
from monitor.registry import Registry
from monitor.rules.matcher import rule_source
from monitor.setup import Setup

GOOD = 40
ROUNDS = 3
START = datetime(2026, 2, 2, tzinfo=UTC)

Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]


def good_feed(name: str, round_: int) -> bytes:
    """Return an RSS feed of 25 entries, three of them new each round."""
    items = "".join(
        f"<item><title>Report {number} of {name}</title><link>https://{name}.example/{number}</link>"
        f"<guid>{name}-{number}</guid><description>{'Words of a report. ' * 60}</description></item>"
        for number in range(round_ * 3, round_ * 3 + 25)
    )
    return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


def comment_flood() -> bytes:
    return (
        b'<rss version="2.0"><channel><title>t</title><item><description>'
        + b"&lt;!--" * 130_000
        + b"</description></item></channel></rss>"
    )


def attributes() -> bytes:
    many = " ".join(f'a{number}="1"' for number in range(100_000))
    return f'<rss version="2.0"><channel><title>t</title><item {many}><title>x</title></item></channel></rss>'.encode()


async def answer(writer: asyncio.StreamWriter, body: bytes, headers: str = "") -> None:
    writer.write(
        f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n".encode()
        + body
    )
    await writer.drain()


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(120):
        writer.write(b"<")
        await writer.drain()
        await asyncio.sleep(1)


async def hang(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(120)


def bomb() -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as file:
        for _ in range(200):
            file.write(bytes(1_000_000))
    return out.getvalue()


@asynccontextmanager
async def served(rounds: list[int], *, hostile: bool) -> AsyncIterator[list[str]]:
    """Serve every feed on a port of its own; yield the addresses, the good ones first."""
    flood, many, packed = comment_flood(), attributes(), bomb()

    def fixed(body: bytes, headers: str = "") -> Serve:
        return lambda writer: answer(writer, body, headers)

    def good(name: str) -> Serve:
        return lambda writer: answer(writer, good_feed(name, rounds[0]))

    serves: list[Serve] = [good(f"good{number}") for number in range(GOOD)]
    if hostile:
        serves += [fixed(flood)] * 3 + [fixed(many)] * 2 + [drip] * 2 + [hang] * 2
        serves += [fixed(packed, "Content-Encoding: gzip\r\n")]
    servers, urls = [], []
    for serve in serves:

        async def handle(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, serve: Serve = serve
        ) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await serve(writer)
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        urls.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed")
    try:
        yield urls
    finally:
        for server in servers:
            server.close()


def configured(folder: Path) -> Config:
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("poll: {host_gap: 0s}\nnetwork: {allow_private: ['127.0.0.1']}\n")
    return read(folder / "config.yaml", {}).config


async def measure(folder: Path, *, hostile: bool) -> list[list[float]]:
    """Return for each round how late each good feed was, in seconds."""
    rounds = [0]
    async with served(rounds, hostile=hostile) as urls:
        config = configured(folder)
        subscriptions = tuple(Subscription(url=url, title=url) for url in urls)
        setup = Setup(config, Region(), Registry(()), rule_source((), ()), subscriptions)
        moment = [START]
        late: list[list[float]] = []
        async with open_run(setup, lambda: moment[0], out=sys.stderr, progress=lambda *_: None) as run:
            store = run.writer.store
            save = store.save_polls
            began = 0.0
            saved: dict[str, float] = {}

            def timed(records: Sequence[PollRecord]) -> list[int]:
                articles = save(records)
                for record in records:
                    saved[record.feed.url] = time.perf_counter() - began
                return articles

            store.save_polls = timed  # type: ignore[method-assign]
            for number in range(ROUNDS):
                rounds[0] = number
                moment[0] = START + timedelta(hours=13 * number)
                saved.clear()
                began = time.perf_counter()
                await run.pipeline.poll(all_feeds=True)
                late.append(sorted(saved[url] for url in urls[:GOOD]))
                print(f"  round {number + 1}: {time.perf_counter() - began:.1f} s in all", file=sys.stderr)
    return late


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        alone = asyncio.run(measure(Path(name) / "alone", hostile=False))
        beside = asyncio.run(measure(Path(name) / "beside", hostile=True))
    print("| round | alone p50 | p99 | beside ten hostile p50 | p99 | ratio of p99 |")
    print("|---|---|---|---|---|---|")
    for number, (one, other) in enumerate(zip(alone, beside, strict=True), start=1):
        cells = [f"{value:.2f} s" for value in (median(one), one[-1], median(other), other[-1])]
        print(f"| {number} | {' | '.join(cells)} | {other[-1] / one[-1]:.2f} |")


if __name__ == "__main__":
    main()
