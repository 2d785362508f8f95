"""The administrator's pages of models: what runs, how good it is, and choosing another."""

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.config import Settings
from matcher.errors import Conflict
from matcher.i18n import _
from matcher.matching.asked_training_services import ask_training
from matcher.matching.forms import ReasonForm
from matcher.matching.match_routes import blueprint
from matcher.matching.model_page_queries import (
    model_page,
    models_page,
    never_asked_share,
    released_id,
    version_with,
)
from matcher.matching.model_services import drop_running, release_version
from matcher.matching.model_wording import fault_words, stage_words
from matcher.ranking.store import BadModel, load_model
from matcher.web.forms import invalid
from matcher.web.guards import actor, roles
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

RULE = 0
"""In an address: no model, the written rule."""


@blueprint.get("/models")
@roles("administrator")
def models() -> str:
    page = models_page(reading(), now=utcnow())
    return render_template(
        "matching/models.html",
        page=page,
        share=never_asked_share(page),
        form=ReasonForm(formdata=None),
        fault=fault_words(page.running.fault.code) if page.running.fault else None,
    )


@blueprint.get("/models/<int:model_id>")
@roles("administrator")
def model(model_id: int) -> str:
    return _model(model_id, ReasonForm(formdata=None))


@blueprint.post("/models/train")
@roles("administrator")
def train_model() -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        ask_training(session, actor=person, now=now)
    toast(_("The worker begins within a minute. This page says what comes of it."))
    return redirect(url_for(".models", _anchor="trainings"))


@blueprint.post("/models/<int:model_id>/use")
@roles("administrator")
def use_model(model_id: int) -> str | Response | tuple[str, int]:
    form = ReasonForm()
    if not form.validate_on_submit():
        return _model(model_id, form), 422
    return _runs(model_id, form.reason.data)


@blueprint.post("/models/rule")
@roles("administrator")
def use_rule() -> str | Response | tuple[str, int]:
    form = ReasonForm()
    if not form.validate_on_submit():
        page = models_page(reading(), now=utcnow())
        return invalid("matching/models.html", form, page=page, share=never_asked_share(page), fault=None)
    return _runs(RULE, form.reason.data)


@blueprint.post("/models/back")
@roles("administrator")
def undo_model() -> Response:
    """What ran before the last choice runs again."""
    return _runs(request.args.get("to", RULE, type=int), _("Taken back."), undo=False)


def _runs(model_id: int, reason: str, *, undo: bool = True) -> Response:
    person, now = actor(), utcnow()
    before = released_id(reading()) or RULE
    if model_id == RULE:
        with writing() as session:
            drop_running(session, reason=reason, now=now, by_id=person.user_id)
        said = _("The written rule orders people from now on.")
    else:
        version = _readable(model_id)
        with writing() as session:
            release_version(session, version, reason=reason, now=now, by_id=person.user_id)
        said = _("Version %(version)s orders people from now on.", version=version)
    toast(said, undo=url_for(".undo_model", to=before) if undo else None)
    return redirect(url_for(".models"))


def _readable(model_id: int) -> str:
    """The version, after its file was read whole. Raises NotFound, and Conflict when it cannot run."""
    row = version_with(reading(), model_id)
    settings: Settings = current_app.extensions["matcher_settings"]
    try:
        load_model(settings.models_folder, row.version, row.file_hash)
    except BadModel as error:
        current_app.logger.warning("model %s cannot be used: %s", row.version, error.sentence)
        raise Conflict(_("This version cannot run: %(why)s.", why=fault_words(error.code))) from error
    return row.version


def _model(model_id: int, form: ReasonForm) -> str:
    page = model_page(reading(), model_id)
    return render_template("matching/model.html", page=page, card=page.card, form=form, stage=stage_words)
