"""The links in the header, per role. Pure: routes look up the addresses and leave out missing pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from matcher.accounts.states import Role
from matcher.i18n import _l


@dataclass(frozen=True)
class Link:
    """One entry. `under`: beginnings of paths for which it is the current one; `count` names a waiting number."""

    label: Any
    endpoint: str
    under: tuple[str, ...] = ()
    count: str | None = None


VISITOR = (
    Link(_l("How it works"), "home.how_it_works", ("/how-it-works",)),
    Link(_l("For schools"), "home.for_schools", ("/for-schools",)),
    Link(_l("For companies"), "home.for_companies", ("/for-companies",)),
    Link(_l("Figures"), "home.figures", ("/figures",)),
)
SCHOOL = (
    Link(_l("My requests"), "requests.index", ("/requests",), "requests"),
    Link(_l("Browse offers"), "offers.browse", ("/offers/browse",)),
)
ROUTES = Link(_l("Teaching"), "qualifications.index", ("/qualifications",))
SCHOOL_LEAD = (Link(_l("My school"), "organisations.index", ("/organisations",)), ROUTES)
PROFESSIONAL = (
    Link(_l("Asked of me"), "matching.asked", ("/matches",), "asked"),
    Link(_l("Open requests"), "matching.nearby_requests", ("/requests/nearby",)),
    Link(_l("My offer"), "offers.index", ("/offers",)),
    Link(_l("My availability"), "availability.index", ("/availability",)),
    ROUTES,
)
COMPANY = (
    Link(_l("Asked of us"), "matching.asked", ("/matches",), "asked"),
    Link(_l("Offers and people"), "offers.index", ("/offers",)),
    Link(_l("Open requests"), "matching.nearby_requests", ("/requests/nearby",)),
    Link(_l("My company"), "organisations.index", ("/organisations",)),
)
COORDINATOR = (
    Link(_l("Overview"), "coordination.index", ("/coordination",)),
    Link(_l("Verify"), "coordination.verify", ("/coordination/verify", "/organisations/verify"), "verify"),
    Link(_l("Approve"), "coordination.approve", ("/coordination/approve",), "approve"),
    Link(_l("Stuck"), "coordination.stuck", ("/coordination/stuck",), "stuck"),
    Link(
        _l("Region"),
        "coordination.region",
        ("/coordination/region", "/coordination/regions", "/coordination/decisions", "/monitor"),
    ),
)
ADMINISTRATOR = (
    Link(_l("Overview"), "home.dashboard", ("/dashboard",)),
    Link(_l("Organisations"), "organisations.index", ("/organisations",)),
    Link(_l("Regions"), "coordination.tree", ("/coordination/regions",)),
    Link(_l("Models"), "matching.models", ("/models",)),
    Link(_l("Status"), "home.status", ("/status",)),
)
BY_ROLE: tuple[tuple[Role, tuple[Link, ...]], ...] = (
    (Role.COORDINATOR, COORDINATOR),
    (Role.TEACHER, SCHOOL),
    (Role.SCHOOL_LEAD, SCHOOL + SCHOOL_LEAD),
    (Role.PROFESSIONAL, PROFESSIONAL),
    (Role.COMPANY_CONTACT, COMPANY),
    (Role.ADMINISTRATOR, ADMINISTRATOR),
)
ROLE_NAMES = {
    Role.TEACHER: _l("Teacher"),
    Role.SCHOOL_LEAD: _l("School leader"),
    Role.PROFESSIONAL: _l("Guest teacher"),
    Role.COMPANY_CONTACT: _l("Company contact"),
    Role.COORDINATOR: _l("Regional coordinator"),
    Role.ADMINISTRATOR: _l("Administrator"),
}
FOOTER = (
    Link(_l("Routes to teaching"), "qualifications.index"),
    Link(_l("How the ranking works"), "home.how_ranking_works"),
    Link(_l("Privacy"), "home.privacy"),
    Link(_l("Status"), "home.status"),
)


def links_for(held: Iterable[Role]) -> tuple[Link, ...]:
    """The links of all roles this person holds, each page once; nobody signed in gets the visitor's links."""
    roles = frozenset(held)
    chosen: dict[str, Link] = {}
    for role, links in BY_ROLE:
        if role in roles:
            for link in links:
                chosen.setdefault(link.endpoint, link)
    return tuple(chosen.values()) or VISITOR


def current_of(links: Iterable[Link], path: str) -> Link | None:
    """The entry whose beginning fits this path best."""
    fits = [(len(start), link) for link in links for start in link.under if _is_under(path, start)]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def _is_under(path: str, start: str) -> bool:
    return path == start or path.startswith(start + "/")
