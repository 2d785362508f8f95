"""Long lists in pages: which rows, how many there are, and where the other pages are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request, url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

Row = TypeVar("Row")
PER_PAGE = 25
MOST_PAGES = 10_000


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list; pages count from 1."""

    rows: Sequence[Row]
    number: int
    per_page: int
    total: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def first_shown(self) -> int:
        return (self.number - 1) * self.per_page + 1 if self.total else 0

    @property
    def last_shown(self) -> int:
        return (self.number - 1) * self.per_page + len(self.rows)

    @property
    def previous_url(self) -> str | None:
        return page_url(self.number - 1) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        return page_url(self.number + 1) if self.number < self.last else None


def page_number() -> int:
    """The page the address asks for; nonsense means the first."""
    asked = request.args.get("page", "1")
    return min(max(1, int(asked)), MOST_PAGES) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1


def page_url(number: int) -> str:
    """This very list at another page, filters kept."""
    kept: dict[str, Any] = request.args.to_dict(flat=False)
    kept.pop("page", None)
    return url_for(request.endpoint or "static", **{**kept, **(request.view_args or {}), "page": number})


def paginate(session: Session, query: Select[Any], *, number: int | None = None, per_page: int = PER_PAGE) -> Page[Any]:
    """One page of single-entity rows plus the count, in two queries. The query must have an order."""
    wanted = number or page_number()
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    shown = min(wanted, max(1, -(-total // per_page)))
    rows = session.scalars(query.limit(per_page).offset((shown - 1) * per_page)).unique().all()
    return Page(rows, shown, per_page, total)


def paged(rows: Sequence[Row], *, number: int | None = None, per_page: int = PER_PAGE) -> Page[Row]:
    """The same for a list that is already in memory."""
    shown = min(number or page_number(), max(1, -(-len(rows) // per_page)))
    return Page(rows[(shown - 1) * per_page : shown * per_page], shown, per_page, len(rows))
