"""Bears workers that can be killed: it has loaded the application once, so that a new one is there at once.

Run as a program: database, mail server and folder as arguments, one line of ISO time for each worker to bear; answers
with its number. A worker sends until nothing is due.
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from jinja2 import ChoiceLoader, DictLoader

from matcher import create_app
from matcher.config import Settings
from matcher.db import Database
from matcher.notices.tasks import send_due
from tests.notices.conftest import LETTERS


def main(url: str, mail_url: str, folder: str) -> None:
    app = create_app(Settings(var=Path(folder), database_url=url, mail_url=mail_url, testing=True, limits_url=""))
    app.jinja_env.loader = ChoiceLoader([DictLoader(LETTERS), app.jinja_env.loader])  # type: ignore[list-item]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            database = Database(url)
            while send_due(database, app, datetime.fromisoformat(line.strip())):
                pass
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
