"""What a user's own templates make of a story in a message: `story.txt.j2` and `story.html.j2` in one folder.

They run in a sandbox and see one value, `story`: title, outlet, dates, url, rules (title, grade, key, why, news,
other_title), quotes, notes and language, all of it inert already. The title and the keys of the rules have to
stand in every message: a template that leaves one of them out is refused.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Iterator
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from monitor.alerts.card import Card, RuleLine
from monitor.errors import Fault
from monitor.models import Quote

TEXT, HTML = "story.txt.j2", "story.html.j2"
_AT_RUNTIME = (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

log = logging.getLogger(__name__)


class Templates:
    """The templates of a folder; without one, none."""

    def __init__(self, folder: Path | None = None) -> None:
        self._jinja = ImmutableSandboxedEnvironment(
            loader=jinja2.FileSystemLoader(folder) if folder else None,
            autoescape=jinja2.select_autoescape(["html.j2"]),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._folder = folder

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with them, found by rendering a story made for that."""
        if self._folder is None:
            return
        if not self._folder.is_dir():
            yield Fault(str(self._folder), 0, 0, "the folder of templates is not there")
            return
        for name in (TEXT, HTML):
            file = self._folder / name
            if not file.is_file():
                continue
            try:
                self._render(name, _SAMPLE, ("a sentence",), "en")
            except jinja2.TemplateSyntaxError as error:
                yield Fault(str(file), error.lineno, 1, f"not a template: {error.message}")
            except _LeftOutError as error:
                yield Fault(str(file), 1, 1, f"a message must hold {error}")
            except _AT_RUNTIME as error:
                yield Fault(str(file), 1, 1, f"fails on a story: {error}")

    def text(self, card: Card, quotes: tuple[str, ...], language: str) -> str | None:
        """Return the text about a story; None where there is no template, or it fails on this one."""
        return self._tried(TEXT, card, quotes, language)

    def html(self, card: Card, quotes: tuple[Markup, ...], language: str) -> str | None:
        """Return the same in HTML."""
        return self._tried(HTML, card, quotes, language)

    def _tried(self, name: str, card: Card, quotes: tuple[str, ...], language: str) -> str | None:
        if self._folder is None or not (self._folder / name).is_file():
            return None
        try:
            return self._render(name, card, quotes, language)
        except _AT_RUNTIME as error:
            log.warning("the template %s fails on a story, which is told without it: %s", name, error)
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
        text = self._jinja.get_template(name).render(story=story).strip()
        shown = html.unescape(text) if name == HTML else text
        for what, needed in (
            ("{{ story.title }}", card.title),
            *(("every rule.key", one.key) for one in card.rules),
        ):
            if needed not in shown:
                raise _LeftOutError(what)
        return text


BUILT_IN = Templates()


class _LeftOutError(ValueError):
    """What every message has to hold is not there."""


_SAMPLE = Card(
    title="A title",
    outlet="An outlet",
    dates=("Published", "First seen"),
    url="https://news.example/1",
    rules=(
        RuleLine("A rule", "strong", "#a1b2c3", "why", "", ""),
        RuleLine("Another", "likely", "#d4e5f6", "", "news", "title"),
    ),
    quotes=(Quote("body", "a sentence", ((2, 10),)),),
    notes=("a note",),
)
