"""Texts of the review page. All but the keys' help go to its script, by field name.

One module, long as it is: a catalogue in two languages is read side by side, and checked as one.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReviewTexts:
    """Review."""

    title: str
    risks: Mapping[str, str]
    """Why a case is looked at; keys are names of `Risk`."""
    verdicts: Mapping[str, str]
    quantities: Mapping[str, str]
    """What a rule compares; keys are the first part of its name, or of limits the quantity."""
    lane: str
    contrast: str
    score: str

    all_rolls: str
    all_lanes: str
    all_kinds: str
    all_verdicts: str
    left: str
    """`{left}`, `{others}`."""
    left_alone: str
    """`{left}`."""
    loading: str
    loading_picture: str
    no_picture: str
    not_kept: str
    """`{sequence}`, `{verdict}`: a neighbour without picture."""
    nothing_left: str
    nothing_left_advice: str
    nothing_found: str
    nothing_found_advice: str
    clear_filters: str
    no_such_case: str
    """`{case}`, as the address has it."""
    no_such_filter: str
    """`{value}`."""
    failed: str
    try_again: str
    not_reached: str
    session_over: str
    log_in: str
    not_saved: str
    """`{sequence}`, `{why}`."""
    undo_failed: str
    """`{sequence}`, `{why}`."""
    nothing_to_undo: str
    leave_unsaved: str
    answered_by_you: str
    """`{said}`: answer, kind and time."""
    answered_by: str
    """`{person}`, `{said}`."""
    change_answer: str
    change_first: str
    changing: str

    confirm: str
    overrule: str
    unsure: str
    skip: str
    undo: str
    note: str
    note_hint: str
    means: Mapping[str, Mapping[str, str]]
    """What confirm and overrule mean, by verdict."""
    done: Mapping[str, str]
    """By answer; `{sequence}`."""
    skipped: str
    undone: str

    why: str
    no_reason: str
    limit: str
    found: str
    not_a_reason: str
    no_defects: str
    relabelled: str
    removed: str
    redrawn: str
    added: str
    restore: str
    remove: str
    kind_missing: str
    kind_first: str
    kind_is: str
    """`{kind}`: what the reader says that it is."""
    kind_of_case: str
    kind_of_defect: str
    other_kind: str
    search_kind: str
    no_kind: str
    nothing_chosen: str
    likely_found: str
    """`{kind}`: the likely kind of an object that the reader drew; so in the next."""
    likely_last: str
    likely_none: str
    keys_of: str
    """`{recipe}`."""
    set_keys: str
    other_keys: str
    """`{recipe}`: keys that mean something else than those of the case before."""
    keys_title: str
    keys_advice: str
    keys_recipe: str
    keys_none: str
    keys_none_advice: str
    key: str
    no_key: str
    keys_set_by: str
    """`{person}`, `{time}`."""
    keys_saved: str
    """`{recipe}`."""
    key_doubled: str
    """`{key}`: of the other key."""
    keys_unknown: str
    """`{recipe}`."""
    back_to_review: str
    save: str
    dimensions: str
    earlier: str
    answers: Mapping[str, str]
    taken_back: str
    captured: str
    judged_by: str
    more: str
    escape_hint: str

    fit: str
    pixels: str
    next_defect: str
    enlarge: str
    reduce: str
    outlines: str
    switch_views: str
    overlay_views: str
    fates: Mapping[str, str]
    """What became of a view's frame, for those that were not seen; keys are values of `Fate`."""
    no_view_picture: str
    not_seen_here: str
    """Told of an object that other views saw."""
    web: str
    auto_contrast: str
    dark_end: str
    bright_end: str
    box: str
    polygon: str
    box_hint: str
    polygon_hint: str

    keys: Mapping[str, str]
    """What each key does, for the help on `?`."""


