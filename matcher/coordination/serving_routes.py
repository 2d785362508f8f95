"""Who serves which region: the tree with its map, and the page of one node where people are named."""

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.coordination import region_map, serving_queries, serving_services
from matcher.coordination.approve_routes import blueprint
from matcher.coordination.forms import NameServerForm
from matcher.coordination.serving import NodeLine, below, branches, path_names
from matcher.coordination.wording import TONES, step_words
from matcher.errors import InvalidInput
from matcher.i18n import _, format_datetime
from matcher.regions import netherlands
from matcher.regions.states import RegionLevel
from matcher.web.assets import read_static
from matcher.web.guards import actor, roles
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

OWN, ABOVE, NOBODY, CHOSEN = "own", "above", "nobody", "chosen"


@blueprint.get("/regions")
@roles("coordinator", "administrator")
def tree() -> str:
    person, nodes = actor(), serving_queries.whole_tree(reading())
    seen = serving_queries.seen_by(nodes, person)
    regions = [node for node in seen if node.level is RegionLevel.REGION]
    return render_template(
        "coordination/tree.html",
        branches=branches(seen),
        own=sum(node.has_own for node in regions),
        regions=regions,
        earlier=serving_queries.earlier_servers(reading(), person),
        **_map({node.id: _state(node) for node in regions}),
    )


@blueprint.get("/regions/<int:region_id>")
@roles("coordinator", "administrator")
def node(region_id: int) -> str:
    return _node_page(region_id, NameServerForm(formdata=None))


@blueprint.post("/regions/<int:region_id>")
@roles("coordinator", "administrator")
def node_post(region_id: int) -> str | Response | tuple[str, int]:
    person, form, now = actor(), NameServerForm(), utcnow()
    serving_queries.node_of(serving_queries.seen_by(serving_queries.whole_tree(reading()), person), region_id)
    if not form.validate_on_submit():
        return _node_page(region_id, form), 422
    try:
        with writing() as session:
            grant = serving_services.name_server(
                session,
                region_id=region_id,
                email=form.email.data or "",
                name=form.name.data or "",
                stand_in=form.is_stand_in,
                starts_on=form.starts_on.data,
                ends_on=form.ends_on.data,
                actor=person,
                now=now,
            )
    except InvalidInput as error:
        form.refuse(error)
        return _node_page(region_id, form), 422
    toast(
        _("Named. A mail goes to %(email)s in a minute.", email=form.email.data),
        undo=url_for(".node_end", region_id=region_id, grant_id=grant.id),
    )
    return redirect(url_for(".node", region_id=region_id))


@blueprint.post("/regions/<int:region_id>/people/<int:grant_id>/end")
@roles("coordinator", "administrator")
def node_end(region_id: int, grant_id: int) -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        serving_services.end_server(session, region_id=region_id, grant_id=grant_id, actor=person, now=now)
    toast(_("Ended, from this moment on."), undo=url_for(".node_put_back", region_id=region_id, grant_id=grant_id))
    return _back(region_id)


@blueprint.post("/regions/<int:region_id>/people/<int:grant_id>/put-back")
@roles("coordinator", "administrator")
def node_put_back(region_id: int, grant_id: int) -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        serving_services.put_back(session, region_id=region_id, grant_id=grant_id, actor=person, now=now)
    toast(_("As it was before."))
    return _back(region_id)


def _back(region_id: int) -> Response:
    """To the node, or to the tree for a region that has ended."""
    live = any(one.id == region_id for one in serving_queries.whole_tree(reading()))
    return redirect(url_for(".node", region_id=region_id) if live else url_for(".tree"))


def _node_page(region_id: int, form: NameServerForm) -> str:
    person, nodes, now = actor(), serving_queries.whole_tree(reading()), utcnow()
    seen = serving_queries.seen_by(nodes, person)
    chosen = serving_queries.node_of(seen, region_id)
    inside = below(nodes, region_id)
    steps = [
        {
            "when": format_datetime(step.at),
            "iso": step.at.isoformat(),
            "text": f"{step.whom}: {step_words(step.action)}",
            "who": step.who,
            "tone": TONES.get(step.action, ""),
            "put_back": step.grant_id if step.can_put_back else None,
        }
        for step in serving_queries.history(reading(), region_id, now)
    ]
    return render_template(
        "coordination/node.html",
        node=chosen,
        path=path_names({one.id: one for one in nodes}, region_id),
        names_others=region_id in serving_queries.appoints_in(reading(), person, nodes),
        me=person,
        steps=steps,
        form=form,
        **_map({one.id: CHOSEN if one.id in inside else NOBODY for one in seen}),
    )


def _state(node: NodeLine) -> str:
    return OWN if node.has_own else ABOVE if node.served_by is not None else NOBODY


def _map(states: dict[int, str]) -> dict[str, Any]:
    dots = region_map.grid(serving_queries.postcode_points(reading()))
    return {
        "patches": region_map.patches(dots, states),
        "provinces": netherlands.provinces(read_static("vendor/netherlands/netherlands.svg")),
    }
