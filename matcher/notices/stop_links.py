"""The signed address behind which letters of one kind end. It does not grow old: mails are kept for years. Pure."""

from matcher.links import Links
from matcher.notices.states import Stop

PURPOSE = "stop"


def stop_path(links: Links, user_id: int, what: Stop) -> str:
    return f"/notices/stop/{links.made(PURPOSE, user_id, what.value)}"


def read_stop(links: Links, secret: str) -> tuple[int, Stop] | None:
    """Whose letters and which, or None for what was not made here."""
    values = links.read(PURPOSE, secret, (int, str))
    if values is None or values[1] not in set(Stop):
        return None
    return values[0], Stop(values[1])
