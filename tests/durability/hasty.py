"""The control of the kill test: a server that says yes first and saves a moment later."""

import io
import threading
import time
from collections.abc import Iterable
from typing import Any

import matcher

LATER_SECONDS = 0.15


def create_app() -> Any:
    app = matcher.create_app()

    def hasty(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            return app.wsgi_app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        later = {**environ, "wsgi.input": io.BytesIO(body)}

        def save() -> None:
            time.sleep(LATER_SECONDS)
            list(app.wsgi_app(later, lambda *_: lambda _data: None))

        threading.Thread(target=save, daemon=True).start()
        start_response("302 FOUND", [("Location", "/"), ("Content-Length", "0")])
        return []

    return hasty
