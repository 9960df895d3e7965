"""Web archives: every page of them, from wherever one begins, and a plain word where they are damaged."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import InputError
from monitor.sources.warc import ArchivedPage, pages
from tests.sources.archives import page, write

LIMIT = 100_000
AT = datetime(2026, 2, 2, 10, tzinfo=UTC)
PAGES = [page(f"https://daily.example/{number}", f"<p>Report {number} خبر</p>") for number in range(6)]


def read(path: Path, start: int = 0, limit: int = LIMIT) -> list[ArchivedPage]:
    return list(pages(path, start, limit))


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
@pytest.mark.parametrize("encoding", ["", "gzip", "chunked"])
def test_reading_begins_at_any_page(tmp_path: Path, packed: bool, encoding: str) -> None:
    path = write(tmp_path / "news.warc.gz", PAGES, packed=packed, encoding=encoding)
    found = read(path)
    assert [one.url for one in found] == [one.url for one in PAGES]
    assert [one.body.decode() for one in found] == [f"<p>Report {number} خبر</p>" for number in range(6)]
    assert {one.captured for one in found} == {AT}
    assert all(one.record.startswith("<urn:uuid:") for one in found)
    for number, one in enumerate(found):
        assert read(path, one.offset) == found[number:]


def test_only_pages_that_were_given_are_yielded(tmp_path: Path) -> None:
    path = write(
        tmp_path / "news.warc",
        [
            page("https://daily.example/gone", "<p>no</p>", status="404 Not Found"),
            page("https://daily.example/picture", "no", content_type="image/png"),
            page("ftp://daily.example/", "<p>no</p>"),
            page("https://daily.example/large", "x" * (LIMIT + 1)),
            page("https://daily.example/empty", ""),
            PAGES[0],
            page("https://daily.example/request", "<p>no</p>", kind="request"),
        ],
    )
    assert [one.url for one in read(path)] == [PAGES[0].url]


def test_a_page_that_would_unpack_to_more_than_the_limit_is_left_out(tmp_path: Path) -> None:
    path = write(
        tmp_path / "news.warc.gz",
        [page("https://daily.example/bomb", "x" * 50_000_000), PAGES[0]],
        encoding="gzip",
    )
    assert [one.url for one in read(path)] == [PAGES[0].url]


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x1f\x8b\x08\x00rubbish", b"\x7fELF" + bytes(5000)])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no web archive"):
        read(path)


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
def test_a_damaged_archive_gives_what_stands_before_and_names_the_byte(tmp_path: Path, packed: bool) -> None:
    path = write(tmp_path / "news.warc", PAGES, packed=packed)
    found = read(path)
    whole = path.read_bytes()
    for content in (
        whole[: found[4].offset + 60],
        whole[: found[4].offset] + b"\x00rubbish\n" * 40 + whole[found[4].offset :],
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"byte \d+$"):
            read(path)
        assert read_until_fault(path) == [one.url for one in PAGES[:4]]


def read_until_fault(path: Path) -> list[str]:
    seen: list[str] = []
    try:
        for one in pages(path, 0, LIMIT):
            seen.append(one.url)  # noqa: PERF401 - what came before the fault counts
    except InputError:
        pass
    return seen
