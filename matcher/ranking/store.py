"""STAND-IN, to be replaced: models as JSON weights."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from matcher.ranking.baseline import Ranked
from matcher.ranking.facts import FactsBatch


class BadModel(Exception):
    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True)
class Card:
    version: str
    metrics: dict[str, Any] = field(default_factory=dict)


@dataclass
class Linear:
    weights: list[float]
    name: str = "linear"
    stage: str = "logistic"

    def rank(self, batch: FactsBatch) -> Ranked:
        scores = 1 / (1 + np.exp(-np.clip(batch.values @ np.array(self.weights), -9, 9)))
        return Ranked(scores, {"near": scores * 0})


def save_model(model: Any, card: Card, folder: Path) -> Path:
    path = Path(folder) / f"{card.version}.skops"
    path.write_text(json.dumps({"weights": model.weights, "card": asdict(card)}))
    return path


def load_model(folder: Path, version: str, expected_hash: str) -> Any:
    try:
        content = (Path(folder) / f"{version}.skops").read_bytes()
    except OSError as error:
        raise BadModel("missing", "The file of the model is not there.") from error
    if hashlib.sha256(content).hexdigest() != expected_hash:
        raise BadModel("hash", "The file of the model is not the one that was released.")
    return Linear(json.loads(content)["weights"], version)


def model_file(folder: Path, version: str) -> Path:
    return Path(folder) / f"{version}.skops"
