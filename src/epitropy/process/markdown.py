"""Sections and tables of the pages that commands write for the docs."""

from __future__ import annotations

from collections.abc import Sequence

Row = tuple[str, ...]


def section(title: str, note: str, body: str) -> str:
    """A titled part with a note above its table."""
    return f"\n## {title}\n\n{note}\n\n{body}"


def markdown_table(head: Row, lines: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    rule = "|" + "---|" * len(head)
    return "\n".join(["| " + " | ".join(head) + " |", rule, *("| " + " | ".join(row) + " |" for row in lines)]) + "\n"
