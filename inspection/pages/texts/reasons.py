"""Why a piece is not accepted, as a person reads it: the station's own English sentence, or the same facts in French.

The station writes its sentences in English; what they say is also in a reason's rule, kind and numbers. Of these the
French ones are made. Who began a hold and why is in the station's sentence alone, which follows the French one. That of
an unknown rule stays as it is.
"""

from collections.abc import Sequence

from inspection.pages.texts.kinds import kind_name
from inspection.pages.texts.quantities import Quantities
from inspection.pages.texts.review import FRENCH as REVIEW
from inspection.pages.texts.typography import french
from inspection.people.person import Language
from inspection.values import Defect, Reason
from inspection.values.kinds import KINDS

_LIGHT = "Vérifiez l'éclairage, son angle, l'exposition et les références."
FRENCH: dict[str, str] = {
    "limit": "{what} : {quantity} {measured} (limite {limit}){near}.",
    "count": "{measured} objets de type {what} sur une pièce ; {limit} au plus sont permis.",
    "cluster": "{measured} objets trop proches les uns des autres ; à partir de {limit} la pièce est rejetée.",
    "storm": "{measured} endroits semblent défectueux, plus que les {limit} qui sont examinés un par un : la pièce est "
    "rejetée en entier. Regardez la bande : enduction, éclairage ou caméra sont peut-être déréglés.",
    "late": "Le résultat n'était pas prêt après {measured}, quand il fallait décider pour publier dans les {limit}.",
    "late.frame": "L'image n'est arrivée à la station qu'après {measured}, quand il fallait décider pour publier "
    "dans les {limit} : regardez le réseau et le pilote de la caméra.",
    "late.store": "Rien à redire, mais la décision n'était sur le disque qu'après {measured}, au lieu de {limit} : "
    "le disque est lent.",
    "overload": "Aucun processus libre pendant {measured}, quand il fallait décider pour publier dans les {limit} : "
    "les images viennent trop vite.",
    "changeover": "Le changement de recette tombe sur cette pièce : aucune des deux recettes ne l'a jugée entière. "
    "Écartez-la.",
    "failed": "L'inspection de cette image a échoué ; le journal dit pourquoi. Signalez-le.",
    "store": "La décision n'a pas pu être écrite sur le disque à temps.",
    "store.detail": "La décision ne pouvait être conservée telle quelle ; elle l'est sans détail, et ne compte pas.",
    "hold": "La ligne était bloquée : rien n'est accepté avant la levée du blocage. Noté par la station : "
    "« {sentence} »",
    "bypass": "La station était contournée : rien n'est accepté d'ici la fin. Noté par la station : « {sentence} »",
    "view.missing": "Une des vues n'a pas montré toute la pièce à temps : vérifiez sa caméra, son câble, son codeur.",
    "view.gap": "Aucune caméra d'une des vues ne voit {measured} de la largeur : corrigez la place des caméras.",
    "lost.dropped": "Image perdue en route : le compteur de la caméra l'a sautée.",
    "lost.incomplete": "Image arrivée avec des lignes manquantes.",
    "lost.timeout": "Aucune image dans le temps où une était due.",
    "lost.device_lost": "La caméra était absente (câble, alimentation).",
    "lost.process_died": "Le processus de la caméra était arrêté.",
    "lost.overrun": "Image arrivée alors que la station n'avait plus de place.",
    "lost.wrong_size": "Image d'une autre taille ou d'un autre format que prévu.",
    "lost.counter": "Le compteur de la caméra a fait un saut incroyable : nul ne sait combien d'images ont passé.",
    "lost.unreadable": "Fichier tronqué, ou qui n'est pas une image.",
    "image.size": "L'image a une taille inattendue. Vérifiez la largeur de la caméra, la recette et les références.",
    "image.short": "Image trop courte : {measured} au lieu de {limit} ; le codeur ou le déclencheur s'est arrêté.",
    "image.short.unplaced": "Image trop courte : {measured} au lieu de {limit}, et sans codeur nul ne sait combien de "
    "bande a passé sans être vue.",
    "image.depth": "L'image n'a pas la profondeur annoncée. Vérifiez le format des pixels.",
    "image.pitch": "Le pixel mesure {measured}, hors de ce que recette et modèle connaissent ({limit}).",
    "image.level": "Autre éclairage, exposition ou bande que ce que recette et modèle connaissent : le modèle n'y "
    f"verrait peut-être rien. {_LIGHT}",
    "image.black": "Niveau de gris moyen {measured}, au moins {limit} est nécessaire : pas de lumière. " + _LIGHT,
    "image.saturated": "L'image est saturée : on n'y voit rien. Vérifiez exposition, gain et présence de la bande.",
    "image.blind": "Une partie de l'image n'a pas été exposée : noire, blanche, d'un seul gris, répétée, sans bruit "
    "de capteur. Nul n'a vu la bande à cet endroit. Vérifiez câble, réseau et caméra.",
    "image.blurred": "Une partie de l'image est floue : des défauts s'y cacheraient. Vérifiez la mise au point, "
    "l'objectif et la fenêtre, le déclenchement des lignes et le codeur.",
    "image.hidden": "Une piste est presque toute couverte par du ruban, une étiquette ou autre chose qui n'est pas un "
    "défaut : nul n'y a vu la bande. Écartez la pièce ou regardez-la.",
    "model.scores": "La réponse du modèle n'en est pas une : on ne sait rien de cette pièce. Si cela revient, "
    "revenez au modèle précédent et vérifiez la mémoire de la machine.",
    "image.frozen": "L'image, ou une partie, est celle d'une image précédente : caméra figée ou tampon ancien.",
    "encoder.backwards": "La bande ne bouge pas, ou le codeur a reculé ou a été remis à zéro. Si la ligne "
    "tourne, vérifiez-le, ainsi que son câblage.",
    "encoder.jump": "Saut de {measured} entre deux images, {limit} sont permis : de la bande est passée sans être vue, "
    "ou le codeur a glissé.",
}
"""By rule, or its first part. What a rule measures and its limit come with their units."""
_DIGITS = {"mm": 2, "mm2": 2, "%": 0, "ms": 0, "um": 1, "DN": 0}
_SHOWN_AS = {"mm2": "mm²", "um": "µm"}


