"""Codes of this room: where somebody teaches, what they learned before, what they hold, and why a route fits or not."""

from enum import StrEnum


class Sector(StrEnum):
    """Upper years of havo and vwo stand apart: they ask another qualification than the rest of secondary education."""

    PO = "po"
    SO = "so"
    VO = "vo"
    VO_UPPER = "vo_upper"
    MBO = "mbo"
    HBO = "hbo"


class Education(StrEnum):
    """The highest diploma, lowest first; the order is the rank. `unknown` is a foreign one or an unsure answer."""

    BELOW = "below"
    MBO_4 = "mbo_4"
    BACHELOR = "bachelor"
    MASTER = "master"
    UNKNOWN = "unknown"


class Qualification(StrEnum):
    NONE = "none"
    PRIMARY = "primary"
    LIMITED_SECOND = "limited_second"
    SECOND = "second"
    FIRST = "first"
    PDG = "pdg"
    BDB = "bdb"


class Subjects(StrEnum):
    """General subjects such as maths, vocational ones such as welding or care."""

    ANY = "any"
    GENERAL = "general"
    VOCATIONAL = "vocational"


class Verdict(StrEnum):
    """The most this service ever says: it seems to fit, ask first, it does not fit."""

    FITS = "fits"
    ASK = "ask"
    NOT = "not"


class Why(StrEnum):
    """One reason; `wording` has its sentence. The first word says which way it counts: plus, ask or no."""

    PLUS_EDUCATION = "plus_education"
    PLUS_NO_DIPLOMA = "plus_no_diploma"
    PLUS_HOURS = "plus_hours"
    PLUS_SUBJECTS = "plus_subjects"
    ASK_EDUCATION = "ask_education"
    ASK_ASSESSMENT = "ask_assessment"
    ASK_HOURS = "ask_hours"
    ASK_FEW_HOURS = "ask_few_hours"
    ASK_SUBJECTS = "ask_subjects"
    ASK_FIRST = "ask_first"
    NO_SECTOR = "no_sector"
    NO_EDUCATION = "no_education"
    NO_HOURS = "no_hours"
    NO_SUBJECTS = "no_subjects"
    NO_NEED = "no_need"
    NO_SAME = "no_same"


class Held(StrEnum):
    """What the qualification somebody holds means at the place where they want to teach."""

    COUNTS = "counts"
    OTHER_SUBJECT = "other_subject"
    PARTLY = "partly"
    ELSEWHERE = "elsewhere"
    NOTHING = "nothing"


class Change(StrEnum):
    """What happened to a route in its history."""

    SHIPPED = "shipped"
    ADDED = "added"
    CHANGED = "changed"
    RESTORED = "restored"
    ENDED = "ended"
    REOPENED = "reopened"
