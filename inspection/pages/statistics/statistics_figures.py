"""All figures of the statistics page, gathered in one go; and as tables to take away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from inspection.csv_table import Separators, csv_table
from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.visit import Visit, action
from inspection.people.roles import Permission
from inspection.quality.agreement import Agreement
from inspection.quality.control_charts import (
    ControlChart,
    Histogram,
    ParetoBar,
    p_chart,
    pareto,
    size_histogram,
    x_bar_chart,
)
from inspection.quality.estimates import ReviewEstimates, estimates, review_load
from inspection.quality.figures import Figures, Group
from inspection.rolls.roll_book import RollBook
from inspection.store.database import Database
from inspection.store.spans import Span, span_between, whole_span

EVERYTHING = "all"
_MOST_ROLLS = 60


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person wants to see."""

    span: str = EVERYTHING
    """`all`, `hours:N`, or `roll:FIRST_SEQUENCE`."""
    lane: int | None = None
    """Lane of the Pareto and the sizes; None: all."""
    kind: str | None = None
    """Kind in the size histogram; None: all."""
    dimension: str | None = None
    """Dimension in the X-bar chart; None: the first there is."""
    grouping: str = "roll"
    """roll, shift, lane, recipe or model."""


@dataclass(frozen=True, slots=True)
class StatisticsView:
    """What the page shows."""

    total: Group
    estimates: ReviewEstimates
    agreement: Agreement
    load: tuple[float, float] | None
    """Median and 90th percentile of the time for a review, in s."""
    chart: ControlChart | None
    bars: tuple[ParetoBar, ...]
    dimensions: tuple[str, ...]
    dimension: str | None
    dimension_chart: ControlChart | None
    sizes: Histogram
    groups: tuple[Group, ...]
    lanes: tuple[int, ...]


def kept_statistics(desk: PagesDesk, choice: Choice) -> StatisticsView:
    """Count it all, once as long as nothing changes. Raises StoreError, ReviewError."""
    mark, span = Figures(desk.database).mark(), span_of(desk.database, choice.span)
    return desk.answers.ask((choice, span), mark, lambda: statistics(desk.database, choice, span))


def statistics(database: Database, choice: Choice, span: Span) -> StatisticsView:
    """Count it all: about half a second for 100,000 decisions. Raises StoreError."""
    figures = Figures(database)
    codes = tuple(figures.dimension_codes())
    code = choice.dimension or (codes[0] if codes else None)
    by_lane = figures.by_lane(span)
    return StatisticsView(
        total=figures.verdicts(span),
        estimates=estimates(figures.tallies(span)),
        agreement=figures.agreement(span),
        load=review_load(figures.looking_times()),
        chart=p_chart(figures.subgroups(span)),
        bars=pareto(figures.reject_kinds(span, choice.lane)),
        dimensions=codes,
        dimension=code,
        dimension_chart=None if code is None else x_bar_chart(figures.dimension_groups(span, code)),
        sizes=size_histogram(figures.sizes(span, choice.kind, choice.lane)),
        groups=tuple(by_lane if choice.grouping == "lane" else groups_of(database, span, choice.grouping)),
        lanes=tuple(int(group.name) for group in by_lane),
    )


def span_of(database: Database, word: str) -> Span:
    """The decisions that a choice means. Raises ReviewError for an unknown roll."""
    kind, _, value = word.partition(":")
    if kind == "hours" and value.isdigit():
        return span_between(database, datetime.now(UTC) - timedelta(hours=int(value)), None)
    if kind == "roll":
        roll = RollBook(database).roll(value)
        return Span(roll.first_sequence, roll.last_sequence)
    return whole_span(database)


def groups_of(database: Database, span: Span, grouping: str) -> list[Group]:
    """Verdicts by roll, shift, recipe or model; of rolls and shifts the newest 60."""
    figures = Figures(database)
    if grouping == "shift":
        zone = datetime.now().astimezone().tzinfo or UTC
        return figures.by_shift(span, zone)[-_MOST_ROLLS:]
    if grouping == "recipe":
        return figures.by_recipe(span)
    if grouping == "model":
        return figures.by_model(span)
    rolls = [
        (roll.name, Span(max(roll.first_sequence, span.first_sequence), min(roll.last_sequence, span.last_sequence)))
        for roll in RollBook(database).rolls()
        if roll.last_sequence >= span.first_sequence and roll.first_sequence <= span.last_sequence
    ]
    return figures.by_spans(rolls[-_MOST_ROLLS:])


@action(Permission.EXPORT)
def table_of(
    visit: Visit, view: StatisticsView, name: str, separators: Separators = Separators.COMMA_POINT
) -> bytes:  # fmt: skip
    """One of the page's tables as CSV: chart, pareto, dimension, sizes or groups."""
    header, *rows = _rows(view, name)
    visit.desk.audit.add(visit.person.name, "statistics.export", f"table:{name}")
    return csv_table([str(word) for word in header], rows, separators)


def _rows(view: StatisticsView, name: str) -> Sequence[Sequence[object]]:
    match name:
        case "chart":
            return _chart_rows(view.chart, "reject_share")
        case "dimension":
            return _chart_rows(view.dimension_chart, f"{view.dimension}_mm")
        case "pareto":
            bars = [(bar.name, bar.count, bar.share, bar.cumulative) for bar in view.bars]
            return [("kind", "rejects", "share", "cumulative"), *bars]
        case "sizes":
            edges = view.sizes.edges
            return [("from_mm", "to_mm", "defects"), *zip(edges[:-1], edges[1:], view.sizes.counts, strict=True)]
        case _:
            head = ("name", "accepted", "rejected", "uninspected", "reject_rate")
            groups = [(g.name, g.accepted, g.rejected, g.uninspected, g.reject_rate) for g in view.groups]
            return [head, *groups]


def _chart_rows(chart: ControlChart | None, value: str) -> Sequence[tuple[object, ...]]:
    head = ("began_utc", "first_sequence", "last_sequence", value, "centre", "low", "high", "is_out")
    points = chart.points if chart else ()
    centre = chart.centre if chart else None
    return [
        head,
        *(
            (p.began_utc.isoformat(), p.first_sequence, p.last_sequence, p.value, centre, p.low, p.high, p.is_out)
            for p in points
        ),
    ]
