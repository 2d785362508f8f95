"""Every letter in templates/mail: three files, readable by the engine, in the common frame, nothing from elsewhere."""

from pathlib import Path

import pytest
from flask import Flask

from matcher.config import shared_folder

FOLDER = shared_folder("templates") / "mail"
NAMES = sorted(
    {str(file.relative_to(FOLDER)).split(".")[0] for file in FOLDER.glob("*/*") if not file.name.startswith("_")}
)


@pytest.mark.parametrize("name", NAMES)
def test_letter_has_subject_text_and_html(name: str, app: Flask) -> None:
    for kind in ("subject.txt", "txt", "html"):
        app.jinja_env.get_template(f"mail/{name}.{kind}")
    html = Path(FOLDER / f"{name}.html").read_text(encoding="utf-8")
    assert "{% extends" in html
    for foreign in ("<script", "<img", "<link", "http://", "https://", "|safe"):
        assert foreign not in html
    assert "\n" not in Path(FOLDER / f"{name}.subject.txt").read_text(encoding="utf-8").strip()
