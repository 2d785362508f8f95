"""Which routes fit whom: every kind of school with every diploma, and what a qualification already means there."""

import pytest

from matcher.qualifications.policy import (
    FEW_LESSONS,
    Route,
    Wish,
    is_told_of_hybrid,
    judge,
    may_teach,
    routes_for,
    sector_for,
)
from matcher.qualifications.reviewed import shipped_routes
from matcher.qualifications.states import Education, Held, Qualification, Sector, Subjects, Verdict, Why
from matcher.subjects.levels import Level, SchoolSector


def shipped() -> list[Route]:
    return [
        Route(
            code,
            frozenset(Sector(sector) for sector in values["sectors"]),
            Education(values["min_education"]),
            values["lower_by_assessment"],
            Subjects(values["subjects"]),
            Qualification(values["gives"]),
            values["hours_from"],
            values["hours_to"],
            values["ask_first"],
        )
        for code, values in sorted(shipped_routes().items(), key=lambda one: one[1]["position"])
    ]


def verdicts(wish: Wish) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"fits": set(), "ask": set(), "not": set()}
    for fit in routes_for(wish, shipped()):
        found[fit.verdict.value].add(fit.route.code)
    return found


PO_ALL = {"guest_primary", "lateral_primary", "primary_training"}
VO_ALL = {"six_hours", "lateral_second", "second_degree", "educational_module", "first_degree"}
UPPER_ALL = {"six_hours", "lateral_first", "first_degree"}
MBO_ALL = {"six_hours", "pdg", "instructor", "second_degree"}
HBO_ALL = {"guest_hbo", "bdb"}
VARIES = {"educational_module", "first_degree"}
EVERYTHING = {
    Sector.PO: PO_ALL, Sector.SO: PO_ALL, Sector.VO: VO_ALL, Sector.VO_UPPER: UPPER_ALL, Sector.MBO: MBO_ALL,
    Sector.HBO: HBO_ALL,
}  # fmt: skip
# Six hours a week, general subjects in schools and vocational ones in mbo: (what fits, what to ask about).
TABLE = {
    (Sector.PO, Education.BELOW): (set(), {"guest_primary", "primary_training"}),
    (Sector.PO, Education.MBO_4): ({"primary_training"}, {"guest_primary"}),
    (Sector.PO, Education.BACHELOR): ({"primary_training"}, {"guest_primary", "lateral_primary"}),
    (Sector.PO, Education.MASTER): ({"primary_training"}, {"guest_primary", "lateral_primary"}),
    (Sector.PO, Education.UNKNOWN): (set(), PO_ALL),
    (Sector.VO, Education.BELOW): ({"six_hours"}, {"second_degree"}),
    (Sector.VO, Education.MBO_4): ({"six_hours", "second_degree"}, set()),
    (Sector.VO, Education.BACHELOR): (VO_ALL - VARIES, VARIES),
    (Sector.VO, Education.MASTER): (VO_ALL - VARIES, VARIES),
    (Sector.VO, Education.UNKNOWN): ({"six_hours"}, VO_ALL - {"six_hours"}),
    (Sector.VO_UPPER, Education.BELOW): ({"six_hours"}, set()),
    (Sector.VO_UPPER, Education.MBO_4): ({"six_hours"}, set()),
    (Sector.VO_UPPER, Education.BACHELOR): ({"six_hours"}, {"first_degree"}),
    (Sector.VO_UPPER, Education.MASTER): (UPPER_ALL - VARIES, {"first_degree"}),
    (Sector.VO_UPPER, Education.UNKNOWN): ({"six_hours"}, {"lateral_first", "first_degree"}),
    (Sector.MBO, Education.BELOW): ({"six_hours"}, {"pdg", "instructor", "second_degree"}),
    (Sector.MBO, Education.MBO_4): ({"six_hours", "instructor", "second_degree"}, {"pdg"}),
    (Sector.MBO, Education.BACHELOR): (MBO_ALL, set()),
    (Sector.MBO, Education.MASTER): (MBO_ALL, set()),
    (Sector.MBO, Education.UNKNOWN): ({"six_hours"}, {"pdg", "instructor", "second_degree"}),
    (Sector.HBO, Education.BELOW): (set(), HBO_ALL),
    (Sector.HBO, Education.MBO_4): (set(), HBO_ALL),
    (Sector.HBO, Education.BACHELOR): ({"bdb"}, {"guest_hbo"}),
    (Sector.HBO, Education.MASTER): ({"bdb"}, {"guest_hbo"}),
    (Sector.HBO, Education.UNKNOWN): (set(), HBO_ALL),
}
TABLE |= {(Sector.SO, education): TABLE[Sector.PO, education] for education in Education}


