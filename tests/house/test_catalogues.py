"""Every text exists in Dutch and in English, and nothing in the catalogues is left over."""

import re
from collections.abc import Iterator, Set
from functools import cache
from pathlib import Path

import pytest
from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from matcher.i18n import CATALOGUES, LOCALES
from tests.house.code import ROOT

METHODS = [("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
PLACE = re.compile(r"%\((\w+)\)[sd]")

Text = str | tuple[str, str]


@cache
def used_texts() -> frozenset[Text]:
    """What the code and the templates ask for."""
    found: set[Text] = set()
    for folder in ("matcher", "templates"):
        for _name, _line, message, _comments, _context in extract_from_dir(
            str(ROOT / folder), METHODS, {"**.html": {"silent": "false"}, "**.txt": {"silent": "false"}}, KEYWORDS
        ):
            found.add((message[0], message[1]) if isinstance(message, tuple) else message)
    return frozenset(found - {""})


def catalogue(locale: str, folder: Path = CATALOGUES) -> Catalog:
    with (folder / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return pofile.read_po(file, locale=locale)


def catalogue_faults(known: Catalog, used: Set[Text]) -> Iterator[str]:
    entries = {message.id: message for message in known if message.id}
    yield from (f"not in the catalogue: {text}" for text in sorted(used - entries.keys(), key=str))
    yield from (f"not used any more: {text}" for text in sorted(entries.keys() - used, key=str))
    for text, message in entries.items():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.fuzzy:
            yield f"fuzzy: {text}"
        if not all(forms) or isinstance(text, tuple) != isinstance(message.string, tuple):
            yield f"not translated: {text}"
        elif _places(text) != _places(" ".join(forms)):
            yield f"other placeholders: {text}"


def _places(text: Text) -> set[str]:
    return set(PLACE.findall(text if isinstance(text, str) else " ".join(text)))


@pytest.mark.parametrize("locale", LOCALES)
def test_catalogue_is_complete(locale: str) -> None:
    faults = list(catalogue_faults(catalogue(locale), used_texts()))
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults[:40])


@pytest.mark.parametrize(
    ("used", "said", "fuzzy"),
    [
        ({"One", "Two"}, "Een", False),
        (set(), "Een", False),
        ({"One"}, "", False),
        ({"One"}, "Een %(name)s", False),
        ({"One"}, "Een", True),
    ],
)
def test_catalogue_with_planted_fault_is_found(used: set[Text], said: str, fuzzy: bool) -> None:
    known = Catalog(locale="nl")
    known.add("One", said, flags={"fuzzy"} if fuzzy else set())
    assert list(catalogue_faults(known, used))
