"""How an offer reads: groups by age with an example, languages, limits. No rules here."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Protocol

from matcher.availability.states import Delivery, Kind
from matcher.availability.wording import DELIVERIES, notice_label
from matcher.i18n import _, _l, current_locale, format_date, format_number, ngettext
from matcher.subjects.levels import Level, age_text, level_example, level_name

STATES = {"draft": _l("draft"), "open": _l("can be found"), "withdrawn": _l("withdrawn")}
LANGUAGES = {"nl": _l("Dutch"), "en": _l("English"), "fy": _l("Frisian"), "de": _l("German")}


class Readable(Protocol):
    """What is said of an offer; a row of the table has it."""

    @property
    def kind(self) -> Kind: ...
    @property
    def delivery(self) -> Delivery: ...
    @property
    def languages(self) -> list[str]: ...
    @property
    def levels(self) -> list[str]: ...
    @property
    def travel_km(self) -> int: ...
    @property
    def notice_days(self) -> int: ...
    @property
    def yearly_cap(self) -> int | None: ...
    @property
    def open_cap(self) -> int: ...
    @property
    def months_off(self) -> list[int]: ...
    @property
    def details(self) -> dict[str, Any]: ...


def group_label(level: Level) -> str:
    """For people who do not work at a school: "Teenagers on their way to university · 11–18 years · Vwo"."""
    locale = current_locale()
    example = level_example(level, locale)
    ages = age_text([level], (), locale)
    return f"{example[:1].upper()}{example[1:]} · {ages} · {level_name(level, locale)}"


def level_names(levels: Iterable[str]) -> str:
    return ", ".join(level_name(Level(level), current_locale()) for level in levels)


def language_names(languages: Iterable[str]) -> str:
    return ", ".join(str(LANGUAGES[language]) for language in languages if language in LANGUAGES)


def month_name(month: int) -> str:
    return format_date(date(2024, month, 1), "LLLL")


def cap_label(cap: int | None) -> str:
    if cap is None:
        return _("no maximum")
    return ngettext("%(num)s visit a school year", "%(num)s visits a school year", cap)


def internships_label(most: int | None) -> str:
    if most is None:
        return _("no maximum")
    return ngettext("%(num)s internship a school year", "%(num)s internships a school year", most)


def lesson_line(offer: Readable) -> str:
    """One line under a title: "50 minutes · at most 30 pupils · At school"."""
    minutes, most = offer.details.get("minutes"), offer.details.get("group_most")
    parts = [_("%(num)s minutes", num=minutes)] if minutes else []
    if most:
        parts.append(_("at most %(num)s pupils", num=most))
    return " · ".join([*parts, str(DELIVERIES[offer.delivery])])


def offer_facts(offer: Readable, place: str | None) -> list[tuple[str, str]]:
    """What a reader wants to know, as terms and values."""
    details: dict[str, Any] = offer.details
    pairs = [
        (_("For which pupils"), level_names(offer.levels)),
        (_("How"), str(DELIVERIES[offer.delivery])),
        (_("Language"), language_names(offer.languages)),
        (_("How long"), _("%(num)s minutes", num=details["minutes"]) if details.get("minutes") else ""),
        (_("Group"), _("at most %(num)s pupils", num=details["group_most"]) if details.get("group_most") else ""),
        (_("Needed in the classroom"), details.get("materials") or ""),
        (_("Travels"), _travel(offer, place)),
        (_("How long ahead"), notice_label(offer.notice_days)),
    ]
    return [(term, value) for term, value in pairs if value]


def _travel(offer: Readable, place: str | None) -> str:
    if not offer.travel_km:
        return ""
    km = format_number(offer.travel_km)
    if place:
        return _("up to %(km)s km from %(place)s", km=km, place=place)
    return _("up to %(km)s km", km=km)


def _most_a_year(offer: Readable) -> str:
    return (internships_label if offer.kind is Kind.TEACHER_INTERNSHIP else cap_label)(offer.yearly_cap)


def limit_facts(offer: Readable) -> list[tuple[str, str]]:
    """Only for the owner: how often, how many at once, when not."""
    months = ", ".join(month_name(month) for month in offer.months_off)
    pairs = [
        (_("How often we may ask"), _most_a_year(offer)),
        (_("Open questions at once"), str(offer.open_cap)),
        (_("Never in"), months),
    ]
    return [(term, value) for term, value in pairs if value]
