"""Which defects a reason is about, how grave it is, and what it measured.

Rows of earlier programs name none of it. What can be known is worked out here, once: of a limit, the defect of the
kind whose size is the reason's number (or the only one of the kind); of a count, as many of the kind as it counted,
the largest that begin in the piece; of a cluster, those within reach of the place that its sentence names, if they are
as many as it says. Where that does not add up the reason is about no defect in particular, never about all.

A decision's own severity is that of its reasons: those rejected for a cluster or a storm had none.
"""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
"""Decisions, for the sake of memory."""
_NUMBER = r"(-?[\d.]+(?:e[+-]?\d+)?)"
_CLUSTER = re.compile(
    rf"\d+ objects of {_NUMBER} mm or more within {_NUMBER} mm, \d+ are too many"
    rf" at {_NUMBER} mm along and {_NUMBER} mm across the web"
)
_STREAKS = {"E06", "E07", "E17", "S05"}
"""Kinds that the cluster rule leaves out; nuisance is left out by its severity, N."""
_RANKS = ("S1", "S2", "S3", "S4", "N")
_SAME = 1e-6
"""Relative: sizes that differ by less are the same number."""

_DECISIONS = sa.table("decisions", sa.column("sequence"), sa.column("severity"))
_REASONS = sa.table(
    "reasons",
    *(sa.column(name) for name in ("sequence", "position", "rule", "sentence", "kind", "measured")),
    *(sa.column("severity"), sa.column("quantity"), sa.column("defects", sa.JSON())),
)
_DEFECTS = sa.table(
    "defects",
    *(sa.column(name) for name in ("sequence", "position", "kind", "severity", "diameter_mm", "length_mm")),
    *(sa.column(name) for name in ("width_mm", "area_mm2", "contrast_percent", "md_mm", "cd_mm")),
    *(sa.column(name, sa.Boolean()) for name in ("reaches_trailing_edge", "continued")),
)

_Row = sa.RowMapping


def upgrade() -> None:
    op.add_column("reasons", sa.Column("severity", sa.String(length=2), nullable=True))
    op.add_column(
        "reasons",
        sa.Column("quantity", sa.String(length=32), nullable=True, comment="what measured and limit are"),
    )
    op.add_column(
        "reasons",
        sa.Column(
            "defects",
            sa.JSON(),
            nullable=False,
            server_default="[]",
            comment="positions in the decision's defects",
        ),
    )
    connection = op.get_bind()
    last = 0
    while sequences := _next_judged(connection, last):
        last = sequences[-1]
        _name_the_guilty(connection, sequences)


def downgrade() -> None:
    for column in ("defects", "quantity", "severity"):
        op.drop_column("reasons", column)


def _next_judged(connection: sa.Connection, last: int) -> list[int]:
    """Decisions after `last` that something was measured for."""
    r = _REASONS.c
    is_judged = sa.or_(r.rule.in_(("cluster", "storm")), r.rule.startswith("limit."), r.rule.startswith("count."))
    query = sa.select(r.sequence).where(r.sequence > last, is_judged).distinct().order_by(r.sequence).limit(_AT_ONCE)
    return list(connection.execute(query).scalars())


def _name_the_guilty(connection: sa.Connection, sequences: Sequence[int]) -> None:
    d, r, x = _DECISIONS.c, _REASONS.c, _DEFECTS.c
    were = dict(connection.execute(sa.select(d.sequence, d.severity).where(d.sequence.in_(sequences))).all())
    told = (r.sequence, r.position, r.rule, r.sentence, r.kind, r.measured)
    reasons = _by_sequence(connection, sa.select(*told).where(r.sequence.in_(sequences)).order_by(*told[:2]))
    of_defects = sa.select(_DEFECTS).where(x.sequence.in_(sequences)).order_by(x.sequence, x.position)
    defects = _by_sequence(connection, of_defects)
    found, severities = [], []
    for sequence in sequences:
        mine = _blamed(reasons[sequence], defects.get(sequence, []), were[sequence])
        found += [{"of": sequence, "at": position} | row for position, row in mine.items()]
        now = _gravest(row["severity"] for row in mine.values())
        if now != were[sequence]:
            severities.append({"of": sequence, "severity": now})
    update = sa.update(_REASONS).where(r.sequence == sa.bindparam("of"), r.position == sa.bindparam("at"))
    connection.execute(
        update.values(
            severity=sa.bindparam("severity"), quantity=sa.bindparam("quantity"), defects=sa.bindparam("defects")
        ),
        found,
    )
    if severities:
        of_decision = sa.update(_DECISIONS).where(d.sequence == sa.bindparam("of"))
        connection.execute(of_decision.values(severity=sa.bindparam("severity")), severities)


