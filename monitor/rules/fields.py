"""Typed access to a pack file's nodes: what has the wrong shape becomes a fault, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches

from monitor.errors import Fault
from monitor.yamlnodes import Mapping, Node, Scalar, Sequence, describe


@dataclass(slots=True)
class Fields:
    """One file and the faults found in it; `what` in the methods is the key's name, for the message."""

    file: str
    faults: list[Fault] = field(default_factory=list)

    def fault(self, node: Node, message: str) -> None:
        """Report something wrong at a node."""
        self.faults.append(Fault(self.file, node.line, node.column, message))

    def mapping(
        self, node: Node | None, what: str, keys: Collection[str] = (), required: Collection[str] = ()
    ) -> dict[str, Node]:
        """Return a mapping's values by key; with `keys`, any other key is a fault and left out."""
        if node is None:
            return {}
        if not isinstance(node, Mapping):
            self.fault(node, f"{what} must be a mapping, not {describe(node)}")
            return {}
        found: dict[str, Node] = {}
        for key, value in node.items:
            if keys and key.text not in keys:
                near = get_close_matches(key.text, keys, n=1)
                hint = f", did you mean '{near[0]}'?" if near else ""
                self.fault(key, f"unknown key '{key.text}' in {what}{hint}")
            else:
                found[key.text] = value
        for name in required:
            if name not in found:
                self.fault(node, f"{what} needs '{name}'")
        return found

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """Return a list's items."""
        if node is None:
            return ()
        if isinstance(node, Sequence):
            return node.items
        self.fault(node, f"{what} must be a list, not {describe(node)}")
        return ()

    def scalar(self, node: Node, what: str) -> Scalar | None:
        """Return the node as text that is not empty and has no blanks around it, or None."""
        if not isinstance(node, Scalar) or node.null:
            self.fault(node, f"{what} must be text, not {describe(node)}")
        elif not node.text.strip():
            self.fault(node, f"{what} must not be empty")
        elif node.text != node.text.strip():
            self.fault(node, f"{what} must not begin or end with a blank")
        else:
            return node
        return None

    def text(self, node: Node | None, what: str, pattern: str = "", example: str = "") -> str:
        """Return the node's text, empty when it is missing or wrong; `example` shows what the pattern wants."""
        scalar = self.scalar(node, what) if node is not None else None
        if scalar is None:
            return ""
        if pattern and not re.fullmatch(pattern, scalar.text):
            self.fault(scalar, f"{what} must look like {example}, not '{scalar.text}'")
            return ""
        return scalar.text

    def texts(self, node: Node | None, what: str, pattern: str = "", example: str = "") -> tuple[Scalar, ...]:
        """Return a list's items that are text; an empty list is a fault (leave the key out instead)."""
        items = self.items(node, what)
        if isinstance(node, Sequence) and not items:
            self.fault(node, f"{what} is an empty list")
        good = [item for item in items if self.text(item, f"an item of {what}", pattern, example)]
        return tuple(item for item in good if isinstance(item, Scalar))

    def choice(self, node: Node | None, what: str, allowed: tuple[str, ...]) -> str:
        """Return the node's text when it is one of those allowed, else empty."""
        text = self.text(node, what)
        if node is not None and text and text not in allowed:
            self.fault(node, f"{what} must be one of {', '.join(allowed)}, not '{text}'")
            return ""
        return text

    def number(self, node: Node | None, what: str, limit: float) -> float | None:
        """Return a decimal number between -limit and limit, or None."""
        text = self.text(node, what, r"-?\d{1,3}(\.\d{1,6})?", "30.184")
        if node is None or not text:
            return None
        if abs(float(text)) > limit:
            self.fault(node, f"{what} must be between -{limit:g} and {limit:g}, not {text}")
            return None
        return float(text)
