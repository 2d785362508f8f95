"""Does the training that somebody asked for, beside the rounds of a worker that goes on."""

from datetime import datetime
from typing import Any

from matcher.db import Database
from matcher.matching.asked_training_queries import is_asked
from matcher.matching.asked_training_services import begin_asked
from matcher.matching.model_queries import models_folder
from matcher.matching.model_tasks import begin_training


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
    return begin_training(database, app, folder, name, now)
