"""The shipped postcode table as plain rows, pure. `postcodes_build` makes the file, `services` loads it."""

import csv
import re
from pathlib import Path
from typing import NamedTuple

from matcher.regions.states import HolidayRegion, PostcodeSource

TABLE = Path(__file__).parent / "data" / "postcodes.csv"
_WRITTEN = re.compile(r"([1-9][0-9]{3})\s?([A-Za-z]{2})?")
COLUMNS = ["pc4", "place", "province", "lat", "lon", "holiday_region", "region", "source"]


class PostcodeRow(NamedTuple):
    """One line of the table; positions are "about", in degrees (WGS84). `region` is a code of the default tiling."""

    pc4: str
    place: str
    province: str
    lat: float
    lon: float
    holiday_region: HolidayRegion
    region: str
    source: PostcodeSource


def pc4_of(text: str) -> str | None:
    """The four digits of "1234", "1234AB" or "1234 ab"; none when it is not written as a postcode."""
    found = _WRITTEN.fullmatch(text.strip())
    return found.group(1) if found else None


def read_table(path: Path = TABLE) -> list[PostcodeRow]:
    """Every row of the table, ascending by postcode."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_row(line) for line in csv.DictReader(file, delimiter=";")]


def write_table(rows: list[PostcodeRow], path: Path = TABLE) -> None:
    """Replace the table; four decimals are eleven metres, far below its error."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in sorted(rows):
            place = [row.pc4, row.place, row.province, f"{row.lat:.4f}", f"{row.lon:.4f}"]
            writer.writerow([*place, row.holiday_region.value, row.region, row.source.value])


def _row(line: dict[str, str]) -> PostcodeRow:
    return PostcodeRow(
        line["pc4"],
        line["place"],
        line["province"],
        float(line["lat"]),
        float(line["lon"]),
        HolidayRegion(line["holiday_region"]),
        line["region"],
        PostcodeSource(line["source"]),
    )
