"""Reads every module once and divides for each process a test wants: web or worker, started in a blink.

A line of JSON on stdin starts one, its process number comes back on stdout. Both have a group of processes of their
own. A worker has a supervisor above it, as in an installation: when it is killed, another one starts.
"""

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import gunicorn.app.wsgiapp

import matcher
import matcher.tables
from matcher.config import Settings
from matcher.worker import work_forever


def main() -> None:
    matcher.task_modules()
    matcher._room_modules("routes")
    signal.signal(signal.SIGCHLD, lambda *_: _reap())
    made = []
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if not child:
            _become(wanted)
        made.append(child)
        print(child, flush=True)
    # The test run is over, or was cut off: nothing of it goes on.
    for child in made:
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)


def _become(wanted: dict[str, Any]) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(wanted["environment"])
    log = os.open(Path(wanted["environment"]["MATCHER_VAR"]) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(log, number)
    if wanted["what"] == "web":
        sys.argv = ["gunicorn", *wanted["arguments"]]
        gunicorn.app.wsgiapp.run()
    else:
        _supervise()
    os._exit(0)


def _supervise() -> None:
    child = 0
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    while True:
        child = os.fork()
        if not child:
            work_forever(Settings.from_env())
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    main()
