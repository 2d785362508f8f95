"""Reads the code of the application for the house's own tests: which file belongs where, and what it imports."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from matcher import ROOMS

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "matcher"
LAYERS = {
    "routes": 6,
    "tasks": 6,
    "cli": 6,
    "signing": 6,
    "pages": 6,
    "forms": 5,
    "services": 4,
    "importer": 4,
    "mailer": 4,
    "still_true": 4,
    "queries": 3,
    "models": 2,
    "ddl": 2,
}
PURE = 1


@dataclass(frozen=True)
class Module:
    """One source file under its dotted name, such as `matcher.offers.services`."""

    name: str
    source: str

    @property
    def parts(self) -> list[str]:
        return self.name.split(".")

    @property
    def room(self) -> str:
        """The folder under `matcher`, or nothing for the files of the house itself."""
        return self.parts[1] if len(self.parts) > 1 and self.parts[1] in KNOWN_ROOMS else ""

    @property
    def layer(self) -> str:
        """`services` for `services` and for `booking_services`; nothing for pure files."""
        last = self.parts[-1]
        return next((layer for layer in LAYERS if last == layer or last.endswith(f"_{layer}")), "")

    @property
    def level(self) -> int:
        return LAYERS.get(self.layer, PURE)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    def imports(self) -> list[tuple[str, int, bool]]:
        """Dotted name, line, and whether it is imported when the file is."""
        return self._imports

    @cached_property
    def _imports(self) -> list[tuple[str, int, bool]]:
        return list(self._find_imports())

    def _find_imports(self) -> Iterator[tuple[str, int, bool]]:
        inner = {id(node) for part in ast.walk(self.tree) if _is_function(part) for node in ast.walk(part)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.name, node.lineno, id(node) not in inner
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    yield f"{node.module}.{alias.name}", node.lineno, id(node) not in inner

    def functions(self) -> Iterator[tuple[str, int]]:
        """Name and number of lines, decorators not counted."""
        for node in ast.walk(self.tree):
            if _is_function(node):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


KNOWN_ROOMS = frozenset((*ROOMS, "ranking", "demo", "web"))


@cache
def modules() -> list[Module]:
    """Every source file of the application, read once for all rules."""
    return [read(path) for path in sorted(PACKAGE.rglob("*.py"))]


def read(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path.read_text(encoding="utf-8"))


@cache
def target(imported: str) -> Module:
    """The module an import of ours points at; its last part may be a name inside it."""
    parts = imported.split(".")
    return Module(".".join(parts[:3] if len(parts) > 1 and parts[1] in KNOWN_ROOMS else parts[:2]), "")


def templates() -> list[tuple[str, str]]:
    """Name and text of every template."""
    folder = ROOT / "templates"
    return [(str(path.relative_to(folder)), path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.*"))]


def tracked_files() -> list[Path]:
    """What git knows, and what it would take; outside a checkout every file that is not installed or made."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        made = {".venv", "var", "node_modules", "vendor", "__pycache__"}
        return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
