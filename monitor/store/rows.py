"""One row written: the statements that the pipeline runs by the hundred thousand.

sqlite-utils looks a table up before each row it inserts, which takes longer than SQLite does to write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import sqlite_utils


def insert(db: sqlite_utils.Database, table: str, row: Mapping[str, object]) -> int:
    """Add a row; return its id."""
    return db.execute(_insertion(table, tuple(row)), tuple(row.values())).lastrowid or 0


def update(db: sqlite_utils.Database, table: str, number: int, row: Mapping[str, object]) -> None:
    """Change columns of the row with an id."""
    db.execute(_change(table, tuple(row)), (*row.values(), number))


@lru_cache(maxsize=64)
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'


@lru_cache(maxsize=64)
def _change(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{name}" = ?' for name in columns)
    return f'UPDATE "{table}" SET {names} WHERE id = ?'
