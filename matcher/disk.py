"""How much room is left where the data are."""

import shutil
from pathlib import Path

LEAST_FREE = 500_000_000
"""Below this somebody should look: a full disk refuses every step until there is room again."""


def free_bytes(folder: Path) -> int | None:
    """Free room in this folder, or in the nearest one above it that exists; None when the machine does not say."""
    found = next((path for path in (folder, *folder.parents) if path.is_dir()), folder)
    try:
        return shutil.disk_usage(found).free
    except OSError:
        return None


def is_nearly_full(free: int | None) -> bool:
    return free is not None and free < LEAST_FREE
