"""docs/rules.md says what is so: its configurations are checked, its commands run, its tables tried.

How a snippet is treated stands in the guide itself. Fences: `yaml config` becomes config.yaml and must be sound
(`wrong`: must not), `NAME file=PATH` becomes that file, `console` holds `$ commands` and what they print (… is
anything; `exit=N`). Comments: `test: KIND` says what the next table claims, `test: edit FROM TO OLD NEW …` writes
FROM with replacements to TO. Anything else fails.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from monitor import check as checking
from monitor import cli
from monitor.errors import QueryError
from monitor.models import Document, Entity, Name, Rule
from monitor.rules.entities import LEVELS, load_region
from monitor.rules.matcher import RuleSet, check_rules, rule_source
from monitor.rules.query import parse
from tests.rules.test_labelled import figures, sentences

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
_COMMENT = re.compile(r"<!-- test: (.+?) -->")
_FIELD = re.compile(r"\[(title|lang|source|kind) ?([^\]]*)\] ")
_ISOLATES = str.maketrans("", "", "\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Cell:
    text: str
    codes: tuple[str, ...]


Rows = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Piece:
    """Something to be run: a fence (`how` is its info string), a table, or a comment of its own."""

    kind: str
    how: str
    text: str = ""
    rows: Rows = ()


def sections(guide: str) -> dict[str, str]:
    """Return the guide's chapters by number."""
    parts = re.split(r"(?m)^## (\d)\. ", guide)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def pieces(text: str) -> Iterator[Piece]:
    """Yield what is to be run, in order."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    claim = ""
    for number, token in enumerate(tokens):
        if token.type == "html_block":
            found = _COMMENT.fullmatch(token.content.strip())
            assert found, f"a comment that no test understands: {token.content}"
            claim = found[1]
            if claim.startswith("edit "):
                yield Piece("order", claim)
                claim = ""
        elif token.type == "fence":
            yield Piece("fence", token.info, token.content)
        elif token.type == "table_open":
            assert claim, "a table that no test understands"
            yield Piece("table", claim, rows=tuple(_rows(tokens[number:])))
            claim = ""


def _rows(tokens: list[Token]) -> Iterator[tuple[Cell, ...]]:
    """Yield a table's rows but its head."""
    row: list[Cell] = []
    body = False
    for token in tokens:
        if token.type == "table_close":
            return
        if token.type == "tbody_open":
            body = True
        elif token.type == "tr_open":
            row = []
        elif token.type == "inline" and body:
            codes = (child.content for child in token.children or () if child.type == "code_inline")
            row.append(Cell(token.content, tuple(codes)))
        elif token.type == "tr_close" and body:
            yield tuple(row)


# --- tables ---------------------------------------------------------------------------------------


@cache
def entities() -> tuple[Entity, ...]:
    return load_region(ROOT / "regions" / "balochistan").entities


def document(written: str) -> Document:
    """Return the document that a cell stands for."""
    marks = dict[str, str](_FIELD.findall(written))
    text = _FIELD.sub("", written)
    return Document(
        fields=(("title", text),) if "title" in marks else (("body", text),),
        language=marks.get("lang", ""),
        host=marks.get("source", ""),
        kind=marks.get("kind", ""),
    )


def try_queries(rows: Rows) -> None:
    queries = [query.codes[0] for query, *_ in rows]
    rules = RuleSet.compile(rule_source([Rule(query, "", query) for query in queries], entities()))
    for query, (_, meaning, found, absent) in zip(queries, rows, strict=True):
        assert found.codes or absent.codes, f"{query} is not tried"
        for cell in (found, absent):
            for text in cell.codes:
                matched = query in {match.rule for match in rules.match(document(text)).matches}
                assert matched is (cell is found), f"{query} and “{text}”"
        for same in meaning.codes:
            assert parse(same) == parse(query), f"{query} is not {same}"


def try_refused(rows: Rows) -> None:
    for query, answer in rows:
        (written,) = query.codes
        said = [message for _, message, _ in check_rules([Rule("q", "", written)], entities())]
        assert any(answer.text in message for message in said), (written, said)


