"""Reasons, what excludes and smallest changes: codes become sentences in the reader's language, on reading."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matcher.availability.states import Kind
from matcher.availability.wording import weekday_name
from matcher.i18n import _, _l, current_locale, ngettext
from matcher.matching.eligibility import MomentState, NeverCode
from matcher.subjects.levels import Level, group_name

NEVER = {
    NeverCode.KIND: _l("This is another kind of offer."),
    NeverCode.TOPIC: _l("Their topics are different from the one you ask for."),
    NeverCode.LEVEL: _l("They do not teach this level."),
    NeverCode.LANGUAGE: _l("They do not teach in this language."),
    NeverCode.DELIVERY: _l("They do not teach in this way (at school or online)."),
    NeverCode.DISTANCE: _l("It is too far away."),
    NeverCode.MOMENTS: _l("They cannot come at any of these moments."),
    NeverCode.DAYS: _l("Too few of the asked half-days suit."),
    NeverCode.NOTICE: _l("They want to be asked longer ahead."),
    NeverCode.PAUSED: _l("They do not want to be asked for a while."),
    NeverCode.CAP: _l("Their maximum for this school year is reached, open questions included."),
    NeverCode.COMPANY_CAP: _l("Their organisation reached its maximum for this school year."),
    NeverCode.HOURS_BUDGET: _l("Their organisation gave all the hours it has for this school year."),
    NeverCode.OPEN_ASKS: _l("They still have to answer another question first."),
    NeverCode.ALREADY_ASKED: _l("They were already asked for this."),
    NeverCode.NOT_OPEN: _l("This offer is not open any more."),
    NeverCode.NOT_VERIFIED: _l("Their organisation has not been checked yet."),
    NeverCode.NOT_CONFIRMED: _l("Their organisation has not confirmed them yet."),
    NeverCode.SAFEGUARDING: _l("Your board asks for a proof of good conduct that has not been seen yet."),
    NeverCode.BLOCKED: _l("This is not possible."),
    NeverCode.DO_NOT_APPROACH: _l("They asked not to be approached."),
    NeverCode.VIA_CONTACT: _l("Their organisation wants to be asked through its contact first."),
}

_STAY_NEVER = {
    NeverCode.TOPIC: _l("You would learn about something else there."),
    NeverCode.LANGUAGE: _l("Another language is spoken there."),
    NeverCode.MOMENTS: _l("None of the asked half-days suits."),
    NeverCode.OPEN_ASKS: _l("They still have to answer other questions first."),
}
_PLACEMENT_NEVER = {NeverCode.MOMENTS: _l("None of the asked half-days suits.")}
_NEVER_OF_A_KIND = {Kind.TEACHER_INTERNSHIP: _STAY_NEVER, Kind.HYBRID_PLACEMENT: _PLACEMENT_NEVER}
MOMENTS = {
    MomentState.USUAL: _l("usually can"),
    MomentState.UNKNOWN: _l("don't know yet"),
    MomentState.NEVER: _l("never"),
    MomentState.BUSY: _l("away or booked"),
    MomentState.TOO_SOON: _l("too soon to ask"),
    MomentState.UNSAFE: _l("proof missing"),
}

LANGUAGES = {"nl": _l("Dutch"), "en": _l("English"), "fy": _l("Frisian"), "de": _l("German")}

GREAT_FIT, GOOD_FIT = 7, 5
"""Of the ten blocks beside the words: as many filled blocks, the same words."""
WRITTEN_RULE = "baseline-"
"""How the names of the rules written by people begin; every other ranking was fitted and calibrated."""
MOST_OF_TEN = 9
CHANCES: tuple[tuple[int, Any], ...] = (
    (7, _l("very good chance of a yes")),
    (5, _l("good chance of a yes")),
    (3, _l("fair chance of a yes")),
    (0, _l("small chance of a yes")),
)
"""From how many out of ten each word holds."""


@dataclass(frozen=True)
class Names:
    """What ids are called, in the reader's language."""

    topics: Mapping[int, str] = field(default_factory=dict)
    moments: Mapping[int, str] = field(default_factory=dict)
    kind: Kind = Kind.GUEST_LECTURE


