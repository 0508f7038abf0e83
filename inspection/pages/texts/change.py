"""Texts of the recipe editor, of what-if and of the change-over."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.quality.what_if import Unknown
from inspection.station.planned_change import ChangeStep


@dataclass(frozen=True, slots=True)
class ChangeTexts:
    """Editor, release, what-if, change-over, rolls."""

    form: str
    text: str
    kind: str
    severity: str
    words: Mapping[str, str]
    """Names of fields, where a person would call them otherwise than the file does."""
    add_kind: str
    add_limit: str
    remove: str
    more: str
    text_first: str
    needs_value: str
    line: str
    moved_title: str
    moved: str
    moved_new: str
    moved_gone: str
    against: str
    not_moved: str
    comment: str
    comment_explained: str
    settled_comment: str

    what_if: str
    what_if_busy: str
    what_if_none: str
    would_reject: str
    freed: str
    freed_grave: str
    freed_confirmed: str
    caught: str
    judged_by: str
    repeated: str
    not_known: str
    uninspected: str
    examples: str
    unknown_title: str
    unknown: Mapping[Unknown, str]

    change_title: str
    in_force: str
    since: str
    from_settings: str
    to_come: str
    nothing_to_come: str
    steps: Mapping[ChangeStep, str]
    prepare: str
    prepare_explained: str
    why: str
    prepared: str
    confirm: str
    confirm_explained: str
    confirmed: str
    cancel: str
    cancel_explained: str
    cancelled: str
    no_station: str
    roll: str
    roll_running: str
    roll_begins: str
    roll_ends: str
    roll_begun: str
    roll_begun_with: str
    roll_ended: str
    roll_needed: str


ENGLISH = ChangeTexts(
    form="Form",
    text="Text",
    kind="Kind",
    severity="Severity",
    words={
        "name": "name",
        "version": "version",
        "material": "material",
        "view": "view",
        "deadline": "deadline",
        "diameter": "diameter",
        "length": "length",
        "width": "width",
        "area": "area",
        "contrast": "contrast",
        "min": "at least",
        "from diameter": "from diameter",
        "at most": "at most",
        "reject above": "rejects above",
        "count": "counts",
        "size": "guard band",
        "objects": "objects",
        "within": "within",
        "max candidates": "most candidates",
        "left": "left",
        "right": "right",
    },
    add_kind="Add a kind",
    add_limit="or …",
    remove="Remove",
    more="Image, guard band, clusters and all else",
    text_first="The text is no valid TOML at the moment: correct it, and the form is back.",
    needs_value="This needs a value.",
    line="Line {line}",
    moved_title="Limits that moved by more than a factor of two",
    moved="{where}: {before} → {after}",
    moved_new="{where}: new, {after}",
    moved_gone="{where}: {before} → no limit any more",
    against="against {title}",
    not_moved="No limit moved by more than a factor of two against {title}.",
    comment="Comment (is kept with your name)",
    comment_explained="What you looked at, and why. It is shown in the history and in the audit log.",
    settled_comment="Comment",
    what_if="What if?",
    what_if_busy="Another one is being computed. Try again in a few seconds.",
    what_if_none="Nothing has been decided yet.",
    would_reject="Would reject {after} instead of {before} of the last {pieces} decisions ({first} to {last}).",
    freed="{count} that were rejected would be accepted",
    freed_grave="of these {count} for a safety defect (S1)",
    freed_confirmed="{count} of these were confirmed as rejects by reviewers",
    caught="{count} that were accepted would be rejected",
    judged_by="Judged by {recipes}.",
    repeated="Check: judged again by their own recipe, {repeated} of {checked} come out as they did.",
    not_known="Of {count} nothing can be said; they count as they were.",
    uninspected="Uninspected, then as now: {count}.",
    examples="For example",
    unknown_title="What stored objects can't tell",
    unknown={
        Unknown.NAMES: "An object that may be several things has the name under which it was rejected; under other "
        "limits it might have had another.",
        Unknown.THRESHOLDS: "Model or thresholds differ: objects below the thresholds of then were never stored, and "
        "objects near them would have other outlines.",
        Unknown.IMAGE: "[image] or [layout] differ: other frames would be fit to be judged, and small objects measured "
        "otherwise.",
        Unknown.STORM: "Some pieces were rejected unexamined, for too much was on them; now they would be examined.",
        Unknown.OTHER_PRODUCT: "Some pieces were judged by a recipe of another name, perhaps of another product.",
        Unknown.BEFORE: "A recipe that judged is not there any more, so that nobody can tell what else differs.",
    },
    change_title="Change-over",
    in_force="In force",
    since="since decision {sequence}, roll {roll}, by {by}: {why}",
    from_settings="as the settings say",
    to_come="To come",
    nothing_to_come="Nothing is prepared.",
    steps={
        ChangeStep.PREPARED: "prepared by {by}: {why}. Nothing happens before it is confirmed.",
        ChangeStep.CONFIRMED: "confirmed by {confirmed_by}: it takes effect with the next roll.",
        ChangeStep.COMING: "comes with decision {sequence}, roll {roll}.",
    },
    prepare="Change over",
    prepare_explained="{title} is loaded with its model and checked. The recipe in force runs on until you confirm, "
    "and the next roll begins.",
    why="Reason (is recorded with your name)",
    prepared="{title} is prepared. Look at it, then confirm.",
    confirm="Confirm",
    confirm_explained="With the next roll that begins, {title} judges. The block at the change is uninspected.",
    confirmed="{title} takes effect with the next roll.",
    cancel="Give up the change",
    cancel_explained="The recipe in force runs on.",
    cancelled="Given up. The recipe in force runs on.",
    no_station="The station is not heard at the moment: nothing can be changed.",
    roll="Roll",
    roll_running="runs: {roll}",
    roll_begins="Roll begins",
    roll_ends="Roll ends",
    roll_begun="{roll} begins with decision {sequence}.",
    roll_begun_with="{roll} begins with decision {sequence}; the new recipe judges from {recipe_from} on.",
    roll_ended="The roll ends before decision {sequence}.",
    roll_needed="Write the roll's name.",
)

FRENCH = ChangeTexts(
    form="Formulaire",
    text="Texte",
    kind="Type",
    severity="Gravité",
    words={
        "name": "nom",
        "version": "version",
        "material": "matière",
        "view": "vue",
        "deadline": "délai",
        "diameter": "diamètre",
        "length": "longueur",
        "width": "largeur",
        "area": "aire",
        "contrast": "contraste",
        "min": "minimum",
        "from diameter": "à partir du diamètre",
        "at most": "au plus",
        "reject above": "rejette dès",
        "count": "compte",
        "size": "bande de garde",
        "objects": "objets",
        "within": "dans",
        "max candidates": "candidats au plus",
        "left": "gauche",
        "right": "droite",
    },
    add_kind="Ajouter un type",
    add_limit="ou …",
    remove="Retirer",
    more="Image, bande de garde, groupes et le reste",
    text_first="Le texte n'est pas du TOML valable pour l'instant : corrigez-le, et le formulaire revient.",
    needs_value="Il faut une valeur ici.",
    line="Ligne {line}",
    moved_title="Limites changées de plus d'un facteur deux",
    moved="{where} : {before} → {after}",
    moved_new="{where} : nouvelle, {after}",
    moved_gone="{where} : {before} → plus de limite",
    against="par rapport à {title}",
    not_moved="Aucune limite n'a changé de plus d'un facteur deux par rapport à {title}.",
    comment="Commentaire (enregistré avec votre nom)",
    comment_explained="Ce que vous avez regardé, et pourquoi. Affiché dans l'historique et le journal d'audit.",
    settled_comment="Commentaire",
    what_if="Et si ?",
    what_if_busy="Un autre calcul est en cours. Réessayez dans quelques secondes.",
    what_if_none="Rien n'a encore été décidé.",
    would_reject="Rejetterait {after} au lieu de {before} des {pieces} dernières décisions ({first} à {last}).",
    freed="{count} rejets seraient acceptés",
    freed_grave="dont {count} pour un défaut de sécurité (S1)",
    freed_confirmed="{count} d'entre eux ont été confirmés par la revue",
    caught="{count} acceptés seraient rejetés",
    judged_by="Jugées par {recipes}.",
    repeated="Contrôle : rejugées par leur propre recette, {repeated} sur {checked} donnent le même résultat.",
    not_known="De {count}, on ne peut rien dire ; elles comptent comme avant.",
    uninspected="Non inspectées, alors comme maintenant : {count}.",
    examples="Par exemple",
    unknown_title="Ce que les objets enregistrés ne disent pas",
    unknown={
        Unknown.NAMES: "Un objet ambigu porte le nom sous lequel il a été rejeté ; avec d'autres limites il en aurait "
        "peut-être un autre.",
        Unknown.THRESHOLDS: "Modèle ou seuils diffèrent : les objets sous les seuils d'alors n'ont pas été gardés, "
        "et ceux proches des seuils auraient d'autres contours.",
        Unknown.IMAGE: "[image] ou [layout] diffèrent : d'autres images seraient jugées, et les petits objets mesurés "
        "autrement.",
        Unknown.STORM: "Des pièces ont été rejetées sans examen, car trop chargées ; elles seraient examinées.",
        Unknown.OTHER_PRODUCT: "Des pièces ont été jugées par une recette d'un autre nom : autre produit, peut-être.",
        Unknown.BEFORE: "Une recette qui a jugé n'est plus là : nul ne sait ce qui diffère d'autre.",
    },
    change_title="Changement de recette",
    in_force="En vigueur",
    since="depuis la décision {sequence}, bobine {roll}, par {by} : {why}",
    from_settings="selon les réglages",
    to_come="À venir",
    nothing_to_come="Rien n'est préparé.",
    steps={
        ChangeStep.PREPARED: "préparée par {by} : {why}. Rien ne se passe avant la confirmation.",
        ChangeStep.CONFIRMED: "confirmée par {confirmed_by} : prend effet à la prochaine bobine.",
        ChangeStep.COMING: "vient avec la décision {sequence}, bobine {roll}.",
    },
    prepare="Changer de recette",
    prepare_explained="{title} est chargée avec son modèle et vérifiée. La recette en vigueur continue jusqu'à votre "
    "confirmation et au début de la prochaine bobine.",
    why="Raison (enregistrée avec votre nom)",
    prepared="{title} est préparée. Regardez-la, puis confirmez.",
    confirm="Confirmer",
    confirm_explained="Dès la prochaine bobine, {title} juge. Le bloc au changement n'est pas inspecté.",
    confirmed="{title} prend effet à la prochaine bobine.",
    cancel="Abandonner le changement",
    cancel_explained="La recette en vigueur continue.",
    cancelled="Abandonné. La recette en vigueur continue.",
    no_station="La station ne répond pas pour l'instant : rien ne peut être changé.",
    roll="Bobine",
    roll_running="en cours : {roll}",
    roll_begins="La bobine commence",
    roll_ends="La bobine finit",
    roll_begun="{roll} commence avec la décision {sequence}.",
    roll_begun_with="{roll} commence avec la décision {sequence} ; la nouvelle recette juge à partir de {recipe_from}.",
    roll_ended="La bobine finit avant la décision {sequence}.",
    roll_needed="Écrivez le nom de la bobine.",
)
