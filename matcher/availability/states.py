"""The three kinds with their time shape, and words that both sides of a match share."""

from enum import StrEnum


class Kind(StrEnum):
    GUEST_LECTURE = "guest_lecture"
    TEACHER_INTERNSHIP = "teacher_internship"
    HYBRID_PLACEMENT = "hybrid_placement"


class Delivery(StrEnum):
    ON_SITE = "on_site"
    ONLINE = "online"
    EITHER = "either"
    AT_COMPANY = "at_company"


class Party(StrEnum):
    """Whose time a booking holds."""

    PERSON = "person"
    CLASS = "class"
    PLACE = "place"


class OwnerType(StrEnum):
    PERSON = "person"
    OFFER = "offer"


class ExceptionKind(StrEnum):
    FREE = "free"
    BUSY = "busy"


class TimeState(StrEnum):
    """What somebody's time says about one moment; only never and busy exclude."""

    USUAL = "usual"
    UNKNOWN = "unknown"
    NEVER = "never"
    BUSY = "busy"


ABSENCE = "absence"
"""The source of a dated exception that is told to the people one has to do with."""
CALENDAR = "calendar"
"""The source of busy time read from a person's own calendar file: replaced as a whole, never shown one by one."""
