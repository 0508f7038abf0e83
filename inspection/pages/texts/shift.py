"""Texts of a shift's report."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.quality.shift_report import Downtime


@dataclass(frozen=True, slots=True)
class ShiftTexts:
    """The report on paper, and how one asks for it."""

    take: str
    choose: str
    no_such_shift: str
    title: str
    names: Mapping[str, str]
    generated: str
    page: str
    station: str
    began: str
    ended: str
    not_over: str
    zone: str
    made_by: str
    recipe: str
    model: str
    in_force: str
    nothing_judged: str
    counts: str
    camera: str
    all_cameras: str
    pieces: str
    accepted: str
    rejected: str
    uninspected: str
    inspected_m: str
    uninspected_m: str
    metres_note: str
    rejects: str
    not_inspected: str
    kind: str
    rule: str
    share: str
    others: str
    reasons_note: str
    none: str
    downtime: str
    what: str
    how_long: str
    at_most: str
    sorts: Mapping[Downtime, str]
    silence: str
    unexplained: str
    no_silence: str
    downtime_note: str
    alarms: str
    raised: str
    lasted: str
    stands: str
    acknowledged: str
    not_acknowledged: str
    alarms_more: str
    alarms_removed: str
    occurrences: str
    notes: str
    when: str
    who: str
    said: str
    notes_more: str
    cut: str
    actions: Mapping[str, str]
    facts: Mapping[str, str]
    """What a note says besides its reason, with its `{value}`."""
    signed_by: str
    taken_note_of: str


ENGLISH = ShiftTexts(
    take="Shift report (PDF)",
    choose="Shift",
    no_such_shift="There is no shift {name}, or it has not begun. A shift is named as in 2030-01-31 early.",
    title="Shift report  {shift}",
    names={"early": "early", "late": "late", "night": "night"},
    generated="generated {time}",
    page="page",
    station="station",
    began="shift began",
    ended="shift ended",
    not_over="still running: as of {time}",
    zone="times are in",
    made_by="made by",
    recipe="recipe",
    model="model",
    in_force="{name} {version}, from {first} to {last}, {pieces} pieces, SHA-256 {sha256}",
    nothing_judged="nothing was decided",
    counts="Pieces and metres of web",
    camera="camera",
    all_cameras="all cameras",
    pieces="pieces",
    accepted="accepted",
    rejected="rejected",
    uninspected="not inspected",
    inspected_m="inspected (m)",
    uninspected_m="not inspected (m)",
    metres_note="Metres are added up for each camera: two that see the same web count it twice. The length of {count} "
    "pieces is not known (lost, or of unknown place); it is in no sum. Verdicts are the station's own, before reviews.",
    rejects="Why pieces were rejected",
    not_inspected="Why pieces were not inspected",
    kind="kind",
    rule="reason",
    share="share",
    others="{count} others",
    reasons_note="A piece with several reasons counts once for each, so that shares may add up to more than 100%.",
    none="None.",
    downtime="Downtime",
    what="what",
    how_long="how long",
    at_most="at most {time}",
    sorts={
        Downtime.STANDING: "web stood still",
        Downtime.NO_MATERIAL: "no new material",
        Downtime.HOLD: "on hold",
        Downtime.BYPASS: "bypassed, nothing counted",
        Downtime.NOT_READY: "station not ready to inspect",
    },
    silence="nothing was decided",
    unexplained="of this, no record says why",
    no_silence="There was no minute in which nothing was decided.",
    downtime_note="From the alarms' records, and from the times of the decisions (stretches of a minute or more "
    "without any). The lines overlap and do not add up. “At most”: a record holds several comings and goings in one, "
    "or its end was not seen. What no record explains may be a station that was switched off, or a line that stood "
    "without telling; which, the store does not say.",
    alarms="Alarms",
    raised="raised",
    lasted="lasted",
    stands="stands",
    acknowledged="acknowledged by",
    not_acknowledged="nobody",
    alarms_more="The {shown} gravest of {count} alarms; the alarms page has all.",
    alarms_removed="{count} more alarms may have been raised in this shift; their records are no longer kept.",
    occurrences="{count} times",
    notes="Notes: holds, bypasses, change-overs and what else people did to the line",
    when="when",
    who="who",
    said="why, and with what",
    notes_more="The first {shown} of {count}; the audit log has all.",
    cut="There were more alarms or notes than this report reads: its lists, spans and counts of them are not complete.",
    actions={
        "hold": "hold",
        "end_hold": "end of the hold",
        "bypass": "bypass",
        "end_bypass": "end of the bypass",
        "prepare_recipe": "change-over prepared",
        "confirm_recipe": "change-over confirmed",
        "cancel_recipe": "change-over given up",
        "begin_roll": "roll begun",
        "end_roll": "roll ended",
        "shelve": "alarm put aside",
        "unshelve": "alarm no longer put aside",
        "release": "recipe released",
        "activate": "model activated",
        "rollback": "model taken back",
    },
    facts={
        "minutes": "{value} minutes",
        "roll": "roll {value}",
        "recipe": "recipe {value}",
        "version": "version {value}",
    },
    signed_by="Handed over by: name, date, signature",
    taken_note_of="Taken over by: name, date, signature",
)

FRENCH = ShiftTexts(
    take="Rapport d'équipe (PDF)",
    choose="Équipe",
    no_such_shift="Il n'y a pas d'équipe {name}, ou elle n'a pas commencé. Une équipe se nomme comme 2030-01-31 early.",
    title="Rapport d'équipe  {shift}",
    names={"early": "matin", "late": "après-midi", "night": "nuit"},
    generated="établi le {time}",
    page="page",
    station="station d'inspection",
    began="début de l'équipe",
    ended="fin de l'équipe",
    not_over="en cours : état à {time}",
    zone="heures en",
    made_by="établi par",
    recipe="recette",
    model="modèle",
    in_force="{name} {version}, de {first} à {last}, {pieces} pièces, SHA-256 {sha256}",
    nothing_judged="rien n'a été décidé",
    counts="Pièces et mètres de bande",
    camera="caméra",
    all_cameras="toutes les caméras",
    pieces="pièces",
    accepted="acceptées",
    rejected="rejetées",
    uninspected="non inspectées",
    inspected_m="inspecté (m)",
    uninspected_m="non inspecté (m)",
    metres_note="Les mètres s'additionnent par caméra : deux caméras qui voient la même bande la comptent deux fois. "
    "La longueur de {count} pièces n'est pas connue (perdues, ou de place inconnue) ; elle n'entre dans aucune somme. "
    "Les verdicts sont ceux de la station, avant revue.",
    rejects="Pourquoi des pièces ont été rejetées",
    not_inspected="Pourquoi des pièces n'ont pas été inspectées",
    kind="type",
    rule="raison",
    share="part",
    others="{count} autres",
    reasons_note="Une pièce qui a plusieurs raisons compte une fois pour chacune : les parts peuvent dépasser 100 %.",
    none="Aucune.",
    downtime="Temps d'arrêt",
    what="quoi",
    how_long="durée",
    at_most="au plus {time}",
    sorts={
        Downtime.STANDING: "bande immobile",
        Downtime.NO_MATERIAL: "pas de matière nouvelle",
        Downtime.HOLD: "en blocage",
        Downtime.BYPASS: "contournée, rien ne comptait",
        Downtime.NOT_READY: "station pas prête à inspecter",
    },
    silence="rien n'a été décidé",
    unexplained="dont sans cause enregistrée",
    no_silence="Il n'y a pas eu une minute sans décision.",
    downtime_note="D'après les alarmes enregistrées et les heures des décisions (au moins une minute sans aucune). "
    "Les lignes se recouvrent et ne s'additionnent pas. « Au plus » : un enregistrement réunit plusieurs apparitions, "
    "ou sa fin n'a pas été vue. Ce qu'aucun enregistrement n'explique peut être une station éteinte, ou une ligne "
    "immobile qui ne l'a pas dit ; la base de données ne dit pas lequel.",
    alarms="Alarmes",
    raised="apparue",
    lasted="durée",
    stands="présente",
    acknowledged="acquittée par",
    not_acknowledged="personne",
    alarms_more="Les {shown} plus graves de {count} alarmes ; la page des alarmes les a toutes.",
    alarms_removed="{count} autres alarmes ont pu apparaître dans cette équipe ; elles ne sont plus conservées.",
    occurrences="{count} fois",
    notes="Notes : blocages, contournements, changements de recette et autres actions sur la ligne",
    when="quand",
    who="qui",
    said="pourquoi, et avec quoi",
    notes_more="Les {shown} premières de {count} ; le journal d'audit les a toutes.",
    cut="Il y avait plus d'alarmes ou de notes que ce rapport n'en lit : ses listes, durées et nombres d'alarmes et de "
    "notes ne sont pas complets.",
    actions={
        "hold": "blocage",
        "end_hold": "fin du blocage",
        "bypass": "contournement",
        "end_bypass": "fin du contournement",
        "prepare_recipe": "changement préparé",
        "confirm_recipe": "changement confirmé",
        "cancel_recipe": "changement abandonné",
        "begin_roll": "début de bobine",
        "end_roll": "fin de bobine",
        "shelve": "alarme mise de côté",
        "unshelve": "alarme remise en liste",
        "release": "recette libérée",
        "activate": "modèle mis en service",
        "rollback": "retour au modèle précédent",
    },
    facts={
        "minutes": "{value} minutes",
        "roll": "bobine {value}",
        "recipe": "recette {value}",
        "version": "version {value}",
    },
    signed_by="Transmis par : nom, date, signature",
    taken_note_of="Reçu par : nom, date, signature",
)
