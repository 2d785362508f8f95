"""Registering, signing in and out, mailed links. The blueprint starts here; `routes` adds the page about oneself.

Known and unknown addresses get the same answer and cost the same work; only the mail tells them apart.
"""

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from matcher.accounts import mailer, queries, services
from matcher.accounts.addresses import email_key
from matcher.accounts.forms import AddressForm, NewPasswordForm, RegisterForm, SignInForm
from matcher.accounts.models import User
from matcher.accounts.passwords import Passwords
from matcher.accounts.signing import SignedIn, forget, remember
from matcher.accounts.tokens import Purpose
from matcher.clock import utcnow
from matcher.errors import Conflict, InvalidInput
from matcher.i18n import _, _l, current_locale
from matcher.notices.recipients import Recipient
from matcher.web.forms import invalid
from matcher.web.guards import local_target, public, signed_in
from matcher.web.limits import limiter
from matcher.web.toasts import toast
from matcher.web.transaction import may_mark, reading, writing

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")

NO_MATCH = _l("This mail address and password do not belong together. Check both, or have a link mailed to you.")
DASHBOARD = "/dashboard"


def asked_address() -> str:
    """The address a form names, for counting tries against one account."""
    return "address:" + email_key(request.form.get("email", ""))[:300]


# A whole school may sit behind one network address, an account belongs to one person: hence two counters.
per_network = limiter.limit("60 per 5 minutes", methods=["POST"])
per_account = limiter.limit("10 per 5 minutes", key_func=asked_address, methods=["POST"])
few_mails = limiter.limit("6 per hour", key_func=asked_address, methods=["POST"])


@blueprint.before_app_request
def mark_seen() -> None:
    """Keep an active session alive, at most once a minute, in a unit of its own."""
    if request.endpoint == "static":
        return
    visitor = current_user._get_current_object()
    if isinstance(visitor, SignedIn) and visitor.is_stale and may_mark():
        try:
            with writing(marking=True) as unit:
                services.mark_seen(unit, session_id=visitor.session_id, now=utcnow())
        except Conflict:
            return  # the next request tries again


# --- signing in and out -----------------------------------------------------------------------------------------------


@blueprint.get("/sign-in")
@public
def sign_in() -> Any:
    if current_user.is_authenticated:
        return redirect(local_target(request.args.get("next"), DASHBOARD))
    return render_template("accounts/sign_in.html", form=SignInForm(next=request.args.get("next")))


@blueprint.post("/sign-in")
@public
@per_network
@per_account
def sign_in_post() -> Any:
    form = SignInForm()
    if not form.validate_on_submit():
        return invalid("accounts/sign_in.html", form)
    user = queries.user_by_email(reading(), form.email.data)
    kept = user.password_hash if user and not user.stopped_at else None
    if user is None or kept is None or not passwords().fits(kept, form.password.data):
        return _refuse_sign_in(form, user, kept)
    newer = passwords().hash(form.password.data) if passwords().is_outdated(kept) else kept
    _enter(user, password_hash=kept, newer=newer)
    return redirect(local_target(form.next.data, DASHBOARD))


def _refuse_sign_in(form: SignInForm, user: User | None, kept: str | None) -> Any:
    if kept is None:
        passwords().fits(None, form.password.data)
    note_failure(user)
    form.refuse(InvalidInput(NO_MATCH))
    return invalid("accounts/sign_in.html", form)


@blueprint.post("/sign-out")
@signed_in
def sign_out() -> Response:
    with writing() as unit:
        services.end_session(unit, session_id=current_user.session_id, user_id=current_user.user_id, now=utcnow())
    forget()
    session.clear()
    answer = redirect(url_for("home.index"))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


# --- registering ------------------------------------------------------------------------------------------------------


@blueprint.get("/register")
@public
def register() -> Any:
    if current_user.is_authenticated:
        return redirect(DASHBOARD)
    return render_template("accounts/register.html", form=RegisterForm(start=request.args.get("start")))


@blueprint.post("/register")
@public
@per_network
@few_mails
def register_post() -> Any:
    form = RegisterForm()
    if not form.validate_on_submit():
        return invalid("accounts/register.html", form)
    kept = passwords().hash(form.password.data)
    user = queries.user_by_email(reading(), form.email.data)
    now = utcnow()
    asked = {
        "email": form.email.data,
        "name": form.name.data,
        "locale": current_locale(),
        "password_hash": kept,
        "start": form.start.data,
    }
    with writing() as unit:
        if user is None:
            secret = services.issue_link(unit, purpose=Purpose.CONFIRM_ADDRESS, subject=asked, now=now)
            path, template = url_for(".confirm", secret=secret), "confirm_address"
        else:
            secret = services.issue_link(unit, purpose=Purpose.SIGN_IN, user_id=user.id, now=now)
            path, template = url_for(".link", secret=secret), "registered_already"
        reader = reader_of(user, form.email.data, form.name.data)
        mailer.send(unit, template=template, recipient=reader, params={"path": path}, once=secret, now=now)
    return render_template("accounts/look_in_mail.html", email=form.email.data)


@blueprint.get("/confirm/<secret>")
@public
def confirm(secret: str) -> Any:
    return _link_page(secret, Purpose.CONFIRM_ADDRESS, "accounts/confirm.html", again=url_for(".register"))


