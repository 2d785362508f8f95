"""How a job ended."""

from enum import StrEnum


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    CUT_OFF = "cut_off"
    """Its worker was asked to stop, or the next one found its lease without a heartbeat."""