def never_sentence(code: str, kind: Kind = Kind.GUEST_LECTURE) -> str:
    own = _NEVER_OF_A_KIND.get(kind, {}).get(NeverCode(code))
    return str(own or NEVER[NeverCode(code)])


def moment_words(state: str) -> str:
    return str(MOMENTS[MomentState(state)])


def is_chance(model: str) -> bool:
    """Whether this ranking's scores are calibrated chances; those of a rule written by people only order."""
    return not model.startswith(WRITTEN_RULE)


def fit_words(score: float, model: str) -> str:
    """What a score of this ranking means, in words: a fit, or a chance about the question, not about the person."""
    if is_chance(model):
        return chance_words(score)
    blocks = fit_blocks(score, model)
    if blocks >= GREAT_FIT:
        return _("fits very well")
    return _("fits well") if blocks >= GOOD_FIT else _("fits fairly well")


def chance_words(chance: float) -> str:
    """Rounded to whole questions out of ten; never a certainty."""
    of_ten = round(10 * chance)
    band = next(words for least, words in CHANCES if of_ten >= least)
    if of_ten < 1:
        return _("%(chance)s: of 10 such questions fewer than 1 works out", chance=band)
    if of_ten > MOST_OF_TEN:
        return _("%(chance)s: of 10 such questions nearly all work out", chance=band)
    return ngettext(
        "%(chance)s: of 10 such questions about %(num)s works out",
        "%(chance)s: of 10 such questions about %(num)s work out",
        of_ten,
        chance=band,
    )


def fit_blocks(score: float, model: str) -> int:
    """Of ten blocks how many are filled: of a chance as many as questions that work out, also none."""
    return max(0 if is_chance(model) else 1, min(10, round(score * 10)))


def reason_sentence(reason: Sequence[Any], names: Names) -> str:
    """A stored [code, parameters] as a short line; unknown codes of other versions give an empty one."""
    code, params = reason
    words = _REASONS.get(code)
    words = _OF_A_KIND.get(names.kind, {}).get(code, words)
    return words(params, names) if words else ""


def reason_lines(found: Sequence[Sequence[Any]], names: Names) -> list[str]:
    return [line for line in (reason_sentence(reason, names) for reason in found) if line]


def reasons_for(found: Sequence[Sequence[Any]], against: Sequence[Sequence[Any]], names: Names) -> list[str]:
    """The pluses of a card that shows these minuses: one fact is never both."""
    few = any(code == "few_days" and reason_sentence([code, params], names) for code, params in against)
    return reason_lines([each for each in found if not (few and each[0] == "free_at")], names)


def _topic(params: Mapping[str, Any], names: Names) -> str:
    return names.topics.get(params.get("topic") or 0, "")


def _level(params: Mapping[str, Any]) -> str:
    return group_name(Level(params["level"]), None, current_locale())


def _free_at(params: Mapping[str, Any], names: Names) -> str:
    moment = names.moments.get(params.get("moment") or 0, "")
    if params["count"] == 1 and moment:
        return _("usually free on %(moment)s", moment=moment)
    return ngettext(
        "usually free at %(num)s of your moments", "usually free at %(num)s of your moments", params["count"]
    )


def _near(params: Mapping[str, Any], names: Names) -> str:
    if params["km"] < 1:
        return _("less than 1 km away")
    return _("about %(km)s km away", km=params["km"])


def _asked_recently(params: Mapping[str, Any], names: Names) -> str:
    if params["days"] < 1:
        return _("asked today for something else")
    return ngettext("last asked %(num)s day ago", "last asked %(num)s days ago", params["days"])


