"""robots.txt: asked for once, obeyed, and in doubt obeyed too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from monitor.errors import FetchError
from monitor.sources.robots import Robots
from tests.sources.fetch_servers import Clock, Server, client, raw, reply

RULES = b"""\
User-agent: *
Disallow: /private/
Allow: /private/open$
Crawl-delay: 3

User-agent: badbot
Disallow: /
"""


def with_robots(server: Server, scenario: Callable[[Robots, Clock], Awaitable[None]]) -> None:
    async def run() -> None:
        clock = Clock()
        async with server, client(server, now=clock, total_s=1.0) as opened:
            await scenario(Robots(opened, now=clock), clock)

    asyncio.run(run())


def test_rules_are_obeyed_and_asked_for_once_a_day() -> None:
    server = Server({"/robots.txt": reply(200, b"\xef\xbb\xbf" + RULES)})

    async def scenario(robots: Robots, clock: Clock) -> None:
        assert await robots.allowed(server.url("/news/1"))
        assert not await robots.allowed(server.url("/private/1"))
        assert await robots.allowed(server.url("/private/open"))
        with pytest.raises(FetchError) as caught:
            await robots.require(server.url("/private/1?token=abc"))
        assert caught.value.kind == "robots"
        assert "abc" not in str(caught.value)
        assert robots.delay(server.url("/")) == 3.0
        assert len(server.requests) == 1
        clock.forward(hours=23)
        await robots.require(server.url("/news/1"))
        assert len(server.requests) == 1
        clock.forward(hours=2)
        server.routes["/robots.txt"] = reply(200, b"User-agent: *\nDisallow: /news/")
        assert not await robots.allowed(server.url("/news/1"))
        assert len(server.requests) == 2

    with_robots(server, scenario)


def test_our_own_group_comes_before_everybodys() -> None:
    rules = b"User-agent: *\nAllow: /\n\nUser-agent: Regional-News-Monitor\nDisallow: /\nCrawl-delay: 900\n"
    server = Server({"/robots.txt": reply(200, rules)})

    async def scenario(robots: Robots, _: Clock) -> None:
        assert not await robots.allowed(server.url("/news/1"))
        assert robots.delay(server.url("/")) == 30.0

    with_robots(server, scenario)


def test_many_askers_make_one_request() -> None:
    server = Server({"/robots.txt": reply(200, RULES)})

    async def scenario(robots: Robots, _: Clock) -> None:
        answers = await asyncio.gather(*(robots.allowed(server.url(f"/news/{n}")) for n in range(20)))
        assert all(answers)
        assert len(server.requests) == 1

    with_robots(server, scenario)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_no_robots_txt_forbids_nothing(status: int) -> None:
    server = Server({"/robots.txt": reply(status, b"Disallow: /")})

    async def scenario(robots: Robots, _: Clock) -> None:
        assert await robots.allowed(server.url("/news/1"))
        assert robots.delay(server.url("/")) is None

    with_robots(server, scenario)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(reply(500), "http"), (reply(503), "http"), (reply(429), "http"), (raw(b""), "protocol")],
)
def test_a_robots_txt_that_fails_forbids_everything_for_an_hour(answer: object, kind: str) -> None:
    server = Server({"/robots.txt": answer})  # type: ignore[dict-item]

    async def scenario(robots: Robots, clock: Clock) -> None:
        assert not await robots.allowed(server.url("/news/1"))
        with pytest.raises(FetchError) as caught:
            await robots.require(server.url("/news/1"))
        assert caught.value.kind == kind
        assert "robots.txt" in str(caught.value)
        asked = len(server.requests)
        clock.forward(minutes=61)
        server.routes["/robots.txt"] = reply(200, RULES)
        assert await robots.allowed(server.url("/news/1"))
        assert len(server.requests) == asked + 1

    with_robots(server, scenario)


def test_rules_once_known_stay_in_force_while_robots_txt_fails() -> None:
    server = Server({"/robots.txt": reply(200, RULES)})

    async def scenario(robots: Robots, clock: Clock) -> None:
        assert await robots.allowed(server.url("/news/1"))
        server.routes["/robots.txt"] = reply(500)
        clock.forward(hours=25)
        assert await robots.allowed(server.url("/news/1"))
        assert not await robots.allowed(server.url("/private/1"))

    with_robots(server, scenario)


def test_a_clock_set_back_does_not_freeze_what_was_known() -> None:
    server = Server({"/robots.txt": reply(200, RULES)})

    async def scenario(robots: Robots, clock: Clock) -> None:
        await robots.allowed(server.url("/"))
        clock.forward(days=-300)
        await robots.allowed(server.url("/"))
        assert len(server.requests) == 2

    with_robots(server, scenario)


def test_only_the_beginning_of_a_huge_robots_txt_counts_and_it_costs_little() -> None:
    lines = b"".join(b"Disallow: /%d*a*b*c*d*e$\n" % n for n in range(20_000))
    server = Server(
        {"/robots.txt": reply(200, b"User-agent: *\nDisallow: /early/\n" + lines + b"Disallow: /late/\n")}
    )

    async def scenario(robots: Robots, _: Clock) -> None:
        began = time.process_time()
        assert not await robots.allowed(server.url("/early/1"))
        assert await robots.allowed(server.url("/late/1"))
        assert await robots.allowed(server.url("/1" + "abcd" * 400))
        assert time.process_time() - began < 3.0

    with_robots(server, scenario)


def test_robots_txt_may_redirect() -> None:
    server = Server({"/robots.txt": reply(301, Location="/rules"), "/rules": reply(200, RULES)})

    async def scenario(robots: Robots, _: Clock) -> None:
        assert not await robots.allowed(server.url("/private/1"))

    with_robots(server, scenario)


def test_a_get_on_the_way_asks_robots_about_each_hop() -> None:
    server = Server({"/robots.txt": reply(200, RULES), "/news/1": reply(302, Location="/private/1")})

    async def run() -> None:
        clock = Clock()
        async with server, client(server, now=clock) as opened:
            robots = Robots(opened, now=clock)
            with pytest.raises(FetchError) as caught:
                await opened.get(server.url("/news/1"), limit=1000, permit=robots.require)
            assert caught.value.kind == "robots"

    server.routes["/robots.txt"] = reply(200, RULES.replace(b"Crawl-delay: 3", b""))
    asyncio.run(run())
    assert "/private/1" not in [request.path for request in server.requests]