@pytest.mark.parametrize("education", Education)
@pytest.mark.parametrize("sector", Sector)
def test_routes_per_school_and_diploma(sector: Sector, education: Education) -> None:
    subjects = Subjects.VOCATIONAL if sector is Sector.MBO else Subjects.GENERAL
    fits, ask = TABLE[sector, education]
    expected = {"fits": fits, "ask": ask, "not": EVERYTHING[sector] - fits - ask}
    assert verdicts(Wish(sector, education, subjects, hours=6)) == expected


@pytest.mark.parametrize(
    ("hours", "verdict", "why"),
    [
        (6, Verdict.FITS, Why.PLUS_HOURS),
        (7, Verdict.NOT, Why.NO_HOURS),
        (None, Verdict.ASK, Why.ASK_HOURS),
    ],
)
def test_six_hours_are_the_limit_of_teaching_without_qualification(
    hours: int | None, verdict: Verdict, why: Why
) -> None:
    for sector in (Sector.VO, Sector.VO_UPPER, Sector.MBO):
        (fit, *_rest) = (
            fit for fit in routes_for(Wish(sector, hours=hours), shipped()) if fit.route.code == "six_hours"
        )
        assert fit.verdict is verdict
        assert why in fit.whys
    assert not any(fit.route.code == "six_hours" for fit in routes_for(Wish(Sector.PO, hours=2), shipped()))


def test_pdg_is_for_mbo_only() -> None:
    assert {sector for sector in Sector if "pdg" in EVERYTHING[sector]} == {Sector.MBO}
    assert may_teach(Wish(Sector.VO, held=Qualification.PDG)) is Held.ELSEWHERE
    assert may_teach(Wish(Sector.MBO, held=Qualification.PDG)) is Held.COUNTS


@pytest.mark.parametrize(
    ("held", "counts", "partly"),
    [
        (Qualification.PRIMARY, {"po", "so"}, {"vo", "mbo"}),
        (Qualification.LIMITED_SECOND, set(), {"vo", "mbo"}),
        (Qualification.SECOND, {"vo", "mbo"}, {"po", "so", "vo_upper", "hbo"}),
        (Qualification.FIRST, {"vo", "vo_upper", "mbo"}, {"po", "so", "hbo"}),
        (Qualification.PDG, {"mbo"}, {"hbo"}),
        (Qualification.BDB, {"hbo"}, set()),
    ],
)
def test_qualification_counts_in_its_own_schools(held: Qualification, counts: set[str], partly: set[str]) -> None:
    found = {sector.value: may_teach(Wish(sector, held=held)) for sector in Sector}
    assert {sector for sector, means in found.items() if means is Held.COUNTS} == counts
    assert {sector for sector, means in found.items() if means is Held.PARTLY} == partly
    assert set(found.values()) <= {Held.COUNTS, Held.PARTLY, Held.ELSEWHERE}


def test_whoever_may_teach_already_needs_no_route() -> None:
    fits = routes_for(Wish(Sector.MBO, Education.BACHELOR, held=Qualification.SECOND), shipped())
    assert {fit.verdict for fit in fits} == {Verdict.NOT}
    assert {fit.whys[0] for fit in fits} == {Why.NO_NEED}
    assert may_teach(Wish(Sector.MBO)) is Held.NOTHING


