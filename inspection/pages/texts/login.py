"""Texts of logging in and changing a password."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.people.refusal import Refusal


@dataclass(frozen=True, slots=True)
class LoginTexts:
    """Login and password pages."""

    title: str
    name: str
    password: str
    log_in: str
    as_guest: str
    first_admin: str
    new_title: str
    must_change: str
    old_password: str
    new_password: str
    repeat_password: str
    change: str
    not_repeated: str
    rules: str
    screen_unknown: str
    screen_unknown_advice: str
    refusals: Mapping[Refusal, str]
    """`{wait_s}` in WAIT and BUSY: seconds until the next try."""


ENGLISH = LoginTexts(
    title="Log in",
    name="Name",
    password="Password",
    log_in="Log in",
    as_guest="Go on as guest",
    first_admin="At its first start the station printed a one-time password for “admin”.",
    new_title="Change password",
    must_change="Choose a password of your own before you go on.",
    old_password="Present password",
    new_password="New password",
    repeat_password="New password again",
    change="Change password",
    not_repeated="The two new passwords differ.",
    rules="At least 10 characters. Length counts, not odd characters.",
    screen_unknown="This screen has no way in",
    screen_unknown_advice=(
        "Its key was never given out, or was taken back. An admin makes a new one on the page “People”."
    ),
    refusals={
        Refusal.WRONG_LOGIN: "Name or password are wrong.",
        Refusal.WAIT: "Too many wrong tries. Wait {wait_s} s, then try again.",
        Refusal.BUSY: "Too many people log in at this moment. Try again in {wait_s} s.",
        Refusal.NAME_UNFIT: (
            "A name has 2 to 32 letters of one script and digits, and single spaces, . - _ ' between them. "
            "It begins with a letter."
        ),
        Refusal.NAME_TAKEN: "Somebody has that name already; names are never given twice.",
        Refusal.NAME_ALIKE: "Somebody's name looks almost the same: the log could not tell the two apart. Add to it.",
        Refusal.ONESELF: "Nobody takes their own access: ask another admin, or change your password in the menu.",
        Refusal.PASSWORD_SHORT: "A password has 10 to 256 characters.",
        Refusal.PASSWORD_SAME: "The new password must differ from the old one.",
        Refusal.LAST_ADMIN: "At least one active person must be an admin.",
        Refusal.ROLE_RESERVED: "The guest is the demo's own; choose another role or name.",
        Refusal.UNKNOWN: "Nobody has that name.",
    },
)

FRENCH = LoginTexts(
    title="Connexion",
    name="Nom",
    password="Mot de passe",
    log_in="Se connecter",
    as_guest="Continuer comme invité",
    first_admin="À son premier démarrage, la station a affiché un mot de passe à usage unique pour « admin ».",
    new_title="Changer le mot de passe",
    must_change="Choisissez votre propre mot de passe avant de continuer.",
    old_password="Mot de passe actuel",
    new_password="Nouveau mot de passe",
    repeat_password="Nouveau mot de passe, encore une fois",
    change="Changer le mot de passe",
    not_repeated="Les deux nouveaux mots de passe diffèrent.",
    rules="Au moins 10 caractères. C'est la longueur qui compte, pas les caractères spéciaux.",
    screen_unknown="Cet écran n'a pas d'accès",
    screen_unknown_advice=(
        "Sa clé n'a jamais été donnée, ou elle a été retirée. Un administrateur en fait une nouvelle sur la page "
        "« Personnes »."
    ),
    refusals={
        Refusal.WRONG_LOGIN: "Le nom ou le mot de passe est incorrect.",
        Refusal.WAIT: "Trop d'essais erronés. Attendez {wait_s} s, puis réessayez.",
        Refusal.BUSY: "Trop de personnes se connectent en ce moment. Réessayez dans {wait_s} s.",
        Refusal.NAME_UNFIT: (
            "Un nom a de 2 à 32 lettres d'une même écriture, chiffres et, entre eux, une espace, . - _ ou ' ; d'abord "
            "une lettre."
        ),
        Refusal.NAME_TAKEN: "Quelqu'un porte déjà ce nom ; un nom n'est jamais donné deux fois.",
        Refusal.NAME_ALIKE: (
            "Quelqu'un porte un nom presque identique : le journal ne les distinguerait pas. Complétez le nom."
        ),
        Refusal.ONESELF: (
            "Personne ne s'ôte son propre accès : demandez à un autre administrateur, ou changez votre mot de passe "
            "dans le menu."
        ),
        Refusal.PASSWORD_SHORT: "Un mot de passe compte de 10 à 256 caractères.",
        Refusal.PASSWORD_SAME: "Le nouveau mot de passe doit différer de l'ancien.",
        Refusal.LAST_ADMIN: "Au moins une personne active doit être administrateur.",
        Refusal.ROLE_RESERVED: "L'invité appartient à la démo ; choisissez un autre rôle ou un autre nom.",
        Refusal.UNKNOWN: "Personne ne porte ce nom.",
    },
)
