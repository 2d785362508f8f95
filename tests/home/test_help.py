"""Who helps in each region, as the help page names them."""

from sqlalchemy.orm import Session

from matcher.accounts.states import Role
from matcher.home.queries import coordinator_rows
from tests.factories.people import make_coordinator, make_grant, make_region, make_user


def test_coordinator_rows_stand_in_follows_the_region_own_coordinator(session: Session) -> None:
    region = make_region(session)
    stand_in = make_user(session, name="Anna Waarneemt")
    make_grant(session, stand_in, Role.COORDINATOR, region=region, stand_in=True)
    make_coordinator(session, region=region, name="Zoë Coördineert")
    rows = [(row.name, row.stand_in) for row in coordinator_rows(session)]
    assert rows == [("Zoë Coördineert", False), ("Anna Waarneemt", True)]
