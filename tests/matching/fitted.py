"""A small fitted model on disk, made by hand, and the same file changed in chosen ways."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np

from matcher.ranking.facts import GROUPS, WIDTH
from matcher.ranking.learned import Learned
from matcher.ranking.shapes import constant
from matcher.ranking.store import Card, read_card, save_model

CARD = Card(version="1", seed=1, window_from=0.0, window_to=1.0, requests=60, settled=90)


def small_model() -> Learned:
    """The written rule's own order, with a chance that somebody comes."""
    parts = len(GROUPS)
    yes = replace(constant(0.3, WIDTH, parts), rule_weights=np.ones(parts))
    return Learned("1", "logistic", yes, constant(2.0, WIDTH, parts), np.zeros(WIDTH), np.zeros(WIDTH, dtype=np.bool_))


def save_small(folder: Path, version: str = "1") -> str:
    """Gives the hash."""
    save_model(small_model(), replace(CARD, version=version), folder)
    return read_card(folder, version).file_hash


def copied(source: Path, folder: Path, version: str) -> str:
    """The same model under another version; gives the hash."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{version}.skops").write_bytes((source / "1.skops").read_bytes())
    (folder / f"{version}.json").write_bytes((source / "1.json").read_bytes())
    return rewritten(folder, version, lambda told, _arrays: told.update(version=version))


def rewritten(folder: Path, version: str, change: Callable[[dict[str, Any], dict[str, Any]], object]) -> str:
    """Card and arrays as `change` leaves them, in a file whose hash its card tells; gives the hash."""
    path, card = folder / f"{version}.skops", folder / f"{version}.json"
    with ZipFile(path) as opened:
        entries = {name: opened.read(name) for name in opened.namelist()}
    schema = json.loads(entries["schema.json"])
    content = schema["content"]
    told = json.loads(json.loads(content["card"]["content"]))
    files = {name: node["file"] for name, node in content.items() if "file" in node}
    arrays = {name: np.load(BytesIO(entries[file])) for name, file in files.items()}
    change(told, arrays)
    content["card"]["content"] = json.dumps(json.dumps(told))
    for name, file in files.items():
        written = BytesIO()
        np.save(written, arrays[name])
        entries[file] = written.getvalue()
    packed = BytesIO()
    with ZipFile(packed, "w") as made:
        for name, body in {**entries, "schema.json": json.dumps(schema).encode()}.items():
            made.writestr(ZipInfo(name), body)
    path.write_bytes(packed.getvalue())
    found = sha256(packed.getvalue()).hexdigest()
    card.write_text(json.dumps({**told, "file_hash": found}))
    return found
