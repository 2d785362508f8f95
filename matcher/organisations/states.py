"""Types and size classes of organisations."""

from enum import StrEnum


class OrganisationType(StrEnum):
    SCHOOL = "school"
    BOARD = "board"
    COMPANY = "company"
    SELF_EMPLOYED = "self_employed"


class SizeClass(StrEnum):
    ONE = "1"
    SMALL = "2-9"
    MIDDLE = "10-49"
    LARGE = "50-249"
    VERY_LARGE = "250+"


class SchoolSector(StrEnum):
    PO = "po"
    SO = "so"
    VO = "vo"
    MBO = "mbo"
    HBO = "hbo"


class RefusalReason(StrEnum):
    """Why an organisation or a member was not accepted."""

    UNKNOWN = "unknown"
    DUPLICATE = "duplicate"
    NOT_SUITABLE = "not_suitable"
    OTHER = "other"


class PartnerSide(StrEnum):
    """Who proposed that a school and a company go on together."""

    SCHOOL = "school"
    COMPANY = "company"
    COORDINATOR = "coordinator"
