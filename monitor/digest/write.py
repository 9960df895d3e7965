"""Put a rendered digest on disk so that a reader finds the old file or the new one, never half of one."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

from monitor.digest.gather import Digest
from monitor.digest.render import html, jsonl, markdown
from monitor.errors import InputError

RENDERERS: Mapping[str, Callable[[Digest], str]] = {"md": markdown, "html": html, "jsonl": jsonl}


def write_digest(folder: Path, date: date, formats: Sequence[str], digest: Digest) -> dict[str, str]:
    """Write YYYY-MM-DD.md, .html and .jsonl, as `formats` asks; return each file's name and sha256.

    Raises InputError for an unknown format (before anything is written) and when a file cannot be written.
    """
    unknown = [name for name in formats if name not in RENDERERS]
    if unknown:
        raise InputError(f"no such digest format: {', '.join(unknown)} (there are {', '.join(RENDERERS)})")
    rendered = {f"{date.isoformat()}.{name}": RENDERERS[name](digest).encode() for name in formats}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the digest folder {folder} cannot be made: {error.strerror}") from error
    for name, data in rendered.items():
        write_atomically(folder / name, data)
    return {name: sha256(data).hexdigest() for name, data in rendered.items()}


def write_atomically(path: Path, data: bytes | Iterable[bytes], *, mode: int | None = None) -> None:
    """Replace a file in one step, on disk before this returns; its folder may not be a symbolic link.

    data: all of it, or its pieces as they come; where one of them fails, the file stays as it was.

    mode: the file's permissions; by default what the umask leaves of rw-rw-rw-.

    Everything happens relative to the folder as it was opened, so that swapping it for a link in
    between leads nowhere; a link in the file's own place is replaced, not followed. Raises InputError,
    also where something stands in that place that is neither file nor link (a device, a folder).
    """
    family = f".{sha256(os.fsencode(path.name)).hexdigest()[:16]}."
    temporary = f"{family}{os.getpid()}.tmp"
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise InputError(f"{path.parent} is not a folder that can be written to: {error.strerror}") from error
    try:
        if not _is_file_or_free(folder, path.name):
            raise InputError(f"{path} is not a file and is left as it is")
        _discard_left(folder, family)
        _write(folder, temporary, data, mode)
        os.replace(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        _discard(folder, temporary)
        os.close(folder)


def _discard_left(folder: int, family: str) -> None:
    """Remove what processes left that died while they wrote the same file."""
    for name in os.listdir(folder):
        writer = name.removeprefix(family).removesuffix(".tmp")
        if name.startswith(family) and writer.isdigit() and not _lives(int(writer)):
            _discard(folder, name)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return process != os.getpid()


def _is_file_or_free(folder: int, name: str) -> bool:
    try:
        kind = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return True
    return stat.S_ISREG(kind) or stat.S_ISLNK(kind)


def _write(folder: int, name: str, data: bytes | Iterable[bytes], mode: int | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    file = os.open(name, flags, 0o666 if mode is None else 0o600, dir_fd=folder)
    with os.fdopen(file, "wb") as stream:
        if mode is not None:
            os.fchmod(file, mode)
        stream.writelines([data] if isinstance(data, bytes) else data)
        stream.flush()
        os.fsync(stream.fileno())


def _discard(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
