"""Why a rule that nearly fired did not: the one thing that was missing, or what excluded a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.rules.evaluate import REGEX_SECONDS, Evaluator, Plan
from monitor.rules.mentions import Refusal
from monitor.rules.tree import (
    And,
    EntityRef,
    Filter,
    Near,
    Node,
    Not,
    Or,
    Regex,
    Title,
    children,
    unparse,
)
from monitor.text.show import one_line

Refusals = Mapping[str, Sequence[Refusal]]
_MOST = 3  # names told of in one sentence
_LONGEST = 120  # characters shown of a part of a query


def why_not(plan: Plan, evaluator: Evaluator, refused: Refusals) -> str:
    """Say why a rule that did not fire nearly did; empty when it did not come near."""
    late = [_given_up(node, evaluator) for node in plan.patterns if node in evaluator.given_up]
    return "; ".join(late) or _Miss(plan, evaluator, refused).node(plan.tree, title=False)


def _given_up(node: Regex, evaluator: Evaluator) -> str:
    if node == evaluator.slow:
        return f"{_written(node)} was given up after {REGEX_SECONDS} seconds on this text"
    if evaluator.slow is not None:
        return f"{_written(node)} was not tried: {_written(evaluator.slow)} used up the time"
    return f"{_written(node)} is not tried any more: it took too long on earlier texts"


class _Miss:
    def __init__(self, plan: Plan, evaluator: Evaluator, refused: Refusals) -> None:
        self._plan = plan
        self._evaluator = evaluator
        self._refused = refused

    def _holds(self, node: Node, *, title: bool) -> bool:
        return self._evaluator.truth(node, self._plan, title) is not None

    def node(self, node: Node, *, title: bool) -> str:
        """Say why a part that does not hold nearly does."""
        match node:
            case And(parts):
                return self._and(parts, title=title)
            case Or(parts):
                return next((why for part in parts if (why := self.node(part, title=title))), "")
            case Title(part):
                if not title and self._holds(part, title=False):
                    return f"{_written(part)} stands in the text, but not in the title"
                return self.node(part, title=True)
            case Near(left, right, distance):
                if self._holds(left, title=title) and self._holds(right, title=title):
                    return f"{_written(left)} and {_written(right)} stand further apart than NEAR/{distance} allows"
                return self._names(node)
            case Not():
                return ""
            case _:
                return self._names(node)

    def _and(self, parts: tuple[Node, ...], *, title: bool) -> str:
        failing = [part for part in parts if not self._holds(part, title=title)]
        holding = [part for part in parts if part not in failing and not isinstance(part, Not | Filter)]
        if len(failing) == 1 and holding:
            return self._only(failing[0], title=title)
        if len(failing) == 1 and not isinstance(failing[0], Not):
            return self.node(failing[0], title=title)
        return ""

    def _only(self, node: Node, *, title: bool) -> str:
        """Say what the one part is that an AND lacks."""
        if isinstance(node, Not):
            hits = self._evaluator.truth(node.part, self._plan, title)
            texts = dict.fromkeys(f"“{span.text}”" for hit in hits.hits for span in hit.spans) if hits else {}
            return f"all else holds, but {_written(node)} forbids {', '.join(list(texts)[:_MOST]) or 'it'}"
        if isinstance(node, Filter):
            document = self._evaluator.page.document
            actual = {"lang": document.language, "source": document.host, "kind": document.kind}[node.name]
            return f"all else holds, but {_written(node)} is asked for and this is {actual or 'unknown'}"
        if why := self.node(node, title=title):
            return f"all else holds, but {why}"
        return f"all else holds, but {_written(node)} is missing{' from the title' if title else ''}"

    def _names(self, node: Node) -> str:
        """Say which names under a node were found and refused, and why."""
        entities = {entity for part in _positive(node) for entity in self._plan.entities[part]}
        told = dict.fromkeys(
            f"“{refusal.text}” is not read as {entity}: {refusal.why}"
            for entity in sorted(entities.intersection(self._refused))
            for refusal in self._refused[entity][:_MOST]
        )
        return "; ".join(list(told)[:_MOST])


def _written(node: Node) -> str:
    return f"“{one_line(unparse(node), _LONGEST)}”"


def _positive(node: Node) -> list[EntityRef]:
    if isinstance(node, EntityRef):
        return [node]
    if isinstance(node, Not):
        return []
    return [found for child in children(node) for found in _positive(child)]
