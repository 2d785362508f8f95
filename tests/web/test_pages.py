"""Long lists, charts, messages and limits."""

import pytest
from flask import Flask

from matcher.web.charts import bars, line
from matcher.web.guards import public
from matcher.web.limits import limiter
from matcher.web.paging import paged
from matcher.web.toasts import take_toasts, toast


@pytest.mark.parametrize(
    ("asked", "number", "shown"),
    [
        ("1", 1, (1, 25)),
        ("3", 3, (51, 60)),
        ("99", 3, (51, 60)),
        ("-1", 1, (1, 25)),
        ("²", 1, (1, 25)),
        ("x", 1, (1, 25)),
    ],
)
def test_page_holds_its_rows(app: Flask, asked: str, number: int, shown: tuple[int, int]) -> None:
    with app.test_request_context(f"/?page={asked}"):
        page = paged(range(60))
    assert (page.number, page.last, page.total) == (number, 3, 60)
    assert (page.first_shown, page.last_shown) == shown


def test_page_links_keep_the_filters(app: Flask) -> None:
    with app.test_request_context("/static/x?kind=a&kind=b&page=2"):
        page = paged(range(60))
        assert page.next_url == "/static/x?kind=a&kind=b&page=3"
        assert "page=1" in (page.previous_url or "")


def test_empty_list_is_one_empty_page(app: Flask) -> None:
    with app.test_request_context("/"):
        page = paged([])
    assert (page.first_shown, page.last_shown, page.last, page.next_url) == (0, 0, 1, None)


@pytest.mark.parametrize("chart", [bars, line])
@pytest.mark.parametrize("rows", [[], [("zero", 0)], [("<b>", 3), ("two", 1.5)]])
def test_chart_shows_its_numbers_twice_and_escapes(app: Flask, chart, rows) -> None:
    with app.test_request_context("/"):
        drawn = str(chart("Visits <2026>", rows, unit="%"))
    assert "<b>" not in drawn
    assert "&lt;2026&gt;" in drawn
    assert drawn.count("<tr>") == len(rows)
    assert "style=" not in drawn


def test_message_is_shown_once(app: Flask) -> None:
    with app.test_request_context("/"):
        toast("Saved", undo="/requests/7/undo")
        assert take_toasts() == [{"message": "Saved", "undo": "/requests/7/undo", "kind": "done"}]
        assert take_toasts() == []


def test_too_often_is_refused_for_a_while(make_app, sqlite_database) -> None:
    app = make_app(str(sqlite_database.engine.url), limits_url="memory://")
    app.add_url_rule("/knock", "knock", limiter.limit("2 per minute")(public(lambda: "in")))
    client = app.test_client()
    answers = [client.get("/knock") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_bars_are_a_table_with_whole_labels(app: Flask) -> None:
    with app.test_request_context("/"):
        drawn = str(bars("Bezoeken", [("Onderhoud en storingen (technische dienst)", 4), ("Dieren", 1)]))
    assert "Onderhoud en storingen (technische dienst)</th>" in drawn
    assert [drawn.count(width) for width in ('width="100.0%"', 'width="25.0%"')] == [1, 1]
