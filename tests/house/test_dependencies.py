"""What the code imports is declared, and what is declared is used."""

import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions

import pytest

from tests.house.code import ROOT, Module, modules

USED_OTHERWISE = {
    "gunicorn": "the server, started as a command",
    "tzdata": "read by zoneinfo where the machine has no time zones",
    "werkzeug": "pinned together with flask",
    "email-validator": "imported by the forms library for its check of addresses",
}


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {name_of(line) for line in project["dependencies"]}


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


@cache
def owners_of_packages() -> Mapping[str, list[str]]:
    """Everything that is installed, which takes a second to read."""
    return packages_distributions()


def imported(files: list[Module]) -> set[str]:
    """Distributions behind the imports that are neither ours nor Python's."""
    owners = owners_of_packages()
    tops = {name.split(".")[0] for module in files for name, _line, _early in module.imports()}
    foreign = tops - set(sys.stdlib_module_names) - {"matcher"}
    return {name_of(owner) for top in foreign for owner in owners.get(top, [top])[:1]}


def undeclared(files: list[Module], known: set[str]) -> set[str]:
    transitive = {"jinja2", "markupsafe", "python-dateutil"}
    return imported(files) - known - transitive


def runtime_modules() -> list[Module]:
    """Without the scripts that build data from packages nobody needs afterwards, and without optional engines."""
    return [module for module in modules() if not module.name.endswith("_build")]


def test_imports_are_declared() -> None:
    optional = {"psycopg", "redis"}
    assert not undeclared(runtime_modules(), declared() | optional)


def test_declared_packages_are_used() -> None:
    assert not declared() - imported(runtime_modules()) - USED_OTHERWISE.keys()


@pytest.mark.parametrize("source", ["import pandas", "def late():\n    from requests.sessions import Session"])
def test_undeclared_import_is_found(source: str) -> None:
    assert undeclared([Module("matcher.x", source)], declared())
