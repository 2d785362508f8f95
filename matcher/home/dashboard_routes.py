"""The dashboard: what needs this person first, then one list per subject, for the roles they hold."""

from collections import Counter
from collections.abc import Callable, Iterable, Sized
from typing import Any

from flask import redirect, render_template, url_for

from matcher.accounts.policy import Actor
from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES, Role
from matcher.availability.states import Kind
from matcher.clock import utcnow
from matcher.home import board_queries, wording
from matcher.home.board import MOST_ROWS, Board, BoardMatch, BoardRequest
from matcher.home.public_routes import address_of, blueprint
from matcher.home.year_queries import year_totals
from matcher.i18n import _, ngettext
from matcher.matching.states import MatchState
from matcher.notices.queries import dead_counts
from matcher.organisations.queries import Waiting, awaiting_verification, waiting_colleagues
from matcher.requests.states import RequestState
from matcher.safeguarding.queries import reports_for
from matcher.web.guards import actor, signed_in
from matcher.web.transaction import reading

Row = dict[str, Any]
List = dict[str, Any]


@blueprint.get("/dashboard")
@signed_in
def dashboard() -> Any:
    """Coordinators start in their cockpit; everybody else sees what needs them."""
    person = actor()
    roles = {Role(grant.role) for grant in person.grants}
    if roles == {Role.COORDINATOR} and (cockpit := address_of("coordination.index")):
        return redirect(cockpit)
    return render_template(
        "home/dashboard.html",
        first_name=person.name.split(" ")[0],
        roles=roles,
        join_url=address_of("organisations.start") or url_for("home.help_contact"),
        given=year_totals(reading(), person, utcnow()),
        is_unconfirmed=any(not grant.confirmed for grant in person.grants),
        **_boards(person, roles),
    )


def _boards(person: Actor, roles: set[Role]) -> dict[str, Any]:
    """Somebody with roles on both sides sees both, what needs them together on top."""
    now, session = utcnow(), reading()
    todo: list[Row] = []
    lists: list[List] = []
    actions: list[Row] = []
    if roles & SCHOOL_ROLES:
        board = board_queries.school_board(session, actor=person, now=now)
        todo += _matches(board.mine) + [_request(line) for line in board.requests if line.needs_choice]
        lists += _school_lists(board)
        actions += _school_actions(leads=person.has(Role.SCHOOL_LEAD, confirmed=False))
    if roles & COMPANY_ROLES:
        board = board_queries.company_board(session, actor=person, now=now)
        todo += _matches(board.mine)
        visits_itself = Role.PROFESSIONAL in roles
        lists += _company_lists(board, alone=Role.COMPANY_CONTACT not in roles)
        actions += _company_actions(visits_itself)
    todo += [_colleague(waiting) for waiting in waiting_colleagues(session, person)]
    if Role.ADMINISTRATOR in roles:
        lists += [_list(_("Administration"), _desk(), "settings", "", "")]
    return {"now": todo, "lists": lists, "actions": actions}


def _desk() -> list[Row]:
    """The administrator's pages; those that do not exist are left out."""
    pages = (
        (_("Organisations that wait for a check"), "organisations.verify_list", _how_many(awaiting_verification)),
        (_("Reports of concern"), "safeguarding.reports", _how_many(reports_for)),
        (_("Routes to teaching"), "qualifications.manage", _("What visitors read about ways to teach.")),
        (_("Regions"), "coordination.tree", _("Who serves which region.")),
        (_("Figures"), "monitor.index", _("What happens, where, and what comes of it.")),
        (_("Mails that did not arrive"), "notices.dead", _undelivered()),
        (_("Status"), "home.status", _("Mail, database and the rule that orders people.")),
    )
    found = ((title, address_of(endpoint), text) for title, endpoint, text in pages)
    return [
        {"title": title, "url": url, "meta": text, "state": "", "state_label": None, "when": None}
        for title, url, text in found
        if url
    ]


def _how_many(waiting: Callable[[Any, Actor], Sized]) -> str:
    count = len(waiting(reading(), actor()))
    return ngettext("%(num)s waits.", "%(num)s wait.", count) if count else _("Nothing waits.")


def _undelivered() -> str:
    count = sum(dead_counts(reading()).values())
    if not count:
        return _("None: every mail arrived.")
    return ngettext("%(num)s mail waits for a decision.", "%(num)s mails wait for a decision.", count)


