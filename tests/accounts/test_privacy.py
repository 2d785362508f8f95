"""What becomes of every column when an account is erased: each is in the list, and the list names nothing else."""

import pytest

from matcher.accounts.privacy import RULES, Does, Rule
from matcher.accounts.wordless import replaced, texts_of, with_asker, wordless
from matcher.tables import metadata


def faults(rules: dict[str, tuple[Rule, ...]]) -> list[str]:
    found = [f"{name} is no table" for name in rules.keys() - metadata.tables.keys()]
    for table in metadata.sorted_tables:
        named = {column for rule in rules.get(table.name, ()) for column in rule.columns}
        columns = {column.name for column in table.columns}
        found += [f"{table.name}.{column}: nothing says what erasing does with it" for column in columns - named]
        found += [f"{table.name}.{column} does not exist" for column in named - columns]
    return sorted(found)


def test_every_column_says_what_erasing_does_with_it() -> None:
    assert not faults(RULES)


def test_new_column_and_new_table_are_found() -> None:
    without = {name: rules for name, rules in RULES.items() if name != "messages"}
    without["proofs"] = tuple(rule for rule in RULES["proofs"] if rule.does is not Does.PSEUDONYM)
    assert {"messages.body: nothing says what erasing does with it"} < set(faults(without))
    assert {"proofs.seen_by_id: nothing says what erasing does with it"} < set(faults(without))


def test_what_stays_says_why_and_what_goes_says_whose() -> None:
    for name, rules in RULES.items():
        for rule in rules:
            assert rule.reason or rule.does is not Does.KEEP, name
            assert bool(rule.where) is (rule.does not in {Does.KEEP, Does.PSEUDONYM}), name


def test_every_key_to_a_person_is_a_number_of_nobody_or_goes() -> None:
    for table in metadata.sorted_tables:
        for column in table.columns:
            if any(key.target_fullname == "users.id" for key in column.foreign_keys):
                does = {rule.does for rule in RULES[table.name] if column.name in rule.columns}
                assert does, f"{table.name}.{column.name}"
                assert does <= {Does.PSEUDONYM, Does.DELETE_ROW}, f"{table.name}.{column.name}"


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"minutes": 50, "materials": "lijm"}, {"minutes": 50, "materials": ""}),
        ({"unit": "days", "leader": "Jan"}, {"unit": "days", "leader": ""}),
        ({"weeks": ["2026-W50"], "x": ["vrije woorden"]}, {"weeks": ["2026-W50"], "x": [""]}),
        ({"on_behalf": {"how": "phone", "at": "2026-11-23T08:00:00+00:00", "tell": True}}, None),
        ({"moments": [["2026-12-10", "10:15", "11:05", 1, 2, [3]]], "pc4": "5211"}, None),
        (with_asker(with_asker({"lessons": 2}, 7), 9), None),
    ],
)
def test_texts_go_and_codes_stay(value: object, left: object) -> None:
    assert wordless(value) == (value if left is None else left)


def test_name_in_what_belongs_to_others_is_replaced_at_any_depth() -> None:
    place = {"details": {"supervisor": "Jan", "supervisor_id": 7, "conditions": "schoenen"}}
    after = replaced(place, {"supervisor": "", "supervisor_id": None})
    assert after == {"details": {"supervisor": "", "supervisor_id": None, "conditions": "schoenen"}}
    assert set(texts_of(after)) == {"", "schoenen"}
