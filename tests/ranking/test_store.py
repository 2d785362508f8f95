"""A model file is read whole or not at all, and nothing in it is ever run."""

import io
import json
import pickle
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from matcher.ranking import store
from matcher.ranking.learned import fit_model
from matcher.ranking.store import BadModel, Card, load_model, save_model
from tests.ranking.made import batch, made_examples

CARD = Card(version="v1", seed=1, window_from=0.0, window_to=1.0, requests=60, settled=60)


@pytest.fixture(scope="module")
def model():
    return fit_model(made_examples(60, asked=1), seed=1)


@pytest.fixture
def saved(model, tmp_path: Path) -> tuple[Path, str]:
    path = save_model(model, CARD, tmp_path)
    return path, sha256(path.read_bytes()).hexdigest()


def code_of(folder: Path, expected: str, version: str = "v1") -> str:
    with pytest.raises(BadModel) as refused:
        load_model(folder, version, expected)
    assert refused.value.sentence.endswith(".")
    return refused.value.code


def put(path: Path, packed: bytes) -> str:
    """As if it had been released so: the hash and the card say it is right."""
    path.write_bytes(packed)
    found = sha256(packed).hexdigest()
    card = path.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | {"file_hash": found}))
    return found


def with_arrays(path: Path, **values: object) -> bytes:
    from skops.io import dumps, load

    return bytes(dumps(load(path, trusted=[]) | values))


def test_saved_and_loaded_ranks_the_same(model, saved) -> None:
    path, expected = saved
    loaded = load_model(path.parent, "v1", expected)
    assert np.array_equal(loaded.rank(batch()).scores, model.rank(batch()).scores)
    assert (loaded.name, loaded.stage) == ("v1", model.stage)


def test_skops_itself_finds_no_type_to_trust(saved) -> None:
    from skops.io import get_untrusted_types

    assert get_untrusted_types(file=saved[0]) == []


def test_loading_and_ranking_brings_no_scikit_learn(saved) -> None:
    path, expected = saved
    script = (
        "import sys; from pathlib import Path; import numpy as np; from matcher.ranking.store import load_model;"
        "from matcher.ranking.facts import WIDTH, FactsBatch;"
        f"load_model(Path({str(path.parent)!r}), 'v1', {expected!r}).rank(FactsBatch(np.ones((3, WIDTH)))).of_row(0);"
        "sys.exit(any(name in sys.modules for name in ('sklearn', 'scipy', 'skops')))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=Path.cwd(), timeout=300).returncode == 0


def test_model_without_card_is_refused(saved) -> None:
    path, expected = saved
    path.with_suffix(".json").unlink()
    assert code_of(path.parent, expected) == "no_card"


def test_missing_file_and_wrong_hash_are_refused(saved) -> None:
    path, expected = saved
    assert code_of(path.parent, "0" * 64) == "hash"
    assert code_of(path.parent, expected, version="v2") == "no_card"
    assert code_of(path.parent, expected, version="../v1") == "version"
    path.unlink()
    assert code_of(path.parent, expected) == "missing"


def test_cut_at_fifty_points_and_flipped_bits_are_refused(saved) -> None:
    path, _expected = saved
    whole = path.read_bytes()
    for cut in np.linspace(0, len(whole) - 1, 50).astype(int).tolist():
        assert code_of(path.parent, put(path, whole[:cut])) in {"unreadable", "no_card", "shape", "types"}
    dice = np.random.default_rng(1)
    for at in dice.integers(0, len(whole), 50).tolist():
        flipped = bytearray(whole)
        flipped[at] ^= 1 << int(dice.integers(0, 8))
        path.write_bytes(bytes(flipped))
        assert code_of(path.parent, sha256(whole).hexdigest()) == "hash"


def test_flipped_bits_that_look_released_never_fail_otherwise(saved) -> None:
    path, _expected = saved
    whole, dice = path.read_bytes(), np.random.default_rng(2)
    for at in dice.integers(0, len(whole), 60).tolist():
        flipped = bytearray(whole)
        flipped[at] ^= 1 << int(dice.integers(0, 8))
        try:
            found = load_model(path.parent, "v1", put(path, bytes(flipped)))
        except BadModel:
            continue
        assert len(found.rank(batch(5)).scores) == 5


class Bomb:
    """Writes a file when somebody unpickles it."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return Path.write_text, (self.canary, "run")


def test_hostile_files_run_nothing(saved, tmp_path: Path) -> None:
    from skops.io import dumps

    path, _expected = saved
    canary = tmp_path / "canary"
    hostile = [
        pickle.dumps(Bomb(canary)),
        dumps({"card": "{}", "a": Bomb(canary)}),
        dumps({"card": "{}", "a": print}),
        dumps([1, 2]),
        _with_pickled_array(path, canary),
        _with_schema({"__module__": "os", "__class__": "system", "__loader__": "FunctionNode", "content": "x"}),
        _with_schema("x"),
        b"",
    ]
    for packed in hostile:
        assert code_of(path.parent, put(path, packed)) in {"types", "unreadable"}
    assert not canary.exists()


def _with_pickled_array(path: Path, canary: Path) -> bytes:
    """Numpy's own format with an object in it."""
    packed, written = io.BytesIO(), io.BytesIO()
    np.save(written, np.array([Bomb(canary)], dtype=object), allow_pickle=True)
    with ZipFile(path) as old, ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, written.getvalue() if name.endswith(".npy") else old.read(name))
    return packed.getvalue()


