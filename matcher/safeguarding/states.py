"""Types of proof."""

from enum import StrEnum


class ProofType(StrEnum):
    NONE = "none"
    VOG = "vog"
