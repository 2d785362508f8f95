"""The pages of a match and its verbs. Every POST: read, check the form, one short write, back to the page."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from matcher.accounts.policy import Actor
from matcher.clock import utcnow
from matcher.errors import InvalidInput
from matcher.i18n import _
from matcher.matching import again_services, change_services, proposal_services, services, visit_services
from matcher.matching.forms import (
    AcceptForm,
    ApproveForm,
    ColleagueForm,
    DeclineForm,
    EndForm,
    HalfDaysForm,
    MessageForm,
    MomentForm,
    RejectForm,
    ReportForm,
    StepForm,
)
from matcher.matching.list_queries import asked_page
from matcher.matching.match_sheet_routes import drawn
from matcher.matching.page_queries import MatchPage, match_page
from matcher.matching.queries import match_for
from matcher.matching.runbook_forms import RunbookForm
from matcher.matching.states import CancelReason, DeclineReason, MissedReason, RejectReason
from matcher.web.forms import choices
from matcher.web.guards import actor, signed_in
from matcher.web.once import leads_to
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

blueprint = Blueprint("matching", __name__)
Answer = str | BaseResponse | tuple[str, int]

FORMS: dict[str, type[Any]] = {
    "accept": AcceptForm,
    "moment": MomentForm,
    "decline": DeclineForm,
    "hand_over": ColleagueForm,
    "visitor": ColleagueForm,
    "withdraw": EndForm,
    "cancel": EndForm,
    "approve": ApproveForm,
    "reject": RejectForm,
    "move": MomentForm,
    "message": MessageForm,
    "report": ReportForm,
    "step": StepForm,
    "runbook": RunbookForm,
}


@blueprint.get("/matches")
@signed_in
def asked() -> str:
    """What was asked of me, what is agreed, what was: newest need first."""
    return render_template("matching/asked.html", page=asked_page(reading(), actor(), utcnow()))


@blueprint.get("/matches/<int:match_id>")
@signed_in
def show(match_id: int) -> str:
    page = _page(match_id)
    return drawn(page, _forms(page), actor())


@blueprint.post("/matches/<int:match_id>/accept")
@signed_in
def accept(match_id: int) -> Answer:
    def verb(session: Session, form: AcceptForm, who: Actor, now: Any) -> None:
        services.accept_match(
            session,
            match_id,
            moment_id=int(form.moment.data),
            actor=who,
            now=now,
            seq=form.version,
            on_behalf=form.on_behalf(now),
        )

    return _act(match_id, "accept", verb, _("You said yes. The coordinator looks at it next."), undo=True)


@blueprint.post("/matches/<int:match_id>/suggest-moment")
@signed_in
def suggest_moment(match_id: int) -> Answer:
    def verb(session: Session, form: MomentForm | HalfDaysForm, who: Actor, now: Any) -> None:
        services.suggest_moment(
            session,
            match_id,
            **form.wanted,
            actor=who,
            now=now,
            seq=form.version,
            on_behalf=form.on_behalf(now),
        )

    return _act(match_id, "moment", verb, _("Your moment is on its way. The other side answers next."))


@blueprint.post("/matches/<int:match_id>/decline")
@signed_in
def decline(match_id: int) -> Answer:
    def verb(session: Session, form: DeclineForm, who: Actor, now: Any) -> None:
        reason, note = DeclineReason(form.reason.data), form.note.data or ""
        services.decline_match(
            session,
            match_id,
            reason=reason,
            note=note,
            actor=who,
            now=now,
            seq=form.version,
            on_behalf=form.on_behalf(now),
        )

    return _act(match_id, "decline", verb, _("You said no. That is always fine."), undo=True)


@blueprint.post("/matches/<int:match_id>/hand-over")
@signed_in
def hand_over(match_id: int) -> Answer:
    def verb(session: Session, form: ColleagueForm, who: Actor, now: Any) -> None:
        colleague = int(form.colleague.data) or None
        proposal_services.hand_over(session, match_id, colleague_id=colleague, actor=who, now=now, seq=form.version)

    return _act(match_id, "hand_over", verb, _("Your colleague is asked now."))


@blueprint.post("/matches/<int:match_id>/withdraw")
@signed_in
def withdraw(match_id: int) -> Answer:
    def verb(session: Session, form: EndForm, who: Actor, now: Any) -> None:
        reason, note = CancelReason(form.reason.data), form.note.data or ""
        services.withdraw_match(
            session,
            match_id,
            reason=reason,
            note=note,
            actor=who,
            now=now,
            seq=form.version,
            on_behalf=form.on_behalf(now),
        )

    return _act(match_id, "withdraw", verb, _("Withdrawn. The other side hears of it."))


@blueprint.post("/matches/<int:match_id>/cancel")
@signed_in
def cancel(match_id: int) -> Answer:
    def verb(session: Session, form: EndForm, who: Actor, now: Any) -> None:
        reason, note = CancelReason(form.reason.data), form.note.data or ""
        services.cancel_match(
            session,
            match_id,
            reason=reason,
            note=note,
            actor=who,
            now=now,
            seq=form.version,
            on_behalf=form.on_behalf(now),
        )

    return _act(match_id, "cancel", verb, _("Cancelled. Everybody gets a mail, and it leaves their calendars."))


@blueprint.post("/matches/<int:match_id>/approve")
@signed_in
def approve(match_id: int) -> Answer:
    def verb(session: Session, form: ApproveForm, who: Actor, now: Any) -> None:
        services.approve_match(session, match_id, actor=who, now=now, note=form.note.data or "", seq=form.version)

    return _act(
        match_id, "approve", verb, _("Approved. Both get a mail with an invitation for their calendar."), undo=True
    )


@blueprint.post("/matches/<int:match_id>/reject")
@signed_in
def reject(match_id: int) -> Answer:
    def verb(session: Session, form: RejectForm, who: Actor, now: Any) -> None:
        reason, note = RejectReason(form.reason.data), form.note.data or ""
        services.reject_match(session, match_id, reason=reason, note=note, actor=who, now=now, seq=form.version)

    return _act(match_id, "reject", verb, _("Not approved. Both hear why."), undo=True)


@blueprint.post("/matches/<int:match_id>/ask-move")
@signed_in
def ask_move(match_id: int) -> Answer:
    def verb(session: Session, form: MomentForm | HalfDaysForm, who: Actor, now: Any) -> None:
        change_services.ask_move(
            session,
            match_id,
            **form.wanted,
            note=form.note.data or "",
            actor=who,
            now=now,
            seq=form.version,
        )

    return _act(match_id, "move", verb, _("Asked. The agreed moment stands until the other side says yes."))


@blueprint.post("/matches/<int:match_id>/move")
@signed_in
def move(match_id: int) -> Answer:
    def verb(session: Session, form: StepForm, who: Actor, now: Any) -> None:
        change_services.move_match(session, match_id, actor=who, now=now, seq=form.version)

    return _act(match_id, "step", verb, _("Moved. Everybody gets a new invitation for their calendar."))


@blueprint.post("/matches/<int:match_id>/change-visitor")
@signed_in
def change_visitor(match_id: int) -> Answer:
    def verb(session: Session, form: ColleagueForm, who: Actor, now: Any) -> None:
        change_services.change_visitor(
            session,
            match_id,
            visitor_id=int(form.colleague.data),
            actor=who,
            now=now,
            seq=form.version,
            on_behalf=form.on_behalf(now),
        )

    return _act(match_id, "visitor", verb, _("Changed. The school hears who comes."))


@blueprint.post("/matches/<int:match_id>/report")
@signed_in
def report(match_id: int) -> Answer:
    def verb(session: Session, form: ReportForm, who: Actor, now: Any) -> None:
        visit_services.report_visit(
            session,
            match_id,
            happened=form.happened.data == "yes",
            again={"yes": True, "no": False}.get(form.again.data or ""),
            reason=MissedReason(form.reason.data) if form.reason.data else None,
            pupils=form.pupils.data,
            hours=float(form.hours.data) if form.hours.data is not None else None,
            days=form.ticked,
            note=form.note.data or "",
            thanks=form.thanks.data or "",
            actor=who,
            now=now,
            on_behalf=form.on_behalf(now),
        )

    return _act(match_id, "report", verb, _("Thank you. Your answer is kept."))


@blueprint.get("/matches/<int:match_id>/answer")
@signed_in
def thread(match_id: int) -> BaseResponse:
    """Where mails about a message lead, also by way of signing in: straight to the box for an answer."""
    match, _facts = match_for(reading(), match_id, actor(), utcnow())
    return redirect(url_for("matching.show", match_id=match.id, _anchor="answer"))


@blueprint.post("/matches/<int:match_id>/messages")
@signed_in
def message(match_id: int) -> Answer:
    def verb(session: Session, form: MessageForm, who: Actor, now: Any) -> None:
        services.post_message(session, match_id, body=form.body.data, actor=who, now=now)

    return _act(match_id, "message", verb, _("Sent."), anchor="messages")


@blueprint.post("/matches/<int:match_id>/ask-again")
@signed_in
def ask_again(match_id: int) -> BaseResponse:
    who, now = actor(), utcnow()
    with writing() as session:
        draft_id = again_services.ask_again(session, match_id, actor=who, now=now).id
        leads_to(url_for("requests.edit_draft", request_id=draft_id))
    toast(_("Copied. Choose weeks and send it: the same guest is asked first."))
    return redirect(url_for("requests.edit_draft", request_id=draft_id))


@blueprint.post("/matches/<int:match_id>/undo")
@signed_in
def undo(match_id: int) -> Answer:
    _page(match_id)
    who, now = actor(), utcnow()
    with writing() as session:
        services.undo(session, match_id, actor=who, now=now)
        leads_to(_back(match_id, match_id))
    toast(_("Taken back. Nothing was sent."))
    return redirect(_back(match_id, match_id))


def _act(
    match_id: int, name: str, verb: Callable[..., None], done: str, *, undo: bool = False, anchor: str | None = None
) -> Answer:
    """Read the page, check the form, act in one unit. A form that does not fit comes back with 422 and all it held."""
    page, who, now = _page(match_id), actor(), utcnow()
    form = _bound(name, page)
    if not form.validate_on_submit():
        return _again(page, name, form)
    target = _back(match_id, request.form.get("next", type=int), anchor)
    try:
        with writing() as session:
            verb(session, form, who, now)
            leads_to(target)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return _again(_page(match_id), name, form)
    back = request.form.get("back")
    if request.form.get("behalf"):
        done = _("Noted. The history says whose word it is and that you wrote it down.")
    toast(done, undo=url_for("matching.undo", match_id=match_id, back=back) if undo else None)
    return redirect(target)


def _back(match_id: int, next_id: int | None, anchor: str | None = None) -> str:
    """The coordinator's screens ask to stay there: with the next match, or with the one that was taken back."""
    match request.values.get("back"):
        case "cockpit":
            return url_for("coordination.approve", match=next_id)
        case "stuck":
            return url_for("coordination.stuck")
        case _:
            return url_for("matching.show", match_id=match_id, _anchor=anchor)


