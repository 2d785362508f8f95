"""Matcher brings schools and working people together. `create_app` is the only place that knows every room."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from matcher import i18n
from matcher.config import Settings, shared_folder
from matcher.db import SERVING_WAIT_S, Database
from matcher.jobs.periods import Every, Periodic
from matcher.web import assets, charts, errors, headers, intake, limits, logs, once, toasts, transaction
from matcher.web.language import select_locale

ROOMS = (
    "jobs",
    "notices",
    "regions",
    "subjects",
    "accounts",
    "organisations",
    "safeguarding",
    "qualifications",
    "availability",
    "offers",
    "requests",
    "matching",
    "coordination",
    "monitor",
    "home",
)
"""In order: a room may only look at those before it."""


def create_app(settings: Settings | None = None) -> Flask:
    """The web application; settings come from the environment unless given."""
    settings = settings or Settings.from_env()
    app = Flask(
        __name__,
        template_folder=str(shared_folder("templates")),
        static_folder=str(shared_folder("static")),
    )
    app.config.from_mapping(_flask_settings(settings))
    app.extensions["matcher_settings"] = settings
    app.extensions["matcher_db"] = _database(settings)
    intake.configure(app)
    _add_glue(app, settings)
    _add_rooms(app)
    # Ranked at once: whoever asks first should not wait for the model to be read.
    import_module("matcher.matching.model_queries").serve_models(app.extensions["matcher_db"], settings.models_folder)
    _trust_proxies(app, settings.proxy_hops)
    return app


def _database(settings: Settings) -> Database:
    """Pages do not wait long for a connection; tests may be slow."""
    if settings.testing or settings.database_url.endswith(":memory:"):
        return Database(settings.database_url, host=settings.host)
    return Database(settings.database_url, host=settings.host, pool_timeout=SERVING_WAIT_S)


def still_true() -> dict[str, Callable[..., Any]]:
    """What notices ask before they send: per subject a function that knows whether the message still holds."""
    found: dict[str, Callable[..., Any]] = {}
    for module in _room_modules("still_true"):
        found.update(module.STILL_TRUE)
    return found


def task_modules() -> list[ModuleType]:
    """The rooms' `tasks`, notices last: what a round writes should not wait for the next one."""
    return list(reversed(_room_modules("tasks")))


def periodic() -> list[Periodic]:
    """All regular work, in the order in which a worker does it."""
    found: list[Periodic] = []
    for module in task_modules():
        room = module.__name__.split(".")[1]
        found.extend(getattr(module, "PERIODIC", ()))
        if hasattr(module, "due_work"):
            when, beside = getattr(module, "EVERY", Every()), getattr(module, "BESIDE", False)
            found.append(Periodic(room, module.due_work, when, getattr(module, "LABEL", room), beside))
    return found


def letter_links() -> dict[str, Callable[..., Any]]:
    """What notices put into a letter just before it leaves: per subject a function that makes its reader's links."""
    found: dict[str, Callable[..., Any]] = {}
    for module in _room_modules("letter_queries"):
        found.update(module.LETTER_LINKS)
    return found


def _flask_settings(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.require_secret(),
        "TESTING": settings.testing,
        "PROPAGATE_EXCEPTIONS": settings.testing,
        "DEFAULT_LOCALE": settings.default_locale,
        "SESSION_COOKIE_NAME": "matcher",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "TRUSTED_HOSTS": [urlsplit(settings.base_url).hostname] if settings.is_https else None,
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "WTF_CSRF_SSL_STRICT": True,
        "RATELIMIT_STORAGE_URI": settings.limits_url or "memory://",
        "RATELIMIT_ENABLED": bool(settings.limits_url),
    }


def _add_glue(app: Flask, settings: Settings) -> None:
    from flask_wtf.csrf import CSRFProtect

    i18n.init_app(app, select_locale)
    CSRFProtect(app)
    for glue in (transaction, once, errors, headers, assets, charts, toasts, limits, logs):
        glue.init_app(app)
    app.jinja_env.globals.update(is_demo=settings.demo, base_url=settings.base_url)
    if settings.testing:
        from jinja2 import StrictUndefined

        app.jinja_env.undefined = StrictUndefined


def _add_rooms(app: Flask) -> None:
    for room in ROOMS:
        import_if_there(f"matcher.{room}.models")
    signing = import_if_there("matcher.accounts.signing")
    if signing:
        signing.init_app(app)
    else:
        from flask_login import LoginManager

        LoginManager(app).user_loader(lambda key: None)
    for module in _room_modules("routes"):
        app.register_blueprint(module.blueprint)
    _open_to_mail_programs(app)
    app.extensions["matcher_still_true"] = still_true()
    app.extensions["matcher_periodic"] = periodic()
    app.extensions["matcher_letter_links"] = letter_links()
    # What rooms to the right know or keep is handed over here: the search keys made from somebody's week, how often
    # they may be asked, who met whom, whose turn it is with a request. What happened since a page was made, a page of
    # the glue asks.
    app.extensions["matcher_time_changed"] = (import_module("matcher.offers.search_services").renew_owner,)
    app.extensions["matcher_own_limits"] = import_module("matcher.offers.limit_pages").own_limits
    app.extensions["matcher_have_met"] = import_module("matcher.matching.queries").have_met
    app.extensions["matcher_meanwhile"] = import_module("matcher.home.meanwhile_queries").meanwhile
    app.extensions["matcher_went"] = import_module("matcher.coordination.sent_on_queries").where_it_went
    app.extensions["matcher_request_standing"] = import_module("matcher.matching.request_queries").request_standings


def _open_to_mail_programs(app: Flask) -> None:
    """Their button sends no token of a form; the signed address is the proof."""
    for view in app.view_functions.values():
        if getattr(view, "from_mail_programs", False):
            app.extensions["csrf"].exempt(view)


def _room_modules(layer: str) -> list[ModuleType]:
    found = (import_if_there(f"matcher.{room}.{layer}") for room in ROOMS)
    return [module for module in found if module is not None]


def import_if_there(name: str) -> ModuleType | None:
    """The module, or None when a room has no such file; errors inside it are not hidden."""
    package = name.rpartition(".")[0]
    return import_module(name) if find_spec(package) and find_spec(name) else None


def _trust_proxies(app: Flask, hops: int) -> None:
    """Only as many forwarding servers as the operator named may say who the visitor is."""
    if hops:
        from werkzeug.middleware.proxy_fix import ProxyFix

        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
