"""The same reasons and obstacles as elsewhere, told to the person who offers instead of to the school. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matcher.availability.states import Kind
from matcher.i18n import _, _l, current_locale, ngettext
from matcher.matching.eligibility import NeverCode
from matcher.matching.wording import Names, never_sentence
from matcher.ranking.reasons import NEARBY_KM
from matcher.subjects.levels import Level, group_name

OWN_NEVER: dict[NeverCode, Any] = {
    NeverCode.TOPIC: _l("They ask about another topic than yours."),
    NeverCode.LEVEL: _l("They ask for a level you do not teach."),
    NeverCode.LANGUAGE: _l("They ask for a language you do not teach in."),
    NeverCode.DELIVERY: _l("They want to meet in another way (at school or online)."),
    NeverCode.DISTANCE: _l("The school is further away than you want to travel."),
    NeverCode.MOMENTS: _l("You cannot come at any of their moments."),
    NeverCode.NOTICE: _l("Their moments come sooner than you want to be asked."),
    NeverCode.CAP: _l("You reached your maximum for this school year."),
    NeverCode.COMPANY_CAP: _l("Your organisation reached its maximum for this school year."),
    NeverCode.HOURS_BUDGET: _l("Your organisation gave all the hours it has for this school year."),
    NeverCode.ALREADY_ASKED: _l("You were already asked for this, or came forward before."),
    NeverCode.NOT_OPEN: _l("Your offer is not open any more."),
    NeverCode.NOT_VERIFIED: _l("You can come forward once your organisation has been checked."),
    NeverCode.NOT_CONFIRMED: _l("You can come forward once your organisation has confirmed you."),
    NeverCode.SAFEGUARDING: _l("The board of this school asks for a certificate of conduct it has not seen yet."),
    NeverCode.BLOCKED: _l("You and this school do not work together."),
    NeverCode.VIA_CONTACT: _l("Your contact person has to release this lesson first."),
}


def own_never(code: NeverCode | str) -> str:
    """Why it cannot be, said to the person who offers."""
    found = OWN_NEVER.get(NeverCode(code))
    return str(found) if found is not None else never_sentence(code)


def own_never_lines(never: Mapping[str, int]) -> list[tuple[str, int]]:
    """What keeps requests nearby from being shown, the most frequent first."""
    return [(own_never(code), count) for code, count in sorted(never.items(), key=lambda item: (-item[1], item[0]))]


def _free_at(params: Mapping[str, Any], names: Names) -> str:
    moment = names.moments.get(params.get("moment") or 0, "")
    if params["count"] == 1 and moment:
        return _("you usually can on %(moment)s", moment=moment)
    return ngettext(
        "you usually can at %(num)s of their moments", "you usually can at %(num)s of their moments", params["count"]
    )


def _level(params: Mapping[str, Any]) -> str:
    return group_name(Level(params["level"]), None, current_locale())


def _topic(params: Mapping[str, Any], names: Names) -> str:
    return names.topics.get(params.get("topic") or 0, "")


# What is not here (how somebody answers, how often they were asked) is for those who ask. How far it is stands on the
# card already: only what anybody calls close is a reason.
_OWN: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "topic_exact": lambda p, n: _("asks about %(topic)s", topic=_topic(p, n)),
    "topic_near": lambda p, n: _("not exactly your lesson, but close: %(topic)s", topic=_topic(p, n)),
    "near": lambda p, n: _("close to you") if p["km"] <= NEARBY_KM else "",
    "online": lambda p, n: _("can be given online"),
    "free_at": _free_at,
    "been_before": lambda p, n: ngettext(
        "you came to this school %(num)s time before", "you came to this school %(num)s times before", p["times"]
    ),
    "partnership": lambda p, n: ngettext(
        "%(num)s earlier visit of your organisation to this school",
        "%(num)s earlier visits of your organisation to this school",
        p["times"],
    ),
    "standing_partner": lambda p, n: _("standing partner of your organisation"),
    "load": lambda p, n: _("%(taken)s of your at most %(cap)s visits this school year", taken=p["taken"], cap=p["cap"]),
    "level_experience": lambda p, n: ngettext(
        "you taught %(level)s %(num)s time before", "you taught %(level)s %(num)s times before", p["times"],
        level=_level(p),
    ),
    "no_level_experience": lambda p, n: _("you have not taught %(level)s before", level=_level(p)),
    "far_edge": lambda p, n: _("nearly as far as you want to travel (%(limit)s km)", limit=p["limit"]),
    "large_group": lambda p, n: _("a larger group than the %(most)s you like", most=p["most"]),
    "unknown_times": lambda p, n: _("you have not painted yet whether these moments suit you"),
    "few_days": lambda p, n: _(
        "you can come at %(count)s of their %(asked)s moments", count=p["count"], asked=p["asked"]
    ),
    "short_notice": lambda p, n: _("soon: little time left to arrange it"),
    "name_follows": lambda p, n: _("you name who comes three working days before"),
    "alike": lambda p, n: _("the question is much like the title of your lesson"),
    "travel_paid": lambda p, n: _("the school says what it pays for the way"),
    "travel_unpaid": lambda p, n: _(
        "the way costs about € %(euros)s; the school says nothing about costs", euros=p["euros"]
    ),
    "choice": lambda p, n: _(
        "%(count)s half-days to choose from for the %(wanted)s they ask", count=p["count"], wanted=p["wanted"]
    ),
    "paper": lambda p, n: _("you have the paper for teaching they ask for"),
    "paper_unknown": lambda p, n: _("they ask for a paper for teaching; you have not said whether you have it"),
    "paper_other": lambda p, n: _("they ask for another paper for teaching than yours"),
    "hours": lambda p, n: ngettext(
        "you can teach the %(num)s hour they ask for", "you can teach all %(num)s hours they ask for", p["asked"]
    ),
    "hours_fewer": lambda p, n: _(
        "you can teach %(offered)s of the %(asked)s hours they ask for", offered=p["offered"], asked=p["asked"]
    ),
    "contract": lambda p, n: _("you can come in a form they accept"),
    "contract_unknown": lambda p, n: _("you have not said how your employer sees it"),
    "contract_other": lambda p, n: _("they want another form of working than yours"),
    "refused_far": lambda p, n: _("you said before that this is too far"),
    "refused_topic": lambda p, n: _("you said before that this is not your topic"),
    "refused_level": lambda p, n: _("you said before that this level does not suit you"),
    "refused_often": lambda p, n: _("you said before that you are asked too often"),
}  # fmt: skip


_OWN_STAY: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "topic_near": lambda p, n: _("not exactly your place, but close: %(topic)s", topic=_topic(p, n)),
    "free_at": lambda p, n: ngettext(
        "%(num)s of their half-days suits you", "%(num)s of their half-days suit you", p["count"]
    ),
    "load": lambda p, n: _(
        "%(taken)s of your at most %(cap)s internships this school year", taken=p["taken"], cap=p["cap"]
    ),
    "unknown_times": lambda p, n: "",
    "few_days": lambda p, n: "",
    "far_edge": lambda p, n: "",
    "name_follows": lambda p, n: "",
    "alike": lambda p, n: _("the question is much like the title of your place"),
    "travel_paid": lambda p, n: "",
    "travel_unpaid": lambda p, n: "",
}


_OWN_PLACEMENT: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "topic_near": lambda p, n: _("not exactly what you offer, but close: %(topic)s", topic=_topic(p, n)),
    "free_at": lambda p, n: ngettext(
        "%(num)s of their half-days suits you", "%(num)s of their half-days suit you", p["count"]
    ),
    "few_days": lambda p, n: _(
        "you can come at %(count)s of their %(asked)s half-days", count=p["count"], asked=p["asked"]
    ),
    "unknown_times": lambda p, n: _("you have not painted yet whether these half-days suit you"),
}
_OWN_OF_A_KIND = {Kind.TEACHER_INTERNSHIP: _OWN_STAY, Kind.HYBRID_PLACEMENT: _OWN_PLACEMENT}


def own_reasons(found: Sequence[Sequence[Any]], names: Names, against: Sequence[Sequence[Any]] = ()) -> list[str]:
    """In words; of pluses what the minuses beside them do not say already, so that one fact is never both."""
    known = _OWN | _OWN_OF_A_KIND.get(names.kind, {})
    few = any(code == "few_days" and known[code](params, names) for code, params in against)
    lines = (known[code](params, names) for code, params in found if code in known and not (few and code == "free_at"))
    return [line for line in lines if line]
