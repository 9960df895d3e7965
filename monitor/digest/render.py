"""Render a gathered digest; the same digest gives the same bytes."""

from __future__ import annotations

from monitor.digest.as_html import html
from monitor.digest.as_jsonl import jsonl
from monitor.digest.as_markdown import markdown

__all__ = ["html", "jsonl", "markdown"]