_FAR = "Nothing else was reported from there on that day, as far as anybody could tell. " * 4
_AROUND = (  # how far the required word stands, in the order of the columns
    "Then {name} was seen near the lantern.",
    "Then {name} was seen. There was a lantern.",
    "Then {name} was seen. " + _FAR + "There was a lantern.",
    "Then {name} was seen.\n" + _FAR + "\nThere was a lantern.",
    "Then {name} was seen.",
)


def try_grades(rows: Rows) -> None:
    assert [level for row in rows for level in row[0].codes] == [*LEVELS, *LEVELS]
    for level, (what, *grades) in ((level, row) for row in rows for level in row[0].codes):
        names = (
            ("ZBL", "Zorbel", "زوربل")
            if "one word" in what.text
            else ("Zorbel Green Circle", "زوربل سبز حلقہ")
        )
        for name in names:
            entity = Entity(
                id="org.zorbel",
                name="Zorbel",
                type="group",
                names=(Name(name, "abbr" if name == "ZBL" else "en"),),
                require=("lantern",),
                level=level,
            )
            rules = RuleSet.compile(rule_source([Rule("q", "", "@org.zorbel")], [entity]))
            for around, grade in zip(_AROUND, grades, strict=True):
                text = around.format(name=name)
                got = [match.grade.value for match in rules.match(document(text)).matches] or ["no"]
                assert got == [grade.text], (what.text, text)
            (headline,) = rules.match(
                Document(fields=(("title", "Lantern"), ("body", f"Then {name} was seen.")))
            ).matches
            assert headline.grade.value == grades[0].text


def try_limits(rows: Rows) -> None:
    limits = {what.text: answer.text.partition(" ")[0] for what, answer in rows}
    longest, seconds, late, apart, length, deep = limits.values()
    for limit, write in (
        (longest, lambda size: f"/{'x' * size}/"),
        (apart, lambda size: f"a NEAR/{size} b"),
        (length, lambda size: "x" * size),
        (deep, lambda size: "NOT " * (size - 1) + "a"),
    ):
        parse(write(int(limit)))
        with pytest.raises(QueryError):
            parse(write(int(limit) + 1))
    rules = RuleSet.compile(rule_source([Rule("q", "", "/(x+x+)+y/")], ()))
    slow = document("x" * 3000)
    for _ in range(int(late)):
        assert f"given up after {seconds} seconds" in rules.match(slow).misses[0].why
    assert "not tried any more" in rules.match(slow).misses[0].why


def try_figures(rows: Rows) -> None:
    for row in rows:
        name, count, *told = (cell.text for cell in row[:4])
        assert [f"{figure:.2f}" for figure in figures(name)] == told
        assert len(sentences(name)) == int(count)


TABLES = {
    "queries": try_queries,
    "refused": try_refused,
    "grades": try_grades,
    "limits": try_limits,
    "figures": try_figures,
}


# --- commands -------------------------------------------------------------------------------------


