"""How often one address may try. `limiter.limit("10 per 5 minutes")` on a view; 429 when it is too often.

The default store counts per process: with more than one, point MATCHER_LIMITS_URL at a shared one.
Empty switches the limits off.
"""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, headers_enabled=True)


def init_app(app: Flask) -> None:
    limiter.init_app(app)
