"""Texts of the archive and of data sets."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.archive.outlook import Lack
from inspection.review.cases import ReviewOutcome


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
    outcomes: Mapping[ReviewOutcome, str]
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
    not_trainable: str
    lacks: Mapping[Lack, str]
    """`{frames}`, `{rolls}`"""
    freeze_anyway: str
    saved_frames: str
    """`{frames}`"""
    mixes_views: str
    one_view: str
    """`{views}`"""
    download: str
    results_csv: str
    times: str
    """`{zone}`"""


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
        ReviewOutcome.CONFIRMED: "confirmed",
        ReviewOutcome.OVERRULED: "overruled",
        ReviewOutcome.UNSURE: "unsure",
        ReviewOutcome.DISPUTED: "disputed",
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
    export_note="Writes the frames shown into a folder on the station, with labels and where they are from, and "
    "downloads it.",
    folder_name="Name of the folder",
    layout="Layout",
    exported="{count} frames written to {folder}",
    data_sets="Data sets",
    data_sets_note="Freezes the reviewed frames of the list shown: numbered, hashed, read-only, divided by roll.",
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
    not_trainable="Training refuses this so far",
    lacks={
        Lack.FRAMES: "None of the rolls found is left for training: earlier versions of this data set keep them for "
        "choosing or testing. Find frames of another roll, or choose another name.",
        Lack.ROLLS: "No roll is left to choose thresholds by: all {frames} frames are of {rolls}. Frames of a roll "
        "look alike, so another roll is needed: review and find frames of one as well.",
        Lack.GOOD: "No frame shows a defect, and fewer than 10 are good: review more frames.",
    },
    freeze_anyway="Freeze it nevertheless",
    saved_frames="Saved frames: {frames}",
    mixes_views="These are frames of several views",
    one_view="{views}. All frames of a piece go into the data set; a model of one light is trained on one view of it: "
    "training fit --view.",
    download="Download",
    results_csv="Results as CSV",
    times="Times are the station's, {zone}.",
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
        ReviewOutcome.CONFIRMED: "confirmé",
        ReviewOutcome.OVERRULED: "infirmé",
        ReviewOutcome.UNSURE: "incertain",
        ReviewOutcome.DISPUTED: "contesté",
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
    export_note="Écrit les images affichées dans un dossier de la station, avec étiquettes et provenance, et le "
    "télécharge.",
    folder_name="Nom du dossier",
    layout="Format",
    exported="{count} images écrites dans {folder}",
    data_sets="Jeux de données",
    data_sets_note="Fige les images revues de la liste affichée : numérotées, hachées, en lecture seule, "
    "réparties par bobine.",
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
    not_trainable="L'entraînement le refuse pour l'instant",
    lacks={
        Lack.FRAMES: "Aucune des bobines trouvées ne reste pour l'entraînement : des versions antérieures de ce jeu "
        "les gardent pour choisir ou tester. Trouvez des images d'une autre bobine, ou choisissez un autre nom.",
        Lack.ROLLS: "Aucune bobine ne reste pour choisir les seuils : les {frames} images viennent de {rolls}. Les "
        "images d'une bobine se ressemblent, il en faut donc une autre : revoyez aussi des images d'une autre bobine.",
        Lack.GOOD: "Aucune image ne montre de défaut, et moins de 10 sont bonnes : revoyez-en davantage.",
    },
    freeze_anyway="Figer quand même",
    saved_frames="Images enregistrées : {frames}",
    mixes_views="Ce sont des images de plusieurs vues",
    one_view="{views}. Toutes les images d'une pièce entrent dans le jeu ; un modèle pour un seul éclairage s'entraîne "
    "sur une de ses vues : training fit --view.",
    download="Télécharger",
    results_csv="Résultats en CSV",
    times="Les heures sont celles de la station, {zone}.",
)
