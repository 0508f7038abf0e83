"""Texts of the page of models."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelTexts:
    """Models."""

    title: str
    none: str
    none_advice: str
    in_service: str
    seen_by_station: str
    activate: str
    activate_explained: str
    roll_back: str
    roll_back_explained: str
    why: str
    changed: str
    card: str
    report: str
    use: str
    limits: str
    materials: str
    kinds: str
    pitch: str
    created: str
    metrics: str
    look: str
    recall: str
    recall_s1: str
    false_rejects: str
    by_kind: str
    found: str
    interval: str
    threshold: str
    history: str
    no_history: str
    version: str
    before: str
    after: str


ENGLISH = ModelTexts(
    title="Models",
    none="No models",
    none_advice="Copy a model's folder into {folder}.",
    in_service="in service from the next start",
    seen_by_station="the station runs it now",
    activate="Activate",
    activate_explained=(
        "{model} is in service from the station's next start. Recipes that pin a file by its SHA-256 keep that one."
    ),
    roll_back="Roll back",
    roll_back_explained="{name} {version} comes back into service from the station's next start.",
    why="Reason (is recorded with your name)",
    changed="{name} {version} is in service from the station's next start.",
    card="Card",
    report="Report",
    use="Intended use",
    limits="What it can't do",
    materials="Materials",
    kinds="Kinds",
    pitch="Pixel pitch",
    created="Made",
    metrics="Measured on data not used in training",
    look="Web",
    recall="Found",
    recall_s1="Safety kinds found",
    false_rejects="Good blocks rejected",
    by_kind="By kind",
    found="Found",
    interval="95% interval",
    threshold="Threshold",
    history="History",
    no_history="No version was ever chosen: of each model the newest is in service.",
    version="Version",
    before="Before",
    after="Since then",
)
FRENCH = ModelTexts(
    title="Modèles",
    none="Aucun modèle",
    none_advice="Copiez le dossier d'un modèle dans {folder}.",
    in_service="en service au prochain démarrage",
    seen_by_station="la station l'utilise maintenant",
    activate="Activer",
    activate_explained=(
        "{model} est en service au prochain démarrage de la station. Les recettes qui fixent un fichier par son "
        "SHA-256 le gardent."
    ),
    roll_back="Revenir en arrière",
    roll_back_explained="{name} {version} revient en service au prochain démarrage de la station.",
    why="Raison (enregistrée avec votre nom)",
    changed="{name} {version} est en service au prochain démarrage de la station.",
    card="Fiche",
    report="Rapport",
    use="Usage prévu",
    limits="Ce qu'il ne sait pas faire",
    materials="Matières",
    kinds="Types",
    pitch="Pas de pixel",
    created="Créé",
    metrics="Mesuré sur des données étrangères à l'apprentissage",
    look="Bande",
    recall="Trouvés",
    recall_s1="Types de sécurité trouvés",
    false_rejects="Bons blocs rejetés",
    by_kind="Par type",
    found="Trouvés",
    interval="Intervalle à 95 %",
    threshold="Seuil",
    history="Historique",
    no_history="Aucune version n'a été choisie : la plus récente de chaque modèle est en service.",
    version="Version",
    before="Avant",
    after="Depuis",
)
