"""Texts of the statistics page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatisticsTexts:
    """Rates, charts, tables."""

    title: str
    span: str
    everything: str
    last_hours: str
    last_days: str
    roll: str
    lane: str
    all_lanes: str
    empty: str
    empty_advice: str
    decisions: str
    reject_rate: str
    uninspected_rate: str
    false_rejects: str
    escapes: str
    confirmation: str
    agreement: str
    load: str
    interval: str
    unknown: str
    unknown_advice: str
    reviewed: str
    kappa_of: str
    load_of: str
    p_chart: str
    p_chart_note: str
    p_chart_widened: str
    pareto: str
    pareto_empty: str
    x_bar: str
    x_bar_note: str
    x_bar_empty: str
    sizes: str
    sizes_empty: str
    all_kinds: str
    by: str
    by_roll: str
    by_shift: str
    by_lane: str
    by_recipe: str
    by_model: str
    accepted: str
    rejected: str
    uninspected: str
    rate: str
    count: str
    share: str
    cumulative: str
    centre: str
    limits: str
    out: str
    mean: str
    diameter: str
    download: str
    pieces: str
    points_out: str


ENGLISH = StatisticsTexts(
    title="Statistics",
    span="Of",
    everything="all decisions",
    last_hours="the last {hours} hours",
    last_days="the last {days} days",
    roll="roll {name}",
    lane="Lane",
    all_lanes="all lanes",
    empty="No decisions here",
    empty_advice="Choose another span, or wait for the station.",
    decisions="Decisions",
    reject_rate="Reject rate",
    uninspected_rate="Uninspected",
    false_rejects="False rejects, of all good pieces",
    escapes="Escapes, of all bad pieces",
    confirmation="Rejects confirmed",
    agreement="Agreement of two readers (kappa)",
    load="Time for a review",
    interval="95%: {low} to {high}",
    unknown="not known yet",
    unknown_advice="too few reviews",
    reviewed="{reviewed} of {count} reviewed",
    kappa_of="{agreeing} of {pairs} cases alike",
    load_of="nine of ten within {time}",
    p_chart="Rejects over time (p-chart)",
    p_chart_note="Each point: consecutive pieces. Dashed: limits of three standard deviations.",
    p_chart_widened="Limits widened {factor} times for variation beyond chance (Laney).",
    pareto="Rejects by kind (Pareto)",
    pareto_empty="No reject here.",
    x_bar="Dimension over time (X-bar)",
    x_bar_note="Each point: mean of up to 25 consecutive pieces.",
    x_bar_empty="No dimension was gauged here.",
    sizes="Sizes of defects",
    sizes_empty="No defect here.",
    all_kinds="all kinds",
    by="By",
    by_roll="roll",
    by_shift="shift",
    by_lane="lane",
    by_recipe="recipe",
    by_model="model",
    accepted="accepted",
    rejected="rejected",
    uninspected="uninspected",
    rate="reject rate",
    count="number",
    share="share",
    cumulative="cumulative",
    centre="mean",
    limits="limits",
    out="out of limits",
    mean="mean",
    diameter="diameter (mm)",
    download="Download as CSV",
    pieces="pieces",
    points_out="{count} points out of limits",
)

FRENCH = StatisticsTexts(
    title="Statistiques",
    span="Pour",
    everything="toutes les décisions",
    last_hours="les {hours} dernières heures",
    last_days="les {days} derniers jours",
    roll="bobine {name}",
    lane="Piste",
    all_lanes="toutes les pistes",
    empty="Aucune décision ici",
    empty_advice="Choisissez une autre période, ou attendez la station.",
    decisions="Décisions",
    reject_rate="Taux de rejet",
    uninspected_rate="Non inspecté",
    false_rejects="Faux rejets, sur toutes les pièces bonnes",
    escapes="Défauts laissés passer, sur toutes les mauvaises",
    confirmation="Rejets confirmés",
    agreement="Accord de deux lecteurs (kappa)",
    load="Durée d'une revue",
    interval="95 % : {low} à {high}",
    unknown="pas encore connu",
    unknown_advice="trop peu de revues",
    reviewed="{reviewed} sur {count} revus",
    kappa_of="{agreeing} cas sur {pairs} identiques",
    load_of="neuf sur dix en {time}",
    p_chart="Rejets dans le temps (carte p)",
    p_chart_note="Chaque point : des pièces consécutives. Tirets : limites à trois écarts-types.",
    p_chart_widened="Limites élargies {factor} fois pour une variation au-delà du hasard (Laney).",
    pareto="Rejets par type (Pareto)",
    pareto_empty="Aucun rejet ici.",
    x_bar="Dimension dans le temps (X-barre)",
    x_bar_note="Chaque point : moyenne de 25 pièces consécutives au plus.",
    x_bar_empty="Aucune dimension n'a été mesurée ici.",
    sizes="Tailles des défauts",
    sizes_empty="Aucun défaut ici.",
    all_kinds="tous les types",
    by="Par",
    by_roll="bobine",
    by_shift="équipe",
    by_lane="piste",
    by_recipe="recette",
    by_model="modèle",
    accepted="acceptés",
    rejected="rejetés",
    uninspected="non inspectés",
    rate="taux de rejet",
    count="nombre",
    share="part",
    cumulative="cumul",
    centre="moyenne",
    limits="limites",
    out="hors limites",
    mean="moyenne",
    diameter="diamètre (mm)",
    download="Télécharger en CSV",
    pieces="pièces",
    points_out="{count} points hors limites",
)
