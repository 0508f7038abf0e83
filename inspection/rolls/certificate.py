"""The certificate of a roll: what was inspected, what was found, by which recipe and model; as PDF and CSV."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from inspection.csv_table import Separators, csv_table
from inspection.errors import ReviewError
from inspection.papers import Paper
from inspection.review.blame import Blame, RollTally
from inspection.review.cases import ReviewOutcome
from inspection.rolls.grade import Grade, grade_of
from inspection.rolls.roll_map import RollDefects, RollLayout
from inspection.values import Artefact, Severity, Verdict
from inspection.values.kinds import is_nuisance, kind_of
from inspection.values.roll import Roll

MOST_LISTED = 200
"""Defects in the PDF's table, the gravest and largest; the CSV has all."""
MOST_UNSEEN = 20
"""Places named of those at which web passed unseen; the number is told in any case."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Everything that it says."""

    station: str
    roll: Roll
    layout: RollLayout
    defects: RollDefects
    """What broke a limit, overruled or not."""
    tally: RollTally
    recipes: tuple[Artefact, ...]
    models: tuple[Artefact, ...]
    began_utc: datetime
    ended_utc: datetime
    made_utc: datetime
    made_by: str
    setups: tuple[str, ...] = ()
    """`setup_sha256` of the decisions, in the order of their first use."""

    @property
    def grade(self) -> Grade:
        """See `grade_of`."""
        return grade_of(self.layout, self.tally.safety)

    @property
    def metres(self) -> list[float]:
        """Place of each defect in metres from the roll's beginning."""
        return [float(each) for each in self.layout.metres(self.defects.sequence, self.defects.md_mm)]

    @property
    def listed(self) -> list[int]:
        """Places in `defects`, along the roll; without nuisance."""
        metres = self.metres
        return sorted((n for n, kind in enumerate(self.defects.kind) if not is_nuisance(kind)), key=lambda n: metres[n])

    @property
    def counted(self) -> list[int]:
        """Those of `listed` that nobody overruled."""
        return [n for n in self.listed if self.defects.outcome[n] is not ReviewOutcome.OVERRULED]


_HEADER = (
    *("number", "decision", "metre", "cross_mm", "lane", "kind", "name", "severity", "diameter_mm", "length_mm"),
    *("score", "rule", "quantity", "measured", "limit", "unit", "review", "counts"),
)


def certificate_csv(certificate: Certificate, separators: Separators = Separators.COMMA_POINT) -> bytes:
    """The table of all objects that broke a limit; those that people overruled don't count, and say so."""
    return csv_table(_HEADER, _rows(certificate), separators)


def facts_csv(certificate: Certificate, separators: Separators = Separators.COMMA_POINT) -> bytes:
    """What it says besides the table: lengths, counts, grade, what judged."""
    told = facts(certificate).items()
    rows = [(key, float(value) if key.endswith("(m)") else value) for key, value in told]
    return csv_table(("fact", "value"), rows, separators)


def facts(certificate: Certificate) -> dict[str, str]:
    """What it says besides the table, in order."""
    layout, roll = certificate.layout, certificate.roll
    found: dict[str, str] = {
        "station": certificate.station,
        "roll": roll.name,
        "roll named by the line": "yes" if roll.is_named else "no: named after the station's start",
        "roll is complete": "no: it is still running" if roll.is_running else "yes",
        "decisions": f"{roll.first_sequence} to {roll.last_sequence}",
        "first captured (UTC)": f"{certificate.began_utc:%Y-%m-%d %H:%M:%S}",
        "last captured (UTC)": f"{certificate.ended_utc:%Y-%m-%d %H:%M:%S}",
    }
    for role, artefacts in (("recipe", certificate.recipes), ("model", certificate.models)):
        for number, each in enumerate(artefacts, start=1):
            key = role if len(artefacts) == 1 else f"{role} {number}"
            found[key] = f"{each.name} {each.version}, SHA-256 {each.sha256}"
    for number, sha256 in enumerate(certificate.setups, start=1):
        key = "judged by" if len(certificate.setups) == 1 else f"judged by {number}"
        found[key] = f"recipe, model and references together, SHA-256 {sha256}"
    grade = certificate.grade
    return found | {
        "cameras": ", ".join(layout.cameras),
        "length (m)": f"{layout.length_m:.2f}",
        "inspected (m)": f"{layout.inspected_m:.2f}",
        "not inspected (m)": f"{layout.not_inspected_m:.2f}",
        **_unseen(layout),
        "rejected (m)": f"{layout.rejected_m:.2f}",
        **{f"rejected of lane {each.lane} (m)": f"{each.rejected_m:.2f}" for each in layout.lanes},
        "sheets of unknown place" if layout.is_of_sheets else "frames lost": str(layout.lost_frames),
        "accepted pieces": str(layout.verdicts[Verdict.ACCEPT]),
        "rejected pieces": str(layout.verdicts[Verdict.REJECT]),
        "uninspected pieces": str(layout.verdicts[Verdict.UNINSPECTED]),
        **_counts(certificate.tally),
        "grade": grade.letter or "none",
        "grade because": grade.because,
        "made (UTC)": f"{certificate.made_utc:%Y-%m-%d %H:%M:%S}",
        "made by": certificate.made_by,
    }