def told(reason: Reason, quantities: Quantities, defects: Sequence[Defect] = ()) -> str:
    """In the language of the quantities. `defects`: the decision's, where they are known.

    >>> pinhole = Reason("limit.E01.diameter_mm", "E01 pinhole: ...", "E01", 0.8, 0.5, "mm", quantity="diameter_mm")
    >>> told(pinhole, Quantities(Language.FRENCH)).replace("\\xa0", " ")
    'E01 piqûre : diamètre 0,80 mm (limite 0,50 mm).'
    >>> told(pinhole, Quantities(Language.ENGLISH))
    'E01 pinhole: ...'
    """
    pattern = FRENCH.get(reason.rule) or FRENCH.get(reason.rule.partition(".")[0])
    if quantities.language is not Language.FRENCH or pattern is None:
        return reason.sentence
    unit = reason.unit or ""

    def number(value: float | None) -> str:
        text = "–" if value is None else quantities.number(value, _DIGITS.get(unit, 0))
        return f"{text}\xa0{_SHOWN_AS.get(unit, unit)}" if unit else text

    kind = reason.kind or ""
    told_in_french = pattern.format(
        what=f"{kind} {kind_name(kind, Language.FRENCH)}" if kind in KINDS else kind,
        quantity=REVIEW.quantities.get(reason.quantity or "", ""),
        measured=number(reason.measured),
        limit=number(reason.limit),
        near=_near_limit(reason, defects),
        sentence=reason.sentence,
    )
    return french(told_in_french)


def _near_limit(reason: Reason, defects: Sequence[Defect]) -> str:
    """Why an object that measures less than its limit is rejected nevertheless."""
    if reason.measured is None or reason.limit is None or reason.measured > reason.limit:
        return ""
    guilty = [defects[place] for place in reason.defects if place < len(defects)]
    if not guilty:
        return ", dans la bande de garde, ou coupé par le bord de l'image"
    if any(defect.reaches_trailing_edge for defect in guilty):
        return ", coupé par le bord de l'image : il peut y en avoir le double"
    return ", dans la bande de garde"
