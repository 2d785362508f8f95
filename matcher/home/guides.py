"""The guides of docs/guides as parts of a page: titles, sentences, lists. Pure; pictures are left to the documents."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from matcher.i18n import _l

NAMES: dict[str, Any] = {
    "teacher": _l("for teachers"),
    "lead": _l("for school leaders"),
    "professional": _l("for guest lecturers"),
    "contact": _l("for company contacts"),
    "coordinator": _l("for regional coordinators"),
    "administrator": _l("for administrators"),
}
ROLES = frozenset(NAMES)
_ITEM = re.compile(r"(?:-|(\d+)\.) +")


@dataclass(frozen=True)
class Part:
    """`kind`: h2, p, ul or ol; a list has a line for each item, all else has one."""

    kind: str
    lines: list[str]


@dataclass(frozen=True)
class Guide:
    title: str
    intro: str = ""
    parts: list[Part] = field(default_factory=list)


def guide_of(text: str) -> Guide:
    """Reads what our own documents use of Markdown; a name on a page stands between the quotes that pages use."""
    quoted = re.sub(r'"([^"\n]+)"', "“\\1”", text.strip())
    blocks = [block for block in re.split(r"\n\s*\n", quoted) if not block.startswith("![")]
    title = blocks[0].removeprefix("# ").strip() if blocks else ""
    parts = [part for block in blocks[1:] for part in _parts(block.splitlines())]
    intro = parts.pop(0).lines[0] if parts and parts[0].kind == "p" else ""
    return Guide(title, intro, parts)


def _parts(lines: Iterable[str]) -> Iterator[Part]:
    for kind, found in groupby(lines, key=_kind):
        if kind in {"ul", "ol"}:
            yield Part(kind, [_ITEM.sub("", line, count=1) for line in found])
        elif kind == "h2":
            yield from (Part(kind, [line.removeprefix("## ")]) for line in found)
        else:
            yield Part(kind, [" ".join(line.strip() for line in found)])


def _kind(line: str) -> str:
    if line.startswith("## "):
        return "h2"
    found = _ITEM.match(line)
    return "p" if found is None else "ol" if found[1] else "ul"
