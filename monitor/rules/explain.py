"""What fired on a text and why, for programs (explain_json) and for people (explain_text)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from monitor.models import Context, Document, Match, Span
from monitor.rules.matcher import Evaluation
from monitor.text.sentences import sentences
from monitor.text.show import isolate, isolate_quotations, mark

BEFORE, AFTER = "⟦", "⟧"  # around what is cited
_MOST = 12  # sentences shown for one rule
_MARGIN = 200  # characters shown of a long sentence before its first and after its last mark
_SCOPES = {
    "title": "in the title",
    "sentence": "same sentence",
    "near": "within 200 characters",
    "paragraph": "same paragraph",
    "document": "elsewhere in the text",
}


def explain_json(evaluation: Evaluation) -> dict[str, object]:
    """Return the matches and misses as plain values; offsets are code points of the field's original text."""
    return {
        "matches": [
            {
                "rule": match.rule,
                "grade": match.grade.value,
                "spans": [asdict(span) for span in match.spans],
                "context": [asdict(word) for word in match.context],
                "why": match.why,
            }
            for match in evaluation.matches
        ],
        "misses": [{"rule": miss.rule, "why": miss.why} for miss in evaluation.misses],
    }


def explain_text(document: Document, evaluation: Evaluation, titles: Mapping[str, str]) -> str:
    """Return the same for a terminal: no text of the document can change the direction or look of the rest."""
    lines: list[str] = []
    for match in evaluation.matches:
        lines += [f"{_head(match.rule, titles)} — {match.grade}", *_cited(document, match)]
        lines += [f"    decided by {_deciding(word)}" for word in _distinct(match.context)]
        lines += [f"    why: {_safe(match.why)}", ""]
    if not evaluation.matches:
        lines += ["No rule fires.", ""]
    if evaluation.misses:
        lines.append("Nearly:")
        lines += [f"  {_head(miss.rule, titles)}: {_safe(miss.why)}" for miss in evaluation.misses]
    return "\n".join(lines).rstrip("\n")


def _head(rule: str, titles: Mapping[str, str]) -> str:
    title = titles.get(rule, rule)
    return isolate(rule) if title == rule else f"{isolate(rule)} ({isolate(title)})"


def _cited(document: Document, match: Match) -> list[str]:
    """Return each sentence that holds something cited, once, with the marks in it."""
    lines = []
    for name, text in document.fields:
        spans = [span for span in match.spans if span.field == name]
        lines += [f"    {name}: {line}" for line in _marked_sentences(name, text, spans)]
    if len(lines) > _MOST:
        return [*lines[:_MOST], f"    … and {len(lines) - _MOST} more sentences"]
    return lines


def _marked_sentences(field: str, text: str, spans: Sequence[Span]) -> list[str]:
    if not spans:
        return []
    lines = [(0, len(text))] if field == "title" else sentences(text)
    starts = [start for start, _ in lines]
    by_line: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for span in spans:
        line = lines[max(0, bisect_right(starts, span.start) - 1)]
        by_line.setdefault(line, []).append((span.start, span.end))
    return [_marked(text, line, places) for line, places in by_line.items()]


def _marked(text: str, line: tuple[int, int], places: Sequence[tuple[int, int]]) -> str:
    # A phrase may run over the end of its sentence.
    last = max(end for _, end in places)
    start = max(line[0], places[0][0] - _MARGIN)
    end = min(max(line[1], last), last + _MARGIN)
    inside = [(a - start, b - start) for a, b in places]
    shown = isolate(mark(text[start:end], inside, BEFORE, AFTER, str))
    return f"{'… ' if start > line[0] else ''}{shown}{' …' if end < line[1] else ''}"


def _distinct(context: Iterable[Context]) -> list[Context]:
    """Return each deciding word once for each entity, however often it stands there."""
    return list(
        {(word.text, word.role, word.scope, word.entity): word for word in reversed(tuple(context))}.values()
    )[::-1]


def _deciding(word: Context) -> str:
    role = "speaks for" if word.role == "requires" else "speaks against"
    return (
        f"“{isolate(word.text)}” ({_SCOPES.get(word.scope, word.scope)}), which {role} {isolate(word.entity)}"
    )


def _safe(why: str) -> str:
    """Return a reason without controls, what it quotes isolated."""
    return isolate_quotations(isolate(why)[1:-1])
