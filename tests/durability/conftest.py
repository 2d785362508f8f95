"""Where the processes of these tests come from."""

from collections.abc import Iterator

import pytest

from tests.durability.rig import Zygote


@pytest.fixture(autouse=True)
def _on_a_real_disk(real_disk: None) -> None:
    """Nothing here is about a database that forgets at a power cut."""


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    made = Zygote()
    yield made
    made.end()
