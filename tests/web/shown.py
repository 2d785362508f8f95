"""The forms that pages show, each with somebody who was shown it."""

from tests.web.crowd import Crowd, addresses, rules_for
from tests.web.odd import Form, forms_of

ACTORS = ("teacher", "lead", "contact", "coordinator", "guest_approved", "guest_proposed")
SHOWN: dict[tuple[str, str], tuple[str, Form]] = {}
"""Collected once: both engines give the same numbers to the same people and things."""
OFTEN_SHOWN = ("match", "request", "offer", "organisation")


def harvest(crowd: Crowd) -> dict[tuple[str, str], tuple[str, Form]]:
    """Per endpoint and method one form, with somebody who was shown it."""
    adapter, found = crowd.app.url_map.bind("localhost"), SHOWN
    for viewer in ACTORS if not SHOWN else ():
        for path in _pages(crowd, with_public=viewer == ACTORS[0]):
            answer = crowd.ask(viewer, path)
            for form in forms_of(answer.text) if answer.mimetype == "text/html" and answer.status_code < 300 else []:
                action = form.action.split("?")[0] or path
                if not adapter.test(action, form.method):
                    assert path == "/styleguide", f"a form on {path} goes to {action}"
                    continue
                endpoint = adapter.match(action, form.method)[0]
                form.action = form.action or path
                known = found.get((endpoint, form.method))
                if known is None or len(known[1].names) < len(form.names):
                    found[endpoint, form.method] = (viewer, form)
    return found


def _pages(crowd: Crowd, *, with_public: bool) -> list[str]:
    """Where forms are; pages for everybody look the same to everybody."""
    found: list[str] = []
    for rule in rules_for(crowd, "GET"):
        if with_public or getattr(crowd.app.view_functions[rule.endpoint], "guard", "") != "public":
            many = {f"{name}_id" for name in OFTEN_SHOWN}.issuperset(rule.arguments)
            found += addresses(crowd, rule) if many else addresses(crowd, rule)[:2]
    return sorted(set(found))
