"""How the page of a match is drawn: its forms, the map of where it is, where an approval went that nobody touched."""

from typing import Any

from flask import current_app, render_template

from matcher.accounts.policy import Actor
from matcher.availability.states import Delivery, Kind
from matcher.clock import utcnow
from matcher.matching.page_queries import MatchPage
from matcher.matching.runbook_forms import RunbookForm
from matcher.matching.spots import Spot, spot_of
from matcher.regions import netherlands
from matcher.web.assets import read_static
from matcher.web.transaction import reading

DRAWING = "vendor/netherlands/netherlands.svg"


def drawn(page: MatchPage, forms: dict[str, Any], reader: Actor) -> str:
    spot = _spot(page)
    return render_template(
        "matching/match.html",
        page=page,
        forms=forms,
        told={} if page.runbook is None else {half.side: _spoken(page, half) for half in page.runbook.spoken},
        spot=spot,
        provinces=netherlands.province_codes(read_static(DRAWING)) if spot else (),
        went=current_app.extensions["matcher_went"](reading(), page.match, reader, now=utcnow()),
    )


def _spoken(page: MatchPage, half: Any) -> RunbookForm:
    form = RunbookForm(None)
    form.show(half, page.request.kind)
    return form


def _spot(page: MatchPage) -> Spot | None:
    """Where they meet; online it is nowhere."""
    if page.request.delivery is Delivery.ONLINE or page.is_placement:
        return None
    if page.request.kind is Kind.TEACHER_INTERNSHIP:
        return spot_of(page.company.name, page.offer.lat, page.offer.lon)
    there = page.company if page.request.delivery is Delivery.AT_COMPANY else page.school
    return spot_of(there.name, there.lat, there.lon)
