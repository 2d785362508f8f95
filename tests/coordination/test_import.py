"""What a coordinator's lists become: organisations, people, offers, past visits; told to nobody unless asked."""

import random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Audit, Grant, User
from matcher.accounts.states import Role
from matcher.coordination import import_services
from matcher.errors import Forbidden, InvalidInput
from matcher.matching.eligibility import NeverCode
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.models import Match, MatchEvent, VisitReport
from matcher.matching.states import MatchState
from matcher.matching.suggestion_services import verdicts
from matcher.notices.models import Outbox
from matcher.offers.models import Offer, OfferSearch
from matcher.offers.states import OfferState
from matcher.organisations.columns import ImportKind, propose
from matcher.organisations.models import Organisation
from matcher.organisations.outcomes import Status
from matcher.organisations.spreadsheets import read_sheets
from matcher.organisations.states import OrganisationType
from tests.coordination.lists import Land, count_rows, csv_of, make_land, xlsx_of
from tests.factories import NOW
from tests.factories.matching import make_offer, make_request
from tests.factories.people import make_company, make_professional, make_school

HEAD = "Bedrijf;KvK;Postcode;Contactpersoon;E-mail;Rol;Niet benaderen"
PIET = "Lasserij Berg;12345678;5611 AB;Piet Berg;piet@berg.example;gastdocent;"
NOOR = "Lasserij Berg;12345678;5611 AB;Noor Vos;noor@berg.example;;"
OFFERS = "E-mail;Titel;Omschrijving;Niveau;Reisafstand;Vorm"
LESSON = "piet@berg.example;Lassen voor beginners;Wij lassen samen een sleutelhanger;vmbo-kb en mbo 2;40;op school"
VISITS = "Datum;Van;Tot;BRIN;E-mail gastdocent;Titel;Klas;Leerlingen;Uren"
VISIT = "8-10-2026;10:15;11:05;00AH00;piet@berg.example;Lassen voor beginners;3 vmbo-kb;24;2,5"


@pytest.fixture
def land(seeded: Session) -> Land:
    return make_land(seeded)


def test_people_are_confirmed_by_the_coordinator_and_nobody_is_mailed(land: Land) -> None:
    report = land.bring(csv_of(HEAD, PIET, NOOR))
    assert (report.counts()["new"], report.notices) == (2, 0)
    place = land.session.scalars(select(Organisation).where(Organisation.kvk == "12345678")).one()
    assert (place.source, place.verified_by_id) == ("spreadsheet", land.coordinator.id)
    query = select(User.name, Grant.role, Grant.confirmed_by_id).join(Grant, Grant.user_id == User.id)
    found = land.session.execute(query.where(Grant.organisation_id == place.id).order_by(User.name)).all()
    assert [tuple(row) for row in found] == [
        ("Noor Vos", Role.COMPANY_CONTACT, land.coordinator.id),
        ("Piet Berg", Role.PROFESSIONAL, land.coordinator.id),
    ]
    assert land.session.scalar(select(func.count()).select_from(Outbox)) == 0


def test_same_list_again_changes_nothing(land: Land) -> None:
    for kind, content in (
        ("people", csv_of(HEAD, PIET, NOOR)),
        ("offers", csv_of(OFFERS, LESSON)),
        ("visits", csv_of(VISITS, VISIT)),
    ):
        assert land.bring(content, kind).counts()["new"] == len(content.splitlines()) - 1
        before = count_rows(land.session)
        again = land.bring(content, kind)
        assert {one.status for one in again.outcomes} == {Status.UNCHANGED}
        # Only the log knows that it was tried.
        assert count_rows(land.session) == before | {"audit": before["audit"] + 1}


def test_dry_run_says_the_same_and_writes_nothing(land: Land) -> None:
    content = csv_of(HEAD, PIET, NOOR)
    before = count_rows(land.session)
    dry = land.bring(content, write=False)
    assert count_rows(land.session) == before
    assert [one.status for one in land.bring(content).outcomes] == [one.status for one in dry.outcomes]


