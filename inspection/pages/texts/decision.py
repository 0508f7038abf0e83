"""Texts of the page of one decision."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.store.seal_check import SealState
from inspection.values import Cut, Fate


@dataclass(frozen=True, slots=True)
class DecisionTexts:
    """One decision, to look at."""

    title: str
    heading: str
    """`{sequence}`"""
    unknown: str
    unknown_advice: str
    """`{last}`: the newest number."""
    other_store: str
    """`{epoch}`: what the address says."""
    no_such_frame: str
    """`{frame}`"""
    no_picture: str
    picture: str
    why: str
    accepted: str
    above: str
    """`{quantity}`, `{measured}`, `{limit}`"""
    guard: str
    """The same where what was measured is not above the limit itself."""
    whole: str
    found: str
    nothing_found: str
    broke: str
    within: str
    no_defect: str
    dimensions: str
    views: str
    """What was seen by which view."""
    view: str
    fate: str
    of_piece: str
    fates: Mapping[Fate, str]
    cleared: str
    """`{view}`"""
    number: str
    cuts: Mapping[Cut, str]
    web: str
    before: str
    after: str
    here: str
    reviews: str
    no_reviews: str
    waits: str
    """While a second, blind reading is due."""
    facts: str
    roll: str
    place: str
    frame: str
    piece: str
    trigger: str
    captured: str
    decided: str
    latency: str
    late: str
    taken: str
    not_taken: str
    recipe: str
    model: str
    setup: str
    store: str
    seal: str
    seals: Mapping[SealState, str]
    """`{number}`, `{first}`, `{last}`, `{key}`"""
    review_it: str
    on_map: str
    copy_address: str
    copied: str


ENGLISH = DecisionTexts(
    title="Decision",
    heading="Decision {sequence}",
    unknown="There is no such decision",
    unknown_advice="The newest decision is number {last}. Correct the address, or look in the archive.",
    other_store="The address names a decision of another store ({epoch}), which is not this station's.",
    no_such_frame="No decision is about frame {frame}.",
    no_picture="The picture is not kept: of accepted pieces a sample is saved, lost frames have no pixels, and old "
    "pictures are removed.",
    picture="Picture of the piece with what was found: drag to move, wheel to enlarge",
    why="Why",
    accepted="Nothing broke a limit.",
    above="{quantity} {measured} is above the limit of {limit}",
    guard="{quantity} {measured}, with the limit at {limit}",
    whole="Whole frame",
    found="What was found",
    nothing_found="Nothing was found.",
    broke="broke a limit",
    within="within limits",
    no_defect="no defect",
    dimensions="Dimensions",
    views="Views",
    view="View",
    fate="What became of it",
    of_piece="Part of the piece",
    fates={Fate.SEEN: "seen", Fate.NOT_JUDGED: "not judged", Fate.LOST: "lost"},
    cleared="Not counted: {view} saw its place and nothing there.",
    number="number",
    cuts={Cut.BLOCK: "block", Cut.LANE: "lane of a block", Cut.SHEET: "sheet"},
    web="The web before and after",
    before="before",
    after="after",
    here="this piece",
    reviews="Reviews",
    no_reviews="Nobody has reviewed it.",
    waits="A second, independent reading is due; until then nothing is told of the first.",
    facts="Facts",
    roll="Roll",
    place="Place on the web (encoder)",
    frame="Camera, start, frame",
    piece="Piece",
    trigger="Trigger",
    captured="Captured",
    decided="Decided",
    latency="Latency",
    late="after the deadline",
    taken="Taken by",
    not_taken="nobody yet",
    recipe="Recipe",
    model="Model",
    setup="Judged by (hash of all)",
    store="Store and number",
    seal="Seal",
    seals={
        SealState.INTACT: "intact: as it was sealed (seal {number}, decisions {first} to {last}, key {key})",
        SealState.ALTERED: "ALTERED since it was sealed (seal {number}, decisions {first} to {last}). Tell quality "
        "assurance; `inspection evidence` looks at the whole chain.",
        SealState.NOT_CHECKED: "as seal {number} says (decisions {first} to {last}); key {key}, which made it, is not "
        "here",
        SealState.NONE: "none: made before there were seals, or without the key",
    },
    review_it="Review it",
    on_map="On the roll map",
    copy_address="Copy the address",
    copied="The address is copied.",
)

FRENCH = DecisionTexts(
    title="Décision",
    heading="Décision {sequence}",
    unknown="Cette décision n'existe pas",
    unknown_advice="La dernière décision est la numéro {last}. Corrigez l'adresse, ou cherchez dans les archives.",
    other_store="L'adresse désigne une décision d'une autre base ({epoch}), qui n'est pas celle de cette station.",
    no_such_frame="Aucune décision ne porte sur l'image {frame}.",
    no_picture="L'image n'est pas conservée : des pièces acceptées seul un échantillon l'est, une image perdue n'a pas "
    "de pixels, et les anciennes sont effacées.",
    picture="Image de la pièce avec ce qui a été trouvé : glissez pour déplacer, molette pour agrandir",
    why="Pourquoi",
    accepted="Aucune limite n'est dépassée.",
    above="{quantity} {measured}, au-dessus de la limite de {limit}",
    guard="{quantity} {measured}, pour une limite de {limit}",
    whole="Image entière",
    found="Ce qui a été trouvé",
    nothing_found="Rien n'a été trouvé.",
    broke="limite dépassée",
    within="dans les limites",
    no_defect="pas un défaut",
    dimensions="Dimensions",
    views="Vues",
    view="Vue",
    fate="Ce qu'il en est",
    of_piece="Part de la pièce",
    fates={Fate.SEEN: "vue", Fate.NOT_JUDGED: "non jugée", Fate.LOST: "perdue"},
    cleared="Non compté : {view} a vu l'endroit, et rien n'y est.",
    number="numéro",
    cuts={Cut.BLOCK: "bloc", Cut.LANE: "piste d'un bloc", Cut.SHEET: "feuille"},
    web="La bande avant et après",
    before="avant",
    after="après",
    here="cette pièce",
    reviews="Revues",
    no_reviews="Personne ne l'a revue.",
    waits="Une seconde lecture indépendante est attendue ; d'ici là rien n'est dit de la première.",
    facts="Faits",
    roll="Bobine",
    place="Position sur la bande (codeur)",
    frame="Caméra, démarrage, image",
    piece="Pièce",
    trigger="Déclenchement",
    captured="Prise",
    decided="Décidée",
    latency="Latence",
    late="après l'échéance",
    taken="Prise en compte par",
    not_taken="personne encore",
    recipe="Recette",
    model="Modèle",
    setup="Jugée par (empreinte de l'ensemble)",
    store="Base et numéro",
    seal="Sceau",
    seals={
        SealState.INTACT: "intact : telle que scellée (sceau {number}, décisions {first} à {last}, clé {key})",
        SealState.ALTERED: "MODIFIÉE depuis le scellement (sceau {number}, décisions {first} à {last}). Prévenez "
        "l'assurance qualité ; `inspection evidence` examine toute la chaîne.",
        SealState.NOT_CHECKED: "conforme au sceau {number} (décisions {first} à {last}) ; la clé {key}, qui l'a fait, "
        "n'est pas ici",
        SealState.NONE: "aucun : faite avant les sceaux, ou sans la clé",
    },
    review_it="Revoir",
    on_map="Sur la carte de la bobine",
    copy_address="Copier l'adresse",
    copied="L'adresse est copiée.",
)
