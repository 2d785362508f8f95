"""Any grouped table: learned from, and every odd one refused with a sentence and exit code 2."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcher.ranking import measures
from matcher.ranking.grouped import fit_table, gains, splits
from matcher.ranking.tables import BadTable, read_table


def made(**changes: Any) -> dict[str, Any]:
    dice = np.random.default_rng(1)
    x = dice.normal(size=(240, 4))
    x[:, 3] = dice.integers(0, 4, 240)
    y = (x[:, 0] + (x[:, 3] % 2) + 0.3 * dice.normal(size=240) > 0.7).astype(int)
    found = {"X": x, "y": y, "group": np.full(40, 6), "names": np.array(["a", "b", "c", "d"])} | changes
    return {name: value for name, value in found.items() if value is not None}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "table.npz"
    np.savez(path, **made(**changes))
    return path


def test_table_is_read_with_what_it_says(tmp_path: Path) -> None:
    path = written(tmp_path, categorical=np.array(["d"]), monotone=np.array([1, 0, 0, 0]), valid_from=np.array(180))
    table = read_table(path)
    assert (table.names, table.categorical, table.monotone, table.valid_from) == (
        ("a", "b", "c", "d"),
        (3,),
        (1, 0, 0, 0),
        180,
    )
    assert [int(late.sum()) for late in splits(table, seed=1)] == [10]
    plain = read_table(written(tmp_path, names=None))
    assert (plain.names[0], plain.categorical, plain.monotone) == ("column 1", (), (0, 0, 0, 0))
    assert sum(late.astype(int) for late in splits(plain, seed=1)).tolist() == [1] * 40


def test_estimator_is_not_welded_to_our_facts(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, categorical=np.array([3]), monotone=np.array([1, 0, 0, 0])))
    late = np.arange(40) >= 30
    train, test = table.part(~late), table.part(late)
    scores = fit_table(train, seed=1).scores(test.X, test.group)
    assert np.nanmean(measures.ndcg(scores, gains(test.y), test.bounds)) > 0.9


def test_grades_and_missing_values_are_learned_from(tmp_path: Path) -> None:
    found = made()
    x = np.where(np.random.default_rng(2).random((240, 4)) < 0.1, np.nan, found["X"])
    x[:, 1] = np.nan
    table = read_table(written(tmp_path, X=x, y=np.clip(np.round(found["X"][:, 0] + 1), 0, 3)))
    scores = fit_table(table, seed=1).scores(table.X, table.group)
    assert np.nanmean(measures.ndcg(scores, gains(table.y), table.bounds)) > 0.85


ODD = {
    "no X": {"X": None},
    "rows": {"y": [0, 1]},
    "flat": {"X": [1.0] * 240},
    "text": {"X": [["a"] * 4] * 240},
    "infinite": {"X": [[float("inf")] * 4] * 240},
    "too large": {"X": [[1e200] * 4] * 240},
    "one class": {"y": [1] * 240},
    "half": {"y": [0.5] * 240},
    "negative": {"y": [-1, 1] * 120},
    "unknown outcome": {"y": [float("nan")] * 240},
    "sizes": {"group": [6] * 39},
    "no group": {"group": [0] + [6] * 40},
    "halves": {"group": [2.5] * 96},
    "names": {"names": ["a"]},
    "twice": {"names": ["a"] * 4},
    "category": {"categorical": [9]},
    "category name": {"categorical": ["z"]},
    "signs": {"monotone": [2, 0, 0, 0]},
    "few signs": {"monotone": [1]},
    "in a group": {"valid_from": [7]},
    "at the end": {"valid_from": [240]},
    "not a row": {"valid_from": ["x"]},
}


@pytest.mark.parametrize("name", ODD)
def test_odd_table_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    changes = {key: None if value is None else np.array(value) for key, value in ODD[name].items()}
    with pytest.raises(BadTable, match=r"\.$"):
        read_table(written(tmp_path, **changes))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut"])
def test_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.npz"
    path.write_bytes(content)
    with pytest.raises(BadTable, match=r"\.$"):
        read_table(path)


def test_objects_in_a_table_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.npz"
    np.savez(path, X=np.array([object()], dtype=object), y=np.zeros(1), group=np.ones(1))
    with pytest.raises(BadTable, match=r"\.$"):
        read_table(path)


def test_benchmark_ends_with_two_and_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, y=np.ones(3))
    command = [sys.executable, "-m", "benchmarks.ranking_quality", "--json", "--table", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "X has 240 rows and y has 3." in ended.stderr
    assert "Traceback" not in ended.stderr
