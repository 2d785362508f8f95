"""Where a command gets its file: from the disk, or with --download from the address an authority publishes it at."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click
from sqlalchemy.orm import Session

from matcher.clock import utcnow
from matcher.db import Database
from matcher.download import Known, fetched
from matcher.errors import ConfigurationError, InvalidInput
from matcher.regions.source_services import known_file, remember_file


class Source(NamedTuple):
    """A file with its name; `url` and `known` when it was fetched."""

    content: bytes
    name: str
    url: str = ""
    known: Known | None = None

    def remember(self, session: Session) -> None:
        """Call it in the unit that brings the file in."""
        if self.known is not None:
            remember_file(session, self.url, self.known, now=utcnow())


def file_or_download(command: Callable[..., Any]) -> Callable[..., Any]:
    """The argument FILE and the option --download of every command that can do both."""
    command = click.option("--download", is_flag=True, help="Fetch the file from the address in the settings.")(command)
    kind = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.argument("file", type=kind, required=False)(command)


def sources(database: Database, file: Path | None, *, download: bool, addresses: str, setting: str) -> Iterator[Source]:
    """One file from the disk, or every address of the setting whose file is new. Says which are not.

    Raises InvalidInput, ConfigurationError, NotFetched.
    """
    if (file is None) != download:
        raise InvalidInput("Name a file, or say --download; not both and not neither.")
    if file is not None:
        yield Source(file.read_bytes(), file.name)
        return
    if not addresses.split():
        raise ConfigurationError(
            f"{setting} is not set, so there is nothing to fetch. Give it the https address of the file, as the"
            " authority that publishes it names it."
        )
    for url in addresses.split():
        yield from _fetched(database, url)


def _fetched(database: Database, url: str) -> Iterator[Source]:
    if len(url) > 500:
        raise InvalidInput("The address is longer than 500 characters.")
    with database.read() as session:
        known = known_file(session, url)
    with fetched(url, known) as found:
        if found.unchanged:
            click.echo(f"unchanged since the last time: {url}")
            return
        yield Source(found.content, Path(urlsplit(url).path).name, url, found.known)
