"""Taking one's data along, and deleting one's account: here and not in accounts, because visits end with it."""

from typing import Any

from flask import current_app, redirect, render_template, send_file, session, url_for

from matcher.accounts.models import User
from matcher.accounts.own_data_queries import own_rows
from matcher.accounts.sign_in_routes import note_failure, passwords
from matcher.accounts.signing import forget
from matcher.clock import local_date, utcnow
from matcher.errors import InvalidInput
from matcher.i18n import _, _l
from matcher.ledger import note_erased
from matcher.matching.calendar import build_feed
from matcher.matching.erasing_forms import PasswordForm, WordForm
from matcher.matching.erasing_queries import erased_people, hanging_on, obstacles
from matcher.matching.erasing_services import erase_account
from matcher.matching.feed_queries import entries_of
from matcher.matching.match_routes import blueprint
from matcher.matching.own_data import packed
from matcher.matching.own_visit_queries import own_visits
from matcher.web.guards import actor, signed_in
from matcher.web.limits import limiter
from matcher.web.toasts import toast
from matcher.web.transaction import database, reading, writing

PAGE = "matching/erase_account.html"
WRONG_PASSWORD = _l("This is not your password.")
OTHER_WORD = _l("Type the word exactly as it stands here.")


def _me_key() -> str:
    return f"account:{actor().user_id}"


@blueprint.get("/accounts/data.zip")
@signed_in
@limiter.limit("12 per hour", key_func=_me_key)
def own_data() -> Any:
    now, look, user_id = utcnow(), reading(), actor().user_id or 0
    files = own_rows(look, user_id) | {"visits": own_visits(look, user_id)}
    base_url, host = current_app.extensions["matcher_settings"].base_url, look.info["host"]
    entries = entries_of(look, user_id, now=now, host=host, base_url=base_url)
    made = packed(files, build_feed(entries, name=_("My visits – Matcher")), now=now)
    return send_file(
        made,
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"matcher-{local_date(now).isoformat()}.zip",
        max_age=None,
    )


@blueprint.get("/accounts/delete")
@signed_in
def erase_page() -> str:
    return render_template(PAGE, form=_form(_me(), formdata=None), **_page())


@blueprint.post("/accounts/delete")
@signed_in
@limiter.limit("10 per 5 minutes", key_func=_me_key)
def erase() -> Any:
    user, now, found = _me(), utcnow(), _page()
    form = _form(user)
    if not form.validate_on_submit() or found["obstacles"] or not _is_sure(form, user):
        return render_template(PAGE, form=form, **found), 422
    erase_account(user.id, look=database().read, opened=writing, now=now)
    with database().read() as look:
        note_erased(current_app.extensions["matcher_settings"].var, erased_people(look))
    forget()
    session.clear()
    toast(_("Your account is deleted. Thank you for what you did."))
    answer = redirect(url_for("home.index"))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _me() -> User:
    return reading().get_one(User, actor().user_id)


def _form(user: User, **options: Any) -> PasswordForm | WordForm:
    return WordForm(**options) if user.password_hash is None else PasswordForm(**options)


def _is_sure(form: PasswordForm | WordForm, user: User) -> bool:
    if isinstance(form, WordForm):
        if not form.is_the_word:
            form.refuse(InvalidInput(OTHER_WORD, field="word"))
            return False
        return True
    if not passwords().fits(user.password_hash, form.password.data or ""):
        note_failure(user)
        form.refuse(InvalidInput(WRONG_PASSWORD, field="password"))
        return False
    return True


def _page() -> dict[str, Any]:
    now, look, user_id = utcnow(), reading(), actor().user_id or 0
    return {
        "hanging": hanging_on(look, user_id, now=now),
        "obstacles": obstacles(look, user_id, now=now),
    }