def again(match_id: int, name: str, form: Any) -> tuple[str, int]:
    """The page as it is now, with a form of its own that was refused."""
    page = _page(match_id)
    return _again(page, name, _filled(name, form, page))


def _again(page: MatchPage, name: str, form: Any) -> tuple[str, int]:
    return drawn(page, _forms(page) | {name: form}, actor()), 422


def _page(match_id: int) -> MatchPage:
    match, facts = match_for(reading(), match_id, actor(), utcnow())
    return match_page(reading(), match, facts, actor(), utcnow())


def _forms(page: MatchPage) -> dict[str, Any]:
    """An empty form for everything the page may show."""
    found = {name: _filled(name, _kind(name, page)(None, seq=page.match.seq), page) for name in FORMS}
    if page.after.own is not None:
        found["report"].show(page.after.own)
    found["report"].days.data = [value for value, _label in page.days.parts] if page.days is not None else []
    return found


def _bound(name: str, page: MatchPage) -> Any:
    return _filled(name, _kind(name, page)(), page)


def empty_forms(page: MatchPage) -> dict[str, Any]:
    """For another page that shows the same question."""
    return _forms(page)


def bound_form(name: str, page: MatchPage) -> Any:
    """What was sent, with the choices that this match leaves."""
    return _bound(name, page)


def _kind(name: str, page: MatchPage) -> type[Any]:
    """Other days of an internship are boxes, any other moment is a day with two times."""
    return HalfDaysForm if FORMS[name] is MomentForm and page.days is not None else FORMS[name]


def _filled(name: str, form: Any, page: MatchPage) -> Any:
    """The choices that depend on the match."""
    if name == "accept":
        form.moment.label.text = page.words.company_pick if "company" in page.sides else page.words.school_pick
        form.moment.choices = choices((slot["value"], slot["label"]) for slot in page.slots if not slot["disabled"])
        if page.days is not None:
            form.for_days()
    if name in {"withdraw", "cancel"} and page.is_placement:
        form.for_placement()
    if name == "runbook" and page.runbook is not None and page.runbook.mine is not None:
        form.show(page.runbook.mine, page.request.kind)
    if name == "report":
        form.take_quick(**page.after.counted)
    if name == "report" and page.is_placement:
        form.for_term()
    if name == "report" and page.days is not None:
        form.days.choices = choices(page.days.parts)
    if name in {"hand_over", "visitor"}:
        contact = [] if name == "visitor" else [("0", _("Our contact person decides"))]
        form.colleague.choices = choices([*((str(key), label) for key, label in page.colleagues), *contact])
    return form
