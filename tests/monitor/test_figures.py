"""Numbers about held visits: what counts, for which school year, and what is never published."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.states import Kind
from matcher.db import Database
from matcher.matching.models import Match, MatchMoment, VisitReport
from matcher.matching.states import MatchState, Side
from matcher.matching.visit_services import expire_match
from matcher.monitor.exports import csv_text, safe_cell
from matcher.monitor.figures import Cell, Figures, drawn, published, year_label
from matcher.monitor.queries import figures, visit_rows, years_with_visits
from tests.factories import NOW
from tests.factories.matching import epoch, make_match, make_request, make_topic
from tests.factories.people import make_coordinator, make_region, make_school, make_teacher
from tests.matching.lives import make_life

Browse = Callable[[int], FlaskClient]


def make_visit(
    session: Session,
    day: date,
    *,
    pupils: int | None = 25,
    hours: float | None = 3.5,
    state: str = "held",
    **request: object,
) -> int:
    match = make_match(session, request=make_request(session, **request), state=state)  # type: ignore[arg-type]
    start_s = epoch(day, "10:15")
    session.add(
        MatchMoment(
            match_id=match.id, day=day, starts="10:15", ends="11:05", start_s=start_s, end_s=start_s + 3000,
            suggested_by=Side.SCHOOL, chosen=True,
        )
    )  # fmt: skip
    for side, number, spent in ((Side.SCHOOL, pupils, None), (Side.COMPANY, None, hours)):
        session.add(VisitReport(match_id=match.id, side=side, happened=True, pupils=number, hours=spent, at=NOW))
    session.flush()
    return match.id


def test_visits_pupils_and_hours_are_counted_per_school_year(session: Session) -> None:
    school = make_school(session)
    for day in (date(2026, 8, 1), date(2027, 7, 31), date(2026, 7, 31)):
        make_visit(session, day, school=school)
    make_visit(session, date(2026, 10, 1), school=school, state="missed")
    found = figures(session, year=2026, region_ids=[school.region_id or 0])
    assert (found.visits, found.pupils, found.hours, found.schools) == (2, 50, 7.0, 1)
    assert [(cell.label, cell.visits) for cell in found.by_year] == [("2025/26", 1), ("2026/27", 2)]
    assert years_with_visits(session, [school.region_id or 0]) == [2026, 2025]


def test_kinds_too_small_to_publish_are_in_no_number(session: Session) -> None:
    school = make_school(session)
    for day, lectures in ((date(2026, 10, 1), 6), (date(2025, 10, 1), 7)):
        for _number in range(lectures):
            make_visit(session, day, school=school)
        make_visit(session, day, school=school, kind=Kind.TEACHER_INTERNSHIP)
    seen = figures(session, year=2026, kinds=[Kind.GUEST_LECTURE])
    assert (seen.visits, seen.pupils, [cell.visits for cell in seen.by_kind]) == (6, 150, [6])
    assert [(cell.label, cell.visits, cell.pupils) for cell in seen.by_year] == [
        ("2025/26", 7, 175),
        ("2026/27", 6, 150),
    ]
    assert [cell.visits for cell in (*seen.by_region, *seen.by_subject)] == [6, 6]
    assert figures(session, year=2026).visits == 7
    assert figures(session, year=2026, kinds=[]).visits == 0


def test_size_of_the_group_stands_in_for_a_missing_count(session: Session) -> None:
    make_visit(session, date(2026, 10, 1), pupils=None, hours=None)
    found = figures(session, year=2026)
    assert (found.pupils, found.hours) == (28, 0.0)


def test_subjects_regions_and_kinds_have_their_lines(session: Session) -> None:
    energy, water = make_topic(session, "energie"), make_topic(session, "water")
    make_visit(session, date(2026, 10, 1), topics=[energy, water])
    north = make_region(session, "drenthe", name="Drenthe", landsdeel="noord")
    school = make_school(session, region=north)
    make_visit(session, date(2026, 10, 2), topics=[energy], school=school, teacher=make_teacher(session, school=school))
    found = figures(session, year=2026)
    assert [(cell.label, cell.visits) for cell in found.by_subject] == [("Energie", 2), ("Water", 1)]
    assert {cell.label: cell.visits for cell in found.by_region} == {"Drenthe": 1, "Midden- en Oost-Brabant": 1}
    assert [cell.visits for cell in found.by_kind] == [2]
    assert figures(session, year=2026, region_ids=[north.id]).visits == 1


def test_published_figures_hide_small_cells_and_what_would_give_them_away() -> None:
    lines = [Cell("A", 12, 300, 40.0), Cell("B", 3, 75, 9.0), Cell("C", 7, 170, 20.0)]
    shown = published(Figures(2026, 22, 545, 69.0, 9, 4, lines, lines, [], [Cell("2026/27", 22, 545, 69.0)]), {"A": 12})
    assert [cell.visits for cell in shown.by_kind] == [12, None, None]
    assert [cell.pupils for cell in shown.by_kind] == [300, None, None]
    assert [cell.visits for cell in shown.by_region] == [12, None, None]
    assert (shown.visits, shown.schools, shown.companies) == (22, 9, None)
    small = published(Figures(2026, 3, 75, 9.0, 2, 2, [lines[1]], [lines[1]], [], []), {})
    assert (small.visits, small.pupils, small.hours) == (None, None, None)
    assert drawn(shown.by_kind) == [("A", 12.0)]
    assert year_label(2099) == "2099/00"


@pytest.mark.parametrize("typed", ["=1+1", "+31 6", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1"])
def test_cell_that_a_spreadsheet_would_run_is_made_text(typed: str) -> None:
    assert str(safe_cell(typed)).startswith("'")


def test_csv_reads_back_as_written() -> None:
    text = csv_text(["Dag", "Titel"], [["2026-12-10", 'Les "robots"; deel 2\nvervolg'], ["x", None], [3, 2.5]])
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:]), delimiter=";"))
    assert rows == [["Dag", "Titel"], ["2026-12-10", 'Les "robots"; deel 2\nvervolg'], ["x", ""], ["3", "2.5"]]


def test_rows_for_the_file_have_no_names_of_people(session: Session) -> None:
    school = make_school(session)
    make_visit(session, date(2026, 10, 1), school=school)
    rows = visit_rows(session, [school.region_id or 0], year=2026)
    assert [(row.school, row.pupils, row.hours) for row in rows] == [(school.name, 25, 3.5)]
    assert not any("Person" in str(value) for row in rows for value in row)
    assert visit_rows(session, [], year=2026) == []


def test_pages_and_file_for_the_coordinator_only(browse: Browse, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        make_visit(session, date(2026, 10, 1), title='=HYPERLINK("x")')
        coordinator, teacher = make_coordinator(session).id, make_teacher(session).id
        stranger = make_coordinator(session, region=make_region(session, "drenthe", landsdeel="noord")).id
    for path in ("/monitor?year=2026", "/monitor/visits.csv?year=2026"):
        assert browse(teacher).get(path).status_code == 403
        assert browse(coordinator).get(path).status_code == 200
    own = browse(coordinator).get("/monitor/visits.csv?year=2026")
    assert "'=HYPERLINK" in own.text
    assert own.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "HYPERLINK" not in browse(stranger).get("/monitor/visits.csv?year=2026").text
    assert browse(coordinator).get("/monitor?year=99999").status_code == 200


def test_dates_that_passed_without_approval_count_for_the_region(session: Session) -> None:
    for days in (0, 1):
        life = make_life(session)
        moment = life.moments(life.accepted(now=NOW + timedelta(minutes=days)))[0]
    waiting = make_life(session).asked()
    after = datetime.fromtimestamp(moment.start_s, UTC)
    for match_id in session.scalars(select(Match.id)).all():
        expire_match(session, match_id, now=after + timedelta(days=30))
    assert waiting.state is MatchState.EXPIRED
    region_id = life.school.region_id or 0
    assert figures(session, year=2026, region_ids=[region_id]).unapproved == 2
    assert figures(session, year=2025, region_ids=[region_id]).unapproved == 0
    assert figures(session, year=2026, region_ids=[0]).unapproved == 0
    told = life.notices(session.get_one(Match, moment.match_id), seq=3)
    assert ("matching/unapproved", life.coordinator.email, "inbox") in told
    assert [template for template, _address, channel in told if channel == "mail"] == ["matching/expired"] * 2
    assert not any(template == "matching/unapproved" for template, *_rest in life.notices(waiting))