def test_what_is_known_stays_and_blanks_are_filled(land: Land) -> None:
    make_company(land.session, kvk="12345678", pc4="5611", name="Lasserij Berg BV", website="https://berg.example")
    content = csv_of(HEAD + ";Website;Straat;Telefoon", PIET + ";https://other.example;Kade 1;0612345678")
    assert land.bring(content).outcomes[0].status is Status.NEW
    place = land.session.scalars(select(Organisation).where(Organisation.kvk == "12345678")).one()
    assert (place.name, place.website, place.street) == ("Lasserij Berg BV", "https://berg.example", "Dorpsstraat 1")
    assert land.session.scalars(select(User.phone).where(User.name == "Piet Berg")).one() == "0612345678"


def test_schools_are_the_registers_own(land: Land) -> None:
    rows = ["x;00AH00;tom@vaart.example;Tom;docent", "Het Vaartcollege;;lea@vaart.example;Lea;directeur"]
    report = land.bring(csv_of("School;BRIN;E-mail;Naam;Functie", *rows))
    assert report.written, report.refused
    assert report.made == {"organisations": 0, "people": 2, "roles": 2}
    query = select(Grant.role).where(Grant.organisation_id == land.school.id).order_by(Grant.id)
    assert list(land.session.scalars(query)) == [Role.TEACHER, Role.SCHOOL_LEAD]
    assert land.school.name == "Het Vaartcollege"


def test_who_works_alone_is_shown_by_town_only(land: Land) -> None:
    land.bring(csv_of("Naam;Soort;Postcode;E-mail", "Sam Smit;zzp;5211 AB;sam@smit.example"))
    place = land.session.scalars(select(Organisation).where(Organisation.name == "Sam Smit")).one()
    assert (place.type, place.postcode) == (OrganisationType.SELF_EMPLOYED, "5211")
    again = land.bring(csv_of("Naam;Soort;Postcode;E-mail", "Sam Smit;zzp;5211 AB;sam@smit.example"))
    assert again.counts()["unchanged"] == 1


def test_privacy_notice_goes_once_to_each_person_when_asked(land: Land) -> None:
    content = csv_of(HEAD, PIET, NOOR.replace(";;", ";;ja"), "Ander;87654321;5211 AA;Ad Ander;ad@ander.example;;nee")
    assert [land.bring(content, notice=notice).notices for notice in (False, True, True)] == [0, 2, 0]
    letters = land.session.execute(select(Outbox.template, Outbox.address, Outbox.channel).order_by(Outbox.id)).all()
    assert [tuple(map(str, row)) for row in letters] == [
        ("organisations/privacy_notice", "piet@berg.example", "mail"),
        ("organisations/privacy_notice", "ad@ander.example", "mail"),
    ]
    assert land.session.scalar(select(func.count()).where(Audit.action == "privacy_notice")) == 2


@pytest.mark.parametrize("who", ["person", "organisation"])
def test_who_is_not_to_be_approached_is_never_found(who: str, land: Land) -> None:
    company = make_company(land.session, kvk="12345678", pc4="5611", name="Lasserij Berg")
    person = make_professional(land.session, company=company, email="piet@berg.example", name="Piet Berg")
    offer = make_offer(land.session, person=person, company=company, travel_km=80, notice_days=5)
    request = make_request(land.session, school=make_school(land.session))
    never = NeverCode.DO_NOT_APPROACH
    assert never not in verdicts(land.session, request.id, [offer.id], now=NOW)[offer.id].never
    row = PIET + "ja" if who == "person" else "Lasserij Berg;12345678;5611 AB;;;;X"
    assert land.bring(csv_of(HEAD, row)).written
    assert never in verdicts(land.session, request.id, [offer.id], now=NOW)[offer.id].never
    land.bring(csv_of(HEAD, PIET + "nee"))
    assert never in verdicts(land.session, request.id, [offer.id], now=NOW)[offer.id].never


