"""Shows how a fit goes: a bar for somebody at a terminal, a plain line now and then in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from training.fitting.fitting import Progress as Standing

PLAIN_EVERY_S = 60.0


@contextmanager
def show_progress(console: Console, plain_every_s: float = PLAIN_EVERY_S) -> Iterator[Callable[[Standing], None]]:
    """What to report a fit's standing to. Where the console is no terminal, a line each `plain_every_s`."""
    if not console.is_terminal:
        yield _plain_lines(console, plain_every_s)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("Making the first tiles", total=1.0)
        yield lambda standing: bar.update(task, completed=standing.fraction, description=words_for(standing))


def words_for(standing: Standing) -> str:
    """Step, of how many, loss, time left.

    >>> words_for(Standing(step=120, steps=9000, fraction=0.0133, loss=1.2345, minutes_left=44.4))
    'step 120 of 9000, loss 1.234, 44 min left'
    >>> words_for(Standing(step=120, steps=None, fraction=0.9, loss=1.2345, minutes_left=0.5))
    'step 120, loss 1.234, 30 s left'
    """
    of = f" of {standing.steps}" if standing.steps else ""
    minutes = standing.minutes_left
    left = f"{minutes:.0f} min" if minutes >= 2.0 else f"{60.0 * minutes:.0f} s"
    return f"step {standing.step}{of}, loss {standing.loss:.3f}, {left} left"


def _plain_lines(console: Console, every_s: float) -> Callable[[Standing], None]:
    last_s = time.monotonic()

    def report(standing: Standing) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= every_s:
            last_s = time.monotonic()
            console.print(words_for(standing), markup=False)

    return report
