"""What erasing an account does with every column of every table: one list for the code and for its test. Pure.

A column stands in one rule at least. Conditions are SQL over the table's own columns, the same on both engines;
`:person` is the id of who goes, `:email_key` their address. Rows of a table are taken in the order of its rules.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from matcher.db import ERASED

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


class Does(StrEnum):
    """NULL and CONSTANT empty a column of the person's rows, WORDS takes the texts out of its JSON, DELETE_ROW takes
    the row. PSEUDONYM: the number of a person stays, whose row says nothing any more. KEEP: nothing of a person."""

    NULL = "null"
    CONSTANT = "constant"
    WORDS = "words"
    DELETE_ROW = "delete_row"
    PSEUDONYM = "pseudonym"
    KEEP = "keep"


@dataclass(frozen=True)
class Rule:
    does: Does
    columns: tuple[str, ...]
    where: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def parameters_in(where: str) -> set[str]:
    """The names a condition asks values for."""
    return set(_PARAMETER.findall(where))


def null(where: str, columns: str) -> Rule:
    return Rule(Does.NULL, tuple(columns.split()), where)


def constant(where: str, **values: Any) -> Rule:
    return Rule(Does.CONSTANT, tuple(values), where, values)


def words(where: str, columns: str) -> Rule:
    return Rule(Does.WORDS, tuple(columns.split()), where)


def named_in(where: str, column: str, **values: Any) -> Rule:
    """A name of the person in the JSON of what belongs to somebody else: only these keys."""
    return Rule(Does.WORDS, (column,), where, values)


def delete(where: str, columns: str) -> Rule:
    return Rule(Does.DELETE_ROW, tuple(columns.split()), where)


def number(columns: str) -> Rule:
    return Rule(Does.PSEUDONYM, tuple(columns.split()))


def keep(reason: str, columns: str) -> Rule:
    return Rule(Does.KEEP, tuple(columns.split()), reason=reason)


NOBODY = "nothing about a person"
RECORD = "what was agreed and counted, without words"
OF_ORGANISATION = "a record of the organisation, not of a person"
_OWN_OFFERS = "select o.id from offers o where o.person_id = :person"
_PLACES = "select o.id from offers o where o.kind = 'teacher_internship'"
_ASKED_BEFORE = "cast(details as text) like '%,p' || :person_text || ',%'"
_OWN_REQUESTS = f"select id from requests where asked_by_id = :person or {_ASKED_BEFORE}"  # noqa: S608 (our own texts)
_WRITTEN_FOR_ONESELF = (
    "by_id = :person and not exists (select 1 from requests q where q.id = request_revisions.request_id"
    " and q.on_behalf_by_id = :person)"
)
_ALONE = (
    "type = 'self_employed' and exists (select 1 from grants g where g.organisation_id = organisations.id"
    " and g.user_id = :person) and not exists (select 1 from grants g where g.organisation_id = organisations.id"
    " and g.user_id <> :person and g.ended_at is null)"
)
_GUIDED = "like '%\"supervisor_id\": ' || :person_text || ',%'"
_NO_GUIDE: dict[str, Any] = {"supervisor": "", "supervisor_id": None}

OF_PEOPLE: dict[str, tuple[Rule, ...]] = {
    "users": (
        null("id = :person", "phone function password_hash"),
        constant("id = :person", name=ERASED, email=":gone", email_key=":gone", locale="nl", erased_at=":now"),
        keep("counts of accounts over time, and what closes the old sessions", "id epoch version created_at"),
        keep("moments only", "email_confirmed_at stopped_at do_not_approach_at"),
    ),
    "sessions": (delete("user_id = :person", "id user_id epoch created_at seen_at ends_at agent"),),
    "login_tokens": (
        delete(
            "user_id = :person or lower(cast(subject as text)) like '%' || :email_json || '%'",
            "hash purpose user_id subject created_at expires_at used_at",
        ),
    ),
    "grants": (
        number("user_id confirmed_by_id"),
        keep(
            "who had which role when: counts, and whether an approval was lawful",
            "id role organisation_id region_id stand_in starts_on ends_on created_at confirmed_at ended_at",
        ),
    ),
    "second_contacts": (
        delete("user_id = :person or colleague_id = :person", "user_id organisation_id colleague_id named_at"),
    ),
    "command_results": (delete("user_id = :person", "user_id nonce request_hash location created_at"),),
    "audit": (
        number("actor_id object_id"),
        keep("security log: codes and names of fields, never words", "id at action object_type region_id details"),
    ),
    "mail_choices": (delete("user_id = :person", "user_id rhythm extras changed_at"),),
    "mail_quotas": (delete("user_id = :person", "user_id unit starts_s taken"),),
    "refused_addresses": (delete("address = :email_key", "address reply refused_at"),),
    "calendar_feeds": (delete("user_id = :person", "user_id token_hash salt made_at read_at etag changed_at"),),
    "busy_calendars": (delete("user_id = :person", "user_id read_at before"),),
    "weekly_patterns": (
        delete(
            f"(owner_type = 'person' and owner_id = :person) or (owner_type = 'offer' and owner_id in ({_OWN_OFFERS}))",
            "id owner_type owner_id valid_from usually never changed_at",
        ),
    ),
    "availability_exceptions": (
        delete(
            f"(owner_type = 'person' and owner_id = :person) or (owner_type = 'offer' and owner_id in ({_OWN_OFFERS}))",
            "id owner_type owner_id start_s end_s kind source note",
        ),
    ),
    "bookings": (
        number("party_id"),
        keep(RECORD, "id match_id party start_s end_s pad_before_s pad_after_s live"),
    ),
    "import_mappings": (delete("user_id = :person", "id user_id kind shape mapping changed_at"),),
    "proofs": (
        delete("user_id = :person", "id user_id board_id type seen_at issued_on valid_until"),
        number("seen_by_id"),
    ),
    "blocks": (
        delete("by_user_id = :person or of_user_id = :person", "id by_user_id of_user_id at ended_at"),
        keep(OF_ORGANISATION, "by_organisation_id of_organisation_id"),
    ),
    "reports_of_concern": (
        # One that nobody handled yet is for the safety of pupils; its words go when it is handled.
        constant("by_id = :person and handled_at is not null", body=ERASED),
        number("by_id of_user_id handled_by_id"),
        keep("that something was reported and handled", "id match_id region_id at handled_at"),
    ),
    "organisations": (
        null(_ALONE, "kvk website street postcode"),
        constant(_ALONE, name=ERASED, name_key=ERASED, ended_at=":now"),
        number("verified_by_id"),
        keep(
            OF_ORGANISATION,
            "id type parent_id brin location board_code school_sector levels sector_id size pc4 place lat lon"
            " position_source region_id holiday_region pupils source generated verified_at stopped_at"
            " do_not_approach_at hours_budget ask_limit via_contact staff_domain created_at version",
        ),
    ),
    "partnerships": (
        number("proposed_by_id confirmed_by_id ended_by_id"),
        keep(OF_ORGANISATION, "id school_id company_id proposed_side proposed_at confirmed_at ended_at"),
    ),
    "classes": (
        number("created_by_id"),
        keep(OF_ORGANISATION, "id organisation_id name level year size weekly_periods created_at ended_at"),
    ),
    "offer_words": (delete(f"offer_id in ({_OWN_OFFERS})", "term_id offer_id weight"),),
    "offer_search": (
        delete(
            f"offer_id in ({_OWN_OFFERS})",
            "kind topic_id cell offer_id lat lon travel_km level_mask day0 day1 day2 day3 day4 day5 day6",
        ),
    ),
    "offers": (
        constant("person_id = :person", title=ERASED, description=""),
        words("person_id = :person", "details"),
        named_in(f"kind = 'teacher_internship' and cast(details as text) {_GUIDED}", "details", **_NO_GUIDE),
        number("person_id on_behalf_by_id"),
        keep(
            RECORD,
            "id kind organisation_id own_name state delivery languages levels level_mask travel_km notice_days"
            " yearly_cap open_cap months_off paused_until places revision generated created_at changed_at version",
        ),
        keep("an area of four digits, which distances in figures need", "pc4 lat lon"),
    ),
    "offer_revisions": (
        words(f"offer_id in ({_OWN_OFFERS})", "snapshot"),
        named_in(
            f"offer_id in ({_PLACES}) and cast(snapshot as text) {_GUIDED}",
            "snapshot",
            **_NO_GUIDE,
        ),
        number("by_id"),
        keep(RECORD, "offer_id revision at"),
    ),
    "requests": (
        constant("asked_by_id = :person", title=ERASED, own_words="", costs=""),
        # One that was handed over and goes on has the name of its subject already.
        constant(f"{_ASKED_BEFORE} and state in ('withdrawn', 'closed')", title=ERASED),
        constant(_ASKED_BEFORE, own_words="", costs=""),
        words(f"asked_by_id = :person or {_ASKED_BEFORE}", "details"),
        number("asked_by_id on_behalf_by_id teacher_id"),
        keep(
            RECORD,
            "id kind organisation_id state class_id level year group_size language delivery needed together"
            " window_from window_to days hours half_day_mask max_km revision region_id generated held_back series_id"
            " series_no created_at changed_at published_at ended_at version",
        ),
    ),
    "request_revisions": (
        words(f"request_id in ({_OWN_REQUESTS}) or ({_WRITTEN_FOR_ONESELF})", "snapshot"),
        number("by_id"),
        keep(RECORD, "request_id revision at"),
    ),
    "request_ticks": (
        number("ticked_by_id"),
        keep(RECORD, "request_id offer_id wave position suggestion_id ticked_at asked_at skipped_reason"),
    ),
    "matches": (
        number("professional_id visitor_id teacher_id proposed_by_id on_behalf_by_id approved_by_id"),
        keep(
            RECORD,
            "id kind request_id offer_id request_revision offer_revision name_follows side suggestion_id wave state seq"
            " region_id place_no expires_at reason approved_rule approved_at keep_in_mind counted_year"
            " counts_for_company generated created_at changed_at",
        ),
    ),
    "match_events": (
        constant("(actor_id = :person or on_behalf_by_id = :person) and note <> ''", note=""),
        number("actor_id on_behalf_by_id"),
        keep(RECORD, "match_id seq prev_seq from_state action to_state role reason details at"),
    ),
    "messages": (
        constant("author_id = :person", body=ERASED),
        number("author_id"),
        keep(RECORD, "id match_id side at"),
    ),
    "consents": (number("given_by_id"), keep(RECORD, "match_id party given_at seq")),
    "visit_reports": (
        constant("by_id = :person", note="", thanks=""),
        number("by_id"),
        keep(RECORD, "match_id side happened reason again pupils hours part parts at"),
    ),
    "runbook_versions": (
        constant("by_id = :person", said={}),
        number("by_id"),
        keep(RECORD, "match_id side version at"),
    ),
    "hybrid_steps": (
        number("by_id taken_back_by_id"),
        keep(RECORD, "id match_id step on_day hours linked_match_id cut side at taken_back_at"),
    ),
    "approvals_sent_on": (
        number("taken_by_id told"),
        keep(RECORD, "id match_id seq hop region_id stand_in reason waited_days sent_at taken_at"),
    ),
    "ask_counters": (number("owner_id"), keep(RECORD, "owner period taken cap")),
    "region_rules": (number("set_by_id"), keep(NOBODY, "id region_id kind key value valid_from")),
    "safeguarding_rules": (
        number("set_by_id"),
        keep(NOBODY, "id kind level supervised structural board_id proof max_age_weeks"),
    ),
    "model_versions": (
        constant("released_by_id = :person", note=""),
        number("released_by_id"),
        keep(NOBODY, "id version file_hash card state made_at changed_at released_at"),
    ),
    "teaching_route_revisions": (
        number("by_id"),
        keep("what the site says about routes, for everybody to read", "route_id seq change at said"),
    ),
    "outbox": (
        # Letters to the address alone, and what those to others say of this person: `notices.erasing_services`.
        null(
            "recipient_user_id = :person",
            "calendar calendar_method last_error lease_until lease_token",
        ),
        constant(
            "recipient_user_id = :person",
            address=":gone",
            recipient_name=ERASED,
            params={},
            locale="nl",
        ),
        number("recipient_user_id"),
        keep("that a letter was made, and for which step; the key is a hash once it held an address", "dedupe_key"),
        keep(
            "that a letter was made, and for which step",
            "id channel template subject subject_id seq state not_before attempts manner gather digest_id dead_reason"
            " message_id created_at sent_at read_at",
        ),
    ),
}

OF_NOBODY: dict[str, str] = {
    "allowed_transitions": "from_state action to_state",
    "calendar_days": "organisation_id day kind note",
    "forgotten_noes": "match_id at",
    "job_runs": "name next_due_at lease_token lease_beat started_at finished_at outcome counts error failures",
    "lesson_grids": "id organisation_id department shortened valid_from periods",
    "match_moments": "id match_id day starts ends start_s end_s periods parts shape_key suggested_by chosen dropped_at",
    "model_trainings": "week began_at ended_at outcome version note",
    "occupations": "uri lang isco name folded imported_at",
    "offer_topics": "offer_id topic_id",
    "postcodes": "pc4 place municipality municipality_code province lat lon cell holiday_region region_id source",
    "regions": "id parent_id level scheme code name valid_from valid_to",
    "request_moments": "id request_id day starts ends start_s end_s periods parts",
    "request_topics": "request_id topic_id",
    # A word that only the offers of the person had goes with them: `offers.erasing_services`.
    "search_terms": "id word",
    "source_files": "url sha256 etag last_modified imported_at",
    "suggestion_runs": "id request_id request_revision as_of model fingerprint eligible never smallest_change"
    " generated",
    "suggestions": "id run_id offer_id offer_revision position score propensity distance_km facts reasons against"
    " moments shown_at opened_at",
    "teaching_routes": "id code position sectors min_education lower_by_assessment subjects gives ask_first months_from"
    " months_to hours_from hours_to cost_from cost_to title_nl title_en summary_nl summary_en steps_nl steps_en"
    " not_allowed_nl not_allowed_en who_decides_nl who_decides_en funds_nl funds_en source source_url checked_on"
    " ended_at version",
    "topic_terms": "topic_id lang folded",
    "topics": "id type code nl en levels near parent_id details",
}
RULES: dict[str, tuple[Rule, ...]] = {
    **OF_PEOPLE,
    **{table: (keep(NOBODY, columns),) for table, columns in OF_NOBODY.items()},
}
