"""The life of an offer."""

from enum import StrEnum


class OfferState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    WITHDRAWN = "withdrawn"