ENGLISH = ReviewTexts(
    title="Review",
    risks={
        "uninspected": "uninspected",
        "near_limit": "near a limit",
        "unusual": "unusual look",
        "safety": "safety kind",
        "reject": "reject",
        "accept_sample": "sample of accepts",
    },
    verdicts={"accept": "accepted", "reject": "rejected", "uninspected": "uninspected"},
    quantities={
        "diameter_mm": "diameter",
        "length_mm": "length",
        "width_mm": "width",
        "area_mm2": "area",
        "contrast_percent": "contrast",
        "count": "count",
        "cluster": "cluster",
        "storm": "storm of defects",
        "lost": "frame lost",
        "view": "not seen by all views",
        "late": "too late",
        "overload": "overload",
        "encoder": "encoder",
        "failed": "inspection failed",
        "image": "picture unfit",
        "store": "store",
        "hold": "hold",
        "bypass": "bypass",
    },
    lane="lane",
    contrast="contrast",
    score="score",
    all_rolls="All rolls",
    all_lanes="All lanes",
    all_kinds="All kinds",
    all_verdicts="All verdicts",
    left="{left} left, {others} with others",
    left_alone="{left} left",
    loading="Loading cases …",
    loading_picture="Loading the picture …",
    no_picture="The picture is not kept any more. Skip the case, or answer by the values.",
    not_kept="#{sequence} {verdict}, no picture kept",
    nothing_left="All reviewed",
    nothing_left_advice="New rejects and samples of accepts appear here by themselves.",
    nothing_found="Nothing waits with these filters",
    nothing_found_advice="Choose others, or clear them.",
    clear_filters="Clear filters",
    no_such_case="There is no case “{case}”: the address has to name a decision by its number.",
    no_such_filter="Nothing here is called “{value}”: that filter of the address is left out.",
    failed="The cases could not be loaded",
    try_again="Try again",
    not_reached="The pages' server does not answer. Check the network, then try again.",
    session_over="Your session has ended. Log in again (in another tab, so that what you drew stays), then try again.",
    log_in="Log in",
    not_saved="The answer to #{sequence} was not saved: {why} Here is the case again, with all you entered.",
    undo_failed="The answer to #{sequence} could not be taken back: {why}",
    nothing_to_undo="There is nothing to undo.",
    leave_unsaved="An answer is not saved yet.",
    answered_by_you="Already answered by you: {said}.",
    answered_by="Already settled by {person}: {said}.",
    change_answer="Change the answer",
    change_first="To change it, press A first.",
    changing="Your next answer takes the place of that one.",
    confirm="Confirm",
    overrule="Overrule",
    unsure="Unsure",
    skip="Skip",
    undo="Undo",
    note="Note",
    note_hint="Note, for the record",
    means={
        "reject": {"confirmed": "it is bad", "overruled": "it is good", "unsure": "can't tell"},
        "accept": {"confirmed": "it is good", "overruled": "it is bad", "unsure": "can't tell"},
        "uninspected": {"confirmed": "must not go on", "overruled": "it is good", "unsure": "can't tell"},
    },
    done={"confirmed": "#{sequence} confirmed", "overruled": "#{sequence} overruled", "unsure": "#{sequence} unsure"},
    skipped="#{sequence} skipped: it comes again at the end",
    undone="#{sequence} taken back",
    why="Why",
    no_reason="No rule was broken.",
    limit="limit",
    found="Found",
    not_a_reason="within limits",
    no_defects="No objects found.",
    relabelled="relabelled",
    removed="removed",
    redrawn="redrawn",
    added="added",
    restore="Put back",
    remove="Remove",
    kind_missing="kind not chosen yet",
    kind_first="The object that you drew has no kind yet. Choose one, or remove the object.",
    kind_is="It is {kind}",
    kind_of_case="Which kind it is",
    kind_of_defect="Kind of the selected object",
    other_kind="Other …",
    search_kind="Kind: name or code",
    no_kind="No kind has that name or code.",
    nothing_chosen="No kind is chosen. Type a name or a code, or mark one with the arrows.",
    likely_found="Likely {kind}: the station found that here. Enter takes it.",
    likely_last="Perhaps {kind}, which you gave last. Enter takes it.",
    likely_none="The station found nothing here. Which kind is it?",
    keys_of="Keys of recipe {recipe}",
    set_keys="Set keys",
    other_keys="Now the keys of recipe {recipe}: look at them before you press one.",
    keys_title="Keys of the review",
    keys_advice="They hold for all readers of this recipe, in all its versions. Hands know them: change them rarely.",
    keys_recipe="Recipe",
    keys_none="No recipe has keys yet",
    keys_none_advice="A recipe gets its keys with its first case for review.",
    key="Key {number}",
    no_key="none",
    keys_set_by="Set by {person}, {time}.",
    keys_saved="The keys of recipe {recipe} are set. Tell the readers.",
    key_doubled="Key {key} has this kind already. Choose another, or none.",
    keys_unknown="No recipe {recipe} has keys. Choose one of these.",
    back_to_review="To the review",
    save="Save",
    dimensions="Dimensions",
    earlier="Earlier answers",
    answers={"confirmed": "confirmed", "overruled": "overruled", "unsure": "unsure"},
    taken_back="took an answer back",
    captured="Seen",
    judged_by="Judged by",
    more="Details",
    escape_hint="If you overrule it, draw what was missed (B or Y): else nobody can learn from it.",
    fit="Fit",
    pixels="1:1",
    next_defect="Next object",
    enlarge="Zoom in",
    reduce="Zoom out",
    outlines="Outlines",
    switch_views="Views",
    overlay_views="Overlay",
    fates={"not_judged": "not judged", "lost": "lost"},
    no_view_picture="no picture kept",
    not_seen_here="not seen here",
    web="Web before and after",
    auto_contrast="Contrast",
    dark_end="Grey value shown black",
    bright_end="Grey value shown white",
    box="Box",
    polygon="Polygon",
    box_hint="Drag a box: it redraws the selected object, or adds one that was missed. Esc ends.",
    polygon_hint="Click corner after corner, Enter closes: it redraws the selected object, or adds one. Esc ends.",
    keys={
        "C": "confirm the verdict",
        "X": "overrule it",
        "U": "unsure",
        "A": "change an answer of your own",
        "1 … 9": "relabel, by the recipe's keys",
        "K": "relabel: any kind, by name or code",
        "Z": "undo the last change, then the last answer",
        "S": "skip, it comes again later",
        "N": "write a note",
        "D": "select the next object and look at it",
        "F · P": "fit the frame · 1:1 pixels",
        "E · R": "zoom in · out (wheel, + and - too)",
        "← ↑ → ↓": "pan",
        "T": "stretch the contrast",
        "L": "outlines on and off",
        "W": "web before and after on and off",
        "V · O": "several views: one alone, the next, all · one over the other",
        "B · Y": "draw a box · a polygon",
        "Delete": "remove the selected object",
        "Esc": "end drawing, or select nothing",
    },
)

