"""Every address of the application is guarded, typed and writes only by POST."""

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask

from matcher.web.guards import public, roles, signed_in

UNGUARDED = {"static"}
SAFE = {"GET", "HEAD", "OPTIONS"}
TEXT_ARGUMENTS = {
    "token",
    "secret",
    "key",
    "code",
    "name",
    "kind",
    "locale",
    "filename",
    "brin",
    "slug",
    "step",
    "day",
    "page",
}


def guard_faults(app: Flask) -> list[str]:
    return [
        f"{endpoint} has no guard"
        for endpoint, view in app.view_functions.items()
        if endpoint not in UNGUARDED and not hasattr(view, "guard")
    ]


def method_faults(app: Flask) -> list[str]:
    """PUT and DELETE cannot come from a form; an address that writes needs a token, which only forms carry."""
    return [f"{rule} takes {rule.methods}" for rule in app.url_map.iter_rules() if rule.methods - SAFE - {"POST"}]


def argument_faults(app: Flask) -> list[str]:
    """Ids are numbers; the few that are text are named here."""
    return [
        f"{rule}: <{argument}> is not typed"
        for rule in app.url_map.iter_rules()
        for argument, converter in rule._converters.items()
        if type(converter).__name__ == "UnicodeConverter" and argument not in TEXT_ARGUMENTS
    ]


RULES = [guard_faults, method_faults, argument_faults]


@pytest.mark.parametrize("rule", RULES)
def test_views_follow_the_house(rule: Callable[[Flask], list[str]], app: Flask) -> None:
    assert not rule(app)


@pytest.mark.parametrize("rule", RULES)
def test_view_with_planted_fault_is_found(rule: Callable[[Flask], list[str]], app: Flask) -> None:
    app.register_blueprint(_faulty())
    assert rule(app)


def test_view_with_two_guards_is_refused() -> None:
    with pytest.raises(TypeError):
        public(signed_in(lambda: ""))
    with pytest.raises(TypeError):
        signed_in(roles("coordinator")(lambda: ""))


def _faulty() -> Blueprint:
    blueprint = Blueprint("faulty", __name__)
    blueprint.add_url_rule("/faulty/<thing>", "delete", lambda thing: thing, methods=["DELETE"])
    return blueprint
