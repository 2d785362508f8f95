"""The page about one's own account: name, language, password, where one is signed in."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from matcher.accounts import mailer, queries, services
from matcher.accounts.browsers import browser_name
from matcher.accounts.forms import ChangePasswordForm, ProfileForm
from matcher.accounts.models import User
from matcher.accounts.sign_in_routes import blueprint, note_failure, passwords, reader_of
from matcher.clock import utcnow
from matcher.errors import InvalidInput
from matcher.i18n import _, _l
from matcher.web.guards import signed_in
from matcher.web.limits import limiter
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

__all__ = ["blueprint"]

WRONG_PASSWORD = _l("This is not your password now.")


@blueprint.get("/")
@signed_in
def index() -> str:
    return _account_page(ProfileForm(obj=_me()), ChangePasswordForm())


@blueprint.post("/")
@signed_in
def index_post() -> Any:
    form = ProfileForm()
    if not form.validate_on_submit():
        return _account_page(form, ChangePasswordForm(formdata=None)), 422
    with writing() as unit:
        services.change_profile(
            unit,
            user_id=current_user.user_id,
            name=form.name.data,
            locale=form.locale.data,
            phone=form.phone.data or None,
            function=form.function.data or None,
        )
    toast(_("Saved."))
    return redirect(url_for(".index"))


@blueprint.post("/password")
@signed_in
@limiter.limit("10 per 5 minutes", key_func=lambda: f"user:{current_user.get_user_id()}")
def change_password() -> Any:
    form, user = ChangePasswordForm(), _me()
    fits = form.validate_on_submit()
    if fits and user.password_hash and not passwords().fits(user.password_hash, form.current.data or ""):
        note_failure(user)
        form.refuse(InvalidInput(WRONG_PASSWORD, field="current"))
        fits = False
    if not fits:
        return _account_page(ProfileForm(formdata=None, obj=_me()), form), 422
    kept, now = passwords().hash(form.password.data), utcnow()
    with writing() as unit:
        services.set_password(
            unit, user_id=user.id, password_hash=kept, keep=current_user.session_id, old=user.password_hash, now=now
        )
        mailer.send(unit, template="password_changed", recipient=reader_of(user, "", ""), params={}, once=kept, now=now)
    toast(_("Your new password works from now on. You were signed out everywhere else."))
    return redirect(url_for(".index"))


@blueprint.post("/sessions/end")
@signed_in
def end_sessions() -> Response:
    """One other browser, or all others."""
    one, now = request.form.get("session", "")[:64], utcnow()
    with writing() as unit:
        if one:
            services.end_session(unit, session_id=one, user_id=current_user.user_id, now=now)
        else:
            services.end_other_sessions(unit, user_id=current_user.user_id, keep=current_user.session_id, now=now)
    toast(_("Signed out there."))
    return redirect(url_for(".index"))


def _me() -> User:
    return reading().get_one(User, current_user.user_id)


def _account_page(profile: ProfileForm, password: ChangePasswordForm) -> str:
    now = utcnow()
    return render_template(
        "accounts/index.html",
        form=profile,
        password=password,
        has_password=_me().password_hash is not None,
        email=current_user.email,
        browser_name=browser_name,
        sessions=queries.sessions_of(reading(), current_user.user_id, now=now),
        this_session=current_user.session_id,
    )