FRENCH = ReviewTexts(
    title="Revue",
    risks={
        "uninspected": "non inspecté",
        "near_limit": "près d'une limite",
        "unusual": "aspect inhabituel",
        "safety": "type de sécurité",
        "reject": "rejet",
        "accept_sample": "échantillon d'acceptés",
    },
    verdicts={"accept": "accepté", "reject": "rejeté", "uninspected": "non inspecté"},
    quantities={
        "diameter_mm": "diamètre",
        "length_mm": "longueur",
        "width_mm": "largeur",
        "area_mm2": "surface",
        "contrast_percent": "contraste",
        "count": "nombre",
        "cluster": "amas",
        "storm": "avalanche de défauts",
        "lost": "image perdue",
        "view": "non vue par toutes les vues",
        "late": "trop tard",
        "overload": "surcharge",
        "encoder": "codeur",
        "failed": "inspection échouée",
        "image": "image inutilisable",
        "store": "base de données",
        "hold": "blocage",
        "bypass": "contournement",
    },
    lane="piste",
    contrast="contraste",
    score="score",
    all_rolls="Toutes les bobines",
    all_lanes="Toutes les pistes",
    all_kinds="Tous les types",
    all_verdicts="Tous les verdicts",
    left="{left} à voir, {others} chez d'autres",
    left_alone="{left} à voir",
    loading="Chargement des cas …",
    loading_picture="Chargement de l'image …",
    no_picture="L'image n'est plus conservée. Passez le cas, ou répondez d'après les valeurs.",
    not_kept="#{sequence} {verdict}, pas d'image conservée",
    nothing_left="Tout est revu",
    nothing_left_advice="Les nouveaux rejets et échantillons apparaissent ici d'eux-mêmes.",
    nothing_found="Rien n'attend avec ces filtres",
    nothing_found_advice="Choisissez-en d'autres, ou effacez-les.",
    clear_filters="Effacer les filtres",
    no_such_case="Il n'y a pas de cas « {case} » : l'adresse doit nommer une décision par son numéro.",
    no_such_filter="Rien ne s'appelle « {value} » ici : ce filtre de l'adresse est laissé de côté.",
    failed="Les cas n'ont pas pu être chargés",
    try_again="Réessayer",
    not_reached="Le serveur des pages ne répond pas. Vérifiez le réseau, puis réessayez.",
    session_over=(
        "Votre session est terminée. Reconnectez-vous (dans un autre onglet, pour garder vos tracés), puis réessayez."
    ),
    log_in="Se connecter",
    not_saved="Réponse à #{sequence} non enregistrée : {why} Revoici le cas, avec tout ce que vous aviez saisi.",
    undo_failed="La réponse à #{sequence} n'a pas pu être reprise : {why}",
    nothing_to_undo="Il n'y a rien à annuler.",
    leave_unsaved="Une réponse n'est pas encore enregistrée.",
    answered_by_you="Vous avez déjà répondu : {said}.",
    answered_by="Déjà tranché par {person} : {said}.",
    change_answer="Modifier la réponse",
    change_first="Pour la modifier, pressez d'abord A.",
    changing="Votre prochaine réponse remplace celle-là.",
    confirm="Confirmer",
    overrule="Infirmer",
    unsure="Incertain",
    skip="Passer",
    undo="Annuler",
    note="Note",
    note_hint="Note, pour le dossier",
    means={
        "reject": {"confirmed": "c'est mauvais", "overruled": "c'est bon", "unsure": "je ne sais pas"},
        "accept": {"confirmed": "c'est bon", "overruled": "c'est mauvais", "unsure": "je ne sais pas"},
        "uninspected": {"confirmed": "à écarter", "overruled": "c'est bon", "unsure": "je ne sais pas"},
    },
    done={"confirmed": "#{sequence} confirmé", "overruled": "#{sequence} infirmé", "unsure": "#{sequence} incertain"},
    skipped="#{sequence} passé : il revient à la fin",
    undone="#{sequence} repris",
    why="Pourquoi",
    no_reason="Aucune règle n'est enfreinte.",
    limit="limite",
    found="Objets trouvés",
    not_a_reason="dans les limites",
    no_defects="Aucun objet trouvé.",
    relabelled="autre type",
    removed="retiré",
    redrawn="retracé",
    added="ajouté",
    restore="Remettre",
    remove="Retirer",
    kind_missing="type pas encore choisi",
    kind_first="L'objet que vous avez tracé n'a pas encore de type. Choisissez-en un, ou retirez l'objet.",
    kind_is="C'est {kind}",
    kind_of_case="De quel type il s'agit",
    kind_of_defect="Type de l'objet choisi",
    other_kind="Autre …",
    search_kind="Type : nom ou code",
    no_kind="Aucun type ne porte ce nom ou ce code.",
    nothing_chosen="Aucun type n'est choisi. Tapez un nom ou un code, ou marquez-en un avec les flèches.",
    likely_found="Sans doute {kind} : c'est ce que la station a trouvé ici. Entrée l'accepte.",
    likely_last="Peut-être {kind}, votre dernier choix. Entrée l'accepte.",
    likely_none="La station n'a rien trouvé ici. Quel type est-ce ?",
    keys_of="Touches de la recette {recipe}",
    set_keys="Régler les touches",
    other_keys="Voici les touches de la recette {recipe} : regardez-les avant d'en presser une.",
    keys_title="Touches de la revue",
    keys_advice=(
        "Elles valent pour tous les lecteurs de cette recette, dans toutes ses versions. Les mains les connaissent : "
        "changez-les rarement."
    ),
    keys_recipe="Recette",
    keys_none="Aucune recette n'a encore de touches",
    keys_none_advice="Une recette reçoit ses touches avec son premier cas à revoir.",
    key="Touche {number}",
    no_key="aucun",
    keys_set_by="Réglées par {person}, {time}.",
    keys_saved="Les touches de la recette {recipe} sont réglées. Prévenez les lecteurs.",
    key_doubled="La touche {key} donne déjà ce type. Choisissez-en un autre, ou aucun.",
    keys_unknown="Aucune recette {recipe} n'a de touches. Choisissez-en une ici.",
    back_to_review="À la revue",
    save="Enregistrer",
    dimensions="Dimensions",
    earlier="Réponses précédentes",
    answers={"confirmed": "confirmé", "overruled": "infirmé", "unsure": "incertain"},
    taken_back="a repris une réponse",
    captured="Vu",
    judged_by="Jugé par",
    more="Détails",
    escape_hint="Si vous l'infirmez, tracez ce qui manquait (B ou Y) : sinon, personne ne peut en apprendre.",
    fit="Ajuster",
    pixels="1:1",
    next_defect="Objet suivant",
    enlarge="Agrandir",
    reduce="Réduire",
    outlines="Contours",
    switch_views="Vues",
    overlay_views="Superposer",
    fates={"not_judged": "non jugée", "lost": "perdue"},
    no_view_picture="image non conservée",
    not_seen_here="pas vu ici",
    web="Bande avant et après",
    auto_contrast="Contraste",
    dark_end="Niveau de gris montré noir",
    bright_end="Niveau de gris montré blanc",
    box="Cadre",
    polygon="Polygone",
    box_hint="Tirez un cadre : il retrace l'objet choisi, ou ajoute un objet manqué. Échap termine.",
    polygon_hint="Cliquez les sommets, Entrée ferme : retrace l'objet choisi, ou ajoute un objet. Échap termine.",
    keys={
        "C": "confirmer le verdict",
        "X": "l'infirmer",
        "U": "incertain",
        "A": "modifier votre propre réponse",
        "1 … 9": "autre type, par les touches de la recette",
        "K": "autre type, par nom ou code",
        "Z": "annuler la dernière modification, puis la dernière réponse",
        "S": "passer, le cas revient plus tard",
        "N": "écrire une note",
        "D": "choisir l'objet suivant et le regarder",
        "F · P": "ajuster l'image · pixels 1:1",
        "E · R": "agrandir · réduire (molette, + et - aussi)",
        "← ↑ → ↓": "déplacer",
        "T": "étirer le contraste",
        "L": "montrer ou cacher les contours",
        "W": "montrer ou cacher la bande avant et après",
        "V · O": "plusieurs vues : une seule, la suivante, toutes · superposées",
        "B · Y": "tracer un cadre · un polygone",
        "Delete": "retirer l'objet choisi",
        "Esc": "finir de tracer, ou ne rien choisir",
    },
)