def _counts(tally: RollTally) -> dict[str, str]:
    found = {"objects that broke a limit": str(sum(tally.broke.values()))}
    if tally.as_a_whole:
        found["rejected as a whole"] = f"{tally.as_a_whole} pieces, for no single object"
    if tally.overruled_pieces or tally.overruled_objects:
        found["overruled in review"] = (
            f"{tally.overruled_pieces} pieces are good; {tally.overruled_objects} objects that had broken a limit are "
            "not counted"
        )
    if tally.escapes:
        found["found bad in review"] = f"{tally.escapes} accepted pieces, counted as rejected length"
    within = sum(tally.within_limits.values())
    return found | {
        "within limits, not counted": f"{within} objects" + (f": {_by_kind(tally.within_limits)}" if within else "")
    }


def _by_kind(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind} {kind_of(kind).name}" for kind, count in counts.items())


def certificate_pdf(certificate: Certificate) -> bytes:
    """One to a few A4 pages: facts, counts, a strip of the roll, the table of defects, lines for signatures."""
    if certificate.layout.length_m <= 0.0:
        raise ReviewError(f"Roll {certificate.roll.name}: no length of web is known, so there is nothing to certify.")
    made = certificate.made_utc
    page = _Page(f"Roll certificate  {certificate.roll.name}", f"generated {made:%Y-%m-%d %H:%M} UTC", made)
    page.grade(certificate.grade)
    page.facts({key: value for key, value in facts(certificate).items() if not key.startswith("grade")})
    page.strip(certificate)
    page.counts(certificate.tally)
    page.defects(certificate)
    page.signatures("Quality assurance: name, date, signature", "Released by: name, date, signature")
    return bytes(page.output())


def _unseen(layout: RollLayout) -> dict[str, str]:
    """Where web passed unseen, and nobody knows how much."""
    places = layout.unseen
    if not places:
        return {}
    told = [
        f"at {gap.at_m:.2f} m, "
        + (f"before decision {gap.next_sequence}" if gap.next_sequence is not None else "behind the last decision")
        for gap in places[:MOST_UNSEEN]
    ]
    more = [f"and {len(places) - MOST_UNSEEN} more"] if len(places) > MOST_UNSEEN else []
    return {
        "also not inspected": f"{len(places)} stretches of unknown length: {'; '.join([*told, *more])}",
    }


