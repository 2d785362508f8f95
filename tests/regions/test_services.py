"""The tree, the postcode table and the rules of regions in a database."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from matcher.errors import InvalidInput, NotFound
from matcher.regions.geo import cell_of
from matcher.regions.models import Postcode, Region
from matcher.regions.policy import ALL_BUT_FIRST, APPROVAL, BY_HAND, KNOWN_PAIRS
from matcher.regions.queries import (
    ancestor_ids,
    descendant_ids,
    postcode,
    region,
    region_by_code,
    region_for_postcode,
    region_rule,
    region_tree,
)
from matcher.regions.services import Seeded, seed_regions, set_region_rule
from tests.factories.people import make_region


@pytest.fixture
def seeded(session, now):
    seed_regions(session, now)
    return session


def names(session, ids):
    return [region(session, region_id).name for region_id in ids]


def test_seeding_twice_writes_once(session, now):
    first = seed_regions(session, now)
    assert first.regions == 19
    assert first.postcodes == session.scalar(select(func.count()).select_from(Postcode)) > 4_000
    assert seed_regions(session, now) == Seeded(0, 0)


def test_seeding_repairs_and_completes_but_leaves_the_region(seeded, now):
    elsewhere = region_by_code(seeded, "limburg").id
    seeded.execute(update(Postcode).where(Postcode.pc4 == "1011").values(lat=53.0, cell=1, region_id=elsewhere))
    seeded.execute(delete(Postcode).where(Postcode.pc4 == "1012"))
    seeded.expire_all()
    assert seed_regions(seeded, now) == Seeded(0, 2)
    seeded.expire_all()
    repaired = postcode(seeded, "1011")
    assert repaired.cell == cell_of(repaired.lat, repaired.lon)
    assert repaired.region_id == elsewhere


def test_a_postcode_has_its_region_and_an_unknown_one_has_none(seeded):
    assert region_for_postcode(seeded, "4811").name == "West-Brabant"
    assert region_for_postcode(seeded, "9999x") is None
    assert postcode(seeded, "0000") is None


def test_the_way_up_ends_at_the_country(seeded):
    breda = region_for_postcode(seeded, "4811")
    assert names(seeded, ancestor_ids(seeded, breda.id)) == ["West-Brabant", "Zuidwest", "Nederland"]
    assert ancestor_ids(seeded, 999_999) == []


def test_below_a_landsdeel_are_its_regions_and_itself(seeded):
    found = descendant_ids(seeded, region_by_code(seeded, "zuidoost").id)
    assert sorted(names(seeded, found)) == ["Limburg", "Midden- en Oost-Brabant", "Zuidoost"]
    assert len(descendant_ids(seeded, region_by_code(seeded, "nl").id)) == len(region_tree(seeded)) == 19


def test_an_unknown_region_is_not_found(seeded):
    with pytest.raises(NotFound):
        region(seeded, 999_999)
    with pytest.raises(NotFound):
        region_by_code(seeded, "atlantis")


def test_without_rules_the_default_holds(seeded, now):
    zeeland = region_by_code(seeded, "zeeland").id
    assert region_rule(seeded, zeeland, "guest_lecture", APPROVAL, at=now) == BY_HAND


def test_the_nearest_rule_upward_decides_and_one_for_the_kind_goes_first(seeded, now):
    def rule(code, kind, value, when=now):
        node = region_by_code(seeded, code).id
        set_region_rule(seeded, region_id=node, kind=kind, key=APPROVAL, value=value, set_by_id=None, now=when)

    zeeland = region_by_code(seeded, "zeeland").id
    rule("zuidwest", None, KNOWN_PAIRS)
    assert region_rule(seeded, zeeland, "guest_lecture", APPROVAL, at=now) == KNOWN_PAIRS
    rule("zuidwest", "guest_lecture", ALL_BUT_FIRST)
    assert region_rule(seeded, zeeland, "guest_lecture", APPROVAL, at=now) == ALL_BUT_FIRST
    assert region_rule(seeded, zeeland, "hybrid_placement", APPROVAL, at=now) == KNOWN_PAIRS
    rule("zeeland", None, BY_HAND)
    assert region_rule(seeded, zeeland, "guest_lecture", APPROVAL, at=now) == BY_HAND


def test_a_later_rule_replaces_an_earlier_one_from_its_moment_on(seeded, now):
    node = region_by_code(seeded, "drenthe").id
    later = now + timedelta(days=1)
    for value, when in ((KNOWN_PAIRS, now), (ALL_BUT_FIRST, later)):
        set_region_rule(seeded, region_id=node, kind=None, key=APPROVAL, value=value, set_by_id=None, now=when)
    assert region_rule(seeded, node, None, APPROVAL, at=now - timedelta(seconds=1)) == BY_HAND
    assert region_rule(seeded, node, None, APPROVAL, at=now) == KNOWN_PAIRS
    assert region_rule(seeded, node, None, APPROVAL, at=later) == ALL_BUT_FIRST


def test_a_rule_nobody_defined_is_refused(seeded, now):
    node = region_by_code(seeded, "drenthe").id
    with pytest.raises(InvalidInput):
        set_region_rule(seeded, region_id=node, kind=None, key="colour", value=1, set_by_id=None, now=now)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_new_postcode_of_a_replaced_region_goes_with_the_nearest_number(seeded, now):
    old, new = region_by_code(seeded, "zeeland"), region_by_code(seeded, "limburg")
    old.valid_to = now.date()
    seeded.execute(update(Postcode).where(Postcode.region_id == old.id).values(region_id=new.id))
    seeded.execute(delete(Postcode).where(Postcode.pc4 == "4331"))
    assert seed_regions(seeded, now) == Seeded(0, 1)
    assert postcode(seeded, "4331").region_id == new.id


def test_a_code_means_the_node_that_holds_now(session):
    old = make_region(session, "groningen", landsdeel="noord")
    old.valid_to = date(2026, 11, 1)
    session.flush()
    assert region_by_code(session, "groningen").id == old.id
    new = Region(
        parent_id=old.parent_id, level=old.level, scheme="later", code="groningen", name="G", valid_from=old.valid_to
    )
    session.add(new)
    session.flush()
    assert region_by_code(session, "groningen").id == new.id
