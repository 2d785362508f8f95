"""Who somebody is and what their grants allow, pure: guards, services and templates ask the same questions here."""

from dataclasses import dataclass, field

from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES, Role


@dataclass(frozen=True)
class Grant:
    """One role at an organisation or in a node of the region tree."""

    role: Role
    organisation_id: int | None = None
    region_id: int | None = None
    confirmed: bool = False


@dataclass(frozen=True)
class Actor:
    """The person behind a step with every live grant. ``user_id`` is None for the system itself.

    ``region_ids`` are all regions covered by confirmed coordinator grants, descendants included; ``organisation_ids``
    are all organisations this person belongs to, confirmed or not.
    """

    user_id: int | None
    name: str
    email: str = ""
    locale: str = "nl"
    grants: tuple[Grant, ...] = ()
    region_ids: frozenset[int] = field(default_factory=frozenset)
    organisation_ids: frozenset[int] = field(default_factory=frozenset)

    @property
    def is_system(self) -> bool:
        return self.user_id is None

    @property
    def is_administrator(self) -> bool:
        return self.has(Role.ADMINISTRATOR)

    @property
    def is_coordinator(self) -> bool:
        return bool(self.region_ids)

    def has(self, role: Role | str, *, confirmed: bool = True) -> bool:
        """Does this person hold the role anywhere?"""
        return any(grant.role == role and (grant.confirmed or not confirmed) for grant in self.grants)

    def has_in(self, role: Role | str, organisation_id: int | None, confirmed: bool = True) -> bool:
        """Does this person hold the role at this organisation?"""
        return any(
            grant.role == role and grant.organisation_id == organisation_id and (grant.confirmed or not confirmed)
            for grant in self.grants
            if organisation_id is not None
        )

    def is_coordinator_of(self, region_id: int | None) -> bool:
        return region_id is not None and region_id in self.region_ids

    def is_member_of(self, organisation_id: int | None, *, confirmed: bool = True) -> bool:
        """Any role at this organisation."""
        return any(self.has_in(role, organisation_id, confirmed) for role in SCHOOL_ROLES | COMPANY_ROLES)

    def leads(self, organisation_id: int | None) -> bool:
        """Speaks for the organisation: its confirmed school leader or contact."""
        return self.has_in(Role.SCHOOL_LEAD, organisation_id) or self.has_in(Role.COMPANY_CONTACT, organisation_id)


SYSTEM = Actor(user_id=None, name="Matcher", locale="nl")
