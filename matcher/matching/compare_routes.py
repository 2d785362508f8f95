"""Before and after, for the administrator: one request, the same people, two orders side by side."""

from flask import current_app, render_template, request
from sqlalchemy.orm import Session

from matcher.clock import utcnow
from matcher.config import Settings
from matcher.i18n import _
from matcher.matching.compare_queries import Compared, Remembers, compared, requests_to_compare
from matcher.matching.match_routes import blueprint
from matcher.matching.model_page_queries import released_id
from matcher.matching.model_queries import versions
from matcher.matching.model_wording import fault_words
from matcher.matching.running_ranker import RULE
from matcher.ranking.baseline import Ranker
from matcher.ranking.store import BadModel, load_model
from matcher.web.forms import number_in
from matcher.web.guards import roles
from matcher.web.transaction import reading

WRITTEN = 0


@blueprint.get("/models/compare")
@roles("administrator")
def compare_models() -> str:
    session = reading()
    wanted = {side: number_in(request.args.get(side)) for side in ("left", "right", "request")}
    left = WRITTEN if wanted["left"] is None else wanted["left"]
    right = (released_id(session) or WRITTEN) if wanted["right"] is None else wanted["right"]
    remembered = {
        "left": _moment(request.args.get("left_at"), Remembers.THEN),
        "right": _moment(request.args.get("right_at"), Remembers.NOW),
    }
    choices = requests_to_compare(session)
    chosen = wanted["request"] or (choices[0][0] if choices else None)
    found, fault = _found(session, chosen, (left, remembered["left"]), (right, remembered["right"]))
    return render_template(
        "matching/compare.html",
        found=found,
        fault=fault,
        choices=choices,
        chosen=chosen,
        rankings=[(WRITTEN, _("the written rule")), *((row.id, row.version) for row in versions(session, limit=20))],
        picked={"left": left, "right": right},
        remembered=remembered,
        moments=[
            (Remembers.THEN, _("what was known when it was asked")),
            (Remembers.NOW, _("what is known now")),
        ],
    )


def _moment(text: str | None, otherwise: Remembers) -> Remembers:
    return Remembers(text) if text in set(Remembers) else otherwise


def _found(
    session: Session, request_id: int | None, left: tuple[int, Remembers], right: tuple[int, Remembers]
) -> tuple[Compared | None, str | None]:
    """What is compared, or why it cannot be."""
    if request_id is None:
        return None, None
    try:
        rankers = _ranker(session, left[0]), _ranker(session, right[0])
    except BadModel as error:
        return None, fault_words(error.code)
    return compared(session, request_id, (rankers[0], left[1]), (rankers[1], right[1]), now=utcnow()), None


def _ranker(session: Session, model_id: int) -> Ranker:
    """Raises BadModel."""
    if model_id == WRITTEN:
        return RULE
    row = next((each for each in versions(session) if each.id == model_id), None)
    if row is None:
        raise BadModel("missing", "There is no such version.")
    settings: Settings = current_app.extensions["matcher_settings"]
    return load_model(settings.models_folder, row.version, row.file_hash)
