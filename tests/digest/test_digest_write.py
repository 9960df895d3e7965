from __future__ import annotations

import errno
import os
from hashlib import sha256
from pathlib import Path

import pytest

from monitor.digest.render import html, jsonl, markdown
from monitor.digest.write import write_atomically, write_digest
from monitor.errors import InputError
from tests.digest import days

DIGEST = days.digest(days.mixed_day())


def test_a_digest_is_written_in_every_format_under_its_date(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "digests"
    written = write_digest(folder, days.DAY, ["md", "html", "jsonl"], DIGEST)
    assert sorted(path.name for path in folder.iterdir()) == [
        "2026-02-02.html", "2026-02-02.jsonl", "2026-02-02.md",
    ]  # fmt: skip
    for name, render in (("md", markdown), ("html", html), ("jsonl", jsonl)):
        data = (folder / f"2026-02-02.{name}").read_bytes()
        assert data == render(DIGEST).encode()
        assert written[f"2026-02-02.{name}"] == sha256(data).hexdigest()


def test_only_the_formats_asked_for_are_written(tmp_path: Path) -> None:
    assert list(write_digest(tmp_path, days.DAY, ["jsonl"], DIGEST)) == ["2026-02-02.jsonl"]
    assert [path.name for path in tmp_path.iterdir()] == ["2026-02-02.jsonl"]


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_digest(tmp_path, days.DAY, ["md", "html", "jsonl"], DIGEST)
    again = write_digest(tmp_path, days.DAY, ["md", "html", "jsonl"], days.digest(days.mixed_day()))
    assert first == again


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"pdf \(there are md, html, jsonl\)"):
        write_digest(tmp_path / "new", days.DAY, ["md", "pdf"], DIGEST)
    assert not (tmp_path / "new").exists()


def test_an_old_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "2026-02-02.md"
    path.write_text("old and much longer than what comes")
    before = path.stat().st_ino
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_ino != before
    assert [one.name for one in tmp_path.iterdir()] == ["2026-02-02.md"]


def test_a_link_in_the_files_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "precious"
    elsewhere.write_text("keep")
    path = tmp_path / "2026-02-02.md"
    path.symlink_to(elsewhere)
    write_atomically(path, b"new")
    assert elsewhere.read_text() == "keep"
    assert not path.is_symlink()


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "digests").symlink_to(real)
    with pytest.raises(InputError, match="not a folder that can be written to"):
        write_atomically(tmp_path / "digests" / "2026-02-02.md", b"new")
    assert list(real.iterdir()) == []


def test_a_file_in_the_folders_place_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "digests").write_text("a file")
    with pytest.raises(InputError, match="cannot be made"):
        write_digest(tmp_path / "digests", days.DAY, ["md"], DIGEST)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "2026-02-02.md").write_bytes(b"old")
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(InputError, match="cannot be written"):
        write_atomically(tmp_path / "2026-02-02.md", b"new")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("2026-02-02.md", b"old")]


def test_what_is_no_file_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "2026-02-02.md").mkdir()
    with pytest.raises(InputError, match="is not a file"):
        write_atomically(tmp_path / "2026-02-02.md", b"new")
    assert [one.name for one in tmp_path.iterdir()] == ["2026-02-02.md"]


def test_what_a_process_left_that_died_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = tmp_path / ("long " * 49 + ".md")
    with monkeypatch.context() as patch:
        patch.setattr("os.unlink", lambda *_, **__: None)
        patch.setattr("os.replace", lambda *_, **__: None)
        patch.setattr("os.getpid", lambda: 2**22 + 1)  # above what the kernel gives
        write_atomically(digest, b"half a fi")
    (left,) = tmp_path.iterdir()
    other = left.with_name(left.name.replace(".", ".0", 1))
    alive = left.with_name(left.name.replace(str(2**22 + 1), str(os.getppid())))
    other.touch()
    alive.touch()
    write_atomically(digest, b"whole")
    assert {*tmp_path.iterdir()} == {digest, other, alive}
    assert digest.read_bytes() == b"whole"
