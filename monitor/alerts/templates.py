"""What a user's own templates make of a story in a message: `story.txt.j2` and `story.html.j2` in one folder.

They run in a sandbox and see one value, `story`: title, outlet, dates, url, rules (title, grade, key, why, news,
other_title), quotes, notes and language, all of it inert already; HTML is escaped in every file they include. The
title and the keys of the rules have to stand in every message: a template that leaves one of them out, or lets
foreign text in as markup, is refused. One that fails on some story, or says very much more than the built-in
layout, is left aside for that story.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from monitor.alerts.card import Card, RuleLine
from monitor.errors import Fault
from monitor.models import Quote

TEXT, HTML = "story.txt.j2", "story.html.j2"
MORE = 2000  # characters that a template's text may be longer than the built-in one
_LONGEST_RANGE = 100

log = logging.getLogger(__name__)


class Templates:
    """The templates of a folder; without one, none."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._jinja: Mapping[str, _Sandbox] = {
            name: _Sandbox(folder, autoescape=name == HTML) for name in (TEXT, HTML)
        }

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with them, found by rendering a story made for that."""
        if self._folder is None:
            return
        if not self._folder.is_dir():
            yield Fault(str(self._folder), 1, 1, "the folder of templates is not there")
            return
        for name in (TEXT, HTML):
            file = self._folder / name
            if not file.is_file():
                if file.exists() or file.is_symlink():
                    yield Fault(str(file), 1, 1, "not a file")
                continue
            try:
                self._render(name, _SAMPLE, (Markup("a &lt;sample&gt; sentence"),), "en")
            except jinja2.TemplateSyntaxError as error:
                yield Fault(error.filename or str(file), error.lineno, 1, f"not a template: {error.message}")
            except _RefusedError as error:
                yield Fault(str(file), 1, 1, str(error))

    def text(self, card: Card, quotes: tuple[str, ...], language: str, built_in: str) -> str:
        """Return the text about a story: the template's, or else the built-in one."""
        own = self._tried(TEXT, card, quotes, language)
        return built_in if own is None or len(own) > len(built_in) + MORE else own

    def html(self, card: Card, quotes: tuple[Markup, ...], language: str) -> str | None:
        """Return the same in HTML; None where there is no template, or it fails on this story."""
        return self._tried(HTML, card, quotes, language)

    def _tried(self, name: str, card: Card, quotes: tuple[str, ...], language: str) -> str | None:
        if self._folder is None or not (self._folder / name).is_file():
            return None
        try:
            return self._render(name, card, quotes, language)
        except (jinja2.TemplateSyntaxError, _RefusedError) as error:
            log.warning("a story is told without the template %s: %s", name, error)
            return None

    def _render(self, name: str, card: Card, quotes: tuple[str, ...], language: str) -> str:
        story = {
            "title": card.title,
            "outlet": card.outlet,
            "dates": card.dates,
            "url": card.url,
            "rules": card.rules,
            "quotes": quotes,
            "notes": card.notes,
            "language": language,
        }
        try:
            text = self._jinja[name].get_template(name).render(story=story).strip()
        except jinja2.TemplateSyntaxError:
            raise
        except (
            Exception
        ) as error:  # the item boundary: a template is somebody's program, and stops no delivery
            raise _RefusedError(f"fails on a story: {type(error).__name__}: {error}") from error
        if name == HTML and _RAW in text:
            raise _RefusedError("lets foreign text in as markup: leave out `safe` and `autoescape`")
        shown = html.unescape(text) if name == HTML else text
        if card.title not in shown:
            raise _RefusedError("a message must hold {{ story.title }}")
        if any(rule.key not in shown for rule in card.rules):
            raise _RefusedError("a message must hold every rule.key")
        return text


class _Sandbox(ImmutableSandboxedEnvironment):
    """Templates of one folder that can read no other file, and neither run nor grow for ever."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, folder: Path | None, *, autoescape: bool) -> None:
        super().__init__(
            loader=_TemplatesOnly(folder) if folder else None,
            autoescape=autoescape,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.globals["range"] = _short_range

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002
        if isinstance(left, int) and isinstance(right, int) and operator == "*":
            return left * right
        raise SecurityError(f"{operator} is for whole numbers only, and ** is not there")


class _TemplatesOnly(jinja2.FileSystemLoader):
    """Loads nothing but templates: a configuration in the same folder holds secrets."""

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        if not template.endswith(".j2"):
            raise jinja2.TemplateNotFound(
                template, f"{template} is no template: its name does not end in .j2"
            )
        return super().get_source(environment, template)


def _short_range(*args: int) -> range:
    found = range(*args)
    if len(found) > _LONGEST_RANGE:
        raise SecurityError(f"a range has {_LONGEST_RANGE} numbers at most")
    return found


class _RefusedError(ValueError):
    """It fails, or what every message has to hold is not there, or something is that must not."""


BUILT_IN = Templates()
_RAW = "<sample>"
_SAMPLE = Card(
    title=f"A {_RAW} title",
    outlet=f"An {_RAW} outlet",
    dates=("Published", f"First seen {_RAW}"),
    url="https://news.example/1",
    rules=(
        RuleLine(f"A {_RAW} rule", "strong", "#a1b2c3", f"{_RAW} why", "", ""),
        RuleLine("Another", "likely", "#d4e5f6", "", f"{_RAW} news", f"{_RAW} title"),
    ),
    quotes=(Quote("body", "a sentence", ((2, 10),)),),
    notes=(f"a {_RAW} note",),
)
