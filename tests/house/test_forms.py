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


OTHERS_MAY_CHANGE = (
    *("matching.accept", "matching.suggest_moment", "matching.decline", "matching.hand_over", "matching.withdraw"),
    *("matching.cancel", "matching.approve", "matching.reject", "matching.ask_move", "matching.move"),
    *("matching.change_visitor", "matching.invite", "matching.withdraw_request"),
    *("offers.open_", "offers.withdraw"),
    *("organisations.verify_post", "organisations.refuse_post", "organisations.stop_post", "organisations.resume_post"),
    *("organisations.settings_post", "coordination.rules_post", "coordination.rules_undo", "coordination.spread_post"),
    *("qualifications.end_route_post", "qualifications.reopen_route_post", "qualifications.restore_route_post"),
)
"""What these change somebody else may have changed since the page was made: their forms say which version it showed."""
SAYS_WHICH = re.compile(r"""["'](seq|version)["']|seq\(page\)|seq\(row|fields=kept""")


def version_faults(endpoint: str, texts: list[tuple[str, str]]) -> list[str]:
    found = 0
    faults = []
    for name, text in texts:
        for each in re.finditer(rf"""url_for\(["']{re.escape(endpoint)}["']""", COMMENT.sub("", text)):
            found += 1
            if not SAYS_WHICH.search(COMMENT.sub("", text)[each.start() : each.start() + 420]):
                faults.append(f"{name}: {endpoint} does not say which version the page showed")
    return faults if found else [f"{endpoint} has no form"]


@pytest.mark.parametrize("endpoint", OTHERS_MAY_CHANGE)
def test_form_about_what_others_may_change_says_what_was_shown(endpoint: str) -> None:
    assert not version_faults(endpoint, templates())


def test_form_without_a_version_is_found() -> None:
    planted = '{{ fm.post_button(_("Stop"), url_for("organisations.stop_post", organisation_id=1)) }}' + " " * 500
    assert version_faults("organisations.stop_post", [("organisations/show.html", planted)])


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
