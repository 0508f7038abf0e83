"""What goes over the network: JSON shapes with their meanings, units and examples.

One module, long as it is: the vocabulary of /v1, mostly fields with their meanings, is read from top to bottom.
"""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from camera.checked import Checked
from inspection.values import (
    Artefact,
    Cut,
    Fate,
    Severity,
    Verdict,
)

MOST_SEQUENCE = 2**63 - 1
"""Largest number that the store can hold."""
MOST_RUN = 2**31 - 1
SequenceNumber = Annotated[int, Path(ge=0, le=MOST_SEQUENCE, description="The decision's sequence number.")]
RunNumber = Annotated[int, Path(ge=0, le=MOST_RUN, description="The camera's run: which of its starts.")]


def _plain(text: str) -> str:
    if not text.isprintable():
        odd = next(character for character in text if not character.isprintable())
        raise ValueError(f"has the character U+{ord(odd):04X}, which can't be printed")
    return text


PlainText = Annotated[str, AfterValidator(_plain)]
"""What people and machines call things: printable in every log, table and file, held by every database."""
WhyText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_plain)]
"""Why somebody does something, which is kept: never blank."""


EXAMPLE_DECISION: dict[str, Any] = {
    "sequence": 412,
    "epoch": "5c0ffee0a1b24d3e8f90123456789abc",
    "is_recorded": True,
    "camera": "cam0",
    "run": 1,
    "number": 412,
    "piece": {"number": 412, "cut": "block", "lane": None},
    "views": [{"view": None, "camera": "cam0", "run": 1, "number": 412, "fate": "seen"}],
    "trigger_id": "T-000412",
    "piece_id": "roll-17/412",
    "verdict": "reject",
    "verdict_code": 2,
    "severity": "S2",
    "start_mm": 21043.2,
    "length_mm": 51.2,
    "reasons": [
        {
            "rule": "limit.E01.diameter_mm",
            "sentence": "E01 pinhole: diameter 0.82 mm (limit 0.5) at 21051.3 mm along and 48.7 mm across the web, "
            "lane 1.",
            "kind": "E01",
            "measured": 0.82,
            "limit": 0.5,
            "unit": "mm",
            "defects": [0],
            "severity": "S2",
            "quantity": "diameter_mm",
            "view": None,
        }
    ],
    "defects": [
        {
            "kind": "E01",
            "severity": "S2",
            "score": 0.97,
            "box": [965, 153, 983, 170],
            "length_mm": 0.86,
            "width_mm": 0.78,
            "area_mm2": 0.528,
            "diameter_mm": 0.82,
            "contrast_percent": 212.0,
            "snr": 160.0,
            "md_mm": 21051.3,
            "cd_mm": 48.7,
            "lane": 1,
            "is_continued": False,
            "continues": False,
            "sightings": [],
            "cleared_by": None,
        }
    ],
    "dimensions": [],
    "recipe": {"name": "default-anode", "version": "1.0", "sha256": "9b" * 32},
    "model": {"name": "electrode", "version": "1.0", "sha256": "c4" * 32},
    "models": {},
    "setup_sha256": "5e" * 32,
    "captured_utc": "2030-01-02T03:04:05.678Z",
    "decided_utc": "2030-01-02T03:04:05.721Z",
    "latency_ms": 43.1,
    "deadline_met": True,
    "stage_ms": {"wait": 1.2, "prepare": 4.0, "detect": 31.0, "refine": 2.2, "measure": 0.4, "decide": 0.1},
    "links": {"page": "/decisions/5c0ffee0a1b24d3e8f90123456789abc/412"},
}


_SUPERSEDED: Any = Field(json_schema_extra={"deprecated": True})
"""A field that means the leading view alone, of the time when one camera looked at the web. It stays, so that what
reads it goes on working; what replaces it, its description says."""


