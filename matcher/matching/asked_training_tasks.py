"""Does the training that somebody asked for, beside the rounds of a worker that goes on."""

import threading
from datetime import datetime
from typing import Any

from matcher.db import Database
from matcher.matching.asked_training_queries import is_asked
from matcher.matching.asked_training_services import begin_asked
from matcher.matching.model_queries import models_folder
from matcher.matching.model_tasks import carry_out


def train_when_asked(database: Database, app: Any, now: datetime) -> dict[str, int]:
    folder = models_folder(database)
    if folder is None:
        return {}
    with database.read() as session:
        if not is_asked(session):
            return {}
    with database.write() as session:
        name = begin_asked(session, now=now)
    if name is None:
        return {}
    if "matcher_queue" in app.extensions:
        threading.Thread(target=carry_out, args=(database, folder, name, now), daemon=True, name="training").start()
        return {"training begun": 1}
    return {"trained": int(carry_out(database, folder, name, now))}
