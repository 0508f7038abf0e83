"""Texts of the page of doors and cameras. The station's own English sentences are the English ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.station.chain import SENTENCES


@dataclass(frozen=True, slots=True)
class DoorTexts:
    """Doors and cameras, and their tests."""

    title: str
    doors: str
    cameras: str
    no_station: str
    no_station_advice: str
    open: str
    closed: str
    connected: str
    gone: str
    partners: str
    last_partner: str
    waiting: str
    acknowledged: str
    restarts: str
    frames: str
    lost: str
    test: str
    testing: str
    explained: str
    sound: str
    broken: str
    unknown: str
    all_sound: str
    sentences: Mapping[str, str]
    """By part and how it is."""


ENGLISH = DoorTexts(
    title="Doors",
    doors="Doors to the line",
    cameras="Cameras",
    no_station="The station does not answer",
    no_station_advice="Doors and cameras are shown as soon as it is heard again.",
    open="open",
    closed="closed",
    connected="connected",
    gone="gone",
    partners="partners",
    last_partner="last heard of",
    waiting="decisions that wait",
    acknowledged="taken up to",
    restarts="started anew",
    frames="frames",
    lost="lost",
    test="Test",
    testing="Watching for some seconds …",
    explained="A test watches for some seconds and changes nothing. The first broken part is where to look.",
    sound="works",
    broken="broken",
    unknown="not known",
    all_sound="Every part of the way works.",
    sentences=SENTENCES,
)

FRENCH = DoorTexts(
    title="Portes",
    doors="Portes vers la ligne",
    cameras="Caméras",
    no_station="La station ne répond pas",
    no_station_advice="Portes et caméras s'affichent dès qu'elle répond de nouveau.",
    open="ouverte",
    closed="fermée",
    connected="connectée",
    gone="absente",
    partners="partenaires",
    last_partner="dernier entendu",
    waiting="décisions en attente",
    acknowledged="prises jusqu'à",
    restarts="redémarrée",
    frames="images",
    lost="perdues",
    test="Tester",
    testing="Observation pendant quelques secondes …",
    explained="Un test observe quelques secondes et ne change rien. Le premier maillon rompu est celui à examiner.",
    sound="fonctionne",
    broken="rompu",
    unknown="inconnu",
    all_sound="Chaque maillon fonctionne.",
    sentences={
        "camera.device.sound": "La caméra répond.",
        "camera.device.broken": (
            "La caméra ne répond pas : vérifiez alimentation, câble, carte réseau et ses réglages."
        ),
        "camera.frames.sound": "Des images arrivent : {count} en {seconds} s.",
        "camera.frames.broken": (
            "Aucune image n'arrive bien que la caméra réponde : vérifiez déclenchement et codeur."
        ),
        "camera.frames.unknown": (
            "La bande est arrêtée, ou trop lente pour une image : faites-la tourner et testez de nouveau."
        ),
        "camera.losses.sound": "Aucune image n'est perdue.",
        "camera.losses.broken": (
            "{count} images perdues en {seconds} s : vérifiez carte réseau, taille des paquets et câble."
        ),
        "camera.losses.unknown": "Aucune image n'est arrivée, on ne peut donc rien en dire.",
        "camera.picture.sound": "Sa dernière image a pu être jugée.",
        "camera.picture.broken": (
            "Sa dernière image n'a pas pu être jugée, à cause de {rule} : vérifiez lampe, objectif, netteté et pose."
        ),
        "camera.picture.unknown": "Aucune de ses images n'a encore été décidée.",
        "camera.decisions.sound": "Des décisions sont prises : {count} en {seconds} s.",
        "camera.decisions.broken": (
            "Des images arrivent et rien n'est décidé : voyez ce que la machine fait d'autre, et le journal."
        ),
        "camera.decisions.unknown": "Aucune image n'est arrivée, rien n'était donc à décider.",
        "door.process.sound": "La porte est ouverte.",
        "door.process.broken": "La porte est fermée : son processus ne tourne pas. Lisez les détails et le journal.",
        "door.port.sound": "{address} répond.",
        "door.port.broken": "{address} ne répond pas depuis cette machine : voyez si un serveur y tourne.",
        "door.port.unknown": "{address} ne nomme aucun port à essayer.",
        "door.partner.sound": "{count} partenaires connectés ; le dernier entendu est {partner}.",
        "door.partner.broken": (
            "Personne n'est connecté : vérifiez le partenaire, son câble, son adresse, son certificat et sa clé."
        ),
        "door.taken.sound": "Le partenaire prend ce qui lui est dit.",
        "door.taken.broken": (
            "{count} décisions attendent et le partenaire n'en prend aucune : voyez l'acquittement dans son programme."
        ),
        "door.taken.unknown": "Chaque partenaire de cette porte tient son propre compte, la station ne le sait pas.",
    },
)
