"""A fitted model on disk: one file in the format of skops with plain arrays and its card, and the card beside it.

Reading it runs nothing of the file. It is opened without skops (that takes seconds and would bring scikit-learn into
every web process): a zip of numpy's own arrays and one JSON that names them, and any other kind of entry is refused.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from importlib.metadata import version as installed
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

from matcher.ranking.facts import GROUPS, WIDTH, fingerprint
from matcher.ranking.learned import FittedModel, Learned
from matcher.ranking.shapes import Coding, Shapes, from_plain, to_plain
from matcher.ranking.sound import faults_of

MOST_BYTES = 32 * 1024 * 1024
MOST_UNPACKED = 4 * MOST_BYTES
MOST_ENTRIES = 200
LIBRARIES = ("scikit-learn", "numpy")
"""A model is read with the versions it was fitted with: of scikit-learn exactly, of numpy the first number."""
VERSION = re.compile(r"[a-z0-9][a-z0-9.-]{0,78}")
TRUSTED = {("builtins", "dict", "DictNode"), ("builtins", "str", "JsonNode"), ("numpy", "ndarray", "NdArrayNode")}
"""Every kind of entry a model file may have; nothing else is ever made from it."""
STAGES = ("rule", "logistic", "blend")


class BadModel(ValueError):
    """The model cannot be used: a code for machines and a sentence for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True)
class Card:
    """What a model is, told with it. `file_hash` is filled in on saving."""

    version: str
    seed: int
    window_from: float  # epoch seconds of the first and last suggestion it learned from
    window_to: float
    requests: int
    settled: int
    stage: str = ""
    fingerprint: str = ""
    libraries: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)  # its own and those of every baseline, on later requests
    file_hash: str = ""


def save_model(model: FittedModel | Learned, card: Card, folder: Path) -> Path:
    """The file and its card, whole or not at all. Raises BadModel for a version that cannot be a file's name."""
    # It takes seconds to import, and only saving needs it.
    from skops.io import dumps

    path = _path(folder, card.version)
    plain = model.plain if isinstance(model, FittedModel) else model
    told = asdict(card) | {
        "stage": plain.stage,
        "fingerprint": fingerprint(),
        "libraries": {name: installed(name) for name in LIBRARIES},
        "file_hash": "",
    }
    arrays = _arrays(plain)
    packed: bytes = dumps({"card": json.dumps(told, sort_keys=True), **arrays}, compression=ZIP_DEFLATED)
    if len(packed) > MOST_BYTES:
        raise BadModel("too_large", "The model is larger than a model may be.")
    folder.mkdir(parents=True, exist_ok=True)
    _write(path, packed)
    told["file_hash"] = sha256(packed).hexdigest()
    _write(path.with_suffix(".json"), json.dumps(told, indent=1, sort_keys=True).encode())
    return path


def read_card(folder: Path, version: str) -> Card:
    """The card beside the model. Raises BadModel when it is missing or damaged."""
    path = _path(folder, version).with_suffix(".json")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadModel("no_card", "The model's card is far too large.")
        told = json.loads(path.read_bytes())
        return Card(**told)
    except FileNotFoundError:
        raise BadModel("no_card", "The model has no card, so nobody can say what it is.") from None
    except (OSError, ValueError, TypeError, RecursionError):
        raise BadModel("no_card", "The model's card is damaged.") from None


def load_model(folder: Path, version: str, expected_hash: str) -> Learned:
    """The model, ready to rank. Raises BadModel; nothing of the file is run."""
    card = read_card(folder, version)
    packed = _read(_path(folder, version))
    if sha256(packed).hexdigest() != expected_hash or card.file_hash != expected_hash:
        raise BadModel("hash", "The model file is not the one that was released.")
    found = _entries(packed)
    inside = _card_inside(found)
    if inside | {"file_hash": expected_hash} != asdict(card):
        raise BadModel("no_card", "The card beside the model belongs to another model.")
    _check_card(card, version)
    return _learned(found, card)


def _path(folder: Path, version: str) -> Path:
    if not VERSION.fullmatch(version):
        raise BadModel("version", "A version has small letters, digits, dots and dashes only.")
    return folder / f"{version}.skops"


def _write(path: Path, content: bytes) -> None:
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    with waiting.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            packed = file.read(MOST_BYTES + 1)
    except OSError:
        raise BadModel("missing", "The model file is not there or cannot be read.") from None
    if len(packed) > MOST_BYTES:
        raise BadModel("too_large", "The model file is larger than a model may be.")
    return packed


