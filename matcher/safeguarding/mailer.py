"""Telling coordinators that somebody reported a concern. What was written stays in the service."""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.accounts.queries import coordinators_of
from matcher.notices.services import enqueue
from matcher.safeguarding.models import ReportOfConcern


def tell_coordinators(session: Session, report: ReportOfConcern, *, now: datetime) -> None:
    for reader in coordinators_of(session, report.region_id):
        enqueue(
            session,
            recipient=reader,
            template="safeguarding/report",
            params={"name": reader.name, "path": "/safeguarding/reports"},
            subject="concern",
            subject_id=report.id,
            seq=0,
            now=now,
            hold_seconds=0,
        )
