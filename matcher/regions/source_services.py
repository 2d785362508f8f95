"""Remembering which file of an authority was brought in last. Flushes, never commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.download import Known
from matcher.regions.models import SourceFile


def known_file(session: Session, url: str) -> Known | None:
    row = session.get(SourceFile, url)
    return Known(row.sha256, row.etag, row.last_modified) if row else None


def remember_file(session: Session, url: str, known: Known, *, now: datetime) -> None:
    """In the same unit as what was made of the file: a file that did not get in is fetched again."""
    row = session.get(SourceFile, url) or SourceFile(url=url)
    row.sha256, row.etag, row.last_modified, row.imported_at = known.sha256, known.etag, known.last_modified, now
    session.add(row)
    session.flush()
