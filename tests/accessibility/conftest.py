"""A shop for each file of tests."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from jinja2 import FileSystemBytecodeCache

from tests.accessibility.shop import Shop, open_shop


@pytest.fixture(scope="module")
def shop(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    compiled_templates: FileSystemBytecodeCache,
) -> Iterator[Shop]:
    """One for all tests of a file: what they send is undone."""
    folder = tmp_path_factory.mktemp("shop")
    copyfile(sqlite_template, folder / "only.db")
    with open_shop(folder / "only.db", compiled_templates) as opened:
        yield opened
