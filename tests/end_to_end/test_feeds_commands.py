"""Finding, adding, pausing, moving and going back through feeds, as a user does it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.discovery import MOST_REQUESTS
from monitor.store.queries import Queries
from monitor.store.store import exclusive
from tests.end_to_end.conftest import Desk
from tests.end_to_end.small_site import NOW, Answer, Shell, Site, feed, moved, rss, serving, write_config


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    write_config(tmp_path)
    return Shell(tmp_path, monkeypatch, capsys)


def listed(shell: Shell) -> list[str]:
    return [row["url"] for row in shell("feeds", "list", "--json").json]


# --- discover -----------------------------------------------------------------------------------


def test_what_a_page_declares_is_found_and_nothing_is_guessed(site: Site, shell: Shell) -> None:
    site["/"] = '<link rel=alternate type="application/rss+xml" href="/wire"><a href="/sport/rss">sport</a>'
    site["/wire"] = feed(site.base, 5, 3, title="Coast Wire")
    site["/sport/rss"] = feed(site.base + "/sport", 7, title="Sport")
    rows = shell("feeds", "discover", site.base + "/", "--json").json
    assert rows == [
        {
            "url": site.base + "/wire",
            "title": "Coast Wire",
            "entries": 2,
            "language": "en",
            "newest": "2026-02-02T07:00:00Z",
            "dialect": "rss20",
            "how": "declared",
            "listed": False,
        },
        rows[1] | {"url": site.base + "/sport/rss", "title": "Sport", "entries": 1, "how": "linked"},
    ]
    assert site.requests == ["/", "/wire", "/sport/rss", "/robots.txt"]
    shown = shell("feeds", "discover", site.base)
    assert [site.base + "/wire" in line for line in shown.out.splitlines()] == [False, True, False]
    assert "Coast Wire" in shown.out
    assert "monitor feeds add" in shown.err


def test_an_address_that_is_a_feed_is_shown_as_such(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/wire")
    site["/wire"] = feed(site.base, 5)
    (row,) = shell("feeds", "discover", site.base + "/wire", "--json").json
    assert (row["how"], row["url"], row["listed"]) == ("itself", site.base + "/wire", True)
    assert site.requests == ["/wire"]


def test_a_section_has_its_own_feed_even_where_the_site_declares_one(site: Site, shell: Shell) -> None:
    page = '<link rel=alternate type="application/rss+xml" href="/feed/">'
    site["/category/districts/"] = page
    site["/feed/"] = feed(site.base, 5)
    site["/category/districts/feed/"] = feed(site.base, 9, title="Districts")
    rows = shell("feeds", "discover", site.base + "/category/districts/", "--json").json
    assert [(row["title"], row["how"]) for row in rows] == [
        ("Coast Daily", "declared"),
        ("Districts", "usual place"),
    ]


@pytest.mark.parametrize(
    "path", ["/feed/", "/rss", "/rss.xml", "/feeds", "/atom.xml", "/index.xml", "/feed.json"]
)
def test_usual_places_are_tried_where_a_page_is_silent(site: Site, shell: Shell, path: str) -> None:
    site["/"] = "<h1>Coast</h1>"
    site[path] = feed(site.base, 5)
    (row,) = shell("feeds", "discover", site.base + "/", "--json").json
    assert (row["url"], row["how"]) == (site.base + path, "usual place")
    assert len(site.requests) <= MOST_REQUESTS


def test_one_feed_under_several_addresses_is_one(site: Site, shell: Shell) -> None:
    site["/"] = "<h1>Coast</h1>"
    site["/feed/"] = site["/rss.xml"] = feed(site.base, 5)
    site["/rss"] = moved("/feed/")
    assert len(shell("feeds", "discover", site.base, "--json").json) == 1


def test_a_page_that_lists_feeds_is_followed(site: Site, shell: Shell) -> None:
    site["/"] = '<a href="/rss">RSS</a>'
    site["/rss"] = "".join(f'<a href="/rss/{name}">{name}</a>' for name in ("world", "districts"))
    for name in ("world", "districts"):
        site[f"/rss/{name}"] = feed(f"{site.base}/{name}", 4, title=name)
    rows = shell("feeds", "discover", site.base, "--json").json
    assert [row["title"] for row in rows] == ["world", "districts"]


def test_a_news_sitemap_is_found_through_robots_txt(site: Site, shell: Shell) -> None:
    namespaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    site["/"] = "<h1>Coast</h1>"
    site["/robots.txt"] = Answer(f"Sitemap: {site.base}/sitemap.xml", content_type="text/plain")
    site["/sitemap.xml"] = Answer(
        f"<sitemapindex {namespaces}><sitemap><loc>{site.base}/pages.xml</loc></sitemap>"
        f"<sitemap><loc>{site.base}/news-1.xml</loc></sitemap></sitemapindex>"
    )
    site["/news-1.xml"] = Answer(
        f"<urlset {namespaces}><url><loc>{site.base}/1</loc><news:news><news:title>The harbour opens</news:title>"
        "<news:publication_date>2026-02-01</news:publication_date></news:news></url></urlset>"
    )
    (row,) = shell("feeds", "discover", site.base, "--json").json
    assert (row["how"], row["dialect"], row["entries"]) == ("news sitemap", "sitemap-news", 1)
    assert "/pages.xml" not in site.requests


def test_guesses_keep_to_robots_txt_and_what_is_declared_need_not(site: Site, shell: Shell) -> None:
    site["/"] = "<h1>Coast</h1>"
    site["/robots.txt"] = Answer("User-agent: *\nDisallow: /", content_type="text/plain")
    site["/feed/"] = feed(site.base, 5)
    done = shell("feeds", "discover", site.base, "--json", code=4)
    assert (done.out, site.requests) == ("[]\n", ["/", "/robots.txt"])
    site["/"] = '<link rel=alternate type="application/rss+xml" href="/feed/">'
    assert len(shell("feeds", "discover", site.base, "--json").json) == 1


def test_a_site_without_feeds_is_exit_4_within_the_bound(site: Site, shell: Shell) -> None:
    links = "".join(f'<a href="/{n}/rss">{n}</a>' for n in range(40))
    site["/"] = links
    site["/hub/rss"] = links
    for n in range(6):
        site[f"/{n}/rss"] = moved("/hub/rss", 302)
    done = shell("feeds", "discover", site.base, code=4)
    assert f"no feed was found with {MOST_REQUESTS} requests" in done.err
    assert "more addresses look like feeds" in done.err
    assert len(site.requests) <= MOST_REQUESTS
    assert done.out == ""


def test_a_page_that_refuses_may_still_have_feeds(site: Site, shell: Shell) -> None:
    site["/"] = Answer("<title>Just a moment</title>", 403)
    site["/feed/"] = feed(site.base, 5)
    assert len(shell("feeds", "discover", site.base, "--json").json) == 1
    del site.answers["/feed/"]
    done = shell("feeds", "discover", site.base, code=4)
    assert "browser check (403)" in done.err


def test_a_site_that_wants_to_be_left_alone_is(site: Site, shell: Shell) -> None:
    site["/"] = "<h1>Coast</h1>"
    site["/feed/"] = Answer(status=429, headers=(("Retry-After", "600"),))
    shell("feeds", "discover", site.base, code=4)
    assert site.requests == ["/", "/robots.txt", "/feed/"]


def test_a_feed_that_moved_is_given_by_its_new_address(site: Site, shell: Shell) -> None:
    site["/"] = '<link rel=alternate type="application/rss+xml" href="/old">'
    site["/old"] = moved("/new")
    site["/new"] = feed(site.base, 5)
    (row,) = shell("feeds", "discover", site.base, "--json").json
    assert row["url"] == site.base + "/new"


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("http://10.0.0.1/", 1, "a private address"),
        ("http://[::1]/", 1, "this machine's own address"),
        ("ftp://coast.example/", 1, "is not http or https"),
        ("http://127.0.0.1:1/", 4, "cannot be connected to"),
        ("127.0.0.1:1", 4, "cannot be connected to"),
    ],
)
def test_what_cannot_be_asked_is_said(shell: Shell, url: str, code: int, words: str) -> None:
    done = shell("feeds", "discover", url, "--json", code=code)
    assert words in done.err
    assert done.out == ""


def test_https_is_meant_and_http_is_found(site: Site, shell: Shell) -> None:
    site["/"] = feed(site.base, 5)
    (row,) = shell("feeds", "discover", site.base.removeprefix("http://"), "--json").json
    assert row["url"] == site.base


def test_the_feeds_of_the_sample_outlets_are_found(desk: Desk) -> None:
    for outlet, base in desk.world.base.items():
        urls = [row["url"] for row in desk.json("feeds", "discover", base + "/", now=NOW)]
        assert desk.world.feed_url(outlet) in urls, outlet


# --- add, remove, pause -------------------------------------------------------------------------


def test_a_feed_is_tried_and_added(site: Site, shell: Shell) -> None:
    site["/feed/"] = feed(site.base, 5, 3)
    done = shell("feeds", "add", site.base + "/feed/", "--folder", "Coast / Private")
    assert "Coast Daily" in done.out
    (row,) = shell("feeds", "list", "--json").json
    assert (row["url"], row["title"], row["language"], row["folders"]) == (
        site.base + "/feed/",
        "Coast Daily",
        "en",
        ["Coast", "Private"],
    )
    assert "<!-- ours -->" in shell.opml.read_text()
    assert "on the list already" in shell("feeds", "add", site.base + "/feed/#x", code=1).err
    assert shell("once", "--json").json["entries_new"] == 2


def test_what_is_said_counts_more_than_what_was_found(site: Site, shell: Shell) -> None:
    site["/feed/"] = feed(site.base, 5)
    assert "like ur" in shell("feeds", "add", site.base + "/feed/", "--language", "Urdu!", code=2).err
    shell("feeds", "add", site.base + "/feed/", "--title", "ساحل", "--language", "UR")
    (row,) = shell("feeds", "list", "--json").json
    assert (row["title"], row["language"]) == ("ساحل", "ur")


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("{site}/page", 4, "feeds discover"),
        ("{site}/nothing", 4, "404"),
        ("http://127.0.0.1:1/feed", 4, "cannot be connected to"),
        ("http://192.168.1.1/feed", 1, "a private address"),
        ("http://localhost.:8000/feed", 1, "this machine's own address"),
        ("http://0x7f.1/feed", 1, "cannot be used"),
        ("gopher://coast.example/", 1, "is not http or https"),
        ("mailto:desk@coast.example", 1, "is not http or https"),
        ("http://coast.example:99999/", 1, "cannot be read"),
        ("  ", 1, "is empty"),
    ],
)
def test_what_gives_no_feed_is_not_added(site: Site, shell: Shell, url: str, code: int, words: str) -> None:
    site["/page"] = "<html><title>Coast</title>"
    (shell.folder / "config.yaml").write_text(
        (shell.folder / "config.yaml")
        .read_text()
        .replace("[127.0.0.1]", f"['127.0.0.1:{site.base[17:]}', '127.0.0.1:1']")
    )
    before = shell.opml.read_bytes()
    done = shell("feeds", "add", url.format(site=site.base), code=code)
    assert words in done.err
    assert shell.opml.read_bytes() == before


@pytest.mark.parametrize("url", ["http://10.0.0.1/feed", "http://localhost/feed", "file:///etc/passwd"])
def test_force_does_not_let_private_addresses_in(shell: Shell, url: str) -> None:
    write_config(shell.folder)
    text = (shell.folder / "config.yaml").read_text()
    (shell.folder / "config.yaml").write_text(text.replace("[127.0.0.1]", "[]"))
    shell("feeds", "add", url, "--force", code=1)
    assert listed(shell) == []


def test_lists_edited_at_the_same_time_lose_nothing(shell: Shell) -> None:
    urls = [f"https://{name}.example/feed" for name in ("coast", "hills", "plain", "river")]
    command = [
        sys.executable,
        "-m",
        "monitor",
        "feeds",
        "add",
        "--force",
        "--config",
        str(shell.folder / "config.yaml"),
    ]
    running = [subprocess.Popen([*command, url], stdout=subprocess.DEVNULL) for url in urls]
    assert [one.wait(60) for one in running] == [0, 0, 0, 0]
    assert sorted(listed(shell)) == urls


def test_force_asks_nobody(site: Site, shell: Shell) -> None:
    shell("feeds", "add", "coast.example/feed/?key=secret0token0value01", "--force")
    assert listed(shell) == ["https://coast.example/feed/?key=secret0token0value01"]
    assert site.requests == []
    assert not (shell.folder / "data").exists()


def test_an_address_that_moved_for_good_is_added_where_it_is_now(site: Site, shell: Shell) -> None:
    site["/old"] = moved("/new")
    site["/new"] = feed(site.base, 5)
    done = shell("feeds", "add", site.base + "/old")
    assert "moved for good" in done.err
    assert listed(shell) == [site.base + "/new"]
    shell("feeds", "add", site.base + "/old", code=1)


def test_the_list_keeps_its_permissions_and_a_link_stays_a_link(shell: Shell, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "list.opml"
    real.parent.mkdir()
    shell.opml.rename(real)
    shell.opml.symlink_to(real)
    real.chmod(0o600)
    shell("feeds", "add", "https://coast.example/feed", "--force")
    assert shell.opml.is_symlink()
    assert "coast.example" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert [path.name for path in real.parent.iterdir()] == ["list.opml"]


def test_a_feed_is_removed_and_its_archive_stays(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/feed/")
    site["/feed/"] = feed(site.base, 5, 3)
    shell("once")
    shell("feeds", "remove", site.base.replace("http", "https", 1) + "/feed/?utm_source=x")
    assert listed(shell) == []
    status = shell("status", "--json").json
    assert (status["feeds"]["total"], status["articles"]) == (0, 2)
    assert "no feed on the list" in shell("feeds", "remove", site.base + "/feed/", code=1).err


def test_a_paused_feed_is_left_alone_beside_a_running_monitor(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/feed/")
    site["/feed/"] = feed(site.base, 5)
    shell("once")
    later = NOW + timedelta(days=1)
    with exclusive(shell.folder / "data"):  # as the daemon does; it reads its feeds from the store
        shell("feeds", "pause", site.base + "/feed/")
        with Queries.open(shell.folder / "data" / "monitor.db") as reader:
            assert reader.due_feeds(later, timedelta(days=30)) == ()
    assert 'monitorPaused="true"' in shell.opml.read_text()
    assert shell("once", "--json", now=later).json["polled"] == 0
    (row,) = shell("feeds", "health", "--json", now=later).json
    assert row["state"] == "paused"
    shell("feeds", "pause", "--resume", site.base + "/feed/")
    assert "monitorPaused" not in shell.opml.read_text()
    assert shell("once", "--json", now=later).json["polled"] == 1


# --- move ---------------------------------------------------------------------------------------


def test_a_feed_that_moved_keeps_its_history(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/old")
    site["/old"] = feed(site.base, 5, 3)
    shell("once")
    site["/old"] = moved("/new")
    site["/new"] = feed(site.base, 5, 3)
    for day in range(1, 10):
        shell("once", "--only", "poll", "--all", now=NOW + timedelta(days=day))
    later = NOW + timedelta(days=10)
    (row,) = shell("feeds", "health", "--json", now=later).json
    assert (row["moved_to"], row["confirm"]) == (site.base + "/new", f"monitor feeds move {site.base}/old")
    assert f"monitor feeds move {site.base}/old" in shell("feeds", "health", now=later).out

    shell("feeds", "move", site.base + "/old", now=later)
    assert listed(shell) == [site.base + "/new"]
    assert 'text="Feed 1"' in shell.opml.read_text()
    site["/new"] = feed(site.base, -238, 5, 3)  # one is new: two hours old by then
    counts = shell("once", "--all", "--json", now=later).json
    assert (counts["polled"], counts["entries_new"], counts["articles_new"]) == (1, 1, 1)
    (row,) = shell("feeds", "list", "--json", now=later).json
    assert row["state"] == "ok"
    with Queries.open(shell.folder / "data" / "monitor.db") as reader:
        assert [feed.id for feed in reader.feeds()] == [1]


def test_a_move_after_a_long_silence_is_no_flood(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/old")
    site["/old"] = feed(site.base, 5, 3)
    shell("once")
    later = NOW + timedelta(days=60)
    site["/new"] = feed(site.base, *range(-1300, -1100, 10))  # twenty that nobody has seen, days old
    shell("feeds", "move", site.base + "/old", site.base + "/new", now=later)
    counts = shell("once", "--json", now=later).json
    assert (counts["entries_new"], counts["alerts_sent"]) == (20, 0)


def test_a_move_to_where_nothing_is_changes_nothing(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/old", site.base + "/other")
    site["/old"] = site["/other"] = feed(site.base, 5)
    before = shell.opml.read_bytes()
    for arguments, code, words in (
        ((site.base + "/old",), 1, "give its new address"),
        ((site.base + "/old", site.base + "/nothing"), 4, "404"),
        ((site.base + "/old", "http://10.0.0.1/"), 1, "a private address"),
        ((site.base + "/old", site.base + "/other"), 1, "on the list already"),
        ((site.base + "/none", site.base + "/new"), 1, "no feed on the list"),
    ):
        assert words in shell("feeds", "move", *arguments, code=code).err
        assert shell.opml.read_bytes() == before


def test_a_move_that_died_half_way_is_completed(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/old")
    site["/old"] = site["/new"] = feed(site.base, 5, 3)
    shell("once")
    write_config(shell.folder, site.base + "/new")  # the list was written, the store did not follow
    shell("once")  # … and the new address was taken for a new feed
    shell("feeds", "move", site.base + "/old", site.base + "/new")
    later = NOW + timedelta(days=1)
    assert shell("once", "--json", now=later).json["entries_new"] == 0
    database = sqlite3.connect(shell.folder / "data" / "monitor.db")
    assert database.execute("SELECT id, url FROM feed").fetchall() == [(1, site.base + "/new")]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()


# --- health and check ---------------------------------------------------------------------------


def test_health_shows_the_worst_first(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/good", site.base + "/bad")
    site["/good"] = feed(site.base, 5)
    shell("once")
    rows = shell("feeds", "health", "--json").json
    assert [(row["url"], row["state"]) for row in rows] == [
        (site.base + "/bad", "failing"),
        (site.base + "/good", "ok"),
    ]
    assert "404" in rows[0]["detail"]
    shown = shell("feeds", "health").out.splitlines()
    assert [line.split()[0] for line in shown] == ["state", "failing", "ok"]


def test_check_online_shows_failures_first_in_columns(site: Site, shell: Shell) -> None:
    write_config(
        shell.folder, site.base + "/good", site.base + "/page", site.base + "/gone", site.base + "/old"
    )
    site["/good"] = feed(site.base, 5, 3)
    site["/page"] = "<html><title>Coast</title>"
    site["/old"] = moved("/new")
    site["/new"] = rss(title="Empty")
    answer = shell("check", "--online", "--json", code=4).json
    assert answer["feeds"] == [
        {
            "url": site.base + "/page",
            "ok": False,
            "answer": "the body is an HTML page titled “Coast”",
            "entries": 0,
            "newest": None,
            "moved_to": None,
        },
        answer["feeds"][1] | {"url": site.base + "/gone", "ok": False},
        {
            "url": site.base + "/good",
            "ok": True,
            "answer": "2 entries, rss20",
            "entries": 2,
            "newest": "2026-02-02T07:00:00Z",
            "moved_to": None,
        },
        answer["feeds"][3] | {"url": site.base + "/old", "ok": True, "moved_to": site.base + "/new"},
    ]
    assert "404" in answer["feeds"][1]["answer"]
    done = shell("check", "--online", code=4)
    rows = [line.split() for line in done.out.splitlines() if line.startswith(("ok", "FAIL"))]
    assert [row[:2] for row in rows] == [["FAIL", "not"], ["FAIL", "404"], ["ok", "200"], ["ok", "200"]]
    starts = {line.index(site.base) for line in done.out.splitlines() if line.startswith(("ok", "FAIL"))}
    assert len(starts) == 1
    assert "2 of 4 feeds did not answer with a feed" in done.err


# --- backfill -----------------------------------------------------------------------------------


def archive(site: Site, pages: int) -> None:
    """Serve a feed of two entries a page; the first is an hour old, each further one a day older."""
    for page in range(1, pages + 1):
        path = "/feed/" if page == 1 else f"/feed/?paged={page}"
        site[path] = feed(site.base, 48 * page - 47, 48 * page - 23)


def test_older_pages_are_stored_read_and_never_alerted(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/feed/")
    archive(site, 3)
    first = shell("once", "--json").json
    assert first["entries_new"] == 2
    done = shell("feeds", "backfill", site.base + "/feed/", "--json")
    assert done.json == {
        "url": site.base + "/feed/",
        "pages": 2,
        "entries": 4,
        "articles": 4,
        "oldest": "2026-01-28T09:00:00Z",
        "stopped": "the site has no further page",
    }
    counts = shell("once", "--json").json
    assert (counts["matches"], counts["alerts_sent"]) == (4, 0)
    alerts = [row for row in shell("alerts", "list", "--json").json if row["url"].endswith(("/49", "/121"))]
    assert {row["state"] for row in alerts} == {"held"}
    digest = shell("digest", "--so-far").out
    assert "4 older entries were stored by hand" in digest
    assert [f"/{hours}>" in digest for hours in (1, 25, 49, 121)] == [True, True, False, False]
    again = shell("feeds", "backfill", site.base + "/feed/", "--json").json
    assert (again["pages"], again["entries"]) == (2, 0)
    assert shell("once", "--all", "--json", now=NOW + timedelta(hours=1)).json["entries_new"] == 0


def test_the_first_page_is_left_to_the_poll(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/feed/")
    archive(site, 2)
    assert shell("feeds", "backfill", site.base + "/feed/", "--json").json["entries"] == 2
    counts = shell("once", "--json").json
    assert (counts["entries_new"], counts["alerts_sent"]) == (2, 1)


def test_a_feed_is_followed_by_its_own_links(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/feed/")
    head = '<atom:link rel="prev-archive" href="{}"/>'
    site["/feed/"] = feed(site.base, 1, 2, head=head.format("/2026-01.xml"))
    site["/2026-01.xml"] = feed(site.base, 100, 200, head=head.format("/2025-12.xml"))
    site["/2025-12.xml"] = feed(site.base, 900)
    done = shell("feeds", "backfill", site.base + "/feed/", "--json").json
    assert (done["pages"], done["entries"], done["stopped"]) == (2, 3, "the feed names no further page")
    assert not any("paged" in path for path in site.requests)


def test_a_site_without_pages_is_asked_once(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/feed/")
    site["/feed/"] = site["/feed/?paged=2"] = feed(site.base, 1, 2)
    done = shell("feeds", "backfill", site.base + "/feed/")
    assert "older entries stored: 0" in done.out
    assert "repeats" in done.out
    assert site.requests == ["/feed/", "/robots.txt", "/feed/?paged=2"]


def test_bounds_are_kept(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/feed/")
    archive(site, 9)
    done = shell("feeds", "backfill", site.base + "/feed/", "--pages", "2", "--json").json
    assert (done["pages"], done["stopped"]) == (2, "2 pages were asked for")
    done = shell("feeds", "backfill", site.base + "/feed/", "--until", "2026-01-27", "--json").json
    assert done["oldest"] >= "2026-01-27"
    assert done["stopped"] == "what follows is older than 2026-01-27"
    shell("feeds", "backfill", site.base + "/feed/", "--pages", "0", code=2)
    shell("feeds", "backfill", site.base + "/feed/", "--until", "lately", code=2)


def test_a_page_that_fails_ends_it_and_keeps_what_came_before(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/feed/")
    archive(site, 2)
    site["/feed/?paged=3"] = "<html><title>Coast</title>"
    done = shell("feeds", "backfill", site.base + "/feed/", "--json").json
    assert (done["entries"], "HTML page" in done["stopped"]) == (2, True)
    assert shell("once", "--json").json["articles_new"] == 2
    assert shell("status", "--json").json["articles"] == 4


def test_what_robots_txt_forbids_is_not_paged(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/feed/")
    archive(site, 2)
    site["/robots.txt"] = Answer("User-agent: *\nDisallow: /*?paged=", content_type="text/plain")
    done = shell("feeds", "backfill", site.base + "/feed/", "--json").json
    assert (done["entries"], "robots.txt forbids" in done["stopped"]) == (0, True)


def test_backfill_says_what_is_wrong(site: Site, shell: Shell) -> None:
    write_config(shell.folder, site.base + "/feed/")
    assert "add it first" in shell("feeds", "backfill", site.base + "/none", code=1).err
    assert "404" in shell("feeds", "backfill", site.base + "/feed/", code=4).err
    with exclusive(shell.folder / "data"):
        assert "another run holds" in shell("feeds", "backfill", site.base + "/feed/", code=3).err


def test_a_backfill_is_no_poll(site: Site, shell: Shell) -> None:
    """A failing feed is not well again because its older pages could be read."""
    write_config(shell.folder, site.base + "/feed/")
    archive(site, 2)
    shell("once")
    before = shell("feeds", "list", "--json").json
    shell("feeds", "backfill", site.base + "/feed/")
    assert shell("feeds", "list", "--json").json == before


# --- what is imported and exported ----------------------------------------------------------------


def test_an_import_keeps_the_meaning_of_prefixes(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "other.opml").write_text(
        '<opml version="2.0" xmlns:own="https://own.example/ns" xmlns:idle="https://idle.example/ns"><body>'
        '<outline text="Marked" type="rss" xmlUrl="https://marked.example/feed" own:weight="3"/>'
        '<outline text="Plain" type="rss" xmlUrl="https://plain.example/feed"/></body></opml>',
        encoding="utf-8",
    )
    assert "2 feeds added" in shell("feeds", "import", str(tmp_path / "other.opml")).out
    feeds = (tmp_path / "feeds.opml").read_text(encoding="utf-8")
    assert 'own:weight="3" xmlns:own="https://own.example/ns"' in feeds
    assert "idle" not in feeds
    assert "0 feeds added" in shell("feeds", "import", str(tmp_path / "other.opml")).out


def test_an_import_that_cannot_be_read_says_where(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "other.opml").write_text('<opml><body>\n  <outline text="a" </body>', encoding="utf-8")
    before = (tmp_path / "feeds.opml").read_bytes()
    assert "well-formed" in (said := shell("feeds", "import", str(tmp_path / "other.opml"), code=1).err)
    assert "(line 2, column 21)" in said
    assert (tmp_path / "feeds.opml").read_bytes() == before


def test_an_export_replaces_files_and_nothing_else(shell: Shell, tmp_path: Path) -> None:
    feeds = (tmp_path / "feeds.opml").read_bytes()
    (tmp_path / "real.opml").write_text("old", encoding="utf-8")
    (tmp_path / "link.opml").symlink_to("real.opml")
    os.mkfifo(tmp_path / "pipe.opml")
    shell("feeds", "export", str(tmp_path / "link.opml"))
    assert (tmp_path / "link.opml").is_symlink()
    assert (tmp_path / "real.opml").read_bytes() == feeds
    assert "not a file" in shell("feeds", "export", str(tmp_path / "pipe.opml"), code=1).err
    assert stat.S_ISFIFO((tmp_path / "pipe.opml").stat().st_mode)


def test_an_address_that_cannot_be_explained_is_a_mistake_in_the_command(shell: Shell) -> None:
    assert "not http" in shell("explain", "--url", "ftp://files.example/a", code=1).err
