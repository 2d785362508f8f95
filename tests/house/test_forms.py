"""Every form that changes something carries its token and its key: a second click is then known as one."""

import re

import pytest

from tests.house.code import templates

COMMENT = re.compile(r"{#.*?#}", re.S)
FORM = re.compile(r"<form\b(?P<tag>[^>]*)>(?P<body>.*?)</form>|{%-?\s*macro form_open.*?{%-?\s*endmacro", re.S | re.I)
ANY_FORM = re.compile(r"<form\b", re.I)
NEEDED = ('name="csrf_token"', 'name="nonce"')
LEFT_ALONE: dict[str, str] = {}
"""Template → why its forms may do the same thing twice. Signing in has no exception: without somebody signed in the key
is not looked at, and its links work once."""
BY_SCRIPT = re.compile(r"\b(hx-(post|put|patch|delete)|formaction|formmethod)\s*=", re.I)


def form_faults(name: str, text: str) -> list[str]:
    text, faults = COMMENT.sub("", text), []
    found = list(FORM.finditer(text))
    if sum(len(ANY_FORM.findall(each[0])) for each in found) != len(ANY_FORM.findall(text)):
        faults.append(f"{name}: a form that is not closed in the same file")
    for each in found:
        tag = (each["tag"] or 'method="post"').lower()
        if "method" not in tag or re.search(r"method\s*=\s*[\"']?get", tag):
            continue
        faults += [f"{name}: a form without {one}" for one in NEEDED if one not in each[0]]
    # A part that is sent by a script is a form all the same, so that it works without one and carries the key.
    faults += [f"{name}: {each[1]} sends without a form" for each in BY_SCRIPT.finditer(_outside_forms(text))]
    return faults


def _outside_forms(text: str) -> str:
    return re.sub(r"<form\b.*?</form>", "", text, flags=re.S | re.I)


def test_forms_carry_token_and_key() -> None:
    faults = [fault for name, text in templates() if name not in LEFT_ALONE for fault in form_faults(name, text)]
    assert not faults, "\n".join(faults)


def test_most_forms_are_found() -> None:
    texts = [COMMENT.sub("", text) for _name, text in templates()]
    unsafe = [each for text in texts for each in FORM.finditer(text) if "csrf_token" in each[0]]
    assert len(unsafe) >= 8


@pytest.mark.parametrize(
    "text",
    [
        '<form method="post"><button>Go</button></form>',
        '<form method="post"><input type="hidden" name="csrf_token"><button>Go</button></form>',
        '<form method="post"><input type="hidden" name="nonce"><button>Go</button></form>',
        "<form action='/x' method='POST'><input name='csrf_token'></form>",
        '<form method="{{ method }}"><input name="csrf_token"></form>',
        '{% macro form_open(x) %}<form method="{{ x }}"><input name="csrf_token">{% endmacro %}',
        '<form method="post"><input name="csrf_token"><input name="nonce">',
        '<button hx-post="/x">Go</button>',
        '<button formaction="/x" formmethod="post">Go</button>',
    ],
)
def test_form_with_planted_fault_is_found(text: str) -> None:
    assert form_faults("offers/page.html", text)
