"""A spreadsheet between the steps of its import: a file that only its owner finds, for a day at most."""

import re
import secrets
import time
from pathlib import Path

from matcher.errors import NotFound

KEPT_SECONDS = 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


class Uploads:
    """The folder of one installation. `now` is the clock of the files, in seconds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, content: bytes, *, user_id: int) -> str:
        """The token under which this person finds the file again; forgotten files go first."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.clear()
        token = secrets.token_urlsafe(16)
        path = self.folder / f"{user_id}-{token}"
        path.touch(mode=0o600)
        path.write_bytes(content)
        return token

    def find(self, token: str, *, user_id: int) -> bytes:
        """Raises NotFound for what is gone, or somebody else's."""
        try:
            return self._path(token, user_id).read_bytes()
        except FileNotFoundError as error:
            raise NotFound() from error

    def forget(self, token: str, *, user_id: int) -> None:
        self._path(token, user_id).unlink(missing_ok=True)

    def clear(self) -> None:
        oldest = time.time() - KEPT_SECONDS
        for path in self.folder.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _path(self, token: str, user_id: int) -> Path:
        if _TOKEN.fullmatch(token) is None:
            raise NotFound()
        return self.folder / f"{user_id}-{token}"
