"""Copies a run to MLflow: settings, how it was made, curves and files. The only file that knows MLflow."""

import time
from pathlib import Path
from typing import Any

from training.errors import DataError
from training.fitting.fit_settings import RUN_SETTINGS
from training.fitting.run_folder import (
    CURVES,
    NETWORK,
    RUN,
    CurvePoint,
    RunOverview,
    RunState,
    overview_of,
    read_curves,
)

_MOST_METRICS = 1000
"""In one request, as MLflow's REST API limits it."""
_STATUS = {RunState.FINISHED: "FINISHED", RunState.RUNNING: "RUNNING", RunState.INTERRUPTED: "KILLED"}


def export_to_mlflow(run_folder: Path, tracking_uri: str, experiment: str | None = None) -> str:
    """Make an MLflow run of a run's folder; its id. `experiment`: by name, made if need be; None: the model family's.

    Raises DataError if MLflow is not installed or does not take the run.
    """
    try:
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise DataError("MLflow is not installed. Add it with: pip install 'web-inspection-station[mlflow]'") from error
    overview = overview_of(run_folder)
    try:
        client = MlflowClient(tracking_uri=tracking_uri)
        name = experiment or overview.family
        found = client.get_experiment_by_name(name)
        experiment_id = found.experiment_id if found else client.create_experiment(name)
        run_id: str = client.create_run(experiment_id, run_name=run_folder.resolve().name).info.run_id
        client.log_batch(run_id, params=[Param(key, value) for key, value in params_of(overview).items()])
        now_ms = int(time.time() * 1000)
        metrics = [Metric(key, value, now_ms, step) for key, value, step in metrics_of(read_curves(run_folder))]
        for first in range(0, len(metrics), _MOST_METRICS):
            client.log_batch(run_id, metrics=metrics[first : first + _MOST_METRICS])
        for file in (RUN_SETTINGS, RUN, CURVES, NETWORK):
            if (run_folder / file).exists():
                client.log_artifact(run_id, str(run_folder / file))
        client.set_terminated(run_id, _STATUS[overview.state])
    except (MlflowException, OSError) as error:
        raise DataError(
            f"MLflow at {tracking_uri} does not take {run_folder}: {error}. Check --tracking-uri."
        ) from error
    return run_id


def params_of(overview: RunOverview) -> dict[str, str]:
    """Settings as MLflow's parameters."""
    settings: dict[str, Any] = overview.settings.model_dump(by_alias=True) if overview.settings else {}
    return {"family": overview.family} | {
        key: ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for key, value in settings.items()
        if value is not None
    }


def metrics_of(points: list[CurvePoint]) -> list[tuple[str, float, int]]:
    """(name, value, step) of the curves, in MLflow's order of steps.

    >>> metrics_of([CurvePoint(1.5, 0.008, 2.0)])
    [('loss', 1.5, 1), ('learning_rate', 0.008, 1), ('seconds', 2.0, 1)]
    """
    return [
        (name, getattr(point, name), step)
        for step, point in enumerate(points, start=1)
        for name in ("loss", "learning_rate", "seconds")
    ]
