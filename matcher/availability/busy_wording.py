"""What was read from somebody's calendar, and what could not be, in sentences."""

from matcher.availability.busy import MOST_BLOCKS, BusyTimes, weeks_of
from matcher.availability.ical_lines import MOST_EVENTS, FileFault
from matcher.i18n import _, _l, format_number, ngettext

FAULTS = {
    FileFault.EMPTY: _l("There is nothing in it. Choose your calendar file, or paste what is in it."),
    FileFault.TOO_BIG: _l("This file is larger than 2 MB. Export a shorter time, or one calendar at once."),
    FileFault.TOO_LONG: _l("This file has too many lines. Export a shorter time, or one calendar at once."),
    FileFault.PACKED: _l("This is a packed file (zip). Unpack it first and choose the file in it that ends in .ics."),
    FileFault.PAGE: _l("This is a web page, not a calendar. Export your calendar as a file that ends in .ics."),
    FileFault.NOT_TEXT: _l("We cannot read this file. Export your calendar once more, as a file that ends in .ics."),
    FileFault.NO_CALENDAR: _l("This is not a calendar. We read files that end in .ics and begin with BEGIN:VCALENDAR."),
    FileFault.CUT_OFF: _l("The end of this calendar is missing. Export or copy it once more, as a whole."),
    FileFault.BROKEN: _l("This calendar is broken: its parts are mixed up. Export it once more."),
    FileFault.TOO_MANY_EVENTS: _l("More than %(most)s appointments is too many for us. Export a shorter time."),
    FileFault.TOO_OFTEN: _l("The appointments in this calendar come back too often for us. Export a shorter time."),
    FileFault.TOO_MANY_BLOCKS: _l("More than %(most)s separate busy times is too many for us. Export a shorter time."),
}
_MOST = {FileFault.TOO_MANY_EVENTS: MOST_EVENTS, FileFault.TOO_MANY_BLOCKS: MOST_BLOCKS}


def fault_sentence(fault: FileFault) -> str:
    """Why this file gives nothing."""
    most = _MOST.get(fault)
    return str(FAULTS[fault]) % {"most": format_number(most)} if most else str(FAULTS[fault])


def found_sentence(blocks: int, weeks: int) -> str:
    """`134 keer bezet, in 20 weken`."""
    times = ngettext("%(num)s busy time", "%(num)s busy times", blocks)
    return _("%(times)s, in %(weeks)s", times=times, weeks=ngettext("%(num)s week", "%(num)s weeks", weeks))


def found_line(found: BusyTimes) -> str:
    return found_sentence(len(found.blocks), len(weeks_of(found.blocks)))


def odd_lines(found: BusyTimes) -> list[str]:
    """One line for each kind of thing that was left out or guessed."""
    lines = [_odd(code, count) for code, count in found.skipped.items()]
    if found.guessed_zones:
        lines.append(_("The file names a time zone nobody knows. Those times are read as Dutch time."))
    return lines


def _odd(code: str, num: int) -> str:
    if code == "end":
        return ngettext(
            "%(num)s appointment ends before it begins: left out.",
            "%(num)s appointments end before they begin: left out.",
            num,
        )
    if code == "rule":
        return ngettext(
            "%(num)s appointment comes back in a way we cannot read (each hour, for example): left out.",
            "%(num)s appointments come back in a way we cannot read (each hour, for example): left out.",
            num,
        )
    if code == "zone":
        return ngettext(
            "%(num)s appointment is in a time zone that the file describes wrongly: left out.",
            "%(num)s appointments are in a time zone that the file describes wrongly: left out.",
            num,
        )
    return ngettext(
        "%(num)s appointment has a date or time that does not exist: left out.",
        "%(num)s appointments have a date or time that does not exist: left out.",
        num,
    )
