"""Puts the front-end files named in package.json under static/vendor. Run by `make`; needs nothing of the application.

npm is the machine's own, else the one in the Python package that carries node, installed when it is needed.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
VENDOR = ROOT / "static" / "vendor"
NODE_LOCK = ROOT / "requirements-node.lock"
OLDEST_NODE = 18


def main() -> int:
    """Install, copy, and say in one sentence what went wrong if it did."""
    try:
        install()
        copied = copy_named()
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        print(f"Error: the front-end packages could not be installed ({error}).", file=sys.stderr)  # noqa: T201
        return 2
    print(f"{copied} front-end files in {VENDOR.relative_to(ROOT)}")  # noqa: T201
    return 0


def install() -> None:
    """Exactly what package-lock.json names, checked against its hashes; no package may run a script."""
    subprocess.run(
        [*find_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=ROOT,
        check=True,
        env={**os.environ, "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))},
    )


def find_npm() -> list[str]:
    """The command for npm."""
    if (found := shutil.which("npm")) and _node_is_new_enough():
        return [found]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(NODE_LOCK)],
        check=True,
    )
    return [str(Path(sys.executable).parent / "npm")]


def copy_named() -> int:
    """Copy the files of the manifest; how many. A file that is missing from its package raises FileNotFoundError."""
    named: dict[str, str] = json.loads((ROOT / "package.json").read_text())["vendored"]
    shutil.rmtree(VENDOR, ignore_errors=True)
    for target, source in named.items():
        (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "node_modules" / source, VENDOR / target)
    return len(named)


def _node_is_new_enough() -> bool:
    node = shutil.which("node")
    if node is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.strip().lstrip("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


if __name__ == "__main__":
    sys.exit(main())
