"""Settings: frozen, typed, read once from MATCHER_* variables. Nothing else reads the environment."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from environs import Env

from matcher.errors import ConfigurationError

MIN_SECRET_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that differs between one installation and another."""

    var: Path = Path("var")
    database_url: str = ""
    secret_key: str = field(default="", repr=False)
    mail_url: str = field(default="file:", repr=False)
    mail_sender: str = "Matcher <noreply@demo.example>"
    reference_data: Path | None = None
    source_schools: str = ""
    source_postcodes: str = ""
    source_regions: str = ""
    source_occupations: str = ""
    base_url: str = "http://127.0.0.1:8000"
    limits_url: str = "memory://"
    queue_url: str = field(default="", repr=False)
    proxy_hops: int = 0
    default_locale: str = "nl"
    demo: bool = False
    testing: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "var", Path(self.var).absolute())
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.var / 'matcher.db'}")
        if not self.secret_key:
            object.__setattr__(self, "secret_key", self._secret())
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))

    @classmethod
    def from_env(cls, **overrides: Any) -> "Settings":
        """Settings from the environment; overrides that are None are left out."""
        env = Env(prefix="MATCHER_")
        read: dict[str, Any] = {
            "var": env.path("VAR", Path("var")),
            "database_url": env.str("DATABASE_URL", ""),
            "secret_key": env.str("SECRET_KEY", ""),
            "mail_url": env.str("MAIL_URL", "file:"),
            "mail_sender": env.str("MAIL_SENDER", cls.mail_sender),
            "reference_data": env.path("REFERENCE_DATA", None),
            "source_schools": env.str("SOURCE_SCHOOLS", ""),
            "source_postcodes": env.str("SOURCE_POSTCODES", ""),
            "source_regions": env.str("SOURCE_REGIONS", ""),
            "source_occupations": env.str("SOURCE_OCCUPATIONS", ""),
            "base_url": env.str("BASE_URL", cls.base_url),
            "limits_url": env.str("LIMITS_URL", cls.limits_url),
            "queue_url": env.str("QUEUE_URL", ""),
            "proxy_hops": env.int("PROXY_HOPS", 0),
            "default_locale": env.str("DEFAULT_LOCALE", cls.default_locale),
            "demo": env.bool("DEMO", False),
        }
        return cls(**{**read, **{name: value for name, value in overrides.items() if value is not None}})

    @property
    def models_folder(self) -> Path:
        """Where fitted rankings lie."""
        return self.var / "models"

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """The name of this installation: in the ids of calendar entries, so it should stay the same."""
        return urlsplit(self.base_url).hostname or "matcher.invalid"

    @property
    def mail_folder(self) -> Path:
        """Where mails are written when `mail_url` is `file:` (or `file:/some/folder`)."""
        named = self.mail_url.removeprefix("file:")
        return Path(named) if named else self.var / "mail"

    def require_secret(self) -> str:
        """The key for whoever signs something; other commands do without. Raises ConfigurationError."""
        if not self.secret_key:
            raise ConfigurationError("MATCHER_SECRET_KEY is not set. Give it a long random text and keep it the same.")
        if not self.testing and len(self.secret_key) < MIN_SECRET_LENGTH:
            raise ConfigurationError(f"MATCHER_SECRET_KEY is too short: use {MIN_SECRET_LENGTH} characters or more.")
        return self.secret_key

    def _secret(self) -> str:
        kept = self.var / "secret-key"
        if self.testing:
            return "only-for-tests"
        # Commands that are run beside a demonstration find the key it made.
        return _kept_secret(kept) if self.demo or kept.exists() else ""


def shared_folder(name: str, within: str = "") -> Path:
    """`templates` and the like: inside the installed package, or beside it in a checkout, there `within` a folder."""
    packaged = Path(__file__).parent / name
    return packaged if packaged.is_dir() else packaged.parent.parent / within / name


def _kept_secret(path: Path) -> str:
    """The demonstration's own key, made once; only its owner can read the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret
