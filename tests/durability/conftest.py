"""Where the processes of these tests come from."""

from collections.abc import Iterator

import pytest

from tests.durability.rig import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    made = Zygote()
    yield made
    made.end()
