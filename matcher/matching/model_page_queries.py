"""The administrator's pages of models: versions, what changed and by whom, trainings, and who was never asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Audit, User
from matcher.errors import NotFound
from matcher.i18n import format_datetime, format_number
from matcher.matching.asked_training_queries import ASKED, waiting_training
from matcher.matching.learning_queries import landsdelen
from matcher.matching.model_cards import CardView, card_view
from matcher.matching.model_models import ModelState, ModelTraining, ModelVersion
from matcher.matching.model_queries import Running, running, trainings, versions
from matcher.matching.model_wording import CHANGES, STATES, TONES, note_words, outcome_words
from matcher.matching.models import Match
from matcher.offers.models import Offer
from matcher.offers.states import OfferState

MOST = 20


@dataclass(frozen=True)
class VersionLine:
    id: int
    version: str
    state: str
    tone: str
    made_at: datetime
    note: str
    is_released: bool


@dataclass(frozen=True)
class Change:
    """Who let which version run, or took it away; nobody's name where the training itself did."""

    at: datetime
    who: str | None
    what: str
    version: str


@dataclass(frozen=True)
class ModelsPage:
    running: Running
    runs_id: int | None
    by: str | None
    versions: list[VersionLine]
    changes: list[Change]
    trainings: list[list[str]]  # began, outcome, version
    waiting: str | None  # asked or runs; None when no training does
    guests: int
    never_asked: int


@dataclass(frozen=True)
class ModelPage:
    line: VersionLine
    card: CardView
    by: str | None
    released_at: datetime | None


def models_page(session: Session, *, now: datetime) -> ModelsPage:
    found = running(session)
    waits = waiting_training(session, now=now)
    guests, never_asked = _asked_of_guests(session)
    lines = [_line(row) for row in versions(session, limit=MOST)]
    return ModelsPage(
        running=found,
        runs_id=next((line.id for line in lines if line.is_released), None),
        by=_name(session, found.released_by_id),
        versions=lines,
        changes=_changes(session),
        trainings=[_training(row) for row in trainings(session, limit=MOST)],
        waiting=None if waits is None else ASKED if waits.outcome == ASKED else "runs",
        guests=guests,
        never_asked=never_asked,
    )


def model_page(session: Session, model_id: int) -> ModelPage:
    """Raises NotFound."""
    row = version_with(session, model_id)
    return ModelPage(
        _line(row), card_view(row.card, landsdelen(session)), _name(session, row.released_by_id), row.released_at
    )


def version_with(session: Session, model_id: int) -> ModelVersion:
    """Raises NotFound."""
    row = session.get(ModelVersion, model_id)
    if row is None:
        raise NotFound()
    return row


def released_id(session: Session) -> int | None:
    return session.scalar(select(ModelVersion.id).where(ModelVersion.state == ModelState.RELEASED))


def _line(row: ModelVersion) -> VersionLine:
    return VersionLine(
        row.id,
        row.version,
        str(STATES[row.state]),
        TONES[row.state],
        row.made_at,
        # What the judging says is told on the version's own page, in the reader's language.
        "" if row.state is ModelState.REFUSED else note_words(row.note),
        row.state is ModelState.RELEASED,
    )


def _name(session: Session, user_id: int | None) -> str | None:
    return session.scalar(select(User.name).where(User.id == user_id)) if user_id is not None else None


def _changes(session: Session) -> list[Change]:
    query = (
        select(Audit, User.name)
        .outerjoin(User, User.id == Audit.actor_id)
        .where(Audit.object_type == "model", Audit.action.in_(tuple(CHANGES)))
        .order_by(Audit.at.desc(), Audit.id.desc())
        .limit(MOST)
    )
    return [
        Change(row.at, name, str(CHANGES[row.action]), str(row.details.get("version", "")))
        for row, name in session.execute(query)
    ]


def _training(row: ModelTraining) -> list[str]:
    return [format_datetime(row.began_at, "d MMM y, HH:mm"), outcome_words(row.outcome), row.version or "–"]


def _asked_of_guests(session: Session) -> tuple[int, int]:
    """How many people offer something now, and how many of them were never asked."""
    offering = select(func.count(Offer.person_id.distinct())).where(Offer.state == OfferState.OPEN)
    ever: Any = exists().where(Match.professional_id == Offer.person_id)
    return session.scalar(offering) or 0, session.scalar(offering.where(~ever)) or 0


def never_asked_share(page: ModelsPage) -> str:
    return format_number(round(100 * page.never_asked / page.guests)) if page.guests else "0"
