"""Texts of the pages of people and the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.people.audit_search import About


@dataclass(frozen=True, slots=True)
class PeopleTexts:
    """People and the audit log."""

    title: str
    name: str
    role: str
    since: str
    state: str
    active: str
    inactive: str
    make_inactive: str
    make_active: str
    reset: str
    reset_explained: str
    add: str
    add_title: str
    add_explained: str
    one_time: str
    one_time_explained: str
    yourself: str
    yourself_advice: str
    ask_role: str
    """`{name}`, `{before}`, `{after}`; `{name}` in the next three."""
    ask_role_explained: str
    ask_inactive: str
    ask_inactive_explained: str
    ask_active: str
    ask_active_explained: str
    ask_reset: str
    change_role: str
    role_changed: str
    add_screen: str
    screen_explained: str
    screen_made: str
    """`{name}`"""
    screen_told: str
    done: str
    roles_title: str

    audit_title: str
    check: str
    intact: str
    broken: str
    not_sealed: str
    cut_off: str
    not_proven: str
    before_seals: str
    last_entry: str
    when: str
    who: str
    what: str
    subject: str
    before: str
    after: str
    older: str
    newest: str
    no_entries: str
    no_entries_advice: str
    about: str
    abouts: Mapping[About, str]
    words: str
    everybody: str
    from_day: str
    to_day: str
    search: str
    clear: str
    export: str
    wrong_day: str
    """`{got}`, as the address has it; so in the next two."""
    wrong_about: str
    wrong_number: str
    days_reversed: str
    note_of_times: str
    """`{zone}`."""


ENGLISH = PeopleTexts(
    title="People",
    name="Name",
    role="Role",
    since="Since",
    state="State",
    active="active",
    inactive="inactive",
    make_inactive="Make inactive",
    make_active="Make active",
    reset="New one-time password",
    reset_explained="Their password ends at once, and so do their sessions.",
    add="Add a person",
    add_title="New person",
    add_explained="The name as they write it, accents too. It stays: reviews and the audit log name people by it.",
    one_time="One-time password of {name}",
    one_time_explained="Hand it over in person. It is never shown again, and has to be changed at the first login.",
    yourself="you",
    yourself_advice="Your own access is for another admin to change. Your password: in the menu above.",
    ask_role="Make {name} {after} instead of {before}?",
    ask_role_explained="From their next click on {name} may do what the new role allows, and nothing else.",
    ask_inactive="Make {name} inactive?",
    ask_inactive_explained="Who is logged in as {name} is out at once. Name, reviews and entries in the log stay.",
    ask_active="Make {name} active again?",
    ask_active_explained="{name} can log in again, with the old password.",
    ask_reset="A new one-time password for {name}?",
    change_role="Change the role",
    role_changed="Role changed.",
    add_screen="Add a wall screen",
    screen_explained=(
        "A screen shows the line page and nothing else, without buttons. It gets an address with a key of its own; "
        "making the screen inactive takes the key back."
    ),
    screen_made="Address of the screen {name}",
    screen_told="Open it once on the screen. It is shown only now: whoever has it sees the line page.",
    done="Done.",
    roles_title="Who may do what",
    audit_title="Audit log",
    check="Check integrity",
    intact="Intact: {entries} entries, nothing altered, removed or inserted.",
    broken="Broken at entry {number}: it, or the one before, was altered, removed or inserted.",
    not_sealed="Entry {number} has no seal: the key could not be had then, or somebody added it.",
    cut_off="The log ends with entry {number}, an anchor names {missing}: its end was cut off.",
    not_proven="Nothing is proven without the key. {trouble}",
    before_seals="{entries} entries are older than the seals: of these only the order is proven.",
    last_entry="Last entry {number}, SHA-256 {sha256}. Decisions are checked by `inspection store verify`.",
    when="When",
    who="Who",
    what="What",
    subject="To what",
    before="Before",
    after="After",
    older="Older",
    newest="Newest",
    no_entries="No entries",
    no_entries_advice="None fulfils all of this. Leave something away.",
    about="About",
    abouts={
        About.NO_REVIEWS: "all but review answers",
        About.LINE: "holds and releases, line",
        About.REVIEWS: "review answers",
        About.SETUP: "recipes and models",
        About.PEOPLE: "people and logins",
        About.OTHERS: "exports and the rest",
        About.EVERYTHING: "everything",
    },
    words="Words in it",
    everybody="everybody",
    from_day="From day",
    to_day="To day",
    search="Search",
    clear="Clear",
    export="Export as CSV",
    wrong_day="A day such as 2030-01-31 is expected, got {got}.",
    wrong_about="There is nothing called {got} here; shown is all but review answers.",
    wrong_number="The number of an entry is expected, got {got}; shown are the newest.",
    days_reversed="This day lies before the first one.",
    note_of_times="Times and days are the station's: {zone}.",
)

FRENCH = PeopleTexts(
    title="Utilisateurs",
    name="Nom",
    role="Rôle",
    since="Depuis",
    state="État",
    active="actif",
    inactive="inactif",
    make_inactive="Désactiver",
    make_active="Activer",
    reset="Nouveau mot de passe à usage unique",
    reset_explained="Son mot de passe et ses sessions prennent fin aussitôt.",
    add="Ajouter un utilisateur",
    add_title="Nouvel utilisateur",
    add_explained="Le nom tel qu'il s'écrit, accents compris. Il reste : les revues et le journal le citent.",
    one_time="Mot de passe à usage unique de {name}",
    one_time_explained="Remettez-le en main propre. Il n'est plus jamais affiché et doit être changé à la connexion.",
    yourself="vous",
    yourself_advice=(
        "Votre propre accès, c'est à un autre administrateur de le changer. Votre mot de passe : dans le menu en haut."
    ),
    ask_role="Changer le rôle de {name} de {before} à {after} ?",
    ask_role_explained="Dès son prochain clic, {name} peut ce que permet le nouveau rôle, et rien d'autre.",
    ask_inactive="Désactiver {name} ?",
    ask_inactive_explained=(
        "Les sessions ouvertes au nom de {name} se ferment aussitôt. Le nom, les revues et le journal restent."
    ),
    ask_active="Réactiver {name} ?",
    ask_active_explained="{name} pourra se reconnecter, avec l'ancien mot de passe.",
    ask_reset="Un nouveau mot de passe à usage unique pour {name} ?",
    change_role="Changer le rôle",
    role_changed="Rôle changé.",
    add_screen="Ajouter un écran mural",
    screen_explained=(
        "Un écran montre la page de la ligne et rien d'autre, sans boutons. Il reçoit une adresse avec sa propre clé ; "
        "rendre l'écran inactif la retire."
    ),
    screen_made="Adresse de l'écran {name}",
    screen_told="Ouvrez-la une fois sur l'écran. Elle n'est affichée que maintenant ; elle montre la ligne.",
    done="Fait.",
    roles_title="Qui peut faire quoi",
    audit_title="Journal d'audit",
    check="Vérifier l'intégrité",
    intact="Intact : {entries} entrées, rien de modifié, de supprimé ni d'inséré.",
    broken="Rompu à l'entrée {number} : elle, ou la précédente, a été modifiée, supprimée ou insérée.",
    not_sealed="L'entrée {number} n'a pas de sceau : la clé manquait, ou quelqu'un l'a ajoutée.",
    cut_off="Le journal finit à l'entrée {number}, une ancre nomme la {missing} : la fin a été coupée.",
    not_proven="Rien n'est prouvé sans la clé. {trouble}",
    before_seals="{entries} entrées datent d'avant les sceaux : seul leur ordre est prouvé.",
    last_entry="Dernière entrée {number}, SHA-256 {sha256}. `inspection store verify` vérifie les décisions.",
    when="Quand",
    who="Qui",
    what="Quoi",
    subject="Sur quoi",
    before="Avant",
    after="Après",
    older="Plus anciennes",
    newest="Les plus récentes",
    no_entries="Aucune entrée",
    no_entries_advice="Aucune ne remplit toutes ces conditions. Retirez-en une.",
    about="À propos de",
    abouts={
        About.NO_REVIEWS: "tout sauf les réponses de revue",
        About.LINE: "blocages, levées, ligne",
        About.REVIEWS: "réponses de revue",
        About.SETUP: "recettes et modèles",
        About.PEOPLE: "utilisateurs et connexions",
        About.OTHERS: "exports et le reste",
        About.EVERYTHING: "tout",
    },
    words="Mots contenus",
    everybody="tout le monde",
    from_day="Du jour",
    to_day="Au jour",
    search="Chercher",
    clear="Effacer",
    export="Exporter en CSV",
    wrong_day="Un jour comme 2030-01-31 est attendu, reçu {got}.",
    wrong_about="Rien ne s'appelle {got} ici ; tout est montré, sauf les réponses de revue.",
    wrong_number="Le numéro d'une entrée est attendu, reçu {got} ; les plus récentes sont montrées.",
    days_reversed="Ce jour précède le premier.",
    note_of_times="Heures et jours sont ceux de la station : {zone}.",
)