class _Wire(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class ReasonOut(_Wire):
    """Why a piece is not accepted."""

    rule: str
    """Machine-readable: `limit.E01.diameter_mm`, `lost.dropped`, `late` …"""
    sentence: str
    """For a person: what was measured, the limit, where, and what to do. Its words may change; `rule` does not."""
    kind: str | None
    """Catalogue code of the kind that it is about, `E01`; null where the rule is about no single kind."""
    measured: float | None
    """What was measured or counted, in `unit`; null where nothing was."""
    limit: float | None
    """What the recipe allows, in `unit`; null where the rule has no limit."""
    unit: str | None
    """Unit of `measured` and `limit`: `mm`, `mm2`, `%` …; null for numbers without one, and without a number."""
    defects: list[int]
    """Which of the decision's `defects` it is about, counted from 0; empty where it is about the frame as a whole."""
    severity: Severity | None
    """Severity of the gravest of them, by the recipe; of many objects together (cluster, storm) S2 at least."""
    quantity: str | None
    """What `measured` and `limit` are: `diameter_mm`, `length_mm`, `width_mm`, `area_mm2`, `contrast_percent` of the
    defect, `objects` or `places` counted; null where the rule says it."""
    view: str | None
    """The view that it is about, by its name in the recipe; null where it is about all, or where there is one alone."""


class PieceOut(_Wire):
    """What of the web a decision is about."""

    number: int | None
    """Counts the pieces of this start of the station from 1; the lanes of one stretch share theirs. null: nobody
    counted it."""
    cut: Cut
    """`block`: a stretch over the whole width; `lane`: one lane of it; `sheet`: from one cut to the next."""
    lane: int | None
    """The recipe's lane that it is, counted from 1; null: the whole width."""


class ViewOut(_Wire):
    """A frame that a piece was judged on, or should have been."""

    view: str | None
    """The view's name in the recipe; null where one camera alone looks at the web."""
    camera: str
    """Name of the camera, from the settings."""
    run: int
    """Counts the camera's starts."""
    number: int
    """The camera's frame counter within the run."""
    fate: Fate
    """`seen`: it was inspected; `not_judged`: it could not be, or not in time; `lost`: it never had pixels."""


class ViewDetail(ViewOut):
    """Such a frame with what has become of it."""

    has_image: bool
    """Whether `GET /v1/decisions/{sequence}/image?view=` has it now."""


class SightingOut(_Wire):
    """A defect as one camera of a view shows it."""

    view: str
    """The view's name in the recipe."""
    camera: str
    """Name of the camera, from the settings."""
    run: int
    """Counts the camera's starts."""
    number: int
    """The camera's frame counter within the run: the frame that `box` lies in."""
    kind: str
    """What this view alone takes it for: catalogue code, `E01`."""
    severity: Severity
    """How grave that kind is by the recipe."""
    score: float
    """The score of that kind by this view's model, 0 to 1."""
    scores: dict[str, float]
    """Scores of all kinds of the view's model that are likely there."""
    box: tuple[int, int, int, int]
    """Left, top, right, bottom in pixels of the frame; top is negative when it reaches back into the frame before."""
    length_mm: float
    """Longest extent in mm, as this view shows it; so are all further sizes."""
    width_mm: float
    """Mean extent in mm across the length."""
    area_mm2: float
    """Area in mm²."""
    diameter_mm: float
    """Diameter in mm of the circle of the same area."""
    contrast_percent: float
    """Contrast in % against what is around it; negative: it is darker."""
    snr: float
    """How far it stands out: its summed contrast over the noise around it, a ratio without unit."""
    md_mm: float
    """Position of its centre along the web (machine direction) in mm, by the encoder."""
    cd_mm: float
    """Position of its centre across the web (cross direction) in mm, from the web's drive-side border."""


class DefectOut(_Wire):
    """One object on the web, measured."""

    kind: str
    """Catalogue code, `E01`; `GET /v1/models` names those that the model knows."""
    severity: Severity
    """How grave its kind is by the recipe; `N`: an object that is no defect, such as tape."""
    score: float
    """The model's raw score, 0 to 1."""
    box: tuple[int, int, int, int] = _SUPERSEDED
    """Left, top, right, bottom in pixels of the frame of its first sighting; top is negative when it reaches back into
    the frame before. Deprecated: read `sightings`, each with its frame and box, and this only where they are empty."""
    length_mm: float
    """Longest extent in mm."""
    width_mm: float
    """Mean extent in mm across the length."""
    area_mm2: float
    """Area in mm²."""
    diameter_mm: float
    """Diameter in mm of the circle of the same area."""
    contrast_percent: float
    """Contrast in % against what is around it; negative: it is darker."""
    snr: float
    """How far it stands out: its summed contrast over the noise around it, a ratio without unit."""
    md_mm: float
    """Position of its centre along the web (machine direction) in mm, by the encoder."""
    cd_mm: float
    """Position of its centre across the web (cross direction) in mm, from the image's drive-side border."""
    lane: int | None
    """The lane that its centre lies in, counted from 1; null on margins and between lanes."""
    is_continued: bool
    """It began in an earlier frame, and its sizes include that part."""
    continues: bool
    """It touches the trailing edge: its sizes are lower bounds."""
    sightings: list[SightingOut]
    """What each camera saw of it, first the one that its sizes and its box are of; empty where one camera alone looks
    at the web: then that is what it saw."""
    cleared_by: str | None
    """View that saw its place and nothing there, where the recipe lets it take such an object back; null: it counts."""


class DimensionOut(_Wire):
    """A gauged width, length or position."""

    code: str
    """What was gauged."""
    value_mm: float
    """Measured value in mm."""
    uncertainty_mm: float
    """Standard uncertainty of the value in mm."""


class ArtefactOut(_Wire):
    """A recipe or a model, by name, version and SHA-256: of the recipe's file, or of the model's card.json.

    The card holds the SHA-256 of its model.onnx, so that it stands for thresholds and graph alike.
    """

    name: str
    """Name of the recipe or model."""
    version: str
    """Version that its file or card states."""
    sha256: str
    """SHA-256 of that file, 64 hexadecimal digits."""

    @classmethod
    def of(cls, artefact: Artefact) -> Self:
        """From the station's own value."""
        return cls(name=artefact.name, version=artefact.version, sha256=artefact.sha256)


class LinksOut(_Wire):
    """Where more is told."""

    page: str | None
    """Path of the decision's page for people, on the pages' server: outlines, limits, reviews, seal. null: there is no
    store behind it."""


class DecisionOut(_Wire):
    """The station's one word about one piece of web."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_DECISION]})

    sequence: int
    """1, 2, 3 …, never given twice. Numbers that are missing are explained: GET /v1/decisions/{sequence} says why."""
    epoch: str | None
    """The store's name when this was told; with the sequence number it names the decision, everywhere. None: there is
    no store behind it."""
    is_recorded: bool
    """False while the store takes nothing: such a decision is UNINSPECTED, and lost if the station crashes now."""
    camera: str = _SUPERSEDED
    """Name of the leading camera, from the settings. Deprecated: read `views`, which names every camera's frames."""
    run: int = _SUPERSEDED
    """Counts the leading camera's starts. Deprecated: read `views`."""
    number: int = _SUPERSEDED
    """The leading camera's frame counter within the run: the frame in which the piece begins. Deprecated: read `views`
    for the frames, and `piece` for the number of the piece."""
    piece: PieceOut
    """What of the web it is about."""
    views: list[ViewOut]
    """The frames of all views that it was judged on, the leading camera's first. Never empty: where one camera alone
    looks at the web it is that camera's frame."""
    trigger_id: str | None
    """Echo of the trigger that the line sent for this frame; null: none came."""
    piece_id: str | None
    """Echo of the piece id that came with the trigger; null: none came."""
    verdict: Verdict
    """What the line must do with the piece; treat `uninspected` as `reject`."""
    verdict_code: int
    """1 accept, 2 reject, 3 uninspected (treat as reject)."""
    severity: Severity | None
    """The gravest of its reasons'; null where nothing was judged."""
    start_mm: float | None
    """Position of the piece's leading edge along the web in mm, by the encoder; null: not known, of a lost frame."""
    length_mm: float | None
    """Length of the piece along the web in mm; null: not known, of a lost frame."""
    reasons: list[ReasonOut]
    """Why it is not accepted, the gravest first; empty only for `accept`."""
    defects: list[DefectOut]
    """All objects that were measured, also those below the limits and those that are no defects."""
    dimensions: list[DimensionOut]
    """Widths and positions that were gauged; empty where nothing is gauged."""
    recipe: ArtefactOut
    """The recipe that it was judged by."""
    model: ArtefactOut = _SUPERSEDED
    """The leading view's model. Deprecated: read `models`, and this only where that is empty."""
    models: dict[str, ArtefactOut]
    """By view, the model that looked at its frames; a view that nothing looked at has none. Empty where one camera
    alone looks at the web."""
    setup_sha256: str | None
    """One hash over all that judged: recipe, model card with its graph, the camera's references if it has any, and what
    names objects by several views if the recipe asks for it; the same one means that the same thing judged. null: of an
    earlier program."""
    captured_utc: datetime
    """When the frame was exposed, or its loss noticed (UTC)."""
    decided_utc: datetime
    """When it was decided (UTC)."""
    latency_ms: float
    """From the last line exposed, or the loss noticed, to the decision, in ms."""
    deadline_met: bool
    """Whether it was decided within the station's `deadline_ms`."""
    stage_ms: dict[str, float]
    """Time spent in each stage in ms: `wait`, `prepare`, `detect`, `refine`, `measure`, `decide`."""
    links: LinksOut
    """Where more is told about it."""


class DecisionDetail(DecisionOut):
    """One decision with what has become of it."""

    station_run: int | None
    """Counts the station's starts; None as long as the decision waits for the store."""
    acknowledged_by: str | None
    """Who has taken the decision, a person or a machine; null: nobody yet."""
    acknowledged_utc: datetime | None
    """When (UTC); null: not yet."""
    has_image: bool
    """Whether `GET /v1/decisions/{sequence}/image` has its frame now, that of the leading camera."""
    views: list[ViewDetail]  # type: ignore[assignment]  # read only: a list of what DecisionOut promises
    """The frames of all views that it was judged on, the leading camera's first, and whether each can be seen now."""


class DecisionList(_Wire):
    """Decisions in order of their sequence numbers."""

    decisions: list[DecisionOut]
    """The decisions, lowest sequence number first; empty: there is nothing new."""
    last_sequence: int
    """Sequence number of the newest decision there is."""
    epoch: str
    """The store's name now: give it with `after`, and another store will not be taken for this one."""


class AckIn(Checked):
    """Either all up to a sequence number, or single ones."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, json_schema_extra={"examples": [{"up_to": 412, "by": "plc-7"}]}
    )

    by: PlainText = Field(min_length=1, max_length=128)
    """Who has taken them: a person or a machine."""
    up_to: int | None = Field(default=None, ge=1, le=MOST_SEQUENCE)
    """All decisions up to this sequence number; or give `sequences`."""
    sequences: list[Annotated[int, Field(ge=0, le=MOST_SEQUENCE)]] | None = Field(
        default=None, min_length=1, max_length=1000
    )
    """Sequence numbers of single decisions; or give `up_to`."""
    epoch: PlainText | None = Field(default=None, max_length=64)
    """The store's name that came with the decisions; 409 if it has another one now."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.up_to is None) == (self.sequences is None):
            raise ValueError("give either up_to or sequences")
        return self


class AckOut(_Wire):
    """What an acknowledgement changed."""

    newly_acknowledged: int = Field(examples=[12])
    """How many decisions nobody had acknowledged before."""


class TriggerIn(Checked):
    """A trigger or piece id, to be echoed on the decision of its frame."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"trigger_id": "T-000413", "piece_id": "roll-17/413"}]},
    )

    trigger_id: PlainText = Field(min_length=1, max_length=128)
    """The line's name for the trigger; one that was sent before is refused with 409."""
    piece_id: PlainText | None = Field(default=None, min_length=1, max_length=128)
    """The line's name for the piece of web, echoed with it."""
    frame_number: int | None = Field(default=None, ge=0, le=MOST_SEQUENCE)
    """The camera's frame number it belongs to; without it, the next frame captured after it arrived."""
    camera: PlainText | None = Field(default=None, max_length=32)
    """Without it, each camera echoes it once."""
    run: int | None = Field(default=None, ge=1)
    """The camera's run that `frame_number` counts in; without it, the present one. Numbers of a run end with it."""
    place_mm: float | None = None
    """Where on the web it belongs, in mm by the leading camera's encoder: where a sheet begins, or a place in the frame
    that is meant. It may be told before or after the web is there; without it and `frame_number`, where the web is when
    it arrives."""

    @model_validator(mode="after")
    def _run_has_number(self) -> Self:
        if self.place_mm is not None and self.frame_number is not None:
            raise ValueError("place_mm and frame_number both say where: give one")
        if self.run is not None and self.frame_number is None:
            raise ValueError("run goes with frame_number: give both, or neither")
        return self


class TriggerOut(_Wire):
    """A trigger was taken in."""

    trigger_id: str
    """Echo of the trigger."""
    waiting: int
    """Triggers that wait for their frames now."""


class Health(_Wire):
    """The process lives."""

    status: str = Field(examples=["alive"])
    """Always `alive`: a process that does not live does not answer."""


class Readiness(_Wire):
    """Whether the line may run."""

    is_ready: bool
    """Whether the line may run: nothing below stands against it."""
    reasons: list[str]
    """Why not, one sentence each."""
    heartbeats_s: dict[str, float]
    """Seconds since each thread that reads, inspects or publishes last came round."""