def _school_lists(board: Board) -> list[List]:
    mine = Counter(line.request_id for line in board.mine)  # those stand under what needs the reader
    open_ones = (line for line in board.requests if not line.needs_choice and not line.is_settled)
    busy = [_request(line) for line in open_ones if line.asked + line.agreed > mine[line.request_id]]
    busy += _matches(line for line in board.waiting if line.state is MatchState.APPROVED)  # over, and not settled
    coming = _list(
        _("Coming to your school"),
        _matches(line for line in board.coming if line.kind is not Kind.TEACHER_INTERNSHIP),
        "calendar",
        _("No visits planned"),
        _("As soon as a visit is approved it stands here, with time, place and who comes."),
    )
    waiting = _list(
        _("Under way"),
        busy,
        "hourglass",
        _("Nothing else is under way") if board.mine or board.requests or board.coming else _("Nothing under way"),
        _("Ask for a guest lecture and you see at once who fits."),
    )
    return [coming, *_stays(board, _("Internships agreed")), waiting, *_past(board)]


def _stays(board: Board, title: str) -> list[List]:
    """Internships ahead have a list of their own, when there are any."""
    found = [line for line in board.coming if line.kind is Kind.TEACHER_INTERNSHIP]
    return [_list(title, _matches(found), "briefcase", "", "")] if found else []


def _company_lists(board: Board, *, alone: bool) -> list[List]:
    visits = _list(
        _("Your visits") if alone else _("Visits of your people"),
        _matches(line for line in board.coming if line.kind is not Kind.TEACHER_INTERNSHIP),
        "calendar",
        _("No visits planned"),
        _("Schools ask you when something fits. The more you tell in your offer, the better the questions."),
    )
    waiting = _list(
        _("Waiting for somebody else"),
        _matches(board.waiting),
        "hourglass",
        _("Nothing is waiting"),
        _("What you said yes to stands here until the coordinator approves."),
    )
    return [visits, *_stays(board, _("Teachers who come to you")), waiting, *_past(board)]


def _past(board: Board) -> list[List]:
    return [_list(_("What has been"), _matches(board.past), "history", "", "")] if board.past else []


def _school_actions(*, leads: bool) -> list[Row]:
    vacancy = [("users", _("Ask for a hybrid teacher"), "requests.new_vacancy")] if leads else []
    return _actions(
        ("plus", _("Ask for a guest lecture"), "requests.new_guest_lecture"),
        *vacancy,
        ("briefcase", _("Ask for an internship"), "requests.new_internship"),
        ("search", _("Browse offers"), "offers.browse"),
    )


def _company_actions(visits_itself: bool) -> list[Row]:
    if visits_itself:
        return _actions(
            ("presentation", _("My offer"), "offers.index"), ("calendar", _("My availability"), "availability.index")
        )
    return _actions(
        ("presentation", _("Offers and people"), "offers.index"), ("building-2", _("My company"), "organisations.index")
    )


def _actions(*wanted: tuple[str, str, str]) -> list[Row]:
    found = ((icon, label, address_of(endpoint)) for icon, label, endpoint in wanted)
    return [{"icon": icon, "label": label, "url": url} for icon, label, url in found if url]


def _matches(lines: Iterable[BoardMatch]) -> list[Row]:
    return [wording.match_row(line, address_of("matching.show", match_id=line.match_id) or "#") for line in lines]


def _request(line: BoardRequest) -> Row:
    page = "requests.edit_draft" if line.state is RequestState.DRAFT else "matching.request_page_view"
    return wording.request_row(line, address_of(page, request_id=line.request_id) or "#")


def _colleague(waiting: Waiting) -> Row:
    place = waiting.organisation
    return {
        "title": _("Does %(name)s belong to %(place)s?", name=waiting.user.name, place=place.name),
        "url": address_of("organisations.show", organisation_id=place.id) or "#",
        "meta": _("Only people you know should speak for you."),
        "state": "wait",
        "state_label": _("Confirm"),
        "when": None,
    }


def _list(title: str, rows: list[Row], icon: str, empty_title: str, empty_text: str) -> List:
    return {
        "title": title,
        "rows": rows[:MOST_ROWS],
        "icon": icon,
        "empty_title": empty_title,
        "empty_text": empty_text,
    }
