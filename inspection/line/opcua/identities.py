"""Ids as the model has them: a recipe, model or setup is named by its SHA-256, so that nobody can mix two up."""

from typing import Any

from inspection.line.opcua.content import content, sha256
from inspection.line.opcua.methods import structure
from inspection.line.result import Named, Result

ALGORITHM = "SHA-256"
COMPLETED = 1
"""ResultStateDataType: the result is there; whether it is a good one says ResultContent."""


def title_of(recipe: Named) -> str:
    """What people call a version of a recipe: `anode-1.2.0`.

    >>> title_of(Named(name="anode", version="1.2.0", sha256="00"))
    'anode-1.2.0'
    """
    return f"{recipe.name}-{recipe.version}"


def internal_recipe(recipe: Named) -> Any:
    """RecipeIdInternalDataType."""
    return structure(
        "RecipeIdInternalDataType",
        Id=title_of(recipe),
        Version=recipe.version,
        Hash=sha256(recipe.sha256),
        HashAlgorithm=ALGORITHM,
    )


def external_recipe(recipe: Named) -> Any:
    """RecipeIdExternalDataType: the same name, for the line knows recipes by no other one."""
    return structure("RecipeIdExternalDataType", Id=title_of(recipe), Version=recipe.version)


def configuration(setup_sha256: str | None) -> Any:
    """ConfigurationIdDataType: cameras, places, references, recipe and model, all that judges, under one hash."""
    told = setup_sha256 or ""
    return structure(
        "ConfigurationIdDataType", Id=f"setup-{told[:12]}", Hash=sha256(told), HashAlgorithm=ALGORITHM if told else None
    )


def result_id(result: Result) -> Any:
    """ResultIdDataType: the store's name and the sequence number."""
    return structure("ResultIdDataType", Id=f"{result.epoch}.{result.sequence}")


def result_fields(result: Result, job: str, meas: str, part: str, product: str) -> dict[str, Any]:
    """What a result says, by the names of ResultDataType's fields."""
    part = result.piece_id or part
    times = structure(
        "ProcessingTimesDataType",
        StartTime=result.captured_utc,
        EndTime=result.decided_utc,
        ProcessingDuration=result.latency_ms,
    )
    return {
        "ResultId": result_id(result),
        "HasTransferableDataOnFile": False,
        "IsPartial": False,
        "IsSimulated": False,
        "ResultState": COMPLETED,
        "MeasId": structure("MeasIdDataType", Id=meas),
        "PartId": structure("PartIdDataType", Id=part),
        "ExternalRecipeId": external_recipe(result.recipe),
        "InternalRecipeId": internal_recipe(result.recipe),
        "ProductId": structure("ProductIdDataType", Id=product),
        "ExternalConfigurationId": configuration(result.setup_sha256),
        "InternalConfigurationId": configuration(result.setup_sha256),
        "JobId": structure("JobIdDataType", Id=job),
        "CreationTime": result.decided_utc,
        "ProcessingTimes": times,
        "ResultContent": content(result),
    }