@dataclass
class Desk:
    """A folder in which the guide is followed."""

    folder: Path

    def follow(self, piece: Piece) -> None:
        order, *words = piece.how.split()
        if piece.kind == "table":
            TABLES[piece.how](piece.rows)
        elif order == "edit":
            self._edit(*shlex.split(piece.how)[1:])
        elif words and words[0].startswith("file="):
            self._write(words[0].removeprefix("file="), piece.text)
        elif words[:1] == ["config"]:
            self._configure(piece.text, wrong=words[1:] == ["wrong"])
        else:
            assert order == "console", f"a snippet that no test understands: {piece.how}"
            self._console(piece.text, int(words[0].removeprefix("exit=")) if words else 0)

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _edit(self, source: str, target: str, *changes: str) -> None:
        text = (self.folder / source).read_text(encoding="utf-8")
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert text.count(old) == 1, f"{old} in {source}"
            text = text.replace(old, new)
        self._write(target, text)

    def _configure(self, text: str, *, wrong: bool) -> None:
        self._write("config.yaml", text)
        _, faults = checking.check(self.folder / "config.yaml", {})
        assert bool(faults) is wrong, [str(fault) for fault in faults]

    def _console(self, text: str, status: int) -> None:
        for block in re.split(r"(?m)^\$ ", text)[1:]:
            command, _, expected = block.partition("\n")
            code, printed = self._run(shlex.split(command))
            assert code == status, printed
            assert agrees(expected, printed), f"$ {command}\n{printed}"

    def _run(self, command: list[str]) -> tuple[int, str]:
        """Run a command as its user would; return its exit code and what it printed, errors only if it failed."""
        assert command[0] == "monitor"
        out, err = StringIO(), StringIO()
        handlers, level = list(logging.root.handlers), logging.root.level
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", command)
            for name in ("SLACK_WEBHOOK", "ALERT_MAIL"):
                patch.delenv(name, raising=False)
            patch.setitem(os.environ, "COLUMNS", "200")
            try:
                with pytest.raises(SystemExit) as left:
                    cli.main()
            finally:
                logging.root.handlers[:] = handlers
                logging.root.setLevel(level)
        code = int(left.value.code or 0)
        return code, out.getvalue() + (err.getvalue() if code else "")


def agrees(expected: str, printed: str) -> bool:
    """Tell whether an output is what the guide shows: … is anything, runs of blanks are one, isolates unseen."""
    parts = _plain(expected).split("…")
    return re.fullmatch(".*".join(map(re.escape, parts)), _plain(printed), re.DOTALL) is not None


def _plain(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.translate(_ISOLATES).splitlines())
    return "\n".join(lines).strip()


def follow(section: str, folder: Path) -> None:
    """Follow one section in a folder that holds what the program comes with."""
    shutil.copytree(ROOT / "regions", folder / "regions")
    for name in ("config.yaml", "feeds.opml"):
        shutil.copy(ROOT / name, folder)
    desk = Desk(folder)
    for piece in pieces(section):
        desk.follow(piece)


@pytest.mark.parametrize("number", sections(GUIDE))
def test_the_guide_does_what_it_says(number: str, tmp_path: Path) -> None:
    follow(sections(GUIDE)[number], tmp_path)


@pytest.mark.parametrize(
    ("number", "claim", "changed"),
    [
        ("2", "`A PROTEST in town`", "`PROTESTERS in town`"),
        ("2", "`missing the person`", "`missing persons`"),
        ("2", "`flood OR (rain AND dam)`", "`(flood OR rain) AND dam`"),
        ("2", "a * can only end a word", "a * may stand anywhere"),
        ("3", "`high` | strong | strong", "`high` | strong | likely"),
        ("3", "ignore: [FDA", "match: [FDA"),
        ("5", "500 characters", "499 characters"),
        ("5", "40 levels", "41 levels"),
        ("5", "0.2 seconds", "0.1 seconds"),
        ("6", "(same sentence)", "(same paragraph)"),
        ("6", "3 entities", "4 entities"),
        ("6", "level: very_high ", "level: low "),
        ("6", "places.yaml:14:13", "places.yaml:14:14"),
        ("6", "```console exit=1", "```console exit=0"),
        ("6", "```yaml config", "```yaml confg"),
        ("7", "| open | 150 | 0.99", "| open | 150 | 0.98"),
    ],
)
def test_a_wrong_claim_is_noticed(number: str, claim: str, changed: str, tmp_path: Path) -> None:
    section = sections(GUIDE)[number]
    assert claim in section
    with pytest.raises((AssertionError, pytest.fail.Exception, QueryError)):
        follow(section.replace(claim, changed, 1), tmp_path)


def test_every_table_and_snippet_is_run() -> None:
    found = [piece for section in sections(GUIDE).values() for piece in pieces(section)]
    assert {piece.how for piece in found if piece.kind == "table"} == TABLES.keys()
    assert sum(piece.kind == "fence" for piece in found) == GUIDE.count("\n```") // 2
