"""Brings ESCO's occupations into the table: all of them or nothing, safe to repeat."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from matcher.organisations.esco import Job, WrongRow
from matcher.organisations.outcomes import ImportReport, Outcome, Status
from matcher.subjects.models import Occupation


def import_occupations(
    session: Session, jobs: Sequence[Job], wrong: Sequence[WrongRow], *, lang: str, now: datetime, write: bool = False
) -> ImportReport:
    """What every occupation of the file becomes; written when no row is refused. Flushes, never commits."""
    query = select(Occupation.uri, Occupation.isco, Occupation.name, Occupation.folded).where(Occupation.lang == lang)
    known = {uri: (isco, name, tuple(folded)) for uri, isco, name, folded in session.execute(query)}
    refused = [Outcome(one.row, Status.REFUSED, column=one.column, reason=one.reason) for one in wrong]
    outcomes = {job.uri: Outcome(job.row, _status(job, known.get(job.uri)), job.name) for job in jobs}
    report = sorted([*refused, *outcomes.values()], key=lambda outcome: outcome.row)
    if refused or not write:
        return ImportReport(report)
    for status, statement in ((Status.NEW, insert(Occupation)), (Status.CHANGED, update(Occupation))):
        rows = [
            {
                "uri": job.uri,
                "lang": lang,
                "isco": job.isco,
                "name": job.name,
                "folded": list(job.folded),
                "imported_at": now,
            }
            for job in jobs
            if outcomes[job.uri].status is status
        ]
        if rows:
            session.execute(statement, rows)
    session.flush()
    return ImportReport(report, written=True)


def _status(job: Job, known: tuple[str, str, tuple[str, ...]] | None) -> Status:
    if known is None:
        return Status.NEW
    return Status.UNCHANGED if known == (job.isco, job.name, job.folded) else Status.CHANGED
