"""Texts of the roll map."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.rolls.grade import GradeReason


@dataclass(frozen=True, slots=True)
class RollsTexts:
    """Roll map and certificate."""

    title: str
    roll: str
    no_rolls: str
    no_rolls_advice: str
    kinds: str
    severities: str
    verdicts: str
    lanes: str
    smallest: str
    unnamed: str
    running: str
    length: str
    inspected: str
    not_inspected: str
    rejected: str
    grade: str
    no_grade: str
    grades: Mapping[GradeReason, str]
    defects: str
    lost: str
    unplaced_sheets: str
    map: str
    metres: str
    across: str
    more: str
    no_defects: str
    no_defects_advice: str
    repeats: str
    no_repeats: str
    period: str
    roller: str
    marks: str
    marks_of: str
    gaps: str
    no_gaps: str
    scattered: str
    """`{length}`"""
    no_length: str
    pieces_missing: str
    """`{count}`"""
    show_within: str
    within: str
    overruled: str
    as_a_whole: str
    """`{count}`"""
    escapes: str
    """`{count}`"""
    as_of: str
    """`{time}`, `{zone}`"""
    no_such_roll: str
    """`{roll}`"""
    no_such_roll_advice: str
    facts_csv: str
    unseen: str
    unseen_at: str
    unseen_end: str
    frames: str
    certificate: str
    as_csv: str
    picked: str
    pick: str
    decision: str
    size: str
    score: str
    lane: str
    review: str
    look: str
    not_seen: str
    repeat_name: str


ENGLISH = RollsTexts(
    title="Rolls",
    roll="Roll",
    no_rolls="No roll yet",
    no_rolls_advice="Rolls appear with the first decisions. The line names them by POST /v1/rolls.",
    kinds="Kinds",
    severities="Severities",
    verdicts="Verdicts",
    lanes="Lanes",
    smallest="⌀ from (mm)",
    unnamed="not named by the line",
    running="still running",
    length="Length",
    inspected="Inspected",
    not_inspected="Not inspected",
    rejected="Rejected",
    grade="Grade",
    no_grade="none",
    grades={
        GradeReason.NO_LENGTH: "No length of web is known.",
        GradeReason.NOT_INSPECTED: "{missing} of the length was not inspected; at most 1 % may be missing.",
        GradeReason.UNKNOWN_LENGTH: "Web may have passed unseen at {unseen} places, nobody knows how much.",
        GradeReason.MUCH_REJECTED: "{rejected} of the length is rejected, more than 5 %.",
        GradeReason.SOME_REJECTED: "{rejected} of the length is rejected, more than 2 %.",
        GradeReason.SAFETY: "{safety} safety defects (S1); {rejected} of the length is rejected.",
        GradeReason.FINE: "{rejected} of the length is rejected, no safety defect (S1).",
    },
    defects="Broke a limit",
    lost="Frames lost",
    unplaced_sheets="Sheets of unknown place",
    map="What broke a limit, along and across the web",
    metres="metres from the roll's beginning",
    across="mm from the drive side",
    more="Only the {count} gravest and largest are shown: filter, or choose a shorter roll.",
    no_defects="Nothing broke a limit here",
    no_defects_advice="None at all, or none that passes the filter.",
    repeats="Repeats",
    no_repeats="None found among the defects shown: nothing comes again at an even distance. A dented "
    "roller often leaves marks within the limits: show these, too.",
    period="every {period}",
    roller="roller of {diameter}",
    marks="{count} marks in {turns} turns",
    marks_of="at {across} across, from {first} to {last}",
    gaps="Not inspected",
    no_gaps="Everything was inspected.",
    scattered="{length} in gaps between pieces, each too small to be listed",
    no_length="No length of web is known.",
    pieces_missing="{count} pieces were not judged; where the web's length is known they lie in what is told here.",
    show_within="Show what lies within limits",
    within="within limits",
    overruled="overruled in review",
    as_a_whole="{count} pieces rejected as a whole",
    escapes="{count} accepted pieces found bad in review",
    as_of="As of {time}, station time {zone}",
    no_such_roll="There is no roll {roll}",
    no_such_roll_advice="Choose one of the list above.",
    facts_csv="Facts",
    unseen="+ {count} of unknown length",
    unseen_at="{place}: unknown length, before decision {sequence}, {cameras}",
    unseen_end="{place}: unknown length, behind the last decision, {cameras}",
    frames="frames: {count}",
    certificate="Certificate",
    as_csv="CSV",
    picked="Chosen defect",
    pick="Click on a defect to see its picture.",
    decision="Decision",
    size="Diameter and length",
    score="Score",
    lane="Lane",
    review="Review",
    look="The whole decision",
    not_seen="not reviewed",
    repeat_name="Repeat {number}",
)

FRENCH = RollsTexts(
    title="Bobines",
    roll="Bobine",
    no_rolls="Pas encore de bobine",
    no_rolls_advice="Les bobines apparaissent avec les premières décisions. La ligne les nomme par POST /v1/rolls.",
    kinds="Types",
    severities="Gravités",
    verdicts="Verdicts",
    lanes="Pistes",
    smallest="⌀ minimal (mm)",
    unnamed="non nommée par la ligne",
    running="en cours",
    length="Longueur",
    inspected="Inspecté",
    not_inspected="Non inspecté",
    rejected="Rejeté",
    grade="Classe",
    no_grade="aucune",
    grades={
        GradeReason.NO_LENGTH: "Aucune longueur de bande n'est connue.",
        GradeReason.NOT_INSPECTED: "{missing} de la longueur n'a pas été inspecté ; 1 % au plus peut manquer.",
        GradeReason.UNKNOWN_LENGTH: "De la bande a pu passer sans être vue à {unseen} endroits, longueur inconnue.",
        GradeReason.MUCH_REJECTED: "{rejected} de la longueur est rejeté, plus de 5 %.",
        GradeReason.SOME_REJECTED: "{rejected} de la longueur est rejeté, plus de 2 %.",
        GradeReason.SAFETY: "{safety} défauts de sécurité (S1) ; {rejected} de la longueur est rejeté.",
        GradeReason.FINE: "{rejected} de la longueur est rejeté, aucun défaut de sécurité (S1).",
    },
    defects="Limite dépassée",
    lost="Images perdues",
    unplaced_sheets="Feuilles de place inconnue",
    map="Limites dépassées, le long et en travers de la bande",
    metres="mètres depuis le début de la bobine",
    across="mm depuis le côté entraînement",
    more="Seuls les {count} plus graves et plus grands sont affichés : filtrez, ou choisissez une bobine plus courte.",
    no_defects="Aucune limite dépassée ici",
    no_defects_advice="Aucun, ou aucun que le filtre laisse passer.",
    repeats="Répétitions",
    no_repeats="Aucune parmi les défauts affichés : rien ne revient à intervalle régulier. Un rouleau "
    "marqué laisse souvent des traces dans les limites : montrez-les aussi.",
    period="tous les {period}",
    roller="rouleau de {diameter}",
    marks="{count} marques en {turns} tours",
    marks_of="à {across} en travers, de {first} à {last}",
    gaps="Non inspecté",
    no_gaps="Tout a été inspecté.",
    scattered="{length} entre les pièces, en trous trop petits pour être nommés",
    no_length="Aucune longueur de bande n'est connue.",
    pieces_missing="{count} pièces n'ont pas été jugées ; là où la longueur est connue, elles sont dans ce qui est dit "
    "ici.",
    show_within="Montrer aussi ce qui est dans les limites",
    within="dans les limites",
    overruled="infirmé à la revue",
    as_a_whole="{count} pièces rejetées en entier",
    escapes="{count} pièces acceptées, mauvaises à la revue",
    as_of="État à {time}, heure de la station {zone}",
    no_such_roll="Il n'y a pas de bobine {roll}",
    no_such_roll_advice="Choisissez-en une dans la liste ci-dessus.",
    facts_csv="Faits",
    unseen="+ {count} de longueur inconnue",
    unseen_at="{place} : longueur inconnue, avant la décision {sequence}, {cameras}",
    unseen_end="{place} : longueur inconnue, après la dernière décision, {cameras}",
    frames="images : {count}",
    certificate="Certificat",
    as_csv="CSV",
    picked="Défaut choisi",
    pick="Cliquez sur un défaut pour voir son image.",
    decision="Décision",
    size="Diamètre et longueur",
    score="Score",
    lane="Piste",
    review="Revue",
    look="Toute la décision",
    not_seen="non revu",
    repeat_name="Répétition {number}",
)
