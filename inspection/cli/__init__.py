"""`inspection`: the station's command line.

Exit codes: 0 done, nothing to object; 1 done, but something was found (a reject in `check`, a fault in `doctor` or
`verify`); 2 bad input (settings, recipe, model, image, option), nothing was started; 3 failed while running;
130 stopped by Ctrl-C before it was done.
"""

import sys

import typer

from camera.errors import CameraError
from inspection.cli import (
    bench,
    cameras,
    check,
    datasets,
    demo,
    doctor,
    keys,
    line,
    models,
    pages,
    recipes,
    reference,
    reviews,
    run,
    store,
)
from inspection.cli.console import complain
from inspection.errors import InspectionError

EXIT_BAD_INPUT = 2

app = typer.Typer(
    name="inspection",
    help="Inline inspection of battery electrode and separator webs.",
    epilog="Exit codes: 0 fine; 1 something was found; 2 bad input; 3 failed while running; 130 stopped by Ctrl-C.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("pages")(pages.pages)
app.command("check")(check.check)
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)
app.add_typer(cameras.app, name="cameras")
app.add_typer(models.app, name="models")
app.add_typer(recipes.app, name="recipes")
app.add_typer(reference.app, name="reference")
app.add_typer(reviews.app, name="reviews")
app.add_typer(datasets.app, name="datasets")
app.add_typer(store.app, name="store")
app.add_typer(keys.app, name="keys")
app.add_typer(line.app, name="line")


def main() -> None:
    """Entry point: known errors become one clear message and exit code 2."""
    try:
        app()
    except (CameraError, InspectionError) as error:
        complain(str(error))
        sys.exit(EXIT_BAD_INPUT)
    except BrokenPipeError:  # the reader of our output has gone: nothing left to tell
        sys.exit(0)
