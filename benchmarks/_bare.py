"""What gunicorn serves while pages are measured under load: the application, and under /bare Flask with nothing."""

from typing import Any

from flask import Flask

from matcher import create_app
from matcher.config import Settings

BARE_PAGE = "<!doctype html><html lang=en><title>Bare</title><h1>Hello</h1></html>"


def bare_app() -> Flask:
    """Flask and one view that answers a constant: no session, no template, no database."""
    app = Flask("bare")

    @app.get("/bare")
    def bare() -> str:
        return BARE_PAGE

    return app


def both() -> Any:
    """Made by the server itself, so that both answer from the same processes."""
    whole, bare = create_app(Settings.from_env()), bare_app()

    def choose(environ: dict[str, Any], start_response: Any) -> Any:
        return (bare if environ["PATH_INFO"] == "/bare" else whole)(environ, start_response)

    return choose
