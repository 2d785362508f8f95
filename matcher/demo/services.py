"""Makes a generated world in one unit of work, so that half a world never exists. Flushes, never commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.demo.asking_services import make_classes
from matcher.demo.day_services import plan_days
from matcher.demo.history_services import live_through_history
from matcher.demo.newcomer_services import let_newcomers_in
from matcher.demo.offering_services import make_offers, renew_search
from matcher.demo.people_services import make_guests, make_staff, make_teachers
from matcher.demo.place_services import lay_ground, make_companies, make_schools
from matcher.demo.present_services import arrange_present
from matcher.demo.settling_services import settle_notices
from matcher.demo.sizes import Size
from matcher.demo.stay_services import arrange_stays
from matcher.demo.term_services import arrange_terms
from matcher.demo.world import SEED, World, new_world
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.regions.models import Region

KEPT = (User, Organisation, Offer, Region)


def generate(
    session: Session,
    *,
    size: Size,
    now: datetime,
    password_hash: str,
    reference_data: Path | None = None,
    seed: int = SEED,
) -> World:
    """Everything of the world as it is at `now`. The same seed, size and moment give the same world."""
    with _rows_kept(session):
        return _made(session, size, now, password_hash, reference_data, seed)


def _made(
    session: Session, size: Size, now: datetime, password_hash: str, reference_data: Path | None, seed: int
) -> World:
    world = new_world(size, now=now, password_hash=password_hash, seed=seed)
    lay_ground(session, world)
    make_schools(session, world, reference_data)
    make_companies(session, world)
    make_staff(session, world)
    make_teachers(session, world)
    make_guests(session, world)
    make_offers(session, world)
    make_classes(session, world)
    renew_search(session, world, at_beginning=True)
    live_through_history(session, world)
    renew_search(session, world, at_beginning=False)
    arrange_present(session, world)
    let_newcomers_in(session, world)
    arrange_stays(session, world)
    arrange_terms(session, world)
    plan_days(session, world)
    settle_notices(session, world)
    return world


@contextmanager
def _rows_kept(session: Session) -> Iterator[None]:
    """Rows everybody asks for stay in memory, so that half a year in one unit does not read them again and again.

    Not all rows: updates by condition look at each row the session knows.
    """
    kept: set[object] = set()

    def keep(_session: Session, row: object) -> None:
        if isinstance(row, KEPT):
            kept.add(row)

    names = ("pending_to_persistent", "loaded_as_persistent")
    for name in names:
        event.listen(session, name, keep)
    try:
        yield
    finally:
        for name in names:
            event.remove(session, name, keep)
