"""What a played term came to, and what may never be, in plain SQL."""

import statistics
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from matcher.clock import local_date, school_year, school_year_dates
from matcher.coordination.models import SentOn
from matcher.matching.models import Match, MatchEvent
from matcher.matching.states import NEVER_SENT, TAKES_PLACE, Action, MatchState
from matcher.requests.models import Request

_OVER_CAP = text(
    "select count(*) from (select m.professional_id from matches m"
    " join match_moments mm on mm.match_id = m.id and mm.chosen"
    " where m.state in ('accepted','approved','held') and m.professional_id is not null"
    " and m.kind = 'guest_lecture' and mm.day between :first and :last"
    " group by m.professional_id having count(*) >"
    " (select max(o.yearly_cap) from offers o where o.person_id = m.professional_id"
    "  and o.kind = 'guest_lecture' and o.state = 'open' having count(*) = count(o.yearly_cap))) as over"
)
_TOO_MANY_OPEN = text(
    "select count(*) from (select request_id from matches where state = 'proposed' and id > :since"
    " group by request_id having count(*) > :most) as over"
)
_TOO_MANY_PLACES = text(
    "select count(*) from (select m.request_id from matches m join requests r on r.id = m.request_id"
    " where m.state in ('accepted','approved','held') group by m.request_id, r.needed having count(*) > r.needed)"
    " as over"
)


def broken_today(session: Session, now: datetime, most: int, since: int = 0) -> Counter[str]:
    """How many people, requests and requests are over their limit at this moment."""
    first, last = school_year_dates(school_year(local_date(now)))
    return Counter(
        cap=session.scalar(_OVER_CAP, {"first": first.isoformat(), "last": last.isoformat()}) or 0,
        open=session.scalar(_TOO_MANY_OPEN, {"most": most, "since": since}) or 0,
        places=session.scalar(_TOO_MANY_PLACES) or 0,
    )


def figures_of(session: Session, requests: Mapping[int, int], began: datetime, ended: datetime) -> dict[str, Any]:
    """Of the requests of the term. Waiting is from sending to the first yes that made it agreed."""
    ids = list(requests.values())
    asked = session.execute(select(Match.request_id, Match.state, Match.reason).where(Match.request_id.in_(ids))).all()
    invitations = [row for row in asked if row.reason != NEVER_SENT]
    filled = {row.request_id for row in asked if row.state in TAKES_PLACE}
    yes = _first_yes(session, ids)
    published = dict(session.execute(select(Request.id, Request.published_at).where(Request.id.in_(ids))).all())
    waited = sorted((yes[each] - published[each]).total_seconds() / 86_400 for each in yes)
    per_state = Counter(row.state.value for row in asked)
    answered = {row.request_id for row in asked if row.state not in (MatchState.PROPOSED, MatchState.EXPIRED)} | set(
        yes
    )
    unapproved = (
        select(func.count())
        .select_from(MatchEvent)
        .where(
            MatchEvent.action == Action.EXPIRE,
            MatchEvent.from_state == MatchState.ACCEPTED.value,
            MatchEvent.at > began,
        )
    )
    hops = select(SentOn.hop, func.count()).group_by(SentOn.hop).order_by(SentOn.hop)
    return {
        "requests": len(ids),
        "filled": len(filled),
        "agreed_once": len(yes),
        "nobody_asked": len(set(ids) - {row.request_id for row in asked}),
        "asked_without_any_answer": len({row.request_id for row in asked} - answered),
        "invitations": len(invitations),
        "asks_per_agreed_visit": round(len(invitations) / len(yes), 2) if yes else None,
        "waiting_days_median": round(statistics.median(waited), 1) if waited else None,
        "waiting_days_nine_of_ten": round(waited[int(0.9 * (len(waited) - 1))], 1) if waited else None,
        "matches": dict(sorted(per_state.items())),
        "dates_passed_without_approval": session.scalar(unapproved) or 0,
        "approvals_sent_on": {str(hop): count for hop, count in session.execute(hops)},
    }


def _first_yes(session: Session, request_ids: list[int]) -> dict[int, datetime]:
    query = (
        select(Match.request_id, func.min(MatchEvent.at))
        .join(MatchEvent, MatchEvent.match_id == Match.id)
        .where(MatchEvent.action == Action.ACCEPT, MatchEvent.to_state == MatchState.ACCEPTED.value)
        .where(Match.request_id.in_(request_ids))
        .group_by(Match.request_id)
    )
    return dict(session.execute(query).all())