def _with_schema(content: object) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w") as new:
        new.writestr("schema.json", json.dumps(content))
    return packed.getvalue()


def test_too_large_is_refused_before_it_is_unpacked(saved, monkeypatch: pytest.MonkeyPatch) -> None:
    path, expected = saved
    monkeypatch.setattr(store, "MOST_UNPACKED", 1_000)
    assert code_of(path.parent, expected) == "too_large"
    monkeypatch.setattr(store, "MOST_BYTES", 5_000)
    assert code_of(path.parent, expected) == "too_large"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("yes_heights", [np.nan], "numbers"),
        ("yes_bias", [np.inf], "numbers"),
        ("typical", [0.0, 0.0, 0.0], "shape"),
        ("yes_first", [400], "shape"),
        ("held_steps", [[0.0, 0.0], [0.0, 0.0]], "shape"),
        ("yes_knots", [1, 2], "shape"),
    ],
)
def test_arrays_that_are_not_a_model_are_refused(saved, name: str, value: list, code: str) -> None:
    path, _expected = saved
    assert code_of(path.parent, put(path, with_arrays(path, **{name: np.array(value)}))) == code


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"fingerprint": "0" * 64}, "fingerprint"),
        ({"libraries": {"scikit-learn": "1.8.0", "numpy": "2.0.0"}}, "library"),
        ({"libraries": {}}, "library"),
        ({"version": "v9"}, "version"),
        ({"stage": "magic"}, "unreadable"),
    ],
)
def test_model_of_another_version_or_other_facts_is_refused(saved, told: dict, code: str) -> None:
    path, _expected = saved
    card = path.with_suffix(".json")
    found = json.loads(card.read_text()) | told
    packed = with_arrays(path, card=json.dumps(found | {"file_hash": ""}))
    path.write_bytes(packed)
    expected = sha256(packed).hexdigest()
    card.write_text(json.dumps(found | {"file_hash": expected}))
    assert code_of(path.parent, expected) == code


def test_version_that_is_no_file_name_is_not_saved(model, tmp_path: Path) -> None:
    with pytest.raises(BadModel):
        save_model(model, Card("../x", 1, 0.0, 1.0, 1, 1), tmp_path / "in")
    assert list(tmp_path.iterdir()) == []