def _by_sequence(connection: sa.Connection, query: sa.Select[Any]) -> dict[int, list[_Row]]:
    rows = connection.execute(query).mappings()
    found: dict[int, list[_Row]] = {}
    for row in rows:
        found.setdefault(row["sequence"], []).append(row)
    return found


def _blamed(reasons: Sequence[_Row], defects: Sequence[_Row], severity: str | None) -> dict[int, dict[str, Any]]:
    """Severity, quantity and defects of those reasons of one decision that are about defects, by position."""
    found: dict[int, dict[str, Any]] = {}
    spoken_for: dict[str, set[int]] = {}
    for reason in reasons:
        family, _, rest = reason["rule"].partition(".")
        of_kind = [defect for defect in defects if defect["kind"] == reason["kind"]]
        at_least: list[str] = []
        if family == "limit":
            quantity = rest.rpartition(".")[2]
            taken = spoken_for.setdefault(reason["rule"], set())
            guilty = _of_limit(reason, quantity, of_kind, taken)
            taken.update(defect["position"] for defect in guilty)
        elif family == "count":
            quantity, guilty = "objects", _of_count(reason, of_kind)
        elif family == "cluster":
            quantity, guilty, at_least = "objects", _of_cluster(reason, defects), ["S2"]
        elif family == "storm":
            quantity, guilty, at_least = "places", [], ["S2"]
        else:
            continue
        known = [*at_least, *(defect["severity"] for defect in guilty)] or [defect["severity"] for defect in of_kind]
        found[reason["position"]] = {
            "severity": _gravest(known) or severity,
            "quantity": quantity,
            "defects": [defect["position"] for defect in guilty],
        }
    return found


def _of_limit(reason: _Row, quantity: str, of_kind: Sequence[_Row], taken: set[int]) -> list[_Row]:
    """The defect that measures what the reason says; of several the first that no earlier reason is about."""
    measured = reason["measured"]
    same = [
        defect
        for defect in of_kind
        if defect["position"] not in taken
        and measured is not None
        and quantity in defect
        and math.isclose(abs(defect[quantity]), measured, rel_tol=_SAME)
    ]
    if same:
        return [min(same, key=lambda defect: abs(abs(defect[quantity]) - measured))]
    return list(of_kind) if len(of_kind) == 1 and not taken else []


def _of_count(reason: _Row, of_kind: Sequence[_Row]) -> list[_Row]:
    """All from a diameter on were counted: the largest are those, as many as the reason says."""
    starting = [defect for defect in of_kind if not defect["continued"]]
    counted = round(reason["measured"] or 0.0)
    if len(starting) < counted:
        return []
    largest = sorted(starting, key=_judged_diameter_mm, reverse=True)[:counted]
    return sorted(largest, key=lambda defect: int(defect["position"]))


def _judged_diameter_mm(defect: _Row) -> float:
    """Diameter that is judged; of what the trailing edge cuts, as much again is taken to lie behind it."""
    return float(defect["diameter_mm"]) * (math.sqrt(2.0) if defect["reaches_trailing_edge"] else 1.0)


def _of_cluster(reason: _Row, defects: Sequence[_Row]) -> list[_Row]:
    said = _CLUSTER.match(reason["sentence"])
    if said is None or reason["measured"] is None:
        return []
    from_mm, within_mm, md_mm, cd_mm = (float(number) for number in said.groups())
    large = [
        defect
        for defect in defects
        if defect["severity"] != "N"
        and defect["kind"] not in _STREAKS
        and defect["diameter_mm"] >= from_mm * (1.0 - 1e-5)  # the sentence has six digits
    ]
    for centre in large:
        if max(abs(centre["md_mm"] - md_mm), abs(centre["cd_mm"] - cd_mm)) > 0.051:  # and places a tenth of a mm
            continue
        near = [
            other
            for other in large
            if math.hypot(other["md_mm"] - centre["md_mm"], other["cd_mm"] - centre["cd_mm"])
            <= within_mm * (1.0 + 1e-5)
        ]
        if len(near) == round(reason["measured"]):
            return near
    return []


def _gravest(severities: Iterable[str | None]) -> str | None:
    return min((each for each in severities if each is not None), default=None, key=_RANKS.index)
