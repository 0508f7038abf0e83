"""Why somebody was not let in, or changed as asked."""

from enum import StrEnum

from inspection.errors import PeopleError
from inspection.people.passwords import (
    LEAST_CHARACTERS,
    MOST_CHARACTERS,
)


class Refusal(StrEnum):
    """Why somebody was not let in or changed as asked; the pages have a sentence for each."""

    WRONG_LOGIN = "wrong_login"
    WAIT = "wait"
    """Too many wrong tries."""
    BUSY = "busy"
    """Too many people log in at this moment."""
    NAME_UNFIT = "name_unfit"
    NAME_TAKEN = "name_taken"
    NAME_ALIKE = "name_alike"
    PASSWORD_SHORT = "password_short"
    PASSWORD_SAME = "password_same"
    LAST_ADMIN = "last_admin"
    ONESELF = "oneself"
    """Nobody shuts themselves out, by mistake or by somebody else's hand at their screen."""
    ROLE_RESERVED = "role_reserved"
    UNKNOWN = "unknown"


_SENTENCES = {
    Refusal.WRONG_LOGIN: "Name or password are wrong.",
    Refusal.WAIT: "Too many wrong tries: wait a moment.",
    Refusal.BUSY: "Too many people log in at this moment: try again in a few seconds.",
    Refusal.NAME_UNFIT: "A name has 2 to 32 letters of one script and digits, single spaces, . - _ ' between them.",
    Refusal.NAME_TAKEN: "Somebody has that name already; names are never given twice.",
    Refusal.NAME_ALIKE: "Somebody's name looks almost the same: nobody could tell the two apart in the audit log.",
    Refusal.PASSWORD_SHORT: f"A password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters.",
    Refusal.PASSWORD_SAME: "The new password must differ from the old one.",
    Refusal.LAST_ADMIN: "At least one active person must be an admin.",
    Refusal.ONESELF: "Nobody takes their own access: ask another admin, or change your password in the menu.",
    Refusal.ROLE_RESERVED: "The guest is the demo's own; choose another role.",
    Refusal.UNKNOWN: "Nobody has that name.",
}


class Refused(PeopleError):
    """Somebody was not let in or changed as asked."""

    def __init__(self, refusal: Refusal, wait_s: float = 0.0) -> None:
        super().__init__(_SENTENCES[refusal])
        self.refusal = refusal
        self.wait_s = wait_s
        """Time until the next try may be made, for WAIT and BUSY."""
