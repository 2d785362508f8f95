"""Takes what people typed out of plain JSON values and leaves the codes, numbers and times. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

TYPED = frozenset(
    {
        *("title", "description", "own_words", "costs", "topic_text", "learning_goal", "product", "leader", "name"),
        *("replacement", "pays", "materials", "department", "supervisor", "conditions"),
        *("employer_name", "employer_email"),
    }
)
"""Under these names stands free text, however short."""
ASKED_BEFORE = "asked_before"
"""In the details of a request that was handed over: a mark for everybody who asked it before (",p7,p9,")."""
_CODE = re.compile(r"[A-Za-z0-9_.:+/-]{1,40}")
"""What a code, a day or a time looks like. Anything else was typed."""


def wordless(value: Any, key: str = "") -> Any:
    """The same value with every typed text empty."""
    if isinstance(value, Mapping):
        return {name: wordless(each, str(name)) for name, each in value.items()}
    if isinstance(value, list):
        return [wordless(each, key) for each in value]
    if isinstance(value, str) and key != ASKED_BEFORE and (key in TYPED or not _CODE.fullmatch(value)):
        return ""
    return value


def with_asker(details: Mapping[str, Any], user_id: int) -> dict[str, Any]:
    """The details of a request that this person gives away."""
    return {**details, ASKED_BEFORE: f"{details.get(ASKED_BEFORE) or ','}p{user_id},"}


def replaced(value: Any, values: Mapping[str, Any]) -> Any:
    """The same value, with other values under these names wherever they stand."""
    if isinstance(value, Mapping):
        return {name: values.get(name, replaced(each, values)) for name, each in value.items()}
    if isinstance(value, list):
        return [replaced(each, values) for each in value]
    return value


def texts_of(value: Any) -> Iterator[str]:
    """Every text in it, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
