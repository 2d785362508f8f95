"""A browser is named in words somebody knows."""

import pytest

from matcher.accounts.browsers import browser_name

MOZILLA = "Mozilla/5.0"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Windows"),
        (f"{MOZILLA} (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        (f"{MOZILLA} (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome · Android"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari · iPhone"),
        (f"{MOZILLA} (iPad; CPU OS 19_0 like Mac OS X) CriOS/140.0 Safari/604.1", "Chrome · iPad"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_browser_and_machine_are_named(agent: str, name: str) -> None:
    assert browser_name(agent) == name
