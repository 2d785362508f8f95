"""Proposing, confirming and ending a standing partnership from the page of an organisation."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.i18n import _
from matcher.organisations import partner_services
from matcher.organisations.join_routes import blueprint
from matcher.web.forms import number_in
from matcher.web.guards import actor, local_target, signed_in
from matcher.web.toasts import toast
from matcher.web.transaction import writing

__all__ = ["blueprint"]


@blueprint.post("/<int:organisation_id>/partners")
@signed_in
def propose_partner(organisation_id: int) -> Response:
    person, other_id = actor(), number_in(request.form.get("other")) or 0
    with writing() as unit:
        row = partner_services.propose_partnership(
            unit, actor=person, organisation_id=organisation_id, other_id=other_id, now=utcnow()
        )
        stands = row.confirmed_at is not None
    toast(_("You are standing partners now.") if stands else _("Proposed. It counts once the other side says yes."))
    return _back(organisation_id)


@blueprint.post("/<int:organisation_id>/partners/<int:partnership_id>/confirm")
@signed_in
def confirm_partner(organisation_id: int, partnership_id: int) -> Response:
    person = actor()
    with writing() as unit:
        partner_services.confirm_partnership(unit, actor=person, partnership_id=partnership_id, now=utcnow())
    toast(_("Confirmed: standing partners from now on."))
    return _back(organisation_id)


@blueprint.post("/<int:organisation_id>/partners/<int:partnership_id>/end")
@signed_in
def end_partner(organisation_id: int, partnership_id: int) -> Response:
    person = actor()
    with writing() as unit:
        partner_services.end_partnership(unit, actor=person, partnership_id=partnership_id, now=utcnow())
    toast(_("The partnership ended. Visits that were agreed stay."))
    return _back(organisation_id)


def _back(organisation_id: int) -> Response:
    page = url_for("organisations.show", organisation_id=organisation_id, _anchor="partners")
    return redirect(local_target(request.form.get("next"), page))
