"""Codes of this room as words for people, and numbers of routes as sentences. Pure, in the current language."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from matcher.i18n import _, _l, format_number, ngettext
from matcher.qualifications.states import Change, Education, Held, Qualification, Sector, Subjects, Verdict, Why

OLD_AFTER = timedelta(days=365)
LONGEST_MONTHS = 48
"""Where the bar of a route ends."""

SECTORS: dict[Sector, Any] = {
    Sector.PO: _l("Primary school"),
    Sector.SO: _l("Special education"),
    Sector.VO: _l("Vmbo, lower havo and vwo"),
    Sector.VO_UPPER: _l("Upper havo and vwo"),
    Sector.MBO: _l("Mbo"),
    Sector.HBO: _l("Hbo"),
}
SECTORS_SHORT: dict[Sector, Any] = {
    Sector.PO: _l("primary"),
    Sector.SO: _l("special"),
    Sector.VO: _l("secondary"),
    Sector.VO_UPPER: _l("upper havo and vwo"),
    Sector.MBO: _l("mbo"),
    Sector.HBO: _l("hbo"),
}
EDUCATIONS: dict[Education, Any] = {
    Education.UNKNOWN: _l("Not said, or from abroad"),
    Education.BELOW: _l("Vmbo, mbo 1, 2 or 3, or no diploma"),
    Education.MBO_4: _l("Mbo 4, havo or vwo"),
    Education.BACHELOR: _l("Bachelor (hbo or university)"),
    Education.MASTER: _l("Master or doctoraal"),
}
SUBJECTS: dict[Subjects, Any] = {
    Subjects.ANY: _l("Not said, or several"),
    Subjects.GENERAL: _l("General: maths, English, economics …"),
    Subjects.VOCATIONAL: _l("Vocational: welding, care, cooking …"),
}
QUALIFICATIONS: dict[Qualification, Any] = {
    Qualification.NONE: _l("None"),
    Qualification.PRIMARY: _l("Primary education (pabo)"),
    Qualification.LIMITED_SECOND: _l("Limited second degree"),
    Qualification.SECOND: _l("Second degree"),
    Qualification.FIRST: _l("First degree"),
    Qualification.PDG: _l("PDG for mbo"),
    Qualification.BDB: _l("BDB for hbo"),
}
VERDICTS: dict[Verdict, tuple[str, Any]] = {
    Verdict.FITS: ("done", _l("Seems to fit")),
    Verdict.ASK: ("wait", _l("Ask first")),
    Verdict.NOT: ("over", _l("Does not fit")),
}
WHYS: dict[Why, Any] = {
    Why.PLUS_EDUCATION: _l("your diploma is high enough"),
    Why.PLUS_NO_DIPLOMA: _l("no certain diploma is asked"),
    Why.PLUS_HOURS: _l("the number of hours fits"),
    Why.PLUS_SUBJECTS: _l("it is meant for this kind of subject"),
    Why.ASK_EDUCATION: _l("ask whether your diploma is enough"),
    Why.ASK_ASSESSMENT: _l("your diploma is lower than usual: a test or a talk may show that your level is enough"),
    Why.ASK_HOURS: _l("there is a rule about hours: say how many you think of"),
    Why.ASK_FEW_HOURS: _l("usually more hours are asked"),
    Why.ASK_SUBJECTS: _l("it is not meant for every subject: say which kind"),
    Why.ASK_FIRST: _l("it depends on more than you can say here: ask"),
    Why.NO_SECTOR: _l("it does not lead to this kind of school"),
    Why.NO_EDUCATION: _l("a higher diploma is asked"),
    Why.NO_HOURS: _l("these are too many hours for it"),
    Why.NO_SUBJECTS: _l("it is not meant for this kind of subject"),
    Why.NO_NEED: _l("you have a qualification that counts here"),
    Why.NO_SAME: _l("you have this qualification already"),
}
HELD: dict[Held, tuple[str, Any]] = {
    Held.COUNTS: (
        "done",
        _l(
            "Your qualification counts here: you may probably teach this already. The board of the school appoints you."
        ),
    ),
    Held.OTHER_SUBJECT: (
        "wait",
        _l("You are qualified, but for another subject. Sometimes a school may appoint you while you study: ask."),
    ),
    Held.PARTLY: (
        "wait",
        _l("Your qualification counts here in part: for some classes, or for your subject only. Ask the school."),
    ),
    Held.ELSEWHERE: (
        "over",
        _l("Your qualification is for another kind of school. It may shorten a training: ask."),
    ),
}
CHANGES: dict[Change, Any] = {
    Change.SHIPPED: _l("Came with the application"),
    Change.ADDED: _l("Added"),
    Change.CHANGED: _l("Changed"),
    Change.RESTORED: _l("Put back as it was"),
    Change.ENDED: _l("Ended"),
    Change.REOPENED: _l("Opened again"),
}


def duration(months_from: int | None, months_to: int | None) -> str:
    """How long a route takes; no number where nobody named one."""
    if months_to is None:
        return (
            _("ask how long")
            if not months_from
            else ngettext("%(num)s month or more", "%(num)s months or more", months_from)
        )
    if months_to == 0:
        return _("no training needed")
    if months_from is None:
        return ngettext("at most %(num)s month", "at most %(num)s months", months_to)
    if months_from == months_to:
        return ngettext("about %(num)s month", "about %(num)s months", months_to)
    return _("%(low)s to %(high)s months", low=months_from, high=months_to)


def hours(hours_from: int | None, hours_to: int | None) -> str:
    """Clock hours of teaching a week; nothing when there is no rule."""
    if hours_from is None and hours_to is None:
        return ""
    if hours_from is None:
        return ngettext("at most %(num)s hour a week", "at most %(num)s hours a week", hours_to or 0)
    if hours_to is None:
        return ngettext("usually %(num)s hour a week or more", "usually %(num)s hours a week or more", hours_from)
    return _("%(low)s to %(high)s hours a week", low=hours_from, high=hours_to)


def cost(cost_from: int | None, cost_to: int | None, *, free: bool = False) -> str:
    """Euros for the whole route, always roughly."""
    if cost_from is None and cost_to is None:
        return _("no study costs") if free else _("ask what it costs")
    low, high = (
        format_number(number) for number in (cost_from or 0, cost_to if cost_to is not None else cost_from or 0)
    )
    if cost_from is None:
        return _("roughly at most € %(high)s", high=high)
    if low == high:
        return _("roughly € %(high)s", high=high)
    return _("roughly € %(low)s to € %(high)s", low=low, high=high)


def bar(months_from: int | None, months_to: int | None) -> tuple[int, int] | None:
    """Months that are sure and months it may take, cut at the end of the scale; none when there is nothing to draw."""
    if not months_to:
        return None
    most = min(months_to, LONGEST_MONTHS)
    return min(months_from or 0, most), most


def sentences(whys: Iterable[Why], way: str) -> list[Any]:
    """The sentences of the reasons that count one way: `plus_`, `ask_` or `no_`."""
    return [WHYS[why] for why in whys if why.startswith(way)]


def is_old(checked_on: date, today: date) -> bool:
    return today - checked_on > OLD_AFTER


def sector_names(codes: Iterable[str]) -> str:
    """`secondary, mbo`, in the order of the list of sectors."""
    chosen = set(codes)
    return ", ".join(str(name) for sector, name in SECTORS_SHORT.items() if sector in chosen)
