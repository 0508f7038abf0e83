"""Texts around every page: header, states, verdicts, what to do when something is missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.people.roles import Role


@dataclass(frozen=True, slots=True)
class FrameTexts:
    """Header, navigation, states."""

    connected: str
    not_connected: str
    not_connected_since: str
    silent_since: str
    """`{time}`: since when there is no news; followed by one of the next two."""
    silent_page: str
    silent_station: str
    skip: str
    pages: str
    """What the navigation is called for those who hear it."""
    single_keys: str
    single_keys_on: str
    single_keys_off: str
    demo: str
    theme: str
    theme_auto: str
    theme_light: str
    theme_dark: str
    language: str
    change_password: str
    log_out: str
    log_in: str
    keyboard: str
    keyboard_help: str
    key_help: str
    key_pages: str
    key_close: str
    close: str
    cancel: str
    confirm: str
    reason_needed: str
    """`{least}` letters or digits."""
    roles: Mapping[Role, str]

    accept: str
    reject: str
    uninspected: str

    loading: str
    failed: str
    failed_advice: str
    not_allowed: str
    not_allowed_advice: str
    not_found: str
    not_found_advice: str
    session_over: str
    no_frame: str
    csv_comma: str
    csv_semicolon: str


ENGLISH = FrameTexts(
    connected="Station connected",
    not_connected="Station not connected",
    not_connected_since="Station not connected since {time}",
    silent_since="No news since {time}.",
    silent_page=(
        "These pages get no answer from their server. What is shown is old, and nothing can be done here until it "
        "answers again: look at the line itself."
    ),
    silent_station=(
        "The pages answer, but have nothing new from the station. What is shown is old: look at the line itself."
    ),
    skip="To the content",
    pages="Pages",
    single_keys="Single-key shortcuts, in this browser",
    single_keys_on="on",
    single_keys_off="off",
    demo="Demo",
    theme="Appearance",
    theme_auto="as the browser says",
    theme_light="light",
    theme_dark="dark",
    language="Language",
    change_password="Change password",
    log_out="Log out",
    log_in="Log in",
    keyboard="Keyboard",
    keyboard_help="Keys on this page",
    key_help="show this help",
    key_pages="go to a page, in the order of the navigation",
    key_close="close a dialog",
    close="Close",
    cancel="Cancel",
    confirm="Confirm",
    reason_needed="Give a reason: at least {least} letters or digits.",
    roles={
        Role.OPERATOR: "Operator",
        Role.QA: "QA",
        Role.ENGINEER: "Engineer",
        Role.ADMIN: "Admin",
        Role.GUEST: "Guest",
        Role.SCREEN: "Wall screen",
    },
    accept="accepted",
    reject="rejected",
    uninspected="uninspected",
    loading="Loading …",
    failed="That did not work",
    failed_advice="Try again. If it stays so, tell an engineer what it says here.",
    not_allowed="You may not see this page",
    not_allowed_advice="You are logged in as {name} ({role}). Ask an admin for another role, or log in as another.",
    not_found="There is no such page",
    not_found_advice="Check the address, or go to the line page.",
    session_over="Your session has ended. Log in again.",
    no_frame="The picture of decision {sequence} is not kept.",
    csv_comma="Commas, decimal point",
    csv_semicolon="Semicolons, decimal comma",
)

FRENCH = FrameTexts(
    connected="Station connectée",
    not_connected="Station non connectée",
    not_connected_since="Station non connectée depuis {time}",
    silent_since="Pas de nouvelles depuis {time}.",
    silent_page=(
        "Ces pages ne reçoivent plus de réponse de leur serveur. Ce qui est affiché est périmé, et rien ne peut être "
        "fait ici avant qu'il réponde à nouveau : regardez la ligne elle-même."
    ),
    silent_station=(
        "Les pages répondent, mais n'ont rien de nouveau de la station. Ce qui est affiché est périmé : regardez la "
        "ligne elle-même."
    ),
    skip="Aller au contenu",
    pages="Pages",
    single_keys="Raccourcis à une touche, dans ce navigateur",
    single_keys_on="actifs",
    single_keys_off="inactifs",
    demo="Démo",
    theme="Apparence",
    theme_auto="selon le navigateur",
    theme_light="claire",
    theme_dark="sombre",
    language="Langue",
    change_password="Changer le mot de passe",
    log_out="Se déconnecter",
    log_in="Se connecter",
    keyboard="Clavier",
    keyboard_help="Touches de cette page",
    key_help="afficher cette aide",
    key_pages="aller à une page, dans l'ordre de la navigation",
    key_close="fermer une boîte de dialogue",
    close="Fermer",
    cancel="Annuler",
    confirm="Confirmer",
    reason_needed="Donnez une raison : au moins {least} lettres ou chiffres.",
    roles={
        Role.OPERATOR: "Opérateur",
        Role.QA: "Qualité",
        Role.ENGINEER: "Ingénieur",
        Role.ADMIN: "Administrateur",
        Role.GUEST: "Invité",
        Role.SCREEN: "Écran mural",
    },
    accept="accepté",
    reject="rejeté",
    uninspected="non inspecté",
    loading="Chargement …",
    failed="Cela n'a pas fonctionné",
    failed_advice="Réessayez. Si cela persiste, montrez ce texte à un ingénieur.",
    not_allowed="Vous n'avez pas accès à cette page",
    not_allowed_advice=(
        "Vous êtes connecté en tant que {name} ({role}). Demandez un autre rôle à un administrateur, ou connectez-vous "
        "sous un autre nom."
    ),
    not_found="Cette page n'existe pas",
    not_found_advice="Vérifiez l'adresse, ou allez à la page de la ligne.",
    session_over="Votre session est terminée. Connectez-vous à nouveau.",
    no_frame="L'image de la décision {sequence} n'est pas conservée.",
    csv_comma="Virgules, point décimal",
    csv_semicolon="Points-virgules, virgule décimale",
)
