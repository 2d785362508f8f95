"""Runs the web server and the worker of the demonstration beside each other and ends them together."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

from matcher.config import Settings
from matcher.errors import ConfigurationError

HOST = "127.0.0.1"
GRACE_SECONDS = 10


def check_port(port: int) -> None:
    """Raises ConfigurationError when somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise ConfigurationError(f"Port {port} is not free. Choose another one with --port.") from error


def serve(settings: Settings, *, port: int, ready: Callable[[], None]) -> int:
    """Until Ctrl-C or SIGTERM; gives 1 when one of the two ended by itself, after ending the other."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    environment = os.environ | _environment(settings)
    children = [subprocess.Popen(command, env=environment) for command in _commands(port)]
    ready()
    try:
        while not stop.wait(0.5):
            if any(child.poll() is not None for child in children):
                return 1
        return 0
    finally:
        _end(children)


def _commands(port: int) -> list[list[str]]:
    web = ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--bind", f"{HOST}:{port}"]
    return [
        [sys.executable, "-m", "gunicorn", *web, "--log-level", "warning", "matcher:create_app()"],
        [sys.executable, "-c", "from matcher.cli import main; main()", "work"],
    ]


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "MATCHER_DEMO": "1",
        "MATCHER_VAR": str(settings.var),
        "MATCHER_DATABASE_URL": settings.database_url,
        "MATCHER_BASE_URL": settings.base_url,
    }


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
