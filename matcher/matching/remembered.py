"""What the ranking remembers of one person, and what that changes: in words, for their own eyes. Pure."""

from dataclasses import dataclass
from datetime import datetime

from matcher.i18n import _, format_number, ngettext
from matcher.matching.labels import DECLINE_REASONS
from matcher.matching.memory import HALF_LIFE_DAYS
from matcher.matching.states import DeclineReason
from matcher.ranking.reasons import ENOUGH_ASKS, GOOD_ANSWERS, LOADED_SHARE, POOR_ANSWERS, RECENT_DAYS


@dataclass(frozen=True)
class RememberedNo:
    """A no with what it changes. `share`: how much of it still counts, in percent. Forgotten ones count nothing."""

    match_id: int
    at: datetime
    title: str
    place: str
    reason: str
    changes: str
    share: int
    is_forgotten: bool


@dataclass(frozen=True)
class Counts:
    """What was counted in the past three years, and this school year."""

    asked: int
    answered: int
    in_time: int
    yes: int
    visits: int
    asked_this_year: int
    taken: int
    cap: int | None
    open_asks: int
    open_cap: int
    days_since_ask: float | None
    is_paused: bool


@dataclass(frozen=True)
class Remembered:
    counts: Counts
    more: list[str]  # why asked more
    less: list[str]
    noes: list[RememberedNo]


def still_counts(at: datetime, now: datetime) -> int:
    """Percent of an answer that is left: half after a year."""
    days = max(0.0, (now - at).total_seconds() / 86_400)
    return round(100 * float(0.5 ** (days / HALF_LIFE_DAYS)))


def reason_words(no: str) -> str:
    return str(DECLINE_REASONS[DeclineReason(no)]) if no in set(DeclineReason) else ""


def changes_words(no: str, *, km: int, topics: str, level: str) -> str:
    """What a no changes, and nothing else."""
    match no:
        case DeclineReason.TOO_FAR:
            return _("You are asked less for schools about %(km)s km away or farther.", km=km)
        case DeclineReason.NOT_MY_TOPIC:
            return _("You are asked less about %(topics)s.", topics=topics or _("these topics"))
        case DeclineReason.LEVEL:
            return _("You are asked less for %(level)s.", level=level or _("this level"))
        case DeclineReason.ASKED_TOO_OFTEN:
            return _("You are asked less, for everything.")
        case DeclineReason.NO_TIME:
            return _("It counts as little time, not as a no to the question.")
    return _("It counts as a no, for every question a little.")


def reasons_for_more(counts: Counts) -> list[str]:
    found = []
    if not counts.asked:
        found.append(_("You are new: one of the ten places schools see first goes to somebody new by lot."))
    if counts.asked >= ENOUGH_ASKS and counts.answered >= GOOD_ANSWERS * counts.asked:
        found.append(
            _("You answered %(answered)s of %(asked)s questions.", answered=counts.answered, asked=counts.asked)
        )
    if counts.answered >= ENOUGH_ASKS and counts.in_time >= GOOD_ANSWERS * counts.answered:
        found.append(_("You usually answer within three days."))
    if counts.visits:
        found.append(
            ngettext("%(num)s visit of yours took place.", "%(num)s visits of yours took place.", counts.visits)
        )
    return found


def reasons_for_less(counts: Counts) -> list[str]:
    found = []
    if counts.is_paused:
        found.append(_("You asked for a pause: nobody asks you until it is over."))
    if counts.open_asks >= counts.open_cap:
        found.append(_("A question waits for your answer; until then nobody else asks you."))
    if counts.cap is not None and counts.taken >= counts.cap:
        found.append(_("You reached your maximum for this school year: nobody asks you any more."))
    elif counts.cap and counts.taken >= LOADED_SHARE * counts.cap:
        found.append(
            _("You come %(taken)s of at most %(cap)s times this school year.", taken=counts.taken, cap=counts.cap)
        )
    if counts.days_since_ask is not None and counts.days_since_ask < RECENT_DAYS:
        found.append(_("You were asked less than two weeks ago; others go first for a while."))
    if counts.asked >= ENOUGH_ASKS and counts.answered < POOR_ANSWERS * counts.asked:
        told = {"answered": format_number(counts.answered), "asked": format_number(counts.asked)}
        found.append(
            _("You answered only %(answered)s of %(asked)s questions.", **told)
            if counts.answered
            else _("You answered none of %(asked)s questions.", asked=told["asked"])
        )
    return found
