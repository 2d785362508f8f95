"""How many invitations of one person may leave in an hour and in a day; who asks more is not refused but later.

Hours and days of the clock. The condition of the one statement is the limit, so that it holds however many ask at once.
"""

from datetime import datetime, time, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matcher.clock import AMSTERDAM, local
from matcher.notices.models import MailQuota

PER_HOUR, PER_DAY = 30, 200
KEPT = timedelta(days=3)


def leaves_at(session: Session, user_id: int, wanted: datetime) -> datetime:
    """This moment, or the beginning of the first later hour with room; takes the place there."""
    _forget(session, user_id, wanted)
    hour = wanted.replace(minute=0, second=0, microsecond=0)
    while True:
        day = datetime.combine(local(hour).date(), time(0), AMSTERDAM)
        # First the day, then the hour, and only forward: two askers never wait for each other in a ring.
        if not _take(session, user_id, "day", day, PER_DAY):
            hour = datetime.combine(local(hour).date() + timedelta(days=1), time(0), AMSTERDAM).astimezone(hour.tzinfo)
            continue
        if _take(session, user_id, "hour", hour, PER_HOUR):
            return max(wanted, hour)
        _give_back(session, user_id, "day", day)
        hour += timedelta(hours=1)


def _forget(session: Session, user_id: int, wanted: datetime) -> None:
    """What lies days back limits nothing any more."""
    before = int((wanted - KEPT).timestamp())
    old = delete(MailQuota).where(MailQuota.user_id == user_id, MailQuota.starts_s < before)
    session.execute(old.execution_options(synchronize_session=False))


def _take(session: Session, user_id: int, unit: str, starts: datetime, most: int) -> bool:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {"user_id": user_id, "unit": unit, "starts_s": int(starts.timestamp()), "taken": 1}
    statement = dialect.insert(MailQuota).values(**row).on_conflict_do_update(
        index_elements=["user_id", "unit", "starts_s"],
        set_={"taken": MailQuota.taken + 1},
        where=MailQuota.taken < most,
    )  # fmt: skip
    return session.execute(statement.returning(MailQuota.taken)).first() is not None


def _give_back(session: Session, user_id: int, unit: str, starts: datetime) -> None:
    mine = (
        MailQuota.user_id == user_id,
        MailQuota.unit == unit,
        MailQuota.starts_s == int(starts.timestamp()),
    )
    given = update(MailQuota).where(*mine).values(taken=MailQuota.taken - 1)
    session.execute(given.execution_options(synchronize_session=False))
