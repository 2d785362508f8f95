"""A lesson beside others: the classes of one visit, the other lessons of a series."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.wording import periods_label
from matcher.i18n import _, ngettext
from matcher.matching.class_queries import ClassVisit
from matcher.matching.labels import STATES
from matcher.matching.models import Match
from matcher.requests.models import Request


def class_text(visit: ClassVisit) -> str:
    """A class within a visit, with its own period when it has one."""
    pupils = ngettext("%(num)s pupil", "%(num)s pupils", visit.size)
    when = f"{periods_label([visit.period])} ({visit.clock})" if visit.period is not None else ""
    return " · ".join(part for part in (visit.name, when, pupils) if part)


def other_lessons(session: Session, match: Match, request: Request) -> list[tuple[int, str]]:
    """The other lessons of the series for which the same guest was asked: match and what it is called."""
    if request.series_id is None:
        return []
    query = (
        select(Match, Request.series_no)
        .join(Request, Request.id == Match.request_id)
        .where(Request.series_id == request.series_id, Match.offer_id == match.offer_id, Match.id != match.id)
        .order_by(Request.series_no, Match.id)
    )
    return [
        (other.id, _("Lesson %(number)s: %(state)s", number=number, state=str(STATES[other.state])))
        for other, number in session.execute(query)
    ]