_REASONS: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "topic_exact": lambda p, n: _("teaches about %(topic)s", topic=_topic(p, n)),
    "topic_near": lambda p, n: _("not exactly this, but close: %(topic)s", topic=_topic(p, n)),
    "near": _near,
    "online": lambda p, n: _("gives this lesson online"),
    "free_at": _free_at,
    "been_before": lambda p, n: ngettext(
        "came to your school %(num)s time before", "came to your school %(num)s times before", p["times"]
    ),
    "partnership": lambda p, n: ngettext(
        "%(num)s earlier visit of this organisation to your school",
        "%(num)s earlier visits of this organisation to your school",
        p["times"],
    ),
    "standing_partner": lambda p, n: _("standing partner of your school"),
    "answers": lambda p, n: _("answered %(answered)s of %(asked)s questions", answered=p["answered"], asked=p["asked"]),
    "answers_rarely": lambda p, n: _(
        "answered only %(answered)s of %(asked)s questions", answered=p["answered"], asked=p["asked"]
    ),
    "load": lambda p, n: _("%(taken)s of at most %(cap)s visits this school year", taken=p["taken"], cap=p["cap"]),
    "level_experience": lambda p, n: ngettext(
        "taught %(level)s %(num)s time before", "taught %(level)s %(num)s times before", p["times"], level=_level(p)
    ),
    "no_level_experience": lambda p, n: _("has not taught %(level)s before", level=_level(p)),
    "far_edge": lambda p, n: _(
        "about %(km)s km away, wants to travel %(limit)s km at most", km=p["km"], limit=p["limit"]
    ),
    "large_group": lambda p, n: _("prefers groups of at most %(most)s", most=p["most"]),
    "unknown_times": lambda p, n: _("does not know yet whether these moments suit"),
    "few_days": lambda p, n: _(
        "can only come at %(count)s of your %(asked)s moments", count=p["count"], asked=p["asked"]
    ),
    "short_notice": lambda p, n: _("little time left to ask"),
    "asked_recently": _asked_recently,
    "first_visit": lambda p, n: _("first visit of this person through this service"),
    "name_follows": lambda p, n: _("the organisation names the guest later"),
    "alike": lambda p, n: _("the title is much like your question"),
    "travel_paid": lambda p, n: _("your request says what you pay for the way"),
    "travel_unpaid": lambda p, n: _(
        "the way costs about € %(euros)s; your request says nothing about costs", euros=p["euros"]
    ),
    "choice": lambda p, n: _(
        "%(count)s half-days to choose from for the %(wanted)s you ask", count=p["count"], wanted=p["wanted"]
    ),
    "paper": lambda p, n: _("has the paper for teaching you ask for"),
    "paper_unknown": lambda p, n: _("not known yet whether the paper you ask for is there"),
    "paper_other": lambda p, n: _("does not have the paper you ask for"),
    "hours": lambda p, n: ngettext(
        "can teach the %(num)s hour you ask for", "can teach all %(num)s hours you ask for", p["asked"]
    ),
    "hours_fewer": lambda p, n: _(
        "can teach %(offered)s of the %(asked)s hours you ask for", offered=p["offered"], asked=p["asked"]
    ),
    "contract": lambda p, n: _("can come in a form you accept"),
    "contract_unknown": lambda p, n: _("how the work would be arranged is not said yet"),
    "contract_other": lambda p, n: _("wants another form of working than you accept"),
}
# Whoever asks never reads what somebody said no to before: that is told to that person alone, in nearby_wording.

