"""What happens when somebody of the list is invited now, in words: when the mail goes, and by when they answer.

Reads only. The promise itself is made when they are asked (`moment_services.expiry_for`), by the same rules.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.absence_queries import away_until
from matcher.clock import local_date
from matcher.i18n import _, format_day_month
from matcher.matching.candidate_queries import Candidate
from matcher.matching.eligibility import OPEN_STATES, MomentState
from matcher.matching.list_queries import MatchRow
from matcher.matching.moment_services import answer_by, drops_at
from matcher.matching.states import MatchState
from matcher.offers.models import Offer
from matcher.regions.policy import OPEN_INVITATIONS
from matcher.regions.queries import region_rule
from matcher.requests import queries
from matcher.requests.models import Request


def if_invited_now(
    session: Session, request: Request, candidates: Sequence[Candidate], rows: Sequence[MatchRow], *, now: datetime
) -> dict[int, str]:
    """Offer id → one sentence, for everybody who can still be ticked; the same number of statements for each list."""
    free = [each.shown for each in candidates if each.status is None]
    if not free:
        return {}
    asked = sum(row.state is MatchState.PROPOSED for row in rows)
    most = int(region_rule(session, request.region_id, request.kind.value, OPEN_INVITATIONS, at=now))
    ahead = select(Offer.id, Offer.notice_days).where(Offer.id.in_([each.offer_id for each in free]))
    notice = {row.id: row.notice_days for row in session.execute(ahead)}
    away = away_until(session, {each.person_id for each in free if each.person_id is not None}, now)
    starts = {moment.id: moment.start_s for moment in queries.moments_of(session, [request.id])[request.id]}
    by_days = answer_by(session, request, local_date(now), now)
    told = {}
    for each in free:
        possible = [starts[m.id] for m in each.moments if m.id in starts and MomentState(m.state) in OPEN_STATES]
        until = min(by_days, drops_at(max(possible), notice[each.offer_id], now)) if possible else by_days
        back = away.get(each.person_id) if each.person_id is not None else None
        if asked >= most:
            told[each.offer_id] = _("If you invite now: asked as soon as one of those who were asked makes room.")
        elif back is not None:
            day = format_day_month(back)
            told[each.offer_id] = _("If you invite now: away until %(day)s, and answers after that.", day=day)
        else:
            day = format_day_month(local_date(until))
            told[each.offer_id] = _("If you invite now: a mail within two minutes, an answer by %(day)s.", day=day)
    return told
