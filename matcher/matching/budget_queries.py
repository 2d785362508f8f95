"""What organisations have left of the maximum they set themselves."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.matching.budget_models import AskCounter, BudgetOf


def taken_by_companies(session: Session, rows: Iterable[Any], years: Collection[int]) -> dict[tuple[int, int], int]:
    """(Organisation, school year) → visits taken, of those among these offers that set a maximum; else no statement."""
    limited = {row.Offer.organisation_id for row in rows if row.ask_limit is not None}
    if not limited:
        return {}
    query = select(AskCounter.owner_id, AskCounter.period, AskCounter.taken).where(
        AskCounter.owner == BudgetOf.ORGANISATION, AskCounter.owner_id.in_(limited), AskCounter.period.in_(years)
    )
    return {(owner_id, period): taken for owner_id, period, taken in session.execute(query)}


def company_left(row: Any, taken: dict[tuple[int, int], int], year: int) -> int | None:
    """How many more of its people may be asked; none without a maximum, and for who comes in their own name."""
    if row.ask_limit is None or row.Offer.own_name:
        return None
    return int(row.ask_limit) - taken.get((row.Offer.organisation_id, year), 0)