# What says nothing about a place is empty, and left out.
_STAY_REASONS: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "topic_exact": lambda p, n: _("about %(topic)s", topic=_topic(p, n)),
    "free_at": lambda p, n: ngettext(
        "%(num)s of your half-days usually suits", "%(num)s of your half-days usually suit", p["count"]
    ),
    "load": lambda p, n: _("%(taken)s of at most %(cap)s internships this school year", taken=p["taken"], cap=p["cap"]),
    "unknown_times": lambda p, n: _("not known yet whether these half-days suit"),
    "few_days": lambda p, n: _("only %(count)s of your %(asked)s half-days suit", count=p["count"], asked=p["asked"]),
    "first_visit": lambda p, n: _("first internship through this service"),
    "far_edge": lambda p, n: "",
    "name_follows": lambda p, n: "",
    "alike": lambda p, n: _("the place is called much like your question"),
    "travel_paid": lambda p, n: "",
    "travel_unpaid": lambda p, n: "",
}
_PLACEMENT_REASONS: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "free_at": lambda p, n: ngettext(
        "usually free at %(num)s of your half-days", "usually free at %(num)s of your half-days", p["count"]
    ),
    "unknown_times": lambda p, n: _("not known yet whether these half-days suit"),
    "few_days": lambda p, n: _(
        "can only come at %(count)s of your %(asked)s half-days", count=p["count"], asked=p["asked"]
    ),
}
_OF_A_KIND = {Kind.TEACHER_INTERNSHIP: _STAY_REASONS, Kind.HYBRID_PLACEMENT: _PLACEMENT_REASONS}
REASON_CODES = frozenset(_REASONS)


def change_sentence(change: Mapping[str, Any]) -> str:
    """A smallest change with the number of people it brings: "also on Tuesday 6 people fit"."""
    params, count = change["params"], change["count"]
    match change["code"]:
        case "weekday" | "later" | "language" | "level":
            return ngettext(
                "%(change)s %(num)s person fits", "%(change)s %(num)s people fit", count, change=change_words(change)
            )
        case "online":
            return ngettext("online %(num)s person fits", "online %(num)s people fit", count)
        case "wider":
            return ngettext(
                "within %(to)s instead of %(from)s km %(num)s person fits",
                "within %(to)s instead of %(from)s km %(num)s people fit",
                count,
                **{"to": params["to"], "from": params["from"]},
            )
        case "half_days":
            return ngettext(
                "with %(half_days)s %(num)s person fits",
                "with %(half_days)s %(num)s people fit",
                count,
                half_days=change_words(change),
            )
        case "next_year":
            return ngettext(
                "after the summer, when a new maximum begins, %(num)s person fits",
                "after the summer, when a new maximum begins, %(num)s people fit",
                count,
            )
    return ""


def change_words(change: Mapping[str, Any]) -> str:
    """The same without the number: what a button does."""
    params = change["params"]
    match change["code"]:
        case "weekday":
            return _("also on %(day)s", day=weekday_name(params["weekday"]))
        case "online":
            return _("online is possible too")
        case "wider":
            return _("%(to)s instead of %(from)s km", **{"to": params["to"], "from": params["from"]})
        case "later":
            return ngettext("also %(num)s week later", "also %(num)s weeks later", params["weeks"])
        case "language":
            return _("in %(language)s", language=str(LANGUAGES[params["language"]]))
        case "half_days":
            return ngettext("%(num)s half-day a week", "%(num)s half-days a week", params["to"])
        case "level":
            return _("for %(level)s", level=_level(params))
    return ""


def never_lines(never: Mapping[str, int], kind: Kind = Kind.GUEST_LECTURE) -> list[tuple[str, int]]:
    """Stored counts per code as (sentence, count), the most frequent first; codes of other versions are left out."""
    told = {code.value for code in NeverCode} - {NeverCode.BLOCKED.value}
    known = [(code, count) for code, count in never.items() if code in told]
    return [(never_sentence(code, kind), count) for code, count in sorted(known, key=lambda item: (-item[1], item[0]))]


def order_words(eligible: int, shown: int, *, most: int) -> str:
    """How a list of candidates is ordered, and that it holds the best of more. From `most` on only the nearest were
    looked at."""
    if shown < 2 or shown >= eligible:
        return _("In order of fit")
    if eligible >= most:
        return _("The best %(num)s of the nearest, in order of fit", num=shown)
    return _("The best %(num)s, in order of fit", num=shown)