def test_offer_is_open_and_found_by_topics_read_from_its_text(land: Land) -> None:
    land.bring(csv_of(HEAD, PIET))
    report = land.bring(csv_of(OFFERS, LESSON), "offers")
    assert report.written, report.refused
    offer = land.session.scalars(select(Offer)).one()
    assert (offer.state, offer.levels, offer.travel_km) == (OfferState.OPEN, ["vmbo_kb", "mbo_2"], 40)
    assert (offer.notice_days, offer.yearly_cap, offer.on_behalf_by_id) == (21, 6, land.coordinator.id)
    assert land.session.scalar(select(func.count()).select_from(OfferSearch)) > 0
    changed = land.bring(csv_of("E-mail;Titel;Km", "piet@berg.example;Lassen voor beginners;15"), "offers")
    assert changed.outcomes[0].status is Status.CHANGED
    assert (offer.travel_km, offer.levels) == (15, ["vmbo_kb", "mbo_2"])


def test_offer_without_a_person_is_of_the_team(land: Land) -> None:
    land.bring(csv_of(HEAD, NOOR))
    report = land.bring(csv_of("Bedrijf;Postcode;Titel", "Lasserij Berg;5611;Lassen op een schip"), "offers")
    assert report.written, report.refused
    assert land.session.scalars(select(Offer.person_id)).one() is None


def test_past_visit_is_a_whole_chain_of_which_nobody_hears(land: Land) -> None:
    land.bring(csv_of(HEAD, PIET))
    report = land.bring(csv_of(VISITS, VISIT, VISIT.replace("8-10", "9-10") + ""), "visits")
    assert report.written, report.refused
    first = land.session.scalars(select(Match).order_by(Match.id)).first()
    assert first is not None
    assert (first.state, first.approved_rule, first.on_behalf_by_id) == (
        MatchState.HELD,
        "registered_afterwards",
        land.coordinator.id,
    )
    chain = land.session.scalars(select(MatchEvent).where(MatchEvent.match_id == first.id).order_by(MatchEvent.seq))
    assert [event.action.value for event in chain] == ["propose", "accept", "approve", "report_held"]
    reports = land.session.execute(
        select(VisitReport.pupils, VisitReport.hours).where(VisitReport.match_id == first.id)
    )
    assert sorted(map(tuple, reports), key=str) == [(24, None), (None, 2.5)]
    assert land.session.scalar(select(func.count()).select_from(Outbox)) == 0
    assert broken_promises(land.session) == []


def test_visit_that_did_not_take_place_is_missed(land: Land) -> None:
    land.bring(csv_of(HEAD, PIET))
    land.bring(csv_of(VISITS + ";Doorgegaan", VISIT + ";niet doorgegaan"), "visits")
    assert land.session.scalars(select(Match.state)).one() is MatchState.MISSED


def test_columns_are_remembered_for_the_same_headers(land: Land) -> None:
    content = csv_of("Bedrijf;Nummer;Postcode;Wie;E-mail", "Lasserij Berg;12345678;5611 AB;Piet Berg;piet@berg.example")
    sheet = read_sheets(content)[0]
    assert propose(ImportKind.PEOPLE, sheet)["Wie"] == ""
    mapping = import_services.mapping_for(
        land.session, actor=land.actor, kind=ImportKind.PEOPLE, sheet=sheet, said={"wie": "name"}
    )
    import_services.remember_mapping(
        land.session, actor=land.actor, kind=ImportKind.PEOPLE, sheet=sheet, mapping=mapping, now=NOW
    )
    assert land.bring(content).written
    assert land.session.scalars(select(User).where(User.name == "Piet Berg")).one()
    with pytest.raises(InvalidInput, match="no column"):
        land.bring(content, said={"Wat": "name"})
    with pytest.raises(InvalidInput, match="no field"):
        land.bring(content, said={"Wie": "shoe_size"})


