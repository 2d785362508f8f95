"""Files and functions stay readable, names of files say what lives in them, modules say it in words."""

import ast
import io
import tokenize

import pytest

from tests.house.code import ROOT, Module, modules, read

MOST_LINES = 400
MOST_FUNCTION_LINES = 50
MEANINGLESS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "base", "lib", "core"}


def size_faults(module: Module) -> list[str]:
    lines = module.source.count("\n")
    found = [f"{module.name} has {lines} lines"] if lines > MOST_LINES else []
    return found + [
        f"{module.name}.{name} has {length} lines"
        for name, length in module.functions()
        if length > MOST_FUNCTION_LINES
    ]


def name_faults(module: Module) -> list[str]:
    return [f"{module.name}: a name that says nothing"] if module.parts[-1].rpartition("_")[2] in MEANINGLESS else []


def docstring_faults(module: Module) -> list[str]:
    return (
        []
        if ast.get_docstring(module.tree) or not module.source.strip()
        else [f"{module.name} does not say what it is"]
    )


def hidden_text_faults(module: Module) -> list[str]:
    """A text inside an f-string is not seen by the extractor and would stay English."""
    found = []
    for token in tokenize.generate_tokens(io.StringIO(module.source).readline):
        prefix = token.string.partition('"')[0].partition("'")[0].lower()
        if (
            token.type == tokenize.STRING
            and "f" in prefix
            and any(f"{{{name}(" in token.string for name in ("_", "_l"))
        ):
            found.append(f"{module.name}:{token.start[0]} translates inside an f-string")
    return found


RULES = [size_faults, name_faults, docstring_faults, hidden_text_faults]


@pytest.mark.parametrize("rule", RULES)
def test_files_are_readable(rule) -> None:
    faults = [fault for module in modules() for fault in rule(module)]
    assert not faults, "\n".join(faults)


def test_tests_are_readable() -> None:
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    faults = [fault for path in files for fault in size_faults(read(path))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (size_faults, "matcher.x", "x = 1\n" * 401),
        (size_faults, "matcher.x", "def long():\n" + "    x = 1\n" * 50),
        (name_faults, "matcher.offers.utils", ""),
        (docstring_faults, "matcher.x", "x = 1\n"),
        (hidden_text_faults, "matcher.x", "x = f'<b>{_(\"Hello\")}</b>'\n"),
    ],
)
def test_files_with_planted_fault_are_found(rule, name: str, source: str) -> None:
    assert rule(Module(name, source))
