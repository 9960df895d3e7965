"""A feed that links to somebody else's page does not speak for that page's outlet."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

from monitor.check import load
from monitor.cli.making import open_run
from monitor.demo.expected import EXPECTED
from monitor.models import Outlet
from monitor.registry import Registry
from monitor.store.queries import Queries
from tests.end_to_end.conftest import PUBLISHED, Desk
from tests.sources.fetch_servers import Server, reply


def test_a_false_headline_of_a_foreign_feed_is_not_put_into_the_outlets_mouth(desk: Desk) -> None:
    name = next(key for key, one in EXPECTED.items() if one.outlet == "quetta-chronicle" and not one.held)
    page = desk.world.url("quetta-chronicle", name)
    false = (
        '<rss version="2.0"><channel><title>Some blog</title><item><title>Khan of Kalat said nothing of this</title>'
        f"<link>{page}</link><guid>1</guid><description>Khan of Kalat, invented words.</description>"
        "<pubDate>Mon, 02 Feb 2026 09:00:00 GMT</pubDate></item></channel></rss>"
    ).encode()

    async def scenario() -> None:
        async with Server({"/feed": reply(200, false)}) as blog:
            text = desk.config.read_text().replace(
                "  allow_private:\n", f"  allow_private:\n    - '127.0.0.1:{blog.port}'\n"
            )
            desk.config.write_text(text)
            (desk.config.parent / "feeds.opml").write_text(
                f'<opml version="2.0"><body><outline text="Some blog" xmlUrl="{blog.url("/feed")}"/></body></opml>'
            )
            setup = load(desk.config, {})
            setup = replace(
                setup, registry=Registry((*desk.world.outlets, Outlet("blog", "Some blog", "private")), ())
            )
            async with open_run(setup, lambda: PUBLISHED, out=io.StringIO(), progress=lambda *_: None) as run:
                await run.pipeline.cycle()

    asyncio.run(scenario())
    with Queries.open(desk.data / "monitor.db") as reader:
        article = reader.article(1)
    assert article is not None
    assert "said nothing of this" not in article.title
    assert "invented" not in article.summary
    assert all("invented" not in span.text for match in article.matches for span in match.spans)
