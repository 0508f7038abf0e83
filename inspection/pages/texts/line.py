"""Texts of the line page."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.pages.station.line_state import LineState


@dataclass(frozen=True, slots=True)
class LineTexts:
    """The line page."""

    title: str
    states: Mapping[LineState, str]
    no_news: str
    """In the place of the state, while the browser hears nothing."""
    speed: str
    roll: str
    position: str
    reject_rate: str
    last_minutes: str
    recipe: str
    model: str
    strip: str
    lane: str
    no_blocks: str
    no_blocks_advice: str
    last_rejects: str
    no_rejects: str
    no_picture: str
    at_position: str
    counters: str
    since_start: str
    kinds: str
    no_kinds: str
    rate_over_time: str
    days: str
    """`{days}`, of which the figure is."""
    minutes_ago: str
    now: str
    latency: str
    deadline: str
    median: str
    p99: str
    longest: str
    missed: str
    cameras: str
    camera_ok: str
    camera_away: str
    camera_standing: str
    last_frame: str
    lost_frames: str
    stale: str
    hold: str
    bypass: str
    end_hold: str
    end_bypass: str
    why: str
    reason_label: str
    minutes_label: str
    """`{longest}`, in minutes."""
    minutes_unfit: str
    """`{longest}` and what was `{asked}` for."""
    hold_explained: str
    bypass_explained: str
    bypass_long: str
    """A bypass of so many `{minutes}` is asked for again, with the end it would have."""
    bypass_long_explained: str
    bypass_long_confirm: str
    end_explained: str
    """What is in force: `{by}`, `{since}`, `{reason}`."""
    changed_meanwhile: str
    ended_meanwhile: str
    hold_done: str
    bypass_done: str
    ended: str
    key_hold: str


ENGLISH = LineTexts(
    title="Line",
    states={
        LineState.AWAY: "NOT CONNECTED",
        LineState.HOLD: "ON HOLD",
        LineState.BYPASS: "BYPASSED",
        LineState.NOT_READY: "NOT READY",
        LineState.BLIND: "NOT INSPECTING",
        LineState.PARTLY: "PARTLY INSPECTED",
        LineState.REJECTS: "MANY REJECTS",
        LineState.CHECK: "CHECK ALARMS",
        LineState.STANDING: "WEB STANDS",
        LineState.WAITING: "NO MATERIAL",
        LineState.RUNNING: "RUNNING",
        LineState.STARTING: "STARTING",
        LineState.STOPPING: "STOPPING",
        LineState.FINISHED: "FINISHED",
    },
    no_news="NO NEWS",
    speed="Speed",
    roll="Roll",
    position="Position",
    reject_rate="Reject rate",
    last_minutes="last {minutes} min",
    recipe="Recipe",
    model="Model",
    strip="Verdicts along the web, newest on the right",
    lane="lane {number}",
    no_blocks="No decisions yet",
    no_blocks_advice="They appear here as soon as the station sees material.",
    last_rejects="Last rejects",
    no_rejects="Nothing was rejected",
    no_picture="no picture",
    at_position="at {position}",
    counters="Blocks since start",
    since_start="since {time}",
    kinds="Rejected for",
    no_kinds="no kind so far",
    rate_over_time="Rejected and uninspected, % of blocks per minute",
    days="last {days} d",
    minutes_ago="{minutes} min ago",
    now="now",
    latency="Latency, longest per minute",
    deadline="deadline {limit}",
    median="median",
    p99="p99",
    longest="longest",
    missed="late this hour",
    cameras="Cameras",
    camera_ok="connected",
    camera_away="away",
    camera_standing="web stands",
    last_frame="last frame {age} ago",
    lost_frames="{count} lost",
    stale="Old data: the station does not answer",
    hold="Hold",
    bypass="Bypass",
    end_hold="End hold",
    end_bypass="End bypass",
    why="Reason",
    reason_label="Reason (is recorded with your name)",
    minutes_label="Minutes (1 to {longest})",
    minutes_unfit=(
        "A bypass lasts 1 to {longest} minutes, in whole numbers; asked for: {asked}. Who needs longer begins another "
        "one when it ends."
    ),
    hold_explained=(
        "The station reports “not ready” and accepts nothing until somebody ends the hold, also after a restart."
    ),
    bypass_explained=(
        "The line may run, but the station accepts nothing: every block is uninspected or rejected. "
        "Whether it passes the gate is for the line's own switch. Ends by itself."
    ),
    bypass_long="Bypass for {minutes} minutes?",
    bypass_long_explained=(
        "The station would accept nothing until {until}. Reason given: {reason}. A shorter bypass can be begun anew."
    ),
    bypass_long_confirm="Bypass for {minutes} minutes",
    end_explained="In force since {since}, by {by}: {reason}. The station judges again as soon as it is ended.",
    changed_meanwhile="Meanwhile another one is in force. Nothing was ended: close this, and read what it says now.",
    ended_meanwhile="It has ended meanwhile. There is nothing to end.",
    hold_done="The line is on hold.",
    bypass_done="The station is bypassed.",
    ended="Ended. The station judges again.",
    key_hold="ask to put the line on hold, or to end a hold",
)

FRENCH = LineTexts(
    title="Ligne",
    states={
        LineState.AWAY: "NON CONNECTÉE",
        LineState.HOLD: "BLOCAGE QUALITÉ",
        LineState.BYPASS: "CONTOURNÉE",
        LineState.NOT_READY: "PAS PRÊTE",
        LineState.BLIND: "N'INSPECTE PAS",
        LineState.PARTLY: "INSPECTION PARTIELLE",
        LineState.REJECTS: "BEAUCOUP DE REJETS",
        LineState.CHECK: "VOIR LES ALARMES",
        LineState.STANDING: "BANDE ARRÊTÉE",
        LineState.WAITING: "PAS DE MATIÈRE",
        LineState.RUNNING: "EN MARCHE",
        LineState.STARTING: "DÉMARRAGE",
        LineState.STOPPING: "ARRÊT EN COURS",
        LineState.FINISHED: "TERMINÉE",
    },
    no_news="PAS DE NOUVELLES",
    speed="Vitesse",
    roll="Bobine",
    position="Position",
    reject_rate="Taux de rejet",
    last_minutes="{minutes} dernières min",
    recipe="Recette",
    model="Modèle",
    strip="Verdicts le long de la bande, le plus récent à droite",
    lane="piste {number}",
    no_blocks="Pas encore de décision",
    no_blocks_advice="Elles apparaissent ici dès que la station voit de la matière.",
    last_rejects="Derniers rejets",
    no_rejects="Rien n'a été rejeté",
    no_picture="pas d'image",
    at_position="à {position}",
    counters="Blocs depuis le démarrage",
    since_start="depuis {time}",
    kinds="Rejetés pour",
    no_kinds="aucun type jusqu'ici",
    rate_over_time="Rejetés et non inspectés, % des blocs par minute",
    days="sur {days} j",
    minutes_ago="il y a {minutes} min",
    now="maintenant",
    latency="Latence, la plus longue par minute",
    deadline="échéance {limit}",
    median="médiane",
    p99="p99",
    longest="maximum",
    missed="en retard cette heure",
    cameras="Caméras",
    camera_ok="connectée",
    camera_away="absente",
    camera_standing="bande arrêtée",
    last_frame="dernière image il y a {age}",
    lost_frames="{count} perdues",
    stale="Données périmées : la station ne répond pas",
    hold="Blocage",
    bypass="Contourner",
    end_hold="Lever le blocage",
    end_bypass="Finir le contournement",
    why="Raison",
    reason_label="Raison (enregistrée avec votre nom)",
    minutes_label="Minutes (1 à {longest})",
    minutes_unfit=(
        "Un contournement dure de 1 à {longest} minutes, en nombre entier ; demandé : {asked}. S'il faut plus "
        "longtemps, commencez-en un autre à la fin du premier."
    ),
    hold_explained=(
        "La station annonce « pas prête » et n'accepte rien jusqu'à la levée du blocage, même après un redémarrage."
    ),
    bypass_explained=(
        "La ligne peut tourner, mais la station n'accepte rien : chaque bloc est non inspecté ou rejeté. "
        "C'est le commutateur de la ligne qui décide s'il passe la trappe. Se termine de lui-même."
    ),
    bypass_long="Contourner pendant {minutes} minutes ?",
    bypass_long_explained=(
        "La station n'accepterait rien jusqu'à {until}. Raison donnée : {reason}. Un contournement plus court peut "
        "être recommencé."
    ),
    bypass_long_confirm="Contourner pendant {minutes} minutes",
    end_explained="En vigueur depuis {since}, par {by} : {reason}. La station juge à nouveau dès que c'est levé.",
    changed_meanwhile="Entre-temps autre chose est en vigueur. Rien n'a été levé : fermez et lisez ce qu'il en est.",
    ended_meanwhile="C'est terminé entre-temps. Il n'y a rien à lever.",
    hold_done="La ligne est bloquée.",
    bypass_done="La station est contournée.",
    ended="Terminé. La station juge à nouveau.",
    key_hold="demander le blocage de la ligne, ou sa levée",
)
