"""The short message at the top of the next page, with the way back when there is one."""

from typing import Any

from flask import Flask, session

MOST = 5


def init_app(app: Flask) -> None:
    app.jinja_env.globals["take_toasts"] = take_toasts


def toast(message: Any, undo: str | None = None, kind: str = "done") -> None:
    """Say `message` on the next page; `undo` is the address of a POST that takes the step back."""
    waiting = [*session.get("toasts", []), {"message": str(message), "undo": undo, "kind": kind}]
    session["toasts"] = waiting[-MOST:]


def take_toasts() -> list[dict[str, Any]]:
    """The waiting messages, each shown once: dicts with message, undo (address or None), kind (done or problem)."""
    waiting: list[dict[str, Any]] = session.pop("toasts", [])
    return waiting
