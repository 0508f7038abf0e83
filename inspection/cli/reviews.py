"""`inspection reviews`: what waits for people, what they said, and what that says of the station's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from inspection.cli.console import OUT, print_json
from inspection.cli.pages import MISSING
from inspection.errors import SettingsError
from inspection.model.history import user_name
from inspection.review.book import Recorded, ReviewBook
from inspection.review.cases import Answer, CaseFilter, NewReview
from inspection.review.queue import ReviewQueue
from inspection.rolls.roll_book import RollBook
from inspection.station.settings import load_settings
from inspection.store.database import Database
from inspection.store.engine import Access
from inspection.store.evidence import Evidence
from inspection.values import Verdict

app = typer.Typer(help="Reviews: the queue, answers, and what they say of errors.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option(help="The station's settings (station.toml).")]
StateDir = Annotated[Path | None, typer.Option(help="Instead of settings: the folder that holds a station's store.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line.")]
Who = Annotated[str | None, typer.Option(help="Your name, for the record.", show_default="the login name")]
RollName = Annotated[str | None, typer.Option("--roll", help="Only this roll, by name or first sequence number.")]


@contextmanager
def store_of(config: Path | None, state_dir: Path | None) -> Iterator[tuple[Database, Path, str]]:
    """(database, state folder, station's name) of settings, or of a folder alone. Raises SettingsError, StoreError."""
    if (config is None) == (state_dir is None):
        raise SettingsError("Name either --config station.toml or --state-dir FOLDER.")
    if config is not None:
        settings = load_settings(config)
        folder, url, name = settings.state_dir, settings.store_url, settings.name
        evidence = settings.open_evidence()
    else:
        assert state_dir is not None
        if not state_dir.is_dir():
            raise SettingsError(f"--state-dir {state_dir}: there is no such folder. Name the one that holds the store.")
        folder, url, name = state_dir, None, state_dir.resolve().name
        evidence = Evidence.beside(state_dir)
    database = Database.at(url, folder, Access.PEOPLE, evidence)
    try:
        yield database, folder, name
    finally:
        database.close()


@app.command("queue")
def queue(
    config: Config = None,
    state_dir: StateDir = None,
    roll: RollName = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only cases with a defect of this kind; repeatable.")] = None,
    lane: Annotated[list[int] | None, typer.Option(help="Only cases with a defect in this lane; repeatable.")] = None,
    verdict: Annotated[list[Verdict] | None, typer.Option(help="Only cases of this verdict; repeatable.")] = None,
    count: Annotated[int, typer.Option(min=0, max=1000, help="How many to claim and list; 0 only counts.")] = 0,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Count what waits for review; with --count claim and list the next cases, as the review page does."""
    with store_of(config, state_dir) as (database, _, _):
        spans: tuple[tuple[int, int], ...] = ()
        if roll is not None:
            found = RollBook(database).roll(roll)
            spans = ((found.first_sequence, found.last_sequence),)
        wanted = CaseFilter(spans, tuple(lane or ()), tuple(kind or ()), tuple(verdict or ()))
        waiting_queue = ReviewQueue(database)
        waiting_queue.enrol()
        waiting = waiting_queue.waiting(wanted)
        second = waiting_queue.waiting_for_second()
        cases = waiting_queue.next_cases(who or user_name(), count, wanted) if count else []
    if as_json:
        by_risk = {risk.name.lower(): number for risk, number in waiting.items()}
        print_json({"waiting": by_risk, "waiting_for_second_reader": second})
        for case in cases:
            print_json({"sequence": case.sequence, "verdict": case.verdict.value, "risk": case.risk.name.lower()})
        return
    table = Table("risk", "waiting")
    for risk, number in waiting.items():
        table.add_row(risk.name.lower().replace("_", " "), str(number))
    table.add_row("second reader", str(second))
    OUT.print(table)
    for case in cases:
        OUT.print(f"#{case.sequence} {case.verdict.value}, {case.risk.name.lower().replace('_', ' ')}")


@app.command("record")
def record(
    sequence: Annotated[int, typer.Argument(help="Sequence number of the decision.")],
    answer: Annotated[Answer, typer.Argument(help="What you say of its verdict.")],
    config: Config = None,
    state_dir: StateDir = None,
    kind: Annotated[str | None, typer.Option(help="What it really is (catalogue code).")] = None,
    note: Annotated[str, typer.Option(help="In your words.")] = "",
    final: Annotated[bool, typer.Option("--final", help="Settle a dispute of two readers.")] = False,
    replaces: Annotated[
        int | None, typer.Option(help="Number of your earlier answer, which this one takes the place of.")
    ] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Enter an answer. The decision stays as it is; to change an answer, name it with --replaces."""
    with store_of(config, state_dir) as (database, _, _):
        ReviewQueue(database).enrol()
        new = NewReview(sequence, who or user_name(), answer, kind, note, replaces=replaces)
        recorded = ReviewBook(database).record(new, is_final=final)
    _tell(recorded, as_json=as_json)


@app.command("undo")
def undo(config: Config = None, state_dir: StateDir = None, who: Who = None, as_json: AsJson = False) -> None:
    """Take your last answer back; once more takes back the one before."""
    with store_of(config, state_dir) as (database, _, _):
        book = ReviewBook(database)
        person = who or user_name()
        last = book.last_of(person)
        if last is None:
            OUT.print(f"{person} has no answer that could be taken back.")
            raise typer.Exit(1)
        recorded = book.take_back(last.number, person)
    _tell(recorded, as_json=as_json)


@app.command("estimates")
def estimates(
    config: Config = None, state_dir: StateDir = None, roll: RollName = None, as_json: AsJson = False
) -> None:
    """Tell false rejects, escapes, confirmation and agreement of readers, with 95 % confidence intervals."""
    try:
        from inspection.quality.estimates import estimates as estimate
        from inspection.quality.figures import Figures
        from inspection.store.spans import Span
    except ImportError as error:
        raise SettingsError(f"{MISSING} ({error})") from error
    with store_of(config, state_dir) as (database, _, _):
        ReviewQueue(database).enrol()
        figures = Figures(database)
        span = figures.whole()
        if roll is not None:
            found = RollBook(database).roll(roll)
            span = Span(found.first_sequence, found.last_sequence)
        told = estimate(figures.tallies(span))
        agreed = figures.agreement(span)
    if as_json:
        print_json({**_plain(asdict(told)), "agreement": asdict(agreed)})
        return
    table = Table("", "rate", "95 % interval", title=f"decisions {span.first_sequence} to {span.last_sequence}")
    for name, each in (
        ("rejects that are right", told.confirmation),
        ("good pieces rejected (false rejects)", told.false_rejects),
        ("accepted pieces that are bad", told.bad_accepts),
        ("bad pieces accepted (escapes)", told.escapes),
    ):
        if each is None:
            table.add_row(name, "unknown", "too little was reviewed")
        else:
            table.add_row(name, f"{each.rate:.2%}", f"{each.low:.2%} to {each.high:.2%}")
    OUT.print(table)
    for verdict, number in told.decisions.items():
        OUT.print(f"{verdict.value}: {told.reviewed[verdict]} of {number} decisions reviewed")
    OUT.print(f"unsure: {told.unsure}, disputed: {told.disputed}")
    if agreed.kappa is None or agreed.low is None or agreed.high is None:
        OUT.print(f"two readers: {agreed.pairs} cases; too few or too alike for Cohen's kappa")
    else:
        OUT.print(
            f"two readers: {agreed.agreeing} of {agreed.pairs} cases alike, Cohen's kappa {agreed.kappa:.2f} "
            f"({agreed.low:.2f} to {agreed.high:.2f})"
        )


def _tell(recorded: Recorded, *, as_json: bool) -> None:
    review = recorded.review
    before = recorded.before.value if recorded.before else None
    after = recorded.after.value if recorded.after else None
    if as_json:
        print_json({"review": review.number, "sequence": review.sequence, "before": before, "after": after})
    else:
        OUT.print(
            f"review {review.number} of #{review.sequence}: {before or 'open'} until now, {after or 'open'} since"
        )


def _plain(value: Any) -> Any:
    """Enumerations as keys become words."""
    if isinstance(value, dict):
        return {getattr(key, "value", key): _plain(each) for key, each in value.items()}
    return value
