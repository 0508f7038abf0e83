"""Texts of the archive and of data sets."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.review.review import Outcome


@dataclass(frozen=True, slots=True)
class ArchiveTexts:
    """Search, results, exports, data sets."""

    title: str
    search: str
    clear: str
    rolls: str
    from_m: str
    to_m: str
    from_day: str
    to_day: str
    verdicts: str
    kinds: str
    severities: str
    lanes: str
    from_mm: str
    to_mm: str
    from_score: str
    to_score: str
    review: str
    not_reviewed: str
    models: str
    with_picture: str
    found: str
    found_more: str
    nothing: str
    nothing_advice: str
    older: str
    time: str
    decision: str
    verdict: str
    found_kinds: str
    largest: str
    outcomes: Mapping[Outcome, str]
    saved_searches: str
    save_as: str
    save: str
    saved: str
    remove: str
    removed: str
    no_saved: str
    by: str
    export: str
    export_note: str
    folder_name: str
    layout: str
    exported: str
    data_sets: str
    data_sets_note: str
    no_data_sets: str
    name: str
    note: str
    freeze: str
    frozen: str
    images: str
    good: str
    objects: str
    parts: str
    made: str
    verify: str
    intact: str
    altered: str
    working: str
    wrong_number: str
    wrong_day: str
    train_with: str


ENGLISH = ArchiveTexts(
    title="Archive",
    search="Search",
    clear="Clear",
    rolls="Rolls",
    from_m="From metre",
    to_m="To metre",
    from_day="From day, time",
    to_day="To day, time",
    verdicts="Verdicts",
    kinds="Kinds",
    severities="Severities",
    lanes="Lanes",
    from_mm="⌀ from (mm)",
    to_mm="⌀ to (mm)",
    from_score="From score",
    to_score="To score",
    review="Review",
    not_reviewed="not reviewed",
    models="Models",
    with_picture="With picture only",
    found="{count} decisions",
    found_more="more than {count} decisions",
    nothing="Nothing found",
    nothing_advice="Leave a condition away, or look in another roll.",
    older="Older ones",
    time="Time",
    decision="Decision",
    verdict="Verdict",
    found_kinds="Kinds",
    largest="Largest",
    outcomes={
        Outcome.CONFIRMED: "confirmed",
        Outcome.OVERRULED: "overruled",
        Outcome.UNSURE: "unsure",
        Outcome.DISPUTED: "disputed",
    },
    saved_searches="Saved searches",
    save_as="Name of this search",
    save="Save",
    saved="Saved as {name}.",
    remove="Remove",
    removed="Search {name} removed.",
    no_saved="None yet.",
    by="by {person}, {time}",
    export="Export",
    export_note="Writes the frames found into a folder on the station, with labels and where they are from.",
    folder_name="Name of the folder",
    layout="Layout",
    exported="{count} frames written to {folder}",
    data_sets="Data sets",
    data_sets_note="Freezes the reviewed frames found: numbered, hashed, read-only, divided by roll.",
    no_data_sets="None yet. Review some frames, then freeze them here.",
    name="Name",
    note="What for",
    freeze="Freeze",
    frozen="{name}: {count} images, SHA-256 {sha256}",
    images="Images",
    good="Good",
    objects="Objects",
    parts="Rolls",
    made="Made",
    verify="Verify",
    intact="{name} is as it was frozen.",
    altered="{name} was altered: {faults}",
    working="{done} of {count} frames",
    wrong_number="{field}: expected a number, got {got}.",
    wrong_day="{field}: expected a day such as 2030-01-31, with or without 14:30, got {got}.",
    train_with="Train with",
)

FRENCH = ArchiveTexts(
    title="Archives",
    search="Chercher",
    clear="Effacer",
    rolls="Bobines",
    from_m="Du mètre",
    to_m="Au mètre",
    from_day="Du jour, heure",
    to_day="Au jour, heure",
    verdicts="Verdicts",
    kinds="Types",
    severities="Gravités",
    lanes="Pistes",
    from_mm="⌀ minimal (mm)",
    to_mm="⌀ maximal (mm)",
    from_score="Score minimal",
    to_score="Score maximal",
    review="Revue",
    not_reviewed="non revu",
    models="Modèles",
    with_picture="Seulement avec image",
    found="{count} décisions",
    found_more="plus de {count} décisions",
    nothing="Rien trouvé",
    nothing_advice="Retirez une condition, ou cherchez dans une autre bobine.",
    older="Plus anciennes",
    time="Heure",
    decision="Décision",
    verdict="Verdict",
    found_kinds="Types",
    largest="Le plus grand",
    outcomes={
        Outcome.CONFIRMED: "confirmé",
        Outcome.OVERRULED: "annulé",
        Outcome.UNSURE: "incertain",
        Outcome.DISPUTED: "contesté",
    },
    saved_searches="Recherches enregistrées",
    save_as="Nom de cette recherche",
    save="Enregistrer",
    saved="Enregistrée sous {name}.",
    remove="Supprimer",
    removed="Recherche {name} supprimée.",
    no_saved="Aucune pour l'instant.",
    by="par {person}, {time}",
    export="Exporter",
    export_note="Écrit les images trouvées dans un dossier de la station, avec étiquettes et provenance.",
    folder_name="Nom du dossier",
    layout="Format",
    exported="{count} images écrites dans {folder}",
    data_sets="Jeux de données",
    data_sets_note="Fige les images revues trouvées : numérotées, hachées, en lecture seule, réparties par bobine.",
    no_data_sets="Aucun pour l'instant. Revoyez des images, puis figez-les ici.",
    name="Nom",
    note="Usage",
    freeze="Figer",
    frozen="{name} : {count} images, SHA-256 {sha256}",
    images="Images",
    good="Bonnes",
    objects="Objets",
    parts="Bobines",
    made="Créé",
    verify="Vérifier",
    intact="{name} est tel qu'il a été figé.",
    altered="{name} a été modifié : {faults}",
    working="{done} images sur {count}",
    wrong_number="{field} : un nombre est attendu, reçu {got}.",
    wrong_day="{field} : un jour comme 2030-01-31 est attendu, avec ou sans 14:30, reçu {got}.",
    train_with="Entraîner avec",
)
