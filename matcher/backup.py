"""One file with everything that cannot be made again: the database, the fitted models and who erased their account,
never a secret.

The file is a tar: first a list of what is in it with a checksum each, then the parts. It is written beside its name and
renamed when it is whole.
"""

import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from matcher import postgres_programs
from matcher.config import Settings
from matcher.damage import damage_of
from matcher.db import Database, sqlite_file
from matcher.errors import ConfigurationError
from matcher.ledger import LEDGER
from matcher.migrate import current_revision

FORMAT = 1
LIST = "matcher-backup.json"
DATABASE = "database"
MODELS = "models"
LONGEST_LIST = 10_000_000
PIECE = 1 << 20
SPARE = 50_000_000
"""Room that stays free on the disk whatever is written."""


@dataclass(frozen=True)
class Part:
    """One file in a backup."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Contents:
    """The list at the head of a backup. ``tool`` is the major version of the program that wrote the database part."""

    format: int
    made_at: str
    engine: str
    revision: str | None
    tool: int
    parts: tuple[Part, ...]


def back_up(settings: Settings, target: Path, *, force: bool, now: datetime) -> Contents:
    """Write the backup while everybody goes on working. Raises ConfigurationError with a sentence; then `target` is as
    it was."""
    if target.exists() and not force:
        raise ConfigurationError(f"{target} is already there. Choose another name, or say --force to replace it.")
    if not target.parent.is_dir():
        raise ConfigurationError(f"The folder {target.parent} is not there.")
    check_room(target.parent, 2 * _size_of(settings))
    with _working(target.parent) as folder:
        copy = folder / DATABASE
        engine, tool = _copy_database(settings.database_url, copy)
        files = [(DATABASE, copy), *_models(settings.models_folder), *_ledger(settings.var)]
        parts = tuple(Part(name, path.stat().st_size, sha256_of(path)) for name, path in files)
        contents = Contents(FORMAT, now.isoformat(), engine, _revision(settings.database_url), tool, parts)
        whole = folder / "whole"
        _write(whole, contents, files)
        whole.replace(target)
        _keep(target.parent)
    return contents


def unpack(backup: Path, folder: Path) -> Contents:
    """Every part into `folder`, checked byte for byte. Raises ConfigurationError for what is no whole backup."""
    if not backup.is_file():
        raise ConfigurationError(f"There is no file {backup}.")
    try:
        with gzip.open(backup) as packed, tarfile.open(fileobj=packed, mode="r:") as archive:
            contents = _read_list(archive)
            check_room(folder, sum(part.size for part in contents.parts))
            for part in contents.parts:
                _unpack_part(archive, part, folder)
            # To the very end, where the last checksum stands.
            while packed.read(PIECE):
                pass
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise ConfigurationError(f"{backup} cannot be read: {error.strerror}.") from error
        raise ConfigurationError(
            f"{backup} is no whole backup of Matcher: it is cut off, damaged or another file."
        ) from (error)
    return contents


def check_room(folder: Path, needed: int) -> None:
    """Raises ConfigurationError when the disk is too full for it."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        raise ConfigurationError(
            f"{folder} has {free // 1_000_000} MB left and {(needed + SPARE) // 1_000_000} MB are needed. Nothing was"
            " written."
        )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_sqlite(source: Path, target: Path) -> None:
    """The engine's own online copy: one moment in time, whoever writes meanwhile."""
    with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")


def _copy_database(url: str, copy: Path) -> tuple[str, int]:
    file = sqlite_file(url)
    if file is None:
        server = postgres_programs.server_version(url)
        program = postgres_programs.find("pg_dump", server)
        arguments = ("--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=before_restore_*")
        postgres_programs.run(program, url, *arguments, f"--file={copy}")
        return "postgresql", postgres_programs.version_of(program)
    if not file.is_file():
        raise ConfigurationError(f"There is no database {file} yet: nothing to back up.")
    try:
        copy_sqlite(file, copy)
        damage = damage_of(copy)
    except sqlite3.Error as error:
        damage = str(error)
    if damage:
        raise ConfigurationError(f"The database {file} is damaged, so no backup was made of it: {damage}.")
    return "sqlite", sqlite3.sqlite_version_info[0]


def _revision(url: str) -> str | None:
    database = Database(url)
    try:
        # Only looking: who writes all the time would keep the write lock from us until we gave up.
        with database.read() as session:
            return current_revision(session.connection())
    finally:
        database.dispose()


def _models(folder: Path) -> list[tuple[str, Path]]:
    found = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    return [(f"{MODELS}/{path.relative_to(folder).as_posix()}", path) for path in found]


def _ledger(folder: Path) -> list[tuple[str, Path]]:
    """Who erased their account goes along: on an empty machine a restore of an older backup must know it too."""
    path = folder / LEDGER
    return [(LEDGER, path)] if path.is_file() else []


def _size_of(settings: Settings) -> int:
    file = sqlite_file(settings.database_url)
    models = sum(path.stat().st_size for _name, path in _models(settings.models_folder))
    return models + (file.stat().st_size if file is not None and file.is_file() else 0)


def _write(whole: Path, contents: Contents, files: list[tuple[str, Path]]) -> None:
    listed = json.dumps(asdict(contents), indent=1).encode()
    with whole.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
            _add(archive, LIST, BytesIO(listed), len(listed))
            for (name, path), part in zip(files, contents.parts, strict=True):
                with path.open("rb") as opened:
                    _add(archive, name, opened, part.size)
        file.flush()
        os.fsync(file.fileno())


def _add(archive: tarfile.TarFile, name: str, file: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    archive.addfile(member, file)


def _read_list(archive: tarfile.TarFile) -> Contents:
    first = archive.next()
    opened = archive.extractfile(first) if first is not None and first.name == LIST and first.isfile() else None
    if opened is None:
        raise ValueError("no list")
    read = json.loads(opened.read(LONGEST_LIST))
    if read["format"] != FORMAT:
        raise ConfigurationError("This backup was written by a newer version of Matcher. Use that version.")
    parts = tuple(Part(str(part["name"]), int(part["size"]), str(part["sha256"])) for part in read["parts"])
    if [part.name for part in parts].count(DATABASE) != 1 or not all(_is_plain(part.name) for part in parts):
        raise ValueError("not the parts of a backup")
    return Contents(FORMAT, str(read["made_at"]), str(read["engine"]), read["revision"], int(read["tool"]), parts)


def _is_plain(name: str) -> bool:
    """The database, the ledger, or a file in the folder of models: nothing that could be written anywhere else."""
    path = PurePosixPath(name)
    return name in {DATABASE, LEDGER} or (path.parts[0] == MODELS and len(path.parts) > 1 and ".." not in path.parts)


def _unpack_part(archive: tarfile.TarFile, part: Part, folder: Path) -> None:
    member = archive.next()
    opened = archive.extractfile(member) if member is not None and member.isfile() else None
    if member is None or opened is None or member.name != part.name or member.size != part.size:
        raise ValueError("parts do not follow the list")
    target = folder / part.name
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while piece := opened.read(PIECE):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != part.sha256:
        raise ValueError("checksum")


@contextmanager
def _working(beside: Path) -> Iterator[Path]:
    """A folder on the same disk, so that the last step is a rename; gone afterwards whatever happens."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".matcher-backup-", dir=beside))
    except OSError as error:
        raise ConfigurationError(f"Nothing can be written in {beside}: {error.strerror}.") from error
    try:
        yield folder
    except OSError as error:
        raise ConfigurationError(f"The backup could not be written: {error.strerror}. Nothing was changed.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(folder: Path) -> None:
    """The new name itself survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