def _entries(packed: bytes) -> dict[str, Any]:
    """What the file holds by name: texts and arrays, nothing else."""
    try:
        with ZipFile(BytesIO(packed)) as opened:
            listed = opened.infolist()
            if len(listed) > MOST_ENTRIES or sum(each.file_size for each in listed) > MOST_UNPACKED:
                raise BadModel("too_large", "The model file unpacks to more than a model may be.")
            schema = json.loads(opened.read("schema.json"))
            return {str(name): _entry(opened, node) for name, node in _content(schema).items()}
    except BadModel:
        raise
    except Exception:  # whatever a damaged file makes of a zip, JSON or array reader ends here
        raise BadModel("unreadable", "The model file is damaged.") from None


def _content(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    _trust(schema, "DictNode")
    content: Mapping[str, Any] = schema["content"]
    return content


def _trust(node: Mapping[str, Any], *loaders: str) -> str:
    kind = (node["__module__"], node["__class__"], node["__loader__"])
    if kind not in TRUSTED or kind[2] not in loaders:
        raise BadModel("types", "The model file holds something else than numbers and texts, and was not opened.")
    return str(kind[2])


def _entry(opened: ZipFile, node: Mapping[str, Any]) -> Any:
    if _trust(node, "JsonNode", "NdArrayNode") == "JsonNode":
        return json.loads(node["content"])
    if node["type"] != "numpy":
        raise BadModel("types", "The model file holds something else than numbers and texts, and was not opened.")
    return np.load(BytesIO(opened.read(node["file"])), allow_pickle=False)


def _card_inside(found: Mapping[str, Any]) -> dict[str, Any]:
    try:
        inside: dict[str, Any] = json.loads(found["card"])
        return inside | {}
    except (KeyError, TypeError, ValueError, RecursionError):
        raise BadModel("no_card", "The model file has no card inside.") from None


def _check_card(card: Card, version: str) -> None:
    if card.version != version:
        raise BadModel("version", "The model file is of another version than its name says.")
    if card.fingerprint != fingerprint():
        raise BadModel("fingerprint", "The model was fitted on other facts than this version of Matcher makes.")
    for name in LIBRARIES:
        here, there = installed(name), str(card.libraries.get(name))
        if (here, there) != (there, here) and (name != "numpy" or here.split(".")[0] != there.split(".")[0]):
            raise BadModel("library", f"The model was fitted with {name} {there}; here is {here}.")
    if card.stage not in STAGES:
        raise BadModel("unreadable", "The model file is damaged.")


def _arrays(model: Learned) -> dict[str, Any]:
    arrays: dict[str, Any] = {"typical": model.typical, "of_request": model.of_request}
    for outcome in ("yes", "held"):
        for name, value in to_plain(getattr(model, outcome)).items():
            arrays[f"{outcome}_{name}"] = np.atleast_1d(np.asarray(value))
    return arrays


def _learned(found: Mapping[str, Any], card: Card) -> Learned:
    yes, held = _shapes(found, "yes"), _shapes(found, "held")
    typical, of_request = found.get("typical"), found.get("of_request")
    right = (
        isinstance(typical, np.ndarray)
        and isinstance(of_request, np.ndarray)
        and typical.shape == of_request.shape == (WIDTH,)
        and typical.dtype == np.float64
        and of_request.dtype == np.bool_
        and bool(np.all(np.isfinite(typical)))
    )
    if not right:
        raise BadModel("shape", "The model file does not have the arrays of a model.")
    return Learned(card.version, card.stage, yes, held, found["typical"], found["of_request"])


def _shapes(found: Mapping[str, Any], outcome: str) -> Shapes:
    names = [each.name for each in fields(Shapes) if each.name != "coding"]
    names += [f"coding_{each.name}" for each in fields(Coding)]
    plain: dict[str, Any] = {name: found.get(f"{outcome}_{name}") for name in names}
    if fault := faults_of(plain, WIDTH, len(GROUPS)):
        code = "numbers" if fault == "numbers" else "shape"
        said = "holds numbers that are not numbers" if code == "numbers" else "does not have the arrays of a model"
        raise BadModel(code, f"The model file {said}.")
    return from_plain(plain | {"bias": float(plain["bias"][0])})
