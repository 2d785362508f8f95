"""Databases to measure on, in a temporary folder: a SQLite file, and a PostgreSQL server of this machine or a package.

Nothing of the machine is touched; what was started ends with the measurement.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import Cluster

SHARED_BUFFERS = "256MB"
INSTALLED = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")


class InstalledCluster(Cluster):
    """The same, with the server that the machine's own packages brought: the one that may have PostGIS."""

    def _binaries(self) -> Path:
        found = postgis_server()
        if found is None:
            raise RuntimeError("no server with PostGIS on this machine")
        return found


def postgis_server() -> Path | None:
    """The programs of the newest installed server that has PostGIS."""
    found = [
        folder / "bin"
        for folder in (sorted(INSTALLED.iterdir(), reverse=True) if INSTALLED.is_dir() else [])
        if (EXTENSIONS / folder.name / "extension" / "postgis.control").is_file()
    ]
    return found[0] if found else None


@contextmanager
def postgres() -> Iterator[Cluster | None]:
    """A running server: with PostGIS where it is installed, else the packaged one; None where there is neither."""
    try:
        server = InstalledCluster() if postgis_server() else Cluster()
    except ImportError:
        yield None
        return
    server.options = [*server.options, "-c", f"shared_buffers={SHARED_BUFFERS}"]
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def sqlite_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="matcher-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
