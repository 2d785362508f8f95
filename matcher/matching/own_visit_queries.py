"""The visits and invitations of one person, as that person may keep them: no addresses of others."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from matcher.matching.models import Match, MatchMoment
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.models import Request


def own_visits(session: Session, user_id: int) -> list[dict[str, Any]]:
    school, company = aliased(Organisation), aliased(Organisation)
    mine = (Match.visitor_id, Match.professional_id, Match.teacher_id, Request.asked_by_id, Match.proposed_by_id)
    query = (
        select(
            Match.id.label("number"),
            Match.kind,
            Match.state,
            Request.title,
            school.name.label("school"),
            company.name.label("company"),
            MatchMoment.day,
            MatchMoment.starts.label("from"),
            MatchMoment.ends.label("until"),
            Match.created_at,
            Match.changed_at,
        )
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(school, school.id == Request.organisation_id)
        .join(company, company.id == Offer.organisation_id)
        .outerjoin(MatchMoment, (MatchMoment.match_id == Match.id) & MatchMoment.chosen)
        .where(or_(*(column == user_id for column in mine)))
        .order_by(Match.id)
    )
    return [dict(row) for row in session.execute(query).mappings()]
