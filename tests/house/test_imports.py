"""Who may look at whom: layers downward, rooms to the left, every library in its home."""

import pytest

from matcher import ROOMS
from tests.house.code import Module, modules, target

ASSEMBLERS = {"matcher", "matcher.tables", "matcher.cli", "matcher.worker", "matcher.standing", "matcher.reference"}
"""These know every room, because they put the application together."""
LIBRARIES = {
    "flask": {"routes", "pages", "cli", "web", "matcher", "matcher.i18n", "matcher.worker"},
    "wtforms": {"forms", "web"},
    "flask_wtf": {"forms", "web", "matcher"},
    "sqlalchemy": {
        "models", "ddl", "queries", "services", "importer", "web",
        "matcher.db", "matcher.tables", "matcher.migrate", "matcher.standing",
    },
    "alembic": {"matcher.migrate"},
    "flask_login": {"web", "accounts", "matcher"},
    "flask_babel": {"matcher.i18n"},
    "babel": {"matcher.i18n"},
    "sklearn": {"ranking"},
    "huey": {"matcher.jobs.queue"},
}  # fmt: skip
NAMES_ONLY = {"sqlalchemy.orm.Session", "flask.Flask"}
"""Types of arguments that are handed through."""
LAZY = {"sklearn"}
"""These take seconds to import, so only inside the function that needs them."""
KEYS_TO_ACCOUNTS = {"matcher.web.guards", "matcher.web.once"}


def layer_faults(module: Module) -> list[str]:
    found = []
    for imported, line, _early in module.imports():
        if not imported.startswith("matcher.") or module.room in {"demo", "web", ""} or not module.room:
            continue
        other = target(imported)
        if other.room == "web":
            if module.layer not in {"routes", "pages", "forms", "cli"} and not module.name.startswith(
                "matcher.accounts."
            ):
                found.append(f"{module.name}:{line} is below the web and imports {other.name}")
        elif other.room and (other.level > module.level or (module.layer, other.layer) == ("forms", "services")):
            found.append(f"{module.name}:{line} imports {other.name}, which is above it")
    return found


def room_faults(module: Module) -> list[str]:
    found = []
    for imported, line, _early in module.imports():
        if not imported.startswith("matcher."):
            continue
        other = target(imported)
        if not _may_see(module, other):
            found.append(f"{module.name}:{line} may not know {other.name}")
    return found


def _may_see(module: Module, other: Module) -> bool:
    if not other.room or other.room == module.room or module.name in ASSEMBLERS or module.room == "demo":
        return True
    if other.room == "web":
        return module.room != "ranking"
    if module.room == "web":
        return module.name in KEYS_TO_ACCOUNTS and other.room == "accounts"
    if other.room == "ranking":
        return module.room in {"matching", "monitor"}
    if module.room in {"", "ranking"} or other.room == "demo":
        return False
    return ROOMS.index(other.room) < ROOMS.index(module.room)


def library_faults(module: Module) -> list[str]:
    found = []
    for imported, line, early in module.imports():
        library = imported.split(".")[0]
        if imported in NAMES_ONLY:
            continue
        homes = LIBRARIES.get(library)
        if homes is None or module.room == "demo":
            continue
        if not homes & {module.layer, module.room, module.name}:
            found.append(f"{module.name}:{line} imports {library}")
        if library in LAZY and early:
            found.append(f"{module.name}:{line} imports {library} at the top")
    return found


RULES = [layer_faults, room_faults, library_faults]


@pytest.mark.parametrize("rule", RULES)
def test_imports_follow_the_house(rule) -> None:
    faults = [fault for module in modules() for fault in rule(module)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (layer_faults, "matcher.offers.queries", "from matcher.offers.services import publish"),
        (layer_faults, "matcher.offers.forms", "import matcher.offers.services"),
        (layer_faults, "matcher.offers.services", "from matcher.web.transaction import reading"),
        (room_faults, "matcher.regions.queries", "from matcher.accounts.models import User"),
        (room_faults, "matcher.offers.policy", "from matcher.demo import world"),
        (room_faults, "matcher.ranking.facts", "from matcher.matching.states import MatchState"),
        (room_faults, "matcher.db", "def late():\n    from matcher.accounts.models import User"),
        (library_faults, "matcher.offers.services", "from flask import request"),
        (library_faults, "matcher.offers.routes", "from sqlalchemy import select"),
        (library_faults, "matcher.ranking.learned", "import sklearn.pipeline"),
    ],
)
def test_imports_with_planted_fault_are_found(rule, name: str, source: str) -> None:
    assert rule(Module(name, source))
