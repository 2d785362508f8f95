"""States, changes and faults of models as words. Pure."""

from typing import Any

from matcher.i18n import _, _l

STATES: dict[str, Any] = {
    "candidate": _l("kept, does not run"),
    "released": _l("runs"),
    "dropped": _l("taken away by hand"),
    "refused": _l("not better, does not run"),
}
TONES = {
    "candidate": "plain",
    "released": "done",
    "dropped": "over",
    "refused": "over",
}
STAGES: dict[str, Any] = {
    "rule": _l("few answers: the written rule orders, only the chance is learned"),
    "logistic": _l("some answers: a simple model, drawn to the written rule"),
    "blend": _l("many answers: the whole model"),
}
CHANGES: dict[str, Any] = {
    "model_released": _l("runs from now on"),
    "model_dropped": _l("taken away; the written rule orders people"),
    "training_asked": _l("training asked for"),
}
_OUTCOMES: dict[str, Any] = {
    "asked": _l("waits for the worker"),
    "begun": _l("runs"),
    "released": _l("a new version runs"),
    "candidate": _l("a new version is kept"),
    "refused": _l("not better, the old one stays"),
    "too_few": _l("too few answers"),
    "failed": _l("failed"),
}
_FAULTS: dict[str, Any] = {
    "missing": _l("its file is not there"),
    "hash": _l("its file is not the one that was judged"),
    "fingerprint": _l("it was made on other facts than are used now"),
    "library": _l("it was made with another version of the libraries"),
}


_OWN_NOTES: dict[str, Any] = {
    "It beats every baseline, and no group of requests is worse off.": _l(
        "It beats every baseline, and no group of requests is worse off."
    ),
}


def note_words(note: str) -> str:
    """What a training itself wrote in the reader's language; what somebody typed as they typed it."""
    return str(_OWN_NOTES.get(note, note))


def outcome_words(outcome: str | None) -> str:
    return str(_OUTCOMES.get(outcome or "begun", outcome))


def stage_words(stage: str) -> str:
    return str(STAGES.get(stage, stage))


def fault_words(code: str) -> str:
    """Why a version cannot run, for people; the log has the rest."""
    return str(_FAULTS.get(code) or _("its file is damaged"))
