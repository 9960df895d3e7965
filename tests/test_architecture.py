"""The house as ARCHITECTURE.md draws it: imports point down, stages do not know each other, tools have one home."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "monitor"
STAGES = ("sources", "rules", "stories", "alerts", "digest", "export")

# Rooms from the ground up; a room may import from those below it.
FLOORS = (
    ("models", "errors"),
    ("yamlnodes",),
    ("text", "config"),
    (*STAGES, "store", "workers"),
    ("forkserver", "lanes"),
    ("writer", "registry", "reading"),
    ("setup", "habits"),
    ("check", "daily", "screens", "watch", "search", "backtest", "exported"),
    ("reports",),
    ("delivery",),
    ("pipeline",),
    ("trial", "daemon", "demo"),
    ("discovery", "older", "backfill"),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

REGION_WORDS = ("balochistan", "quetta", "بلوچستان")

HOMES = {
    "feedparser": {"sources/feed.py"},
    "trafilatura": {"sources/page.py"},
    "apprise": {"alerts/send.py"},
    "apscheduler": {"daemon.py"},
    "sqlite_utils": {f"store/{room}.py" for room in ("store", "queries", "schema", "polls", "rows")},
    "sqlite3": {"store/store.py", "store/queries.py", "store/schema.py"},
    "pebble": {"workers.py"},
    "yaml": {"yamlnodes.py", "demo/content.py"},  # the samples are the program's own: no places needed
    "click": {
        f"cli/{name}.py"
        for name in (
            "__init__",
            "common",
            "running",
            "checking",
            "exporting",
            "feeds",
            "seeking",
            "asking",
            "searching",
            "stories",
            "backfilling",
        )
    },
    "pydantic": {"config.py"},
    "warcio": {"sources/warc.py"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every imported module with its line, wherever in the file it is imported."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def rooms_imported(path: Path) -> Iterator[tuple[str, int]]:
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] == "monitor" and len(parts) > 1 and parts[1] in FLOOR:
            yield parts[1], line


@pytest.mark.parametrize("path", modules(), ids=name)
def test_imports_point_down(path: Path) -> None:
    own = room(path)
    if own == "__init__":
        assert not list(rooms_imported(path))
        return
    assert own in FLOOR, f"{name(path)} stands on no floor: draw it"
    for other, line in rooms_imported(path):
        assert other == own or FLOOR[other] < FLOOR[own], (
            f"{name(path)}:{line} imports {other} from above or beside"
        )


@pytest.mark.parametrize("path", modules(), ids=name)
def test_each_tool_has_one_home(path: Path) -> None:
    for module, line in imports(path):
        homes = HOMES.get(module.split(".")[0])
        assert homes is None or name(path) in homes, (
            f"{name(path)}:{line} imports {module}; its home is {homes}"
        )


@pytest.mark.parametrize("path", modules(), ids=name)
def test_the_clock_is_read_in_one_place(path: Path) -> None:
    if name(path) == "cli/common.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
            holder = ast.unparse(node.value)
            assert holder not in {"datetime", "date", "datetime.datetime"}, f"{name(path)}:{node.lineno}"
        if isinstance(node, ast.Attribute) and node.attr == "time" and ast.unparse(node.value) == "time":
            raise AssertionError(f"{name(path)}:{node.lineno} reads the clock")


@pytest.mark.parametrize("path", modules(), ids=name)
def test_broad_excepts_stand_at_boundaries_only(path: Path) -> None:
    allowed = {
        "cli/__init__.py": 1,
        "pipeline.py": 2,
        "daemon.py": 1,
        "workers.py": 2,
        "alerts/send.py": 1,
        "alerts/templates.py": 1,
        "store/store.py": 1,
    }
    broad = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    ]
    assert len(broad) <= allowed.get(name(path), 0), f"{name(path)} catches everything at lines {broad}"


def code_strings(path: Path) -> Iterator[str]:
    """Yield every string of a module that is not a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("path", modules(), ids=name)
def test_only_the_region_pack_knows_the_region(path: Path) -> None:
    if room(path) == "demo":
        return  # the demonstration is about the shipped region
    for text in code_strings(path):
        assert not any(word in text.lower() for word in REGION_WORDS), text