class _Page(Paper):
    def grade(self, grade: Grade) -> None:
        self.headline(f"Grade {grade.letter}" if grade.letter else "No grade")
        self.text_block(grade.because, 9)

    def strip(self, certificate: Certificate) -> None:
        """The roll from left to right: rejected defects as dots by their place across, grey what was not inspected."""
        if self.get_y() > 230:
            self.add_page()
        told = ", dashed where that is of unknown length" if certificate.layout.unseen else ""
        self.heading(f"The roll: a dot for each object that broke a limit, grey where nobody inspected{told}")
        left, top, width, height = 15.0, self.get_y(), 180.0, 26.0
        layout, defects = certificate.layout, certificate.defects
        scale = width / layout.length_m
        self.set_fill_color(190)
        for from_m, to_m in layout.blind_m:
            self.rect(left + from_m * scale, top, max(0.15, (to_m - from_m) * scale), height, style="F")
        across, metres = float(np.max(defects.cd_mm, initial=1.0)), certificate.metres
        for n in certificate.counted:
            metre, cd_mm, is_safety = metres[n], defects.cd_mm[n], defects.severity[n] == Severity.S1
            self.set_fill_color(*((213, 94, 0) if is_safety else (0, 114, 178)))
            size = 1.0 if is_safety else 0.6
            at = left + min(max(metre, 0.0), layout.length_m) * scale
            self.ellipse(
                at - size / 2, top + float(cd_mm) / across * (height - 1) - size / 2 + 0.5, size, size, style="F"
            )
        self.set_draw_color(0)
        self.set_dash_pattern(dash=1.2, gap=0.8)
        for place in layout.unseen:
            at = left + place.at_m * scale
            self.line(at, top - 1.0, at, top + height + 1.0)
        self.set_dash_pattern()
        self.set_draw_color(60)
        self.rect(left, top, width, height)
        self.set_y(top + height + 0.5)
        self.set_font("helvetica", "", 7)
        self.cell(90, 4, "0 m, drive side above; large orange dots are safety defects (S1)")
        self.cell(90, 4, f"{layout.length_m:.1f} m", align="R")
        self.ln(6)

    def counts(self, tally: RollTally) -> None:
        if not tally.broke:
            return
        self.heading("What broke a limit, by kind")
        self.text_block("   ".join(f"{kind} {kind_of(kind).name}: {count}" for kind, count in tally.broke.items()))

    def defects(self, certificate: Certificate) -> None:
        defects, metres, counted = certificate.defects, certificate.metres, certificate.counted
        if not counted:
            return
        gravest = sorted(counted, key=lambda n: (defects.severity[n], -defects.diameter_mm[n]))[:MOST_LISTED]
        listed = sorted(gravest, key=lambda n: metres[n])
        count = len(counted)
        more = f"the {MOST_LISTED} gravest of {count}; the CSV has all" if count > MOST_LISTED else "all"
        self.heading(f"What broke a limit ({more})")
        names = (
            "no.",
            "decision",
            "m",
            "cross mm",
            "lane",
            "kind",
            "name",
            "sev.",
            "dia. mm",
            "measured, limit",
            "review",
        )
        widths = (10, 16, 16, 15, 9, 9, 28, 8, 13, 38, 18)
        numbers = {n: number for number, n in enumerate(certificate.listed, start=1)}
        rows = [
            (
                *(str(numbers[n]), str(defects.sequence[n]), _metre(metres[n]), f"{defects.cd_mm[n]:.1f}"),
                *(str(defects.lane[n] or ""), defects.kind[n], kind_of(defects.kind[n]).name, defects.severity[n]),
                *(f"{defects.diameter_mm[n]:.3f}", _against_limit(defects.blame[n]), defects.outcome[n] or ""),
            )
            for n in listed
        ]
        self.grid(names, widths, rows)


def _rows(certificate: Certificate) -> Iterator[tuple[object, ...]]:
    defects, metres = certificate.defects, certificate.metres
    for number, n in enumerate(certificate.listed, start=1):
        blame, outcome = defects.blame[n], defects.outcome[n]
        told = (None,) * 5 if blame is None else (blame.rule, blame.quantity, blame.measured, blame.limit, blame.unit)
        yield (
            number,
            int(defects.sequence[n]),
            None if math.isnan(metres[n]) else round(metres[n], 3),
            round(float(defects.cd_mm[n]), 1),
            defects.lane[n],
            defects.kind[n],
            kind_of(defects.kind[n]).name,
            str(defects.severity[n]),
            round(float(defects.diameter_mm[n]), 3),
            round(float(defects.length_mm[n]), 3),
            round(float(defects.score[n]), 2),
            *told,
            outcome or "",
            outcome is not ReviewOutcome.OVERRULED,
        )


def _metre(metre: float) -> str:
    return "" if math.isnan(metre) else f"{metre:.3f}"


def _against_limit(blame: Blame | None) -> str:
    """What was measured and its limit.

    >>> _against_limit(Blame("limit.E13.diameter_mm", Severity.S1, "diameter_mm", 0.124, 0.1, "mm"))
    'diameter 0.124 mm, limit 0.1'
    >>> _against_limit(Blame("cluster", Severity.S2, "objects", 3.0, 3.0, None))
    'cluster: 3 objects, limit 3'
    """
    if blame is None or blame.measured is None or blame.limit is None:
        return "" if blame is None else blame.rule
    quantity = (blame.quantity or "").removesuffix("_mm").removesuffix("_mm2").removesuffix("_percent")
    if blame.unit is None:
        return f"{blame.rule.partition('.')[0]}: {blame.measured:g} {quantity}, limit {blame.limit:g}"
    return f"{quantity} {blame.measured:.3g} {blame.unit}, limit {blame.limit:.3g}"
