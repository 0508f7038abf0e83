"""A decision in the words of the line: flat, small, and the same behind every door."""

from datetime import datetime

from pydantic import ConfigDict

from camera.checked import Checked
from inspection.values import Artefact, Cut, Decision, Defect, Reason, Severity, Verdict
from inspection.values.reason_codes import ACCEPTED, kind_number, reason_code

MOST_OBJECTS = 50
"""Objects that are told with a result, those that broke a limit first; how many there are is told as well."""


class Named(Checked):
    """A recipe or model, so that nobody can mix two up."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """Name of the recipe or model."""
    version: str
    """Version that its file or card states."""
    sha256: str
    """SHA-256 of the recipe's file, or of the model's card."""

    @classmethod
    def of(cls, artefact: Artefact) -> "Named":
        """As it is told."""
        return cls(name=artefact.name, version=artefact.version, sha256=artefact.sha256)


class ResultObject(Checked):
    """An object that was measured on the piece."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    kind: str
    """Catalogue code: E01 ..., S01 ..., N01 ..."""
    kind_number: int
    """The same as a number: E01 is 1, S01 is 101, N01 is 201."""
    severity: Severity
    """S1 safety, S2 cell function, S3 process, S4 cosmetic, N no defect."""
    is_guilty: bool
    """Whether a reason is about it; else it lies within its limits."""
    length_mm: float
    """Longest extent in mm."""
    width_mm: float
    """Mean extent across the length in mm."""
    diameter_mm: float
    """Diameter in mm of the circle of the same area."""
    md_mm: float
    """Place of its centre along the web in mm, by the encoder."""
    cd_mm: float
    """Place of its centre across the web in mm, from the drive side."""
    lane: int | None
    """The lane that its centre lies in, counted from 1; null: none."""


class Result(Checked):
    """The station's one word about one piece."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    sequence: int
    """Counts the decisions, 1, 2, 3 ...; with the epoch it names this one for ever."""
    epoch: str
    """Name of the station's store: sequence numbers of two stores don't mean the same."""
    piece_number: int
    """Counts the pieces of the station's start from 1; lanes of one stretch share theirs."""
    cut: Cut
    """What the piece is: a block, a lane of it, or a sheet."""
    lane: int
    """The lane that it is about, counted from 1; 0: the whole width."""
    camera: str
    """The leading camera."""
    trigger_id: str | None
    """Echo of the trigger that the line sent for it; null: none came."""
    piece_id: str | None
    """Echo of the piece id that came with the trigger; null: none came."""
    verdict: Verdict
    """What the line must do with the piece; `uninspected` is to be treated as `reject`."""
    verdict_code: int
    """1 accept, 2 reject, 3 uninspected (treat as reject)."""
    reason_code: int
    """The first reason as a number, 0 for `accept`; docs/reference/reason-codes.md lists them."""
    rule: str | None
    """The first reason's rule; null for `accept`."""
    sentence: str | None
    """The first reason in words; null for `accept`."""
    reasons: int
    """Number of reasons."""
    severity: Severity | None
    """The gravest of the reasons'; null where nothing was judged."""
    severity_code: int
    """1 for S1 ... 4 for S4, 5 for N; 0: none."""
    start_mm: float | None
    """Place of the piece's leading edge along the web in mm, by the encoder; null: not known."""
    length_mm: float | None
    """Its length along the web in mm; null: not known."""
    start_counts: int | None
    """The place in counts of the leading camera's encoder; null: not known, or its step is not in the settings."""
    length_counts: int | None
    """The length in the same counts."""
    objects: tuple[ResultObject, ...]
    """Those that broke a limit first, then others, at most 50."""
    object_count: int
    """All that were measured."""
    latency_ms: float
    """From the last line exposed, or the loss noticed, to the decision, in ms."""
    deadline_met: bool
    """Whether it was decided in time."""
    recipe: Named
    """The recipe that it was judged by."""
    model: Named
    """The model that looked at it; of several views, the leading one's."""
    setup_sha256: str | None
    """One hash over all that judged it; null: of an earlier program."""
    captured_utc: datetime
    """When it was exposed, or its loss noticed (UTC)."""
    decided_utc: datetime
    """When it was decided (UTC)."""

    @classmethod
    def of(cls, decision: Decision, *, epoch: str, encoder_step_um: float | None = None) -> "Result":
        """A decision as a result. `encoder_step_um`: web that passes in one count of the leading camera's encoder."""
        piece, first = decision.piece, decision.reasons[0] if decision.reasons else None
        severity = decision.severity
        return cls(
            sequence=decision.sequence,
            epoch=epoch,
            piece_number=piece.number,
            cut=piece.cut,
            lane=piece.lane or 0,
            camera=piece.frame.camera,
            trigger_id=piece.trigger_id,
            piece_id=piece.piece_id,
            verdict=decision.verdict,
            verdict_code=decision.verdict.code,
            reason_code=_code(first),
            rule=first.rule if first else None,
            sentence=first.sentence if first else None,
            reasons=len(decision.reasons),
            severity=severity,
            severity_code=severity.rank + 1 if severity else 0,
            start_mm=piece.start_mm,
            length_mm=piece.length_mm,
            start_counts=_counts(piece.start_mm, encoder_step_um),
            length_counts=_counts(piece.length_mm, encoder_step_um),
            objects=_objects(decision),
            object_count=len(decision.defects),
            latency_ms=decision.latency_ms,
            deadline_met=decision.deadline_met,
            recipe=Named.of(decision.recipe),
            model=Named.of(decision.model),
            setup_sha256=decision.setup_sha256,
            captured_utc=decision.captured_utc,
            decided_utc=decision.decided_utc,
        )


def _code(reason: Reason | None) -> int:
    return ACCEPTED if reason is None else reason_code(reason.rule, reason.kind)


def _counts(length_mm: float | None, step_um: float | None) -> int | None:
    return None if length_mm is None or step_um is None else round(length_mm * 1000.0 / step_um)


def _objects(decision: Decision) -> tuple[ResultObject, ...]:
    guilty = decision.guilty
    ordered = sorted(range(len(decision.defects)), key=lambda place: place not in guilty)[:MOST_OBJECTS]
    return tuple(_object(decision.defects[place], place in guilty) for place in ordered)


def _object(defect: Defect, is_guilty: bool) -> ResultObject:
    return ResultObject(
        kind=defect.kind,
        kind_number=kind_number(defect.kind),
        severity=defect.severity,
        is_guilty=is_guilty,
        length_mm=defect.length_mm,
        width_mm=defect.width_mm,
        diameter_mm=defect.diameter_mm,
        md_mm=defect.md_mm,
        cd_mm=defect.cd_mm,
        lane=defect.lane,
    )
