"""Texts of alarms: the list, their history, what they say. The station's own English sentences are the English ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.alarms.condition import Priority
from inspection.alarms.words import CAUSES, OTHER_CAUSE, SENTENCES


@dataclass(frozen=True, slots=True)
class AlarmTexts:
    """The list of alarms and its history."""

    title: str
    none: str
    all_well: str
    history: str
    acknowledge: str
    acknowledged: str
    acknowledged_by: str
    not_acknowledged: str
    shelve: str
    unshelve: str
    shelved_by: str
    shelve_explained: str
    reason: str
    minutes: str
    shelved_done: str
    raised: str
    cleared: str
    stands: str
    times: str
    details: str
    priority: str
    what: str
    number: str
    filter: str
    all_kinds: str
    since: str
    until: str
    show: str
    older: str
    newest: str
    no_history: str
    no_history_advice: str
    wrong_filter: str
    sound_on: str
    sound_muted: str
    sound_blocked: str
    priorities: Mapping[Priority, str]
    kinds: Mapping[str, str]
    """What a kind is called, for the filter."""
    sentences: Mapping[str, str]
    """By kind: what happened and what to do."""
    causes: Mapping[str, str]
    """By rule, or its first part: why pieces were not inspected."""
    other_cause: str


ENGLISH = AlarmTexts(
    title="Alarms",
    none="No alarms",
    all_well="Every block is inspected.",
    history="History",
    acknowledge="Acknowledge",
    acknowledged="Acknowledged.",
    acknowledged_by="acknowledged by {by}, {time}",
    not_acknowledged="not acknowledged",
    shelve="Shelve",
    unshelve="Take from the shelf",
    shelved_by="shelved by {by} until {time}: {reason}",
    shelve_explained=(
        "No sound and no message until then. The alarm stays in the list, the line's state stays what it is, and no "
        "verdict is any milder."
    ),
    reason="Reason (kept with your name)",
    minutes="Minutes",
    shelved_done="The alarm is shelved.",
    raised="raised {time}",
    cleared="over since {time}",
    stands="stands",
    times="{count} times",
    details="Details",
    priority="Priority",
    what="What happened",
    number="No.",
    filter="Filter",
    all_kinds="all kinds",
    since="From",
    until="To",
    show="Show",
    older="Older",
    newest="Newest",
    no_history="No alarms",
    no_history_advice="None was raised that fits the filter.",
    wrong_filter="The address asks for something that does not exist: {got}. Choose from the form.",
    sound_on="Sound on",
    sound_muted="Sound off",
    sound_blocked="Press for sound",
    priorities={
        Priority.CRITICAL: "critical",
        Priority.HIGH: "high",
        Priority.MEDIUM: "medium",
        Priority.LOW: "low",
        Priority.NOTICE: "notice",
    },
    kinds={
        "station.silent": "station does not answer",
        "camera.gone": "camera gone",
        "camera.no_images": "no images",
        "station.thread": "part of the station failed",
        "challenge.failed": "test frame misjudged",
        "store.away": "store takes nothing",
        "store.shared": "store not alone",
        "quality.uninspected": "not inspected",
        "quality.safety": "safety defects",
        "quality.rejects_in_a_row": "rejects in a row",
        "quality.rejects_in_lane": "rejects in one lane",
        "quality.late": "late decisions",
        "store.lost": "decisions not stored",
        "line.hold": "hold",
        "line.bypass": "bypass",
        "quality.reject_rate": "many rejects",
        "camera.trouble": "camera trouble",
        "camera.place": "camera out of place",
        "frames.not_saved": "pictures not saved",
        "setup.changed": "recipe or model changed",
        "setup.from_settings": "recipe from the settings",
        "seals.missing": "seals missing",
        "audit.waits": "audit log out of reach",
        "store.changed": "store or clock changed",
        "store.backup": "store not copied",
        "store.upkeep": "store not kept in order",
        "store.unreadable": "store unreadable",
        "clock.set": "clock set",
        "store.log": "store's log long",
        "frames.of_another_store": "pictures of another store",
        "api.refuses": "API refuses clients",
        "door.closed": "door to the line closed",
        "door.left": "nobody behind a door",
        "door.down": "door does not work",
        "door.waits": "decisions wait at a door",
        "door.trouble": "trouble with a door",
        "messages.not_sent": "messages not sent",
        "station.starting": "station starts",
        "station.stopping": "station stops",
        "station.finished": "station finished",
        "web.stands": "web stands",
        "web.none": "no material",
        "station.none": "no station",
    },
    sentences=SENTENCES,
    causes=CAUSES,
    other_cause=OTHER_CAUSE,
)

FRENCH = AlarmTexts(
    title="Alarmes",
    none="Aucune alarme",
    all_well="Chaque bloc est inspecté.",
    history="Historique",
    acknowledge="Acquitter",
    acknowledged="Alarme acquittée.",
    acknowledged_by="acquittée par {by}, {time}",
    not_acknowledged="non acquittée",
    shelve="Mettre de côté",
    unshelve="Ne plus mettre de côté",
    shelved_by="mise de côté par {by} jusqu'à {time} : {reason}",
    shelve_explained=(
        "Ni son ni message jusque-là. L'alarme reste dans la liste, l'état de la ligne reste ce qu'il est, et aucun "
        "verdict n'est adouci."
    ),
    reason="Raison (enregistrée avec votre nom)",
    minutes="Minutes",
    shelved_done="L'alarme est mise de côté.",
    raised="depuis {time}",
    cleared="terminée à {time}",
    stands="active",
    times="{count} fois",
    details="Détails",
    priority="Priorité",
    what="Ce qui s'est passé",
    number="N°",
    filter="Filtre",
    all_kinds="tous les types",
    since="Du",
    until="Au",
    show="Afficher",
    older="Plus anciennes",
    newest="Plus récentes",
    no_history="Aucune alarme",
    no_history_advice="Aucune ne correspond au filtre.",
    wrong_filter="L'adresse demande quelque chose qui n'existe pas : {got}. Choisissez dans le formulaire.",
    sound_on="Son activé",
    sound_muted="Son coupé",
    sound_blocked="Appuyez pour le son",
    priorities={
        Priority.CRITICAL: "critique",
        Priority.HIGH: "haute",
        Priority.MEDIUM: "moyenne",
        Priority.LOW: "basse",
        Priority.NOTICE: "information",
    },
    kinds={
        "station.silent": "station muette",
        "camera.gone": "caméra absente",
        "camera.no_images": "pas d'images",
        "station.thread": "partie de la station en panne",
        "challenge.failed": "image d'essai mal jugée",
        "store.away": "base de données indisponible",
        "store.shared": "base de données partagée",
        "quality.uninspected": "non inspecté",
        "quality.safety": "défauts de sécurité",
        "quality.rejects_in_a_row": "rejets à la suite",
        "quality.rejects_in_lane": "rejets sur une piste",
        "quality.late": "décisions en retard",
        "store.lost": "décisions non conservées",
        "line.hold": "blocage qualité",
        "line.bypass": "contournement",
        "quality.reject_rate": "beaucoup de rejets",
        "camera.trouble": "problème de caméra",
        "camera.place": "caméra déplacée",
        "frames.not_saved": "images non enregistrées",
        "setup.changed": "recette ou modèle modifié",
        "setup.from_settings": "recette des réglages",
        "seals.missing": "scellés manquants",
        "audit.waits": "journal d'audit hors d'atteinte",
        "store.changed": "base de données ou horloge changée",
        "store.backup": "base de données non copiée",
        "store.upkeep": "base de données mal entretenue",
        "store.unreadable": "base de données illisible",
        "clock.set": "horloge réglée",
        "store.log": "journal de la base trop long",
        "frames.of_another_store": "images d'une autre base",
        "api.refuses": "API qui refuse des clients",
        "door.closed": "porte vers la ligne fermée",
        "door.left": "personne derrière une porte",
        "door.down": "porte en panne",
        "door.waits": "décisions en attente à une porte",
        "door.trouble": "ennui sur une porte",
        "messages.not_sent": "messages non envoyés",
        "station.starting": "démarrage de la station",
        "station.stopping": "fermeture de la station",
        "station.finished": "station terminée",
        "web.stands": "bande immobile",
        "web.none": "pas de matière",
        "station.none": "pas de station",
    },
    sentences={
        "station.silent": "La station ne répond pas : ce qui est affiché est périmé, dernières nouvelles à {time}.",
        "camera.gone": "La caméra {camera} est absente : vérifiez câble et alimentation.",
        "camera.no_images": "La caméra {camera} ne donne pas d'images : vérifiez son dossier.",
        "station.thread": "Une partie de la station ne fonctionne plus : redémarrez-la si cela persiste.",
        "challenge.failed": "Une image d'essai a été mal jugée : bloquez la ligne, vérifiez recette et modèle.",
        "store.away": "La base de données ne prend plus de décisions, rien n'est accepté : vérifiez le disque.",
        "store.shared": "La base de données n'est pas à cette station seule : arrêtez l'autre station.",
        "quality.uninspected": "{count} des {pieces} dernières pièces de {camera} non inspectées : {cause}.",
        "quality.safety": "{count} objets de gravité S1 sur {metres} m devant {camera} : arrêtez, et cherchez la "
        "source.",
        "quality.rejects_in_a_row": "{count} pièces de {camera} rejetées à la suite : regardez la bande.",
        "quality.rejects_in_lane": "Les {count} derniers rejets de {camera} : {kind} sur la piste {lane}. Regardez la "
        "bande.",
        "quality.late": "{count} des {pieces} dernières décisions sur {camera} en retard : la machine est trop lente.",
        "store.lost": "{count} décisions annoncées n'ont jamais été conservées : vérifiez le disque.",
        "line.hold": "Blocage par {by} : {reason}. Rien n'est accepté tant qu'il n'est pas levé.",
        "line.bypass": "Contournée par {by} jusqu'à {until} : {reason}. Rien n'est accepté d'ici là.",
        "quality.reject_rate": "{count} des {pieces} dernières pièces de {camera} rejetées : regardez la bande.",
        "camera.trouble": "La caméra {camera} fonctionne, mais quelque chose ne va pas : lisez les détails.",
        "camera.place": "La caméra {camera} vise {off} mm à côté de sa place, selon {count} objets : lancez "
        "inspection cameras align.",
        "frames.not_saved": "Les images ne sont pas enregistrées : vérifiez le disque des images.",
        "setup.from_settings": "La recette des réglages a remplacé celle en vigueur : voyez laquelle est la bonne.",
        "setup.changed": "Contenu ({role}) modifié sous l'ancienne version : rétablissez-le, ou changez la version.",
        "seals.missing": "Ce qui est écrit n'est pas scellé comme il faut : vérifiez clé et ancres.",
        "audit.waits": "Journal d'audit ou clés de l'API hors d'atteinte : voyez la base des personnes.",
        "store.changed": "Base de données ou horloge ne sont pas comme la station les a laissées : lisez les détails.",
        "store.backup": "La base de données n'a pas été copiée : vérifiez le dossier des copies.",
        "store.upkeep": "La base de données n'est plus entretenue : lisez les détails.",
        "store.unreadable": "Ces pages ne peuvent pas lire la base de données : ce qui est affiché peut être périmé.",
        "clock.set": "L'horloge de cette machine a été réglée : vérifiez l'horloge et le serveur de temps.",
        "store.log": "Le journal de la base de données est devenu long : fermez le programme qui la lit.",
        "frames.of_another_store": "Il y a des images d'une autre base de données : remettez-la, ou déplacez-les.",
        "api.refuses": "L'API refuse des clients : trop d'entre eux suivent les décisions.",
        "door.closed": "La porte {door} vers la ligne est fermée, la ligne ne doit pas tourner : lisez les détails.",
        "door.left": (
            "Personne derrière la porte {door} vers la ligne, la ligne ne doit pas tourner : "
            "vérifiez l'automate et son câble."
        ),
        "door.down": "La porte {door} vers la ligne est en panne : la ligne n'y entend rien, lisez les détails.",
        "door.waits": (
            "{count} décisions attendent à la porte {door} un partenaire qui n'en prend aucune : "
            "vérifiez l'automate et son câble."
        ),
        "door.trouble": "La porte {door} vers la ligne fonctionne, mais quelque chose ne va pas : lisez les détails.",
        "messages.not_sent": "Les messages d'alarme n'arrivent pas à {receiver} : vérifiez réseau et réglages.",
        "station.starting": "La station démarre.",
        "station.stopping": "La station se ferme.",
        "station.finished": "La station a terminé.",
        "web.stands": "La bande est immobile : les caméras répondent, rien ne manque.",
        "web.none": "Aucune nouvelle matière n'arrive.",
        "station.none": "Ces pages ont été lancées sans station : elles montrent ce qui est enregistré.",
    },
    causes={
        "late": "résultats trop tardifs, cette machine est trop lente pour la ligne",
        "late.frame": "les images arrivent trop tard à la station, vérifiez réseau et pilote",
        "late.store": "disque trop lent, regardez ce qui y écrit",
        "overload": "les images viennent plus vite que cette machine ne les inspecte",
        "failed": "l'inspection a échoué, le journal dit pourquoi",
        "store": "la base de données ne répondait pas, vérifiez le disque",
        "store.detail": "une décision ne pouvait être conservée telle quelle",
        "view": "une vue n'a pas montré toute la pièce",
        "view.missing": "une vue n'a pas montré toute la pièce, vérifiez sa caméra et son codeur",
        "view.gap": "une partie de la largeur n'est vue par aucune caméra, vérifiez leur place",
        "lost": "des images ont été perdues",
        "lost.dropped": "images perdues en route, vérifiez réseau et câble",
        "lost.incomplete": "images avec des lignes manquantes, vérifiez réseau et câble",
        "lost.timeout": "aucune image à temps, vérifiez caméra et déclenchement",
        "lost.device_lost": "caméra absente, vérifiez câble et alimentation",
        "lost.process_died": "le processus de la caméra était arrêté",
        "lost.overrun": "la station n'avait plus de place pour des images",
        "lost.wrong_size": "images d'une autre taille ou d'un autre format, vérifiez les réglages de la caméra",
        "lost.counter": "le compteur de la caméra a fait un saut",
        "lost.unreadable": "un fichier d'image était illisible",
        "image": "l'image ne pouvait être jugée",
        "image.size": "image d'une autre taille que recette et références",
        "image.short": "images trop courtes, vérifiez codeur et déclenchement",
        "image.short.unplaced": "images trop courtes, et aucun codeur ne dit ce qui a manqué",
        "image.depth": "image d'une autre profondeur qu'annoncé",
        "image.pitch": "taille du pixel inconnue de la recette et du modèle",
        "image.level": "éclairage inconnu de la recette et du modèle, vérifiez lampe et exposition",
        "image.black": "pas de lumière, vérifiez la lampe",
        "image.saturated": "image trop claire, vérifiez exposition et bande",
        "image.blind": "une partie de l'image manque, vérifiez câble, réseau et caméra",
        "image.blurred": "image floue, vérifiez mise au point, objectif et fenêtre",
        "image.hidden": "une piste était couverte par du ruban ou une étiquette",
        "image.frozen": "la caméra répète d'anciennes images, redémarrez-la",
        "model.scores": "le modèle n'a pas donné de réponse utilisable",
        "encoder": "le codeur n'est pas crédible, vérifiez-le ainsi que son câblage",
        "encoder.backwards": "la bande était immobile ou reculait, vérifiez le codeur si la ligne tourne",
        "encoder.jump": "saut du codeur, ou bande passée sans être vue",
        "limit": "un objet au-dessus de sa limite",
        "count": "trop d'objets d'un type",
        "changeover": "la ligne a changé de recette",
        "cluster": "objets trop proches les uns des autres",
        "storm": "de très nombreux endroits paraissent mauvais",
        "hold": "blocage",
        "bypass": "station contournée",
    },
    other_cause="voyez les derniers rejets",
)
