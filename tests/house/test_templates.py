"""Every page has a heading, and nothing in a template needs a weaker content policy."""

import re

import pytest

from tests.house.code import templates

HEADINGS = ("<h1", "page_head(")
FORBIDDEN = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.I),
    "inline style": re.compile(r"<style\b|\sstyle\s*=", re.I),
    "event attribute": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.I),
    "script address": re.compile(r"(href|src|action)\s*=\s*[\"']?javascript:", re.I),
    "unescaped text": re.compile(r"\|\s*safe\b|autoescape\s+false", re.I),
    "foreign address": re.compile(r"(src|href)\s*=\s*[\"'](https?:)?//[^\"']*\.(js|css|woff2?)", re.I),
    "trans block": re.compile(r"{%-?\s*trans\b"),
}
EXTENDS = re.compile(r"{%-?\s*extends\s+[\"']([^\"']+)")
COMMENT = re.compile(r"{#.*?#}", re.S)


def is_page(name: str, text: str) -> bool:
    """A template of a room that fills a layout; parts begin with `_`, layouts and mails are something else."""
    folder, _slash, file = name.rpartition("/")
    return not file.startswith("_") and not folder.startswith(("layouts", "components", "mail")) and "extends" in text


def has_heading(text: str) -> bool:
    """Itself or in the layout it fills."""
    if any(heading in text for heading in HEADINGS):
        return True
    filled = EXTENDS.search(text)
    return bool(filled) and has_heading(dict(templates())[filled[1]])


def template_faults(name: str, text: str) -> list[str]:
    text = COMMENT.sub("", text)
    found = []
    if is_page(name, text) and not has_heading(text):
        found.append(f"{name} has no heading")
    # Mail programs know no stylesheets; the page's own policy does not reach them.
    rules = {"unescaped text", "trans block"} if name.startswith("mail/") else set(FORBIDDEN)
    return found + [f"{name} has an {rule}" for rule in sorted(rules) if FORBIDDEN[rule].search(text)]


def test_templates_follow_the_house() -> None:
    faults = [fault for name, text in templates() for fault in template_faults(name, text)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "text",
    [
        '{% extends "layouts/page.html" %}<p>No heading</p>',
        "<script>alert(1)</script>",
        '<p style="color: red">',
        '<button onclick="go()">',
        '<a href="javascript:go()">',
        "{{ name|safe }}",
        '<link href="https://example.org/app.css">',
    ],
)
def test_template_with_planted_fault_is_found(text: str) -> None:
    assert template_faults("offers/page.html", text)
