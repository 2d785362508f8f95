"""Brings GeoNames' postcodes into the table: all of it or nothing, safe to repeat. Says the source of every row.

What others know better stays: a name of the place we have already, the position of the schools of the register where
GeoNames lies far from them, our own position where it lies far from the numbers around it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from matcher.errors import InvalidInput
from matcher.i18n import _
from matcher.organisations.models import Organisation, PositionSource
from matcher.organisations.outcomes import ImportReport, Outcome, Status
from matcher.organisations.sheets import one_inside, read_text
from matcher.regions.geo import cell_of, distance_km
from matcher.regions.geonames import GeoPlace, Wrong, places, read_lines
from matcher.regions.models import Postcode, Region
from matcher.regions.queries import region_tree
from matcher.regions.states import PostcodeSource
from matcher.regions.tree import holiday_region, region_code
from matcher.subjects.words import fold

FAR_FROM_SCHOOLS_KM = 3.0
"""A postcode is rarely wider: its point lies half a kilometre from its schools at the median."""
STRAY_KM = 25.0
DIGITS = 5
Facts = dict[str, Any]
At = tuple[float, float]


class Settled(NamedTuple):
    """A postcode as it should be, and what of the file was not taken."""

    row: int
    facts: Facts
    remarks: tuple[str, ...]


def read_postcodes(content: bytes) -> tuple[list[GeoPlace], list[Wrong]]:
    """The places of a file, packed (NL.zip) or not. Raises InvalidInput when it cannot be one at all."""
    text = read_text(one_inside(content, r".*nl\.txt", _("This zip file does not hold one NL.txt.")))
    if "\t" not in text:
        raise InvalidInput(
            _("This is no list of postcodes as GeoNames writes it: nothing stands between tabs. Take NL.txt.")
        )
    lines, wrong = read_lines(text)
    return places(lines), wrong


def import_postcodes(
    session: Session, found: Sequence[GeoPlace], wrong: Sequence[Wrong], *, now: datetime, write: bool = False
) -> ImportReport:
    """What every postcode of the file becomes; written when no line is refused. Flushes, never commits."""
    refused = [Outcome(one.row, Status.REFUSED, column=one.column, reason=one.reason) for one in wrong]
    known = {row.pc4: row for row in session.scalars(select(Postcode))}
    settled = _settle(session, found, known)
    outcomes = [_outcome(one, known) for one in settled]
    report = sorted([*refused, *outcomes], key=lambda outcome: outcome.row)
    if refused or not write:
        return ImportReport(report)
    by_row = {outcome.row: outcome.status for outcome in outcomes}
    for status, statement in ((Status.NEW, insert(Postcode)), (Status.CHANGED, update(Postcode))):
        rows = [one.facts for one in settled if by_row[one.row] is status]
        if rows:
            session.execute(statement, rows)
    session.flush()
    return ImportReport(report, written=True)


def _outcome(one: Settled, known: Mapping[str, Postcode]) -> Outcome:
    row, facts = known.get(one.facts["pc4"]), one.facts
    status = Status.NEW
    if row is not None:
        same = all(getattr(row, name) == value for name, value in facts.items())
        status = Status.UNCHANGED if same else Status.CHANGED
    source = _("source: %(source)s", source=facts["source"])
    return Outcome(one.row, status, f"{facts['pc4']} {facts['place']} ({source})", one.remarks)


def _settle(session: Session, found: Sequence[GeoPlace], known: Mapping[str, Postcode]) -> list[Settled]:
    schools, around = _school_points(session), _around(found)
    regions = _Regions(session, found, known)
    return [_settled(place, known.get(place.pc4), schools.get(place.pc4), around, regions) for place in found]


def _settled(
    place: GeoPlace, row: Postcode | None, schools: At | None, around: Mapping[str, At], regions: "_Regions"
) -> Settled:
    at, source, remark = _position(place, row, schools, around[place.pc4[:3]])
    lat, lon = round(at[0], DIGITS), round(at[1], DIGITS)
    facts = {
        "pc4": place.pc4,
        "place": _name(place, row),
        "municipality": place.municipality or (row.municipality if row else None),
        "municipality_code": place.municipality_code or (row.municipality_code if row else None),
        "province": place.province,
        "lat": lat,
        "lon": lon,
        "cell": cell_of(lat, lon),
        "holiday_region": holiday_region(place.pc4, place.province),
        "region_id": regions.of(place, row),
        "source": source,
    }
    return Settled(place.row, facts, (remark,) if remark else ())


def _name(place: GeoPlace, row: Postcode | None) -> str:
    """Ours when the file has it too, in whatever spelling."""
    if row is not None and fold(row.place) in {fold(name) for name in place.names}:
        return row.place
    return place.names[0]


def _position(place: GeoPlace, row: Postcode | None, schools: At | None, middle: At) -> tuple[At, str, str]:
    """Where it lies, who says so, and what to tell about it."""
    said = (place.lat, place.lon)
    if schools is not None:
        apart = distance_km(*said, *schools)
        if apart <= FAR_FROM_SCHOOLS_KM:
            return said, PostcodeSource.GEONAMES.value, ""
        remark = _(
            "%(pc4)s: the file lies %(km)s km from its schools; theirs was taken.", pc4=place.pc4, km=round(apart)
        )
        return schools, PostcodeSource.REGISTER.value, remark
    apart = distance_km(*said, *middle)
    # A series of two or three numbers has no middle to go by; then our own position decides.
    if apart <= STRAY_KM or (row is not None and distance_km(*said, row.lat, row.lon) <= STRAY_KM):
        return said, PostcodeSource.GEONAMES.value, ""
    km = round(apart)
    if row is None:
        remark = _(
            "%(pc4)s: the file lies %(km)s km from the numbers around it; their middle was taken.", pc4=place.pc4, km=km
        )
        return middle, PostcodeSource.NEIGHBOUR.value, remark
    remark = _(
        "%(pc4)s: the file lies %(km)s km from the numbers around it; our own position stays.", pc4=place.pc4, km=km
    )
    return (row.lat, row.lon), row.source, remark


def _school_points(session: Session) -> dict[str, At]:
    """The middle of the schools whose own address the register has, per postcode."""
    query = select(Organisation.pc4, Organisation.lat, Organisation.lon).where(
        Organisation.position_source == PositionSource.REGISTER, Organisation.pc4.is_not(None)
    )
    points: dict[str, list[At]] = defaultdict(list)
    for pc4, lat, lon in session.execute(query):
        if lat is not None and lon is not None:
            points[str(pc4)].append((lat, lon))
    return {pc4: _middle(some) for pc4, some in points.items()}


def _around(found: Sequence[GeoPlace]) -> dict[str, At]:
    """The middle of each series of three digits: one that lies elsewhere does not move it."""
    series: dict[str, list[At]] = defaultdict(list)
    for place in found:
        series[place.pc4[:3]].append((place.lat, place.lon))
    return {digits: _middle(points) for digits, points in series.items()}


def _middle(points: Sequence[At]) -> At:
    return median(lat for lat, _lon in points), median(lon for _lat, lon in points)


class _Regions:
    """The region of a postcode: in the default tiling by its rules, in a later one by the municipality."""

    def __init__(self, session: Session, found: Sequence[GeoPlace], known: Mapping[str, Postcode]) -> None:
        self._default = {node.code: node for node in region_tree(session)}
        self._live = set(session.scalars(select(Region.id).where(Region.valid_to.is_(None))))
        self._numbers = sorted(pc4 for pc4, row in known.items() if row.region_id in self._live)
        self._known = known
        self._of_municipality: dict[str | None, int] = {
            row.municipality_code: row.region_id
            for row in known.values()
            if row.municipality_code and row.region_id in self._live
        }

    def of(self, place: GeoPlace, row: Postcode | None) -> int:
        default = self._default[region_code(place.pc4, place.province)]
        if default.valid_to is None:
            same_province = row is not None and row.province == place.province
            return row.region_id if row is not None and same_province else default.id
        by_municipality = self._of_municipality.get(place.municipality_code)
        if by_municipality is not None:
            return by_municipality
        if row is not None:
            return row.region_id
        nearest = min(self._numbers, key=lambda pc4: abs(int(pc4) - int(place.pc4)))
        return self._known[nearest].region_id
