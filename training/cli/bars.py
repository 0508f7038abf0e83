"""Progress bars on standard error, so that results stay alone on standard output."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from inspection.cli.console import ERR


def progress_bar(unit: str) -> Progress:
    """A bar that counts units, with the time that it took and takes."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=ERR,
    )
