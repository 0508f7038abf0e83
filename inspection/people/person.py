"""A person with a login: who they are, and how they like the pages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inspection.people.roles import Permission, Role, may

FIRST_ADMIN = "admin"
GUEST = "guest"
STATION = "station"
"""Name in the audit log for what nobody did by hand."""


class Language(StrEnum):
    """Language of the pages."""

    ENGLISH = "en"
    FRENCH = "fr"


class Theme(StrEnum):
    """Light or dark pages."""

    AUTO = "auto"
    """As the browser says."""
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a login."""

    id: int
    name: str
    """As they write it; it never changes."""
    role: Role
    is_active: bool
    must_change_password: bool
    language: Language
    theme: Theme
    created_utc: datetime

    def may(self, permission: Permission) -> bool:
        """Whether this person may do that now; nobody may do anything before the one-time password is changed."""
        return self.is_active and not self.must_change_password and may(self.role, permission)
