"""The region: how far its schools are reached, and how approval is given there."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.availability.states import Kind
from matcher.clock import local_date, utcnow
from matcher.coordination import regional, services
from matcher.coordination.approve_routes import blueprint
from matcher.coordination.forms import ApprovalRuleForm, SpreadForm
from matcher.coordination.region_queries import (
    approval_rules,
    company_count,
    own_region,
    regions_of,
    rule_changes,
    school_lines,
)
from matcher.coordination.serving import NodeLine
from matcher.coordination.serving_queries import node_of, seen_by, whole_tree
from matcher.coordination.wording import approval_words, spread_words
from matcher.errors import NotFound
from matcher.i18n import _
from matcher.matching.fairness_queries import prices_of
from matcher.matching.labels import KINDS
from matcher.regions import netherlands
from matcher.regions.policy import AS_ABOVE, SPREAD
from matcher.regions.queries import rule_with_source, rules_mark
from matcher.web.assets import read_static
from matcher.web.forms import number_in
from matcher.web.guards import actor, roles
from matcher.web.paging import paged
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing


@blueprint.get("/region")
@roles("coordinator")
def region() -> str:
    regions = regions_of(reading(), actor())
    chosen = own_region(regions, request.args.get("region", type=int))
    lines = school_lines(reading(), [chosen.id], local_date(utcnow()))
    found = regional.marks(lines)
    return render_template(
        "coordination/region.html",
        regions=regions,
        chosen=chosen,
        numbers=regional.numbers_of(lines, company_count(reading(), [chosen.id])),
        schools=paged(lines, per_page=50),
        marks=found,
        frame=regional.frame(found),
        provinces=netherlands.provinces(read_static("vendor/netherlands/netherlands.svg")),
    )


@blueprint.get("/region/<int:region_id>/rules")
@roles("coordinator", "administrator")
def rules(region_id: int) -> str:
    return _rules_page(_node(region_id), ApprovalRuleForm(formdata=None))


@blueprint.post("/region/<int:region_id>/rules")
@roles("coordinator", "administrator")
def rules_post(region_id: int) -> str | Response | tuple[str, int]:
    person, form, now, chosen = actor(), ApprovalRuleForm(), utcnow(), _node(region_id)
    if not form.validate_on_submit():
        return _rules_page(chosen, form), 422
    with writing() as session:
        services.choose_approval(
            session,
            region_id=region_id,
            kind=Kind(form.kind.data),
            value=form.value.data,
            actor=person,
            now=now,
            mark=_shown(),
        )
    toast(
        _("From now on. Matches that wait already follow it too."),
        undo=url_for(".rules_undo", region_id=region_id, of=form.kind.data),
    )
    return redirect(url_for(".rules", region_id=region_id))


@blueprint.post("/region/<int:region_id>/rules/undo")
@roles("coordinator", "administrator")
def rules_undo(region_id: int) -> Response:
    person, now, chosen = actor(), utcnow(), _node(region_id)
    kind = request.values.get("of", "")
    if kind not in set(Kind):
        raise NotFound()
    with writing() as session:
        services.undo_approval(session, region_id=chosen.id, kind=Kind(kind), actor=person, now=now, mark=_shown())
    toast(_("As it was before."))
    return redirect(url_for(".rules", region_id=region_id))


@blueprint.post("/region/<int:region_id>/spread")
@roles("coordinator", "administrator")
def spread_post(region_id: int) -> str | Response | tuple[str, int]:
    person, form, now, chosen = actor(), SpreadForm(), utcnow(), _node(region_id)
    if not form.validate_on_submit():
        return _rules_page(chosen, ApprovalRuleForm(formdata=None), form), 422
    with writing() as session:
        services.choose_spread(
            session, region_id=region_id, value=form.spread.data, actor=person, now=now, mark=_shown()
        )
    toast(_("From now on, for everybody who is sought."), undo=url_for(".spread_undo", region_id=region_id))
    return redirect(url_for(".rules", region_id=region_id, _anchor="spread"))


@blueprint.post("/region/<int:region_id>/spread/undo")
@roles("coordinator", "administrator")
def spread_undo(region_id: int) -> Response:
    person, now, chosen = actor(), utcnow(), _node(region_id)
    with writing() as session:
        services.undo_spread(session, region_id=chosen.id, actor=person, now=now)
    toast(_("As it was before."))
    return redirect(url_for(".rules", region_id=region_id, _anchor="spread"))


def _shown() -> int | None:
    """The newest choice of this node on the page."""
    return number_in(request.form.get("version"))


def _node(region_id: int) -> NodeLine:
    """Of the whole tree for an administrator, of their own part for a coordinator. Raises NotFound."""
    return node_of(seen_by(whole_tree(reading()), actor()), region_id)


def _rules_page(chosen: NodeLine, form: ApprovalRuleForm, spread_form: SpreadForm | None = None) -> str:
    value, source = rule_with_source(reading(), chosen.id, None, SPREAD, at=utcnow())
    spread_form = spread_form or SpreadForm(formdata=None)
    if spread_form.spread.data is None:
        spread_form.spread.data = value if source == chosen.id else AS_ABOVE
    return render_template(
        "coordination/rules.html",
        regions=regions_of(reading(), actor()),
        chosen=chosen,
        me=actor(),
        mark=rules_mark(reading(), chosen.id),
        rules=approval_rules(reading(), chosen.id, utcnow()),
        changes=rule_changes(reading(), chosen.id),
        kinds={kind.value: label for kind, label in KINDS.items()},
        words=approval_words,
        form=form,
        spread_form=spread_form,
        spread=spread_words(value),
        prices=[(spread_words(choice), told) for choice, told in prices_of(reading(), chosen.id).items()],
    )
