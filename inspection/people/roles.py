"""Roles and what they may do: one small table, asked by the server for every page, every action and every image."""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """What a person may be allowed to do."""

    SEE_LINE = "see_line"
    """Line page: what the station does now."""
    SEE_IMAGES = "see_images"
    """Saved frames and what was found in them."""
    SEE_RESULTS = "see_results"
    """Roll map, certificates, statistics, search in the archive."""
    HOLD = "hold"
    """Put the line on hold, and release it."""
    HANDLE_ALARMS = "handle_alarms"
    """Acknowledge alarms, and put them aside for a while."""
    TELL_ROLLS = "tell_rolls"
    """Say that a roll begins or ends."""
    CHANGE_OVER = "change_over"
    """Have another recipe judge from the next roll on."""
    BYPASS = "bypass"
    """Let the line run unjudged for a while, and end that."""
    REVIEW = "review"
    """Confirm, overrule, relabel, correct."""
    SET_REVIEW_KEYS = "set_review_keys"
    """Say which kind each key of the review page gives, for all readers."""
    EXPORT = "export"
    """Take images and tables out of the station, and freeze data sets."""
    SEE_SETTINGS = "see_settings"
    """Look at recipes and models."""
    WRITE_RECIPES = "write_recipes"
    RELEASE_RECIPES = "release_recipes"
    """Release what somebody else wrote."""
    CHANGE_MODELS = "change_models"
    """Activate a model, or roll it back."""
    SEE_AUDIT_LOG = "see_audit_log"
    MANAGE_PEOPLE = "manage_people"


class Role(StrEnum):
    """What a person is to the station."""

    OPERATOR = "operator"
    QA = "qa"
    ENGINEER = "engineer"
    ADMIN = "admin"
    GUEST = "guest"
    """Role in the demo alone: on this machine, without a password."""
    SCREEN = "screen"
    """No person: a screen on the wall, let in by a key of its own."""


_EVERYBODY = frozenset(
    {
        Permission.SEE_LINE,
        Permission.SEE_IMAGES,
        Permission.SEE_RESULTS,
        Permission.HOLD,
        Permission.HANDLE_ALARMS,
        Permission.TELL_ROLLS,
        Permission.SEE_SETTINGS,
    }
)

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OPERATOR: _EVERYBODY,
    Role.QA: _EVERYBODY
    | {
        Permission.REVIEW,
        Permission.SET_REVIEW_KEYS,
        Permission.EXPORT,
        Permission.RELEASE_RECIPES,
        Permission.SEE_AUDIT_LOG,
    },
    Role.ENGINEER: _EVERYBODY
    | {
        Permission.BYPASS,
        Permission.CHANGE_OVER,
        Permission.SET_REVIEW_KEYS,
        Permission.EXPORT,
        Permission.WRITE_RECIPES,
        Permission.RELEASE_RECIPES,
        Permission.CHANGE_MODELS,
    },
    Role.ADMIN: frozenset(Permission),
    Role.GUEST: frozenset(Permission) - {Permission.MANAGE_PEOPLE},
    Role.SCREEN: frozenset({Permission.SEE_LINE}),
}


def may(role: Role, permission: Permission) -> bool:
    """Whether a role has a permission.

    >>> may(Role.OPERATOR, Permission.HOLD), may(Role.OPERATOR, Permission.BYPASS)
    (True, False)
    """
    return permission in PERMISSIONS[role]
