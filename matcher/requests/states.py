"""The life of a request. "Matched" is not a state: it follows from a live match."""

from enum import StrEnum


class RequestState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
