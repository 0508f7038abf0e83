"""What is allowed of one kind: the numbers that an object must not exceed, and how far below them it already counts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from camera.checked import Checked
from inspection.values import Severity

WIDEST_WEB_MM = 5000.0
"""Width of the widest films and foils. What an object has to exceed must be something that it can exceed."""
AcrossMm = Annotated[float, Field(gt=0, le=WIDEST_WEB_MM)]
_MOST_GUARD, _LINE_GUARD = 1.0 / 3.0, 0.1
"""Parts of a limit: most that its guard takes, and what it takes at least of a thin line's length."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What an object's limits look at; contrast is unsigned."""

    diameter_mm: float
    length_mm: float
    width_mm: float
    area_mm2: float
    contrast_percent: float


class Condition(Checked):
    """Holds when every number that is given is exceeded."""

    diameter_mm: float | None = Field(default=None, ge=0, le=WIDEST_WEB_MM)
    """Diameter of the circle of equal area. None ignores it; so for all five."""
    length_mm: float | None = Field(default=None, ge=0, le=100_000)
    """The longest extent."""
    width_mm: float | None = Field(default=None, ge=0, le=WIDEST_WEB_MM)
    """The mean extent across the length."""
    area_mm2: float | None = Field(default=None, ge=0, le=WIDEST_WEB_MM**2)
    """The area."""
    contrast_percent: float | None = Field(default=None, ge=0, le=25_500)
    """Difference of grey value from the background, whether brighter or darker."""

    @property
    def numbers(self) -> Mapping[str, float]:
        """Those given, by name."""
        held = self.__dict__
        return {name: held[name] for name in _NUMBERS if held[name] is not None}

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.numbers:
            raise ValueError("needs at least one of diameter_mm, length_mm, width_mm, area_mm2, contrast_percent")
        return self


_NUMBERS = tuple(Condition.model_fields)


class CountRule(Checked):
    """How many objects of one kind, though within its limits, a piece may have."""

    from_diameter_mm: AcrossMm
    """Objects of this diameter or more count."""
    at_most: int = Field(ge=0, le=10_000)
    """More of them in one piece reject it."""


class Limit(Checked):
    """What is allowed of one kind."""

    severity: Severity
    """S1 safety, S2 cell function, S3 process, S4 cosmetic."""
    reject_above: tuple[Condition, ...]
    """Any one of them rejects."""
    count: tuple[CountRule, ...] = ()
    min_px: float = Field(default=0.0, ge=0, le=100)
    """Least diameter and width limit in pixels, for what the camera can't tell from a glint."""

    @field_validator("reject_above", mode="before")
    @classmethod
    def _has_one(cls, value: Any) -> Any:
        """Without one nothing would ever be rejected."""
        if isinstance(value, list | tuple) and not value:
            raise ValueError("at least one limit, such as [{ diameter_mm = 0.5 }]")
        return value

    def at_pitch(self, pixel_pitch_um: float) -> "Limit":
        """The limits that this pixel pitch can show: diameter and width at least `min_px` pixels.

        >>> fine = Limit(severity="S1", reject_above=[{"diameter_mm": 0.05}], min_px=2.5)
        >>> fine.at_pitch(50.0).reject_above[0].diameter_mm
        0.125
        """
        if not self.min_px:
            return self
        least_mm = self.min_px * pixel_pitch_um / 1000.0
        conditions = tuple(
            condition.model_copy(
                update={
                    name: max(limit, least_mm)
                    for name, limit in condition.numbers.items()
                    if name in ("diameter_mm", "width_mm")
                }
            )
            for condition in self.reject_above
        )
        return self.model_copy(update={"reject_above": conditions})


def exceeded_condition(limit: Limit, sizes: Sizes, slack_mm: float = 0.0, *, is_thin: bool = False) -> Condition | None:
    """The first condition of a limit that an object meets, None if it is within all of them.

    `slack_mm`: how far below a length, width or diameter already counts, `is_thin`: its ends fade; see `guard_of`.

    >>> scratch = Limit(severity="S3", reject_above=[{"length_mm": 10, "width_mm": 0.1}])
    >>> exceeded_condition(scratch, Sizes(1.0, 12.0, 0.07, 0.84, 20.0)) is None
    True
    >>> exceeded_condition(scratch, Sizes(1.0, 12.0, 0.09, 1.08, 20.0), slack_mm=0.05) is None
    False
    """
    for condition in limit.reject_above:
        if all(
            getattr(sizes, name) > value - guard_of(name, value, slack_mm, is_thin=is_thin)
            for name, value in condition.numbers.items()
        ):
            return condition
    return None


def guard_of(name: str, value: float, slack_mm: float, *, is_thin: bool = False) -> float:
    """How far below the limit `value` the number `name` already rejects: by the slack, but at most a third of it.

    An area's guard is that of its circle's diameter; contrast has none. A broken line's length is known to a tenth of
    it, for its ends fade.

    >>> [round(guard_of("diameter_mm", limit, 0.06), 3) for limit in (0.5, 0.12)]
    [0.06, 0.04]
    >>> guard_of("contrast_percent", 5.0, 0.06), guard_of("length_mm", 10.0, 0.06, is_thin=True)
    (0.0, 1.0)
    """
    if name == "contrast_percent":
        return 0.0
    if name == "area_mm2":
        diameter_mm = 2.0 * math.sqrt(value / math.pi)
        return value - math.pi / 4.0 * (diameter_mm - guard_of("diameter_mm", diameter_mm, slack_mm)) ** 2
    if is_thin and name == "length_mm":
        slack_mm = max(slack_mm, _LINE_GUARD * value)
    return min(slack_mm, _MOST_GUARD * value)


def limits_exceeded(limit: Limit, sizes: Sizes) -> bool:
    """Whether an object of these sizes is above a kind's limits.

    >>> pinhole = Limit(severity="S2", reject_above=[{"diameter_mm": 0.5}])
    >>> limits_exceeded(pinhole, Sizes(0.6, 0.6, 0.6, 0.28, 200.0))
    True
    """
    return exceeded_condition(limit, sizes) is not None
