"""What it takes to stand before a class every week: papers for teaching, and how a school may employ somebody. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from matcher.i18n import _l


class Licence(StrEnum):
    """A paper for teaching that somebody has, or that a school asks for."""

    NONE = "none"
    TRAINING = "training"
    PRIMARY = "primary"
    SECOND_DEGREE = "second_degree"
    FIRST_DEGREE = "first_degree"
    VOCATIONAL = "vocational"


class Contract(StrEnum):
    EMPLOYMENT = "employment"
    SECONDMENT = "secondment"
    HIRE = "hire"
    VOLUNTEER = "volunteer"


class RouteWish(StrEnum):
    """Whether somebody who teaches part of the week wants to become a teacher on paper too."""

    NO = "no"
    PERHAPS = "perhaps"
    YES = "yes"


OWN_TIME, INFORMED, SECONDED = "own_time", "informed", "seconded"
"""How the employer of a hybrid teacher sees it."""

LICENCES: dict[Licence, Any] = {
    Licence.NONE: _l("None yet"),
    Licence.TRAINING: _l("In training for it"),
    Licence.PRIMARY: _l("Primary school (pabo)"),
    Licence.SECOND_DEGREE: _l("Second degree"),
    Licence.FIRST_DEGREE: _l("First degree"),
    Licence.VOCATIONAL: _l("Vocational education (PDG)"),
}
ASKED_LICENCES: dict[Licence, Any] = {**LICENCES, Licence.NONE: _l("None: we look at it together")}
CONTRACTS: dict[Contract, Any] = {
    Contract.EMPLOYMENT: _l("Employed by the school"),
    Contract.SECONDMENT: _l("Seconded by the employer"),
    Contract.HIRE: _l("Hired as self-employed"),
    Contract.VOLUNTEER: _l("As a volunteer"),
}
ROUTE_WISHES: dict[RouteWish, Any] = {
    RouteWish.NO: _l("No, some half-days are enough"),
    RouteWish.PERHAPS: _l("Perhaps, tell me more"),
    RouteWish.YES: _l("Yes, I want to become qualified"),
}


def contract_names(codes: Iterable[str]) -> str:
    """Known forms in words, in the order they were ticked."""
    return ", ".join(str(CONTRACTS[Contract(code)]) for code in codes if code in set(Contract))


def licence_name(code: str | None, *, asked: bool = False) -> str:
    labels = ASKED_LICENCES if asked else LICENCES
    return str(labels[Licence(code)]) if code in set(Licence) else ""
