"""Machines that fail on purpose: a small disk, a disk for reading only. Only for who may mount; else skipped."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("only who may mount can make a small disk")
    try:
        yield folder
    finally:
        # Lazily: an error that is still being looked at may hold a file.
        subprocess.run(["umount", "-l", folder], check=True)


def for_reading_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
