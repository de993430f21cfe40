"""Small pieces of HTML; text is escaped unless it is `Html` already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def safe(text: object) -> Html:
    """Markup as it is, anything else escaped.

    >>> safe("a < b"), safe(Html("<b>"))
    ('a &lt; b', '<b>')
    """
    return text if isinstance(text, Html) else Html(escape(str(text), quote=False))


def join(parts: Iterable[object]) -> Html:
    return Html("\n".join(safe(p) for p in parts))


def paragraphs(texts: Iterable[object], kind: str = "") -> Html:
    """Each text a paragraph."""
    mark = f' class="{kind}"' if kind else ""
    return Html("\n".join(f"<p{mark}>{safe(t)}</p>" for t in texts))


def bullets(texts: Iterable[object], kind: str = "") -> Html:
    mark = f' class="{kind}"' if kind else ""
    return Html(f"<ul{mark}>" + "".join(f"<li>{safe(t)}</li>" for t in texts) + "</ul>")


def table(header: Sequence[object], rows: Iterable[Sequence[object]], *, caption: object = "", kind: str = "") -> Html:
    """A table that scrolls sideways on a narrow screen; the first column heads its row.
    Without a header it has none.

    >>> print(table(["a", "b"], [["x", 1]]))
    <div class="wide"><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>
    <tr><th scope="row">x</th><td>1</td></tr>
    </tbody></table></div>
    """
    mark = f' class="{kind}"' if kind else ""
    title = f"<caption>{safe(caption)}</caption>" if caption else ""
    head = "".join(f"<th>{safe(h)}</th>" for h in header)
    head = f"<thead><tr>{head}</tr></thead>" if header else ""
    body = "\n".join(_row(r) for r in rows)
    return Html(f'<div class="wide"><table{mark}>{title}{head}<tbody>\n{body}\n</tbody></table></div>')


def headed(rows: Sequence[Sequence[object]], kind: str = "") -> Html:
    """A `table` of rows of which the first is the header.

    >>> headed([["a"], ["x"]]) == table(["a"], [["x"]])
    True
    """
    return table(rows[0], rows[1:], kind=kind)


def _row(cells: Sequence[object]) -> str:
    first, *rest = cells
    return f'<tr><th scope="row">{safe(first)}</th>' + "".join(f"<td>{safe(c)}</td>" for c in rest) + "</tr>"


def details(summary: object, inside: object, name: str = "") -> Html:
    """Folded away until it is opened or printed."""
    mark = f' id="{name}"' if name else ""
    return Html(f"<details{mark}><summary>{safe(summary)}</summary>{safe(inside)}</details>")


def badge(kind: str, text: str) -> Html:
    """A short verdict, in words and colour."""
    return Html(f'<span class="{kind}">{escape(text)}</span>')


_LINK = re.compile(r"(https?://[^\s;,)]+|\b10\.\d{4,9}/[^\s;,)]+)")


def linked(text: str) -> Html:
    """Text with its DOIs and addresses as links.

    >>> print(linked("Roth, 10.1000/x; 1 < 2"))
    Roth, <a href="https://doi.org/10.1000/x">10.1000/x</a>; 1 &lt; 2
    """
    parts = _LINK.split(text)
    return Html("".join(_link(p) if i % 2 else escape(p, quote=False) for i, p in enumerate(parts)))


def _link(target: str) -> str:
    bare = target.rstrip(".")
    tail = target[len(bare) :]
    address = bare if bare.startswith("http") else f"https://doi.org/{bare}"
    return f'<a href="{escape(address)}">{escape(bare)}</a>{tail}'