@blueprint.post("/confirm/<secret>")
@public
@per_network
def confirm_post(secret: str) -> Response:
    now = utcnow()
    with writing() as unit:
        used = services.use_link(unit, secret=secret, purpose=Purpose.CONFIRM_ADDRESS, now=now)
        user = services.confirm_registration(unit, subject=used.subject, now=now)
    _enter(user)
    toast(_("Your mail address is confirmed."))
    return redirect(url_for("organisations.start", role=used.subject["start"]))


# --- links by mail ----------------------------------------------------------------------------------------------------


@blueprint.get("/link")
@public
def ask_link() -> Any:
    return render_template("accounts/ask_link.html", form=AddressForm())


@blueprint.post("/link")
@public
@per_network
@few_mails
def ask_link_post() -> Any:
    return _mail_link("accounts/ask_link.html", Purpose.SIGN_IN, "link", "sign_in_link")


@blueprint.get("/link/<secret>")
@public
def link(secret: str) -> Any:
    return _link_page(secret, Purpose.SIGN_IN, "accounts/link.html", again=url_for(".ask_link"))


@blueprint.post("/link/<secret>")
@public
@per_network
def link_post(secret: str) -> Response:
    now = utcnow()
    with writing() as unit:
        used = services.use_link(unit, secret=secret, purpose=Purpose.SIGN_IN, now=now)
        user = unit.get_one(User, used.user_id)
        token = services.open_session(unit, user_id=user.id, agent=_agent(), now=now)
    _adopt(user, token)
    return redirect(DASHBOARD)


@blueprint.get("/reset")
@public
def ask_reset() -> Any:
    return render_template("accounts/ask_reset.html", form=AddressForm())


@blueprint.post("/reset")
@public
@per_network
@few_mails
def ask_reset_post() -> Any:
    return _mail_link("accounts/ask_reset.html", Purpose.RESET, "reset", "reset")


@blueprint.get("/reset/<secret>")
@public
def reset(secret: str) -> Any:
    again = url_for(".ask_reset")
    return _link_page(secret, Purpose.RESET, "accounts/reset.html", again=again, form=NewPasswordForm())


@blueprint.post("/reset/<secret>")
@public
@per_network
def reset_post(secret: str) -> Any:
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return invalid("accounts/reset.html", form, secret=secret)
    kept, now = passwords().hash(form.password.data), utcnow()
    with writing() as unit:
        used = services.use_link(unit, secret=secret, purpose=Purpose.RESET, now=now)
        user = unit.get_one(User, used.user_id)
        services.set_password(unit, user_id=user.id, password_hash=kept, now=now)
        token = services.open_session(unit, user_id=user.id, agent=_agent(), now=now)
        mailer.send(
            unit, template="password_changed", recipient=reader_of(user, "", ""), params={}, once=token, now=now
        )
    _adopt(user, token)
    toast(_("Your new password works from now on. You were signed out everywhere else."))
    return redirect(DASHBOARD)


# --- pieces -----------------------------------------------------------------------------------------------------------


def passwords() -> Passwords:
    found: Passwords = current_app.extensions["matcher_passwords"]
    return found


def _agent() -> str:
    return request.user_agent.string[:200]


def reader_of(user: User | None, email: str, name: str) -> Recipient:
    if user is None:
        return Recipient(user_id=None, email=email, name=name, locale=current_locale())
    return Recipient(user_id=user.id, email=user.email, name=user.name, locale=user.locale)


def _enter(user: User, *, password_hash: str | None = None, newer: str | None = None) -> None:
    """Open a session for this person and give it to this browser."""
    now = utcnow()
    with writing() as unit:
        token = services.open_session(unit, user_id=user.id, agent=_agent(), password_hash=password_hash, now=now)
        if password_hash and newer and newer != password_hash:
            services.refresh_hash(unit, user_id=user.id, old=password_hash, new=newer)
    _adopt(user, token)


def _adopt(user: User, token: str) -> None:
    """Nothing from before stays in the cookie: a planted one would otherwise be signed in with."""
    session.clear()
    remember(SignedIn(user.id, user.name, user.email, user.locale, token))


def note_failure(user: User | None) -> None:
    with writing() as unit:
        services.record(
            unit,
            action="sign_in_failed",
            object_type="user",
            object_id=user.id if user else None,
            actor_id=None,
            now=utcnow(),
        )


def _mail_link(template: str, purpose: Purpose, endpoint: str, text: str) -> Any:
    form = AddressForm()
    if not form.validate_on_submit():
        return invalid(template, form)
    user, now = queries.user_by_email(reading(), form.email.data), utcnow()
    known = user is not None and not user.stopped_at
    with writing() as unit:
        # Unknown addresses get a link that opens nothing, for the same work, and a mail that says so.
        secret = services.issue_link(unit, purpose=purpose, user_id=user.id if user and known else None, now=now)
        path = url_for(f".{endpoint}", secret=secret) if known else url_for(".register")
        reader = reader_of(user if known else None, form.email.data, form.email.data)
        mailer.send(
            unit,
            template=text if known else "unknown_address",
            recipient=reader,
            params={"path": path},
            once=secret,
            now=now,
        )
    return render_template("accounts/look_in_mail.html", email=form.email.data)


def _link_page(secret: str, purpose: Purpose, template: str, *, again: str, **context: Any) -> Any:
    if not queries.is_link_open(reading(), secret, purpose, now=utcnow()):
        return render_template("accounts/link_dead.html", again=again), 410
    return render_template(template, secret=secret, **context)
