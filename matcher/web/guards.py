"""Who may come in. Every view carries exactly one of `public`, `signed_in`, `roles`; a test reads them all.

Whether this person may touch *this* row is for `policy` and the service behind the view.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from matcher.errors import Forbidden
from matcher.i18n import _l
from matcher.web.transaction import reading

if TYPE_CHECKING:
    from matcher.accounts.policy import Actor

View = TypeVar("View", bound=Callable[..., Any])

NOT_YOURS = _l("This page is for somebody with another role.")


def public(view: View) -> View:
    """Everybody, signed in or not."""
    return _marked(view, "public")


def signed_in(view: View) -> View:
    """Anybody with an account and a live session."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return ask_to_sign_in()
        return view(*args, **kwargs)

    return _marked(cast(View, guarded), "signed_in")


def roles(*allowed: str) -> Callable[[View], View]:
    """People who hold at least one of these roles, somewhere. Where exactly is for the service to ask."""
    if not allowed:
        raise ValueError("name at least one role")

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return ask_to_sign_in()
            if not any(grant.role in allowed for grant in actor().grants):
                raise Forbidden(NOT_YOURS)
            return view(*args, **kwargs)

        return _marked(cast(View, guarded), "roles:" + ",".join(allowed))

    return decorate


def from_mail_programs(view: View) -> View:
    """The POST comes from a mail program, which has no token of a form: the signed address is the proof."""
    view.from_mail_programs = True  # type: ignore[attr-defined]
    return view


def actor() -> "Actor":
    """The person behind this request with all their grants, looked up once. Only for guarded views."""
    if "actor" not in g:
        # Not at the top: rooms import this file, and accounts is a room.
        from matcher.accounts.queries import actor_for

        g.actor = actor_for(reading(), int(current_user.get_user_id()))
    return cast("Actor", g.actor)


def maybe_actor() -> "Actor | None":
    """The same on public pages: nobody when nobody is signed in."""
    return actor() if current_user.is_authenticated else None


def ask_to_sign_in() -> Response:
    """To the sign-in page, and back here afterwards when this was a page to look at."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    target = url_for("accounts.sign_in", next=wanted)
    if request.headers.get("HX-Request"):
        # A fragment must not be replaced by the sign-in page: the browser goes there as a whole.
        return Response("", 401, {"HX-Redirect": target})
    return redirect(target)


def local_target(target: str | None, otherwise: str) -> str:
    """A `next` address only when it stays on this site."""
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return otherwise
    parts = urlsplit(target)
    return target if not parts.netloc and not parts.scheme and "\\" not in target else otherwise


def _marked(view: View, guard: str) -> View:
    if hasattr(view, "guard"):
        raise TypeError(f"{view.__name__} has two guards")
    view.guard = guard  # type: ignore[attr-defined]
    return view
