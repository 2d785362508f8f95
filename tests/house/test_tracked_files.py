"""What is kept in the repository names no machine: no package index, no folder of somebody's disk, no secret."""

import re
from pathlib import Path

import pytest

from tests.house.code import ROOT, tracked_files

LARGEST = 1_000_000
BINARY = {".png", ".gz", ".woff2", ".ico", ".jpg", ".mo"}
FORBIDDEN = {
    "package index": re.compile(
        r"(registry\.npm"
        r"js|py"
        r"pi\.org/simple|python"
        r"hosted|registry\.yarn"
        r"pkg|--index"
        r"-url|--extra-index"
        r"-url|"
        r"--find-links|\"resolved\":)",
    ),
    "folder of a machine": re.compile(r"(?<![\w.])/(home|root|Users|work|opt)/[\w.]"),
    "private key": re.compile(r"BEGIN [A-Z ]*PRIVATE KEY"),
    "unfinished merge": re.compile(r"^(<{7} |>{7} )", re.M),
}
EXEMPT = {"tests/house/test_tracked_files.py"}


def text_faults(name: str, content: str) -> list[str]:
    return [f"{name} has a {rule}: {hit[0]}" for rule, pattern in FORBIDDEN.items() if (hit := pattern.search(content))]


def file_faults(path: Path) -> list[str]:
    name = str(path.relative_to(ROOT))
    if name in EXEMPT:
        return []
    found = [f"{name} is larger than {LARGEST} bytes"] if path.stat().st_size > LARGEST else []
    return found if path.suffix in BINARY else found + text_faults(name, path.read_text(encoding="utf-8"))


def test_tracked_files_name_no_machine() -> None:
    faults = [fault for path in tracked_files() for fault in file_faults(path)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "content",
    [
        "--extra-index-url https://mirror.example/simple",
        '"resolved": "https://mirror.example/htmx.tgz"',
        "see /home/anna/notes.txt",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_file_with_planted_fault_is_found(content: str) -> None:
    assert text_faults("file.txt", content)


def test_locked_versions_have_hashes() -> None:
    for name in ("requirements.lock", "requirements-bench.lock", "requirements-node.lock"):
        entries = re.split(r"\n(?=\S)", (ROOT / name).read_text())
        assert all("--hash=sha256:" in entry for entry in entries if entry.strip()), name
