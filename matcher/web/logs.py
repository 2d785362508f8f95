"""Secrets that stand in addresses do not reach the logs: the application's, the server's access log, the limits'."""

import logging
import re

from flask import Flask

LOGGERS = ("matcher", "gunicorn.access", "gunicorn.error", "werkzeug", "flask-limiter")
# A secret is a long piece of an address without a meaning of its own: 22 letters or more, as `secrets` makes them.
_SECRET = re.compile(r"(?<=/)(?=[A-Za-z0-9_-]*[0-9_A-Z])[A-Za-z0-9_-]{22,}(?=[/?.&#\s\"']|$)")


class HideSecrets(logging.Filter):
    """Rewrites a line; never drops one."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        hidden = without_secrets(text)
        if hidden != text:
            record.msg, record.args = hidden, None
        return True


def without_secrets(text: str) -> str:
    """`/calendar/….ics` instead of `/calendar/x7Gh….ics`."""
    return _SECRET.sub("…", text)


def init_app(app: Flask) -> None:
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, HideSecrets) for each in logger.filters):
            logger.addFilter(HideSecrets())
