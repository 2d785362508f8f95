"""Static files: their address changes with their content, they are kept for ever, and texts leave compressed."""

import gzip
import re
from pathlib import Path

from flask.testing import FlaskClient


def addresses(client: FlaskClient) -> list[str]:
    return re.findall(r'(?:href|src)="(/static/[^"#]+)"', client.get("/how-it-works").text)


def test_every_file_of_a_page_has_a_version_and_is_kept_for_a_year(client: FlaskClient) -> None:
    found = addresses(client)
    assert len(found) > 8
    for address in found:
        if address.endswith(".woff2"):
            continue  # the style sheet names it without a version
        answer = client.get(address)
        assert "?v=" in address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", address
        answer.close()


def test_texts_leave_compressed_only_for_who_reads_them_so(client: FlaskClient) -> None:
    address = next(each for each in addresses(client) if "base.css" in each)
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    again = client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    part = client.get(address, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-99"})
    assert (part.status_code, len(part.data)) == (206, 100)
    for answer in (plain, packed, again, part):
        answer.close()


def test_first_visit_weighs_less_than_a_hundred_kilobytes_before_pictures(client: FlaskClient) -> None:
    page = client.get("/")
    weight = len(page.data)
    for address in set(re.findall(r'(?:href|src)="(/static/[^"#]+)[^"]*"', page.text)):
        if ".svg" not in address:
            answer = client.get(address, headers={"Accept-Encoding": "gzip"})
            weight += len(answer.data)
            answer.close()
    assert 40_000 < weight < 100_000


def test_fonts_are_left_as_they_are(client: FlaskClient) -> None:
    font = next((Path(client.application.static_folder or "") / "vendor" / "figtree").glob("*.woff2"))
    answer = client.get(f"/static/vendor/figtree/{font.name}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert answer.data == font.read_bytes()
    assert answer.headers["Cache-Control"] == "public, max-age=2592000"
    answer.close()