def test_qualification_for_another_subject_leaves_the_routes_open() -> None:
    wish = Wish(Sector.VO, Education.BACHELOR, Subjects.GENERAL, Qualification.SECOND, other_subject=True, hours=4)
    assert may_teach(wish) is Held.OTHER_SUBJECT
    assert "second_degree" in verdicts(wish)["fits"]
    # A qualification for primary school or mbo is not tied to one subject.
    assert may_teach(Wish(Sector.PO, held=Qualification.PRIMARY, other_subject=True)) is Held.COUNTS


def test_training_for_what_somebody_has_is_not_offered_again() -> None:
    wish = Wish(Sector.VO, Education.MASTER, Subjects.GENERAL, Qualification.LIMITED_SECOND)
    (fit,) = (fit for fit in routes_for(wish, shipped()) if fit.route.code == "educational_module")
    assert (fit.verdict, fit.whys[0]) == (Verdict.NOT, Why.NO_SAME)


def test_subject_unsaid_is_asked_and_another_does_not_fit() -> None:
    route = Route("x", frozenset({Sector.MBO}), subjects=Subjects.VOCATIONAL)
    said = {subjects: judge(route, Wish(Sector.MBO, subjects=subjects)).whys for subjects in Subjects}
    assert said == {
        Subjects.ANY: (Why.ASK_SUBJECTS, Why.PLUS_NO_DIPLOMA),
        Subjects.GENERAL: (Why.NO_SUBJECTS, Why.PLUS_NO_DIPLOMA),
        Subjects.VOCATIONAL: (Why.PLUS_NO_DIPLOMA, Why.PLUS_SUBJECTS),
    }


def test_route_of_another_school_never_fits() -> None:
    assert judge(Route("x", frozenset({Sector.MBO})), Wish(Sector.VO)).whys[0] is Why.NO_SECTOR


def test_first_what_fits_then_what_to_ask_then_the_rest() -> None:
    order = [fit.verdict for fit in routes_for(Wish(Sector.VO, Education.MBO_4, hours=3), shipped())]
    assert order == sorted(order, key=list(Verdict).index)


@pytest.mark.parametrize(
    ("school", "level", "year", "sector"),
    [
        (SchoolSector.VO, None, None, Sector.VO),
        (SchoolSector.VO, Level.HAVO, 3, Sector.VO),
        (SchoolSector.VO, Level.HAVO, 4, Sector.VO_UPPER),
        (SchoolSector.VO, Level.VMBO_KB, 4, Sector.VO),
        (SchoolSector.SO, Level.VSO, 2, Sector.SO),
        (SchoolSector.MBO, Level.MBO_3, 1, Sector.MBO),
        (SchoolSector.VO, Level.PO_BOVEN, 7, Sector.PO),
    ],
)
def test_class_tells_the_sector(school: SchoolSector, level: Level | None, year: int | None, sector: Sector) -> None:
    assert sector_for(school, level, year) is sector


@pytest.mark.parametrize(("lessons", "told"), [(0, False), (FEW_LESSONS, False), (FEW_LESSONS + 1, True)])
def test_guest_of_many_lessons_is_told_of_the_hybrid_placement(lessons: int, told: bool) -> None:
    assert is_told_of_hybrid(lessons) is told
    assert is_told_of_hybrid(lessons, few=100) is False


def test_shipped_routes_are_whole_in_both_languages_and_promise_nothing() -> None:
    for code, values in shipped_routes().items():
        assert all(values[name] for name in values if name.endswith(("_nl", "_en"))), code
        assert values["source"], code
        assert len(values["steps_nl"].splitlines()) == len(values["steps_en"].splitlines()), code
        assert all(len(text) <= 1000 for text in values.values() if isinstance(text, str)), code
        assert set(values["sectors"]) <= set(Sector), code
    words = " ".join(str(text) for values in shipped_routes().values() for text in values.values()).lower()
    assert not any(promise in words for promise in ("gegarandeerd", "guarantee", "you will get", "recht op"))
