"""A hundred thousand articles: memory must not grow with their number."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.export.archive import NOW, URDU, Archive, setup_in

KIND = 100  # different articles, of which the others are copies under other numbers
SHIFT: dict[str, dict[str, int]] = {  # what makes each row another one; 0: a text
    "article": {"id": KIND, "identity": 0, "url": 0},
    "entry": {"id": KIND, "article_id": KIND},
    "story": {"id": 80},
    "story_article": {"article_id": KIND, "story_id": 80},
    "match": {"id": KIND, "article_id": KIND},
    "mention": {"article_id": KIND},
}


def fill(folder: Path, articles: int) -> None:
    archive = Archive(folder / "data" / "monitor.db")
    for number in range(KIND):
        text = (
            f"{URDU}۔ واقعہ {number // 5}۔ " * 8
            if number % 2
            else f"Number {number // 5} said so in Quetta. " * 12
        )
        copy = number % 5 == 4
        story = archive.store.counts()["stories"] if copy else None
        archive.add(
            f"{URDU} {number}", "water", at=NOW + timedelta(minutes=number), text=text,
            story=story, how="near copy" if copy else "first",
        )  # fmt: skip
    with archive.store.db.conn as connection:
        for table, shift in SHIFT.items():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            values = [
                f"one.{name}" if name not in shift
                else f"one.{name} + {shift[name]} * n" if shift[name] else f"one.{name} || '-' || n"
                for name in columns
            ]  # fmt: skip
            connection.execute(
                f"WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < {articles // KIND - 1})"
                f" INSERT INTO {table} SELECT {', '.join(values)} FROM {table} one, more"
            )
    archive.store.close()
    setup_in(folder)


def peak(folder: Path, form: str) -> tuple[int, int]:
    """Export in a process of its own; return its peak of memory in MB and the size of what it wrote."""
    target = folder / f"out.{form}"
    command = [
        sys.executable, "-m", "monitor", "export", "--format", form,
        "--config", str(folder / "config.yaml"), "--output", str(target),
    ]  # fmt: skip
    process = os.posix_spawn(sys.executable, command, os.environ)
    _, status, used = os.wait4(process, 0)
    assert status == 0
    return used.ru_maxrss // 1024, target.stat().st_size


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("form", ["csv", "jsonl", "ris", "bibtex", "csl"])
def test_memory_is_flat(tmp_path: Path, form: str) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()
    fill(tmp_path / "few", 2_000)
    fill(tmp_path / "many", 100_000)
    few, small = peak(tmp_path / "few", form)
    many, large = peak(tmp_path / "many", form)
    assert large > 45 * small
    assert many < few + 25
    assert many < 150
