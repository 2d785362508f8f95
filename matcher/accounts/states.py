"""The six roles."""

from enum import StrEnum


class Role(StrEnum):
    TEACHER = "teacher"
    SCHOOL_LEAD = "school_lead"
    PROFESSIONAL = "professional"
    COMPANY_CONTACT = "company_contact"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"


SCHOOL_ROLES = frozenset({Role.TEACHER, Role.SCHOOL_LEAD})
COMPANY_ROLES = frozenset({Role.PROFESSIONAL, Role.COMPANY_CONTACT})