def test_columns_are_proposed_by_what_is_in_them() -> None:
    sheet = read_sheets(csv_of("A;B;C;D", *["x;12345678;5611 AB;piet@berg.example"] * 3))[0]
    assert propose(ImportKind.PEOPLE, sheet) == {"A": "", "B": "kvk", "C": "postcode", "D": "email"}


def test_somebody_who_coordinates_nothing_is_refused(land: Land) -> None:
    stranger = make_professional(land.session)
    land.coordinator = stranger
    with pytest.raises(Forbidden):
        land.bring(csv_of(HEAD, PIET))


def messy(schools: list[tuple[str, str]], seed: int = 7) -> bytes:
    """Three hundred companies and the schools as a coordinator has them, with the usual mess."""
    chance = random.Random(seed)
    rows = [["Relaties regio", None, "bijgewerkt okt."], [], HEADERS]
    for number in range(300):
        kvk = f"{1_000_000 + number * 317:08d}"
        pc4 = chance.choice(["5211", "5611", "4811"])
        infix = chance.choice(["", "", "van", "van der", "de"])
        rows.append(
            [
                chance.choice(["", " "]) + f"Bedrijf {number} " + chance.choice(["B.V.", "bv", "", "VOF"]),
                chance.choice([kvk, int(kvk), f"KvK {kvk[:4]} {kvk[4:]}"]),
                None,
                chance.choice([f"{pc4} AB", f"{pc4}ab", f"{pc4} "]),
                chance.choice(["Jan", "Noor", "Ömer", "P."]),
                infix,
                f"Achternaam{number}",
                chance.choice(
                    [f"p{number}@bedrijf.example", f"P{number}@Bedrijf.example ", f"<p{number}@bedrijf.example>"]
                ),
                chance.choice(["06-12345678", 612345678, "+31 6 12345678", "bellen via receptie", None]),
                chance.choice([None, None, None, "ja", "nee"]),
            ]
        )
        if number % 25 == 0:
            rows += [rows[-1], []]
    for number, (brin, location) in enumerate(schools):
        last = [f"d{number}@school.example", None, None] if number % 4 else [None, None, None]
        code = chance.choice([f"{brin}{location}", f"{brin.lower()}-{location}", f"{brin} {location}"])
        rows.append([f"School {number}", None, code, None, "Docent", None, f"Nummer{number}", *last])
    return xlsx_of(*rows)


HEADERS = [
    "Naam organisatie",
    "KvK nr.",
    "BRIN-nr",
    "Postcode",
    "Voornaam",
    "Tv",
    "Achternaam",
    "E-mailadres",
    "Tel.",
    "Opt-out",
]


def test_messy_list_of_three_hundred_companies_and_a_hundred_and_fifty_schools_goes_in(land: Land) -> None:
    schools = [make_school(land.session, pc4=("5211", "5611")[n % 2]) for n in range(150)]
    codes = [(school.brin or "", school.location or "") for school in schools]
    report = land.bring(messy(codes))
    assert report.written, report.refused[:5]
    assert report.made["organisations"] == 300
    assert report.made["people"] == 300 + sum(1 for n in range(150) if n % 4)
    assert report.counts()["unchanged"] >= 12 + 38
    numbers = list(land.session.scalars(select(Organisation.kvk).where(Organisation.source == "spreadsheet")))
    assert len(numbers) == 300
    assert all(number is not None and len(number) == 8 and number.startswith("01") for number in numbers[:10])
    assert land.session.scalar(select(func.count()).select_from(Outbox)) == 0
    assert land.session.scalar(select(func.count()).where(User.do_not_approach_at.is_not(None))) > 30
    assert {one.status for one in land.bring(messy(codes)).outcomes} == {Status.UNCHANGED}
    assert broken_promises(land.session) == []
