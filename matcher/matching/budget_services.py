"""Ask budgets: a question that waits and a visit that was agreed each take one of the school year's maximum.

The counter is what holds: one statement takes a place while there is one. Whatever ends a match gives its place back.
"""

from datetime import date
from typing import NamedTuple

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matcher.clock import local_date, school_year
from matcher.errors import Conflict
from matcher.matching.budget_models import AskCounter, BudgetOf
from matcher.matching.eligibility import NeverCode
from matcher.matching.models import Match
from matcher.matching.queries import chosen_moment
from matcher.matching.states import TAKES_PLACE, MatchState, Side
from matcher.matching.wording import never_sentence
from matcher.offers.models import Offer
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.requests.models import Request, RequestMoment


class BudgetSpent(Conflict):
    """Nobody may be asked beyond a maximum; `code` says whose it is."""

    def __init__(self, code: NeverCode) -> None:
        super().__init__(never_sentence(code))
        self.code = code


class Budget(NamedTuple):
    """One counter that a match draws on, and its maximum."""

    owner: BudgetOf
    owner_id: int
    cap: int | None
    code: NeverCode


def settle(session: Session, match: Match, *, forced: bool = False) -> None:
    """Bring the counters in line with where the match stands now. `forced`: it happened whatever the maximum says.

    The caller holds the people and the organisation. Raises BudgetSpent when no place is left.
    """
    request, offer = session.get_one(Request, match.request_id), session.get_one(Offer, match.offer_id)
    year = _year_of(session, match, request)
    if year == match.counted_year:
        return
    if match.counted_year is not None:
        _give_back(session, match, offer)
    if year is not None:
        draw(session, offer, match.professional_id, year, forced=forced)
        match.counted_year, match.counts_for_company = year, not offer.own_name
        session.flush()


def reserve(session: Session, request: Request, offer: Offer, professional_id: int | None) -> int:
    """Before somebody is asked: a place in every budget until the answer; gives the school year. Raises BudgetSpent."""
    year = _asked_year(session, request)
    draw(session, offer, professional_id, year)
    return year


def _year_of(session: Session, match: Match, request: Request) -> int | None:
    """The school year in whose budget the match counts; None where it takes nothing.

    Who offers to come asks nothing of their own budget before the school says yes.
    """
    if match.state in TAKES_PLACE:
        moment = chosen_moment(session, match.id)
        return school_year(moment.day) if moment is not None else _asked_year(session, request)
    if match.state is MatchState.PROPOSED and match.side is not Side.COMPANY:
        return _asked_year(session, request)
    return None


def _asked_year(session: Session, request: Request) -> int:
    """That of the first moment asked for, as eligibility reckons."""
    query = select(RequestMoment.day).where(RequestMoment.request_id == request.id)
    first: date | None = session.scalar(query.order_by(RequestMoment.start_s, RequestMoment.end_s).limit(1))
    return school_year(first or request.window_from or local_date(request.published_at or request.created_at))


def draw(session: Session, offer: Offer, professional_id: int | None, year: int, *, forced: bool = False) -> None:
    """From every budget or from none. Raises BudgetSpent."""
    drawn: list[Budget] = []
    for budget in _budgets(session, offer, professional_id):
        if not take(session, budget.owner, budget.owner_id, year, cap=budget.cap, forced=forced):
            for before in drawn:
                give_back(session, before.owner, before.owner_id, year)
            raise BudgetSpent(budget.code)
        drawn.append(budget)


def _budgets(session: Session, offer: Offer, professional_id: int | None) -> list[Budget]:
    """The guest's (or of an offer that names nobody its own) before the organisation's: one order for everybody."""
    if professional_id is None:
        found = [Budget(BudgetOf.OFFER, offer.id, offer.yearly_cap, NeverCode.CAP)]
    else:
        found = [Budget(BudgetOf.PERSON, professional_id, _cap_of(session, offer, professional_id), NeverCode.CAP)]
    if not offer.own_name:
        limit = session.get_one(Organisation, offer.organisation_id).ask_limit
        found.append(Budget(BudgetOf.ORGANISATION, offer.organisation_id, limit, NeverCode.COMPANY_CAP))
    return found


def _cap_of(session: Session, offer: Offer, professional_id: int) -> int | None:
    """A colleague who is asked instead has a maximum of their own: the least that they named in an offer."""
    if professional_id == offer.person_id:
        return offer.yearly_cap
    own = select(func.min(Offer.yearly_cap)).where(Offer.person_id == professional_id, Offer.state == OfferState.OPEN)
    least: int | None = session.scalar(own)
    return least


def take(
    session: Session, owner: BudgetOf, owner_id: int, period: int, *, cap: int | None, forced: bool = False
) -> bool:
    """One more, if the maximum allows it: asked and written in one statement, so that of many at once no two get the
    last place. A forced one raises the maximum that is noted."""
    if cap is not None and cap < 1 and not forced:
        return False
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    most = max(cap, 1) if cap is not None else None
    row = {"owner": owner, "owner_id": owner_id, "period": period, "taken": 1, "cap": most}
    counted = AskCounter.taken + 1
    raised = most if not forced or most is None else case((counted > most, counted), else_=most)
    more = dialect.insert(AskCounter).values(**row)
    done = more.on_conflict_do_update(
        index_elements=["owner", "owner_id", "period"],
        set_={"taken": counted, "cap": raised},
        where=None if forced or most is None else AskCounter.taken < most,
    )
    return session.scalar(done.returning(AskCounter.taken)) is not None


def give_back(session: Session, owner: BudgetOf, owner_id: int, period: int) -> None:
    held = update(AskCounter).where(
        AskCounter.owner == owner, AskCounter.owner_id == owner_id, AskCounter.period == period, AskCounter.taken > 0
    )
    session.execute(held.values(taken=AskCounter.taken - 1).execution_options(synchronize_session=False))


def _give_back(session: Session, match: Match, offer: Offer) -> None:
    year = match.counted_year or 0
    if match.professional_id is None:
        give_back(session, BudgetOf.OFFER, offer.id, year)
    else:
        give_back(session, BudgetOf.PERSON, match.professional_id, year)
    if match.counts_for_company:
        give_back(session, BudgetOf.ORGANISATION, offer.organisation_id, year)
    match.counted_year, match.counts_for_company = None, False
    session.flush()
