"""Looking through everything that is offered: by words, by what is chosen, on a list and on a map that agree."""

from collections.abc import Iterable
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from matcher.accounts.states import SCHOOL_ROLES
from matcher.availability.states import Delivery, Kind
from matcher.availability.wording import DELIVERIES
from matcher.i18n import _, _l, current_locale, ngettext
from matcher.offers import finding_queries as finding
from matcher.offers import queries
from matcher.offers.browsing import gathered, square
from matcher.offers.company_routes import blueprint
from matcher.offers.finding_queries import Chosen
from matcher.offers.place_wording import offer_line
from matcher.offers.policy import sees_names
from matcher.regions import netherlands
from matcher.subjects.finding import as_shown
from matcher.subjects.levels import Level, level_name
from matcher.subjects.models import TopicType
from matcher.web.assets import read_static
from matcher.web.guards import actor, signed_in
from matcher.web.paging import paginate
from matcher.web.transaction import reading

DISTANCES = (5, 10, 25, 50)
KINDS = {
    Kind.GUEST_LECTURE: _l("Guest lectures"),
    Kind.TEACHER_INTERNSHIP: _l("Teacher internships"),
    Kind.HYBRID_PLACEMENT: _l("Hybrid teachers"),
}
TOPICS = {TopicType.SUBJECT: "subject", TopicType.THEME: "theme", TopicType.SECTOR: "sector"}
ASKED = ("q", "kind", "subject", "theme", "sector", "level", "delivery", "km", "order", "spot")


@blueprint.get("/browse")
@signed_in
def browse() -> str:
    session, locale, person = reading(), current_locale(), actor()
    named = sees_names(person)
    text = as_shown(request.args.get("q", ""))
    chosen = _chosen(session, text, named=named)
    fields, kept = _fields(session, chosen, locale), _kept()
    whole = finding.selection(session, chosen)
    page = paginate(session, finding.inside(whole, chosen.spot))
    return render_template(
        "offers/browse.html",
        page=page,
        rows=queries.browse_rows(session, person, page.rows, chosen.here, locale=locale),
        lines={offer.id: offer_line(offer) for offer in page.rows},
        q=text,
        chosen=chosen,
        fields=fields,
        picked=_picked(fields, kept),
        map=_map(gathered(finding.points_of(session, whole))),
        ways=_ways(session, chosen) if not page.total else [],
        kept=kept,
        confirmed=named,
        asks=any(person.has(role, confirmed=False) for role in SCHOOL_ROLES),
    )


def _chosen(session: Session, text: str, *, named: bool) -> Chosen:
    """What the address asks for; nonsense counts as nothing asked."""
    here = queries.own_point(session, actor())
    kind, level, delivery = _one_of("kind", Kind), _one_of("level", Level), _one_of("delivery", Delivery)
    topics = [request.args.get(name, "") for name in TOPICS.values()]
    km = _one_of("km", DISTANCES)
    return Chosen(
        search=finding.searched(session, text, current_locale(), names=named),
        topics=tuple(int(each) for each in topics if each.isascii() and each.isdigit() and len(each) < 9),
        kind=Kind(kind) if kind else None,
        level=Level(level) if level else None,
        delivery=Delivery(delivery) if delivery else None,
        km=int(km) if km and here else None,
        spot=square(request.args.get("spot", "")),
        here=here,
        nearest=request.args.get("order") == "near" and here is not None,
    )


def _one_of(name: str, known: Iterable[Any]) -> str:
    asked = request.args.get(name, "")
    return asked if asked in {str(each) for each in known} else ""


def _fields(session: Session, chosen: Chosen, locale: str) -> list[dict[str, Any]]:
    """The lists to choose from: name, label, what stands there when nothing is chosen, and the rest."""
    offered = finding.topics_offered(session, locale)
    topics = [
        ("subject", _("Subject"), _("All subjects"), offered[TopicType.SUBJECT]),
        ("theme", _("Theme"), _("All themes"), offered[TopicType.THEME]),
        ("sector", _("Sector"), _("All sectors"), offered[TopicType.SECTOR]),
    ]
    ways = (Delivery.ON_SITE, Delivery.ONLINE, Delivery.AT_COMPANY)
    found: list[tuple[str, str, str, Iterable[tuple[Any, str]]]] = [
        ("kind", _("Kind"), _("All kinds"), [(kind.value, str(label)) for kind, label in KINDS.items()]),
        ("level", _("Level"), _("All levels"), [(level.value, level_name(level, locale)) for level in Level]),
        *topics,
        ("delivery", _("Where?"), _("Everywhere"), [(way.value, str(DELIVERIES[way])) for way in ways]),
    ]
    if chosen.here is not None:
        far = [(str(km), _("within %(km)s km, or online", km=km)) for km in DISTANCES]
        found.append(("km", _("Distance"), _("Any distance"), far))
        found.append(("order", _("Order"), _("Best fit first"), [("near", _("Nearest first"))]))
    return [
        {
            "name": name,
            "label": label,
            "all": everything,
            "options": options,
            "value": _one_of(name, [code for code, _name in options]),
        }
        for name, label, everything, options in found
    ]


def _kept() -> dict[str, Any]:
    """What the address asks for, apart from the place on the map."""
    return {name: value for name in ASKED if (value := request.args.get(name)) and name != "spot"}


def _picked(fields: list[dict[str, Any]], kept: dict[str, Any]) -> list[tuple[str, str]]:
    """What is chosen from the lists: (how it is called, address without it)."""
    return [
        (str(name), url_for(".browse", **{key: value for key, value in kept.items() if key != field["name"]}))
        for field in fields
        for code, name in field["options"]
        if field["value"] == str(code)
    ]


def _map(circles: list[Any]) -> dict[str, Any]:
    return {
        "width": netherlands.WIDTH,
        "height": netherlands.HEIGHT,
        "shapes": netherlands.shapes(read_static(netherlands.DRAWING)),
        "circles": circles,
        "spot": request.args.get("spot", ""),
    }


def _ways(session: Session, chosen: Chosen) -> list[tuple[str, str, str]]:
    """What to let go of when nothing is found: (what, how many there are then, address)."""
    given = {name: value for name in ASKED if (value := request.args.get(name))}
    tries: list[tuple[str, Chosen, tuple[str, ...]]] = [
        (_("All distances"), chosen.without("km"), ("km",)),
        (_("At school, online or at the company"), chosen.without("delivery"), ("delivery",)),
        (_("All levels"), chosen.without("level"), ("level",)),
        (_("All kinds"), chosen.without("kind"), ("kind",)),
        (_("All subjects, themes and sectors"), chosen.without("topics"), tuple(TOPICS.values())),
        (_("The whole country"), chosen.without("spot"), ("spot",)),
        (_("Without the words you typed"), chosen.without_search(), ("q",)),
    ]
    found = []
    for label, other, names in tries:
        if not any(name in given for name in names):
            continue
        count = finding.count_of(session, other)
        if count:
            left: dict[str, Any] = {name: value for name, value in given.items() if name not in names}
            told = ngettext("%(num)s offer", "%(num)s offers", count)
            found.append((label, told, url_for(".browse", **left)))
    return found
