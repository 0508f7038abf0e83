"""What somebody looks for in the archive."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from camera.checked import Checked
from inspection.errors import ReviewError
from inspection.mistakes import in_words
from inspection.review.cases import KindCode, ReviewOutcome
from inspection.values import Severity, Verdict

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Length = Annotated[float, Field(ge=0.0, le=1e9)]
Word = Annotated[str, Field(min_length=1, max_length=128)]


class Search(Checked):
    """Which decisions; what is left away does not matter. Ends of ranges are included."""

    rolls: tuple[Word, ...] = ()
    """Names."""
    from_m: Length | None = None
    """Metres from the roll's beginning; needs one roll."""
    to_m: Length | None = None
    from_utc: datetime | None = None
    """When it was decided."""
    to_utc: datetime | None = None
    first_sequence: int | None = Field(default=None, ge=1)
    last_sequence: int | None = Field(default=None, ge=1)
    verdicts: tuple[Verdict, ...] = ()
    kinds: tuple[KindCode, ...] = ()
    """Kinds; severities, lanes, sizes and scores have to be those of the same defect."""
    severities: tuple[Severity, ...] = ()
    lanes: tuple[Annotated[int, Field(ge=1)], ...] = ()
    from_mm: Length | None = None
    """Diameter."""
    to_mm: Length | None = None
    from_score: Share | None = None
    to_score: Share | None = None
    outcomes: tuple[ReviewOutcome, ...] = ()
    """Outcomes of the review."""
    is_reviewed: bool | None = None
    models: tuple[Word, ...] = ()
    """`NAME VERSION`."""
    recipes: tuple[Word, ...] = ()
    has_image: bool | None = None

    @property
    def asks_for_defects(self) -> bool:
        """Whether a decision needs a certain defect to be found."""
        ranges = (self.from_mm, self.to_mm, self.from_score, self.to_score)
        return bool(self.kinds or self.severities or self.lanes) or any(end is not None for end in ranges)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.from_m is not None or self.to_m is not None) and len(self.rolls) != 1:
            raise ValueError("from_m and to_m are metres of one roll: name one roll")
        for low, high, name in (
            (self.from_m, self.to_m, "m"),
            (self.from_mm, self.to_mm, "mm"),
            (self.from_score, self.to_score, "score"),
            (self.first_sequence, self.last_sequence, "sequence"),
        ):
            if low is not None and high is not None and low > high:
                raise ValueError(f"{name}: from {low:g} is above to {high:g}")
        return self


def read_search(text: str) -> Search:
    """A search from JSON. Raises ReviewError: which key, expected, got."""
    try:
        return Search.model_validate_json(text)
    except ValidationError as error:
        raise ReviewError(f"{in_words(error, whole='the search')} Correct the search.") from error
