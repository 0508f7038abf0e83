"""The API's description of itself (OpenAPI), completed from docstrings: nothing in it is left without a meaning."""

import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI

from inspection.api.problems import Problem

Json = dict[str, Any]
_BY_NOBODY = "Successful Response"
"""What the framework says of an answer that says nothing of itself."""


class DescribedApi(FastAPI):
    """An application whose OpenAPI document is complete. It is made when it is first asked for, which takes longer than
    all else at a station's start: ask from a thread that no stream of decisions shares.
    """

    def __init__(self, *, has_key: bool, **told: Any) -> None:
        """`has_key`: requests show one; `told`: as `FastAPI` takes it."""
        super().__init__(**told)
        self._has_key = has_key
        self._one_makes_it = threading.Lock()

    def openapi(self) -> Json:
        """The document."""
        with self._one_makes_it:
            if self.openapi_schema is None:
                _complete(super().openapi(), has_key=self._has_key)
            assert self.openapi_schema is not None, "the framework keeps what it made"
            return self.openapi_schema


def _complete(document: Json, *, has_key: bool) -> None:
    """A route's summary is the first clause of its docstring; a body and an answer mean what the docstring of their
    shape says. Every error has the one shape that it has in truth.
    """
    schemas: Json = document["components"]["schemas"]
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs"))
    schemas["Problem"] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in operations_of(document):
        operation["summary"] = first_clause(operation["description"])
        answers = operation["responses"].values()
        silent = [answer for answer in answers if answer["description"] == _BY_NOBODY]
        for part in (*silent, *filter(None, [operation.get("requestBody")])):
            part["description"] = _meaning(part["content"]["application/json"]["schema"], schemas)
    for shape in schemas.values():
        for told in shape.get("properties", {}).values():
            if "description" in told:  # the docstring of a value says None
                told["description"] = re.sub(r"\bNone\b", "null", told["description"])
    if has_key:
        document["components"]["securitySchemes"] = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
        document["security"] = [{"key": []}]


def operations_of(document: Mapping[str, Any]) -> Iterator[Json]:
    """Every method of every path of an OpenAPI document."""
    for path in document["paths"].values():
        yield from path.values()


def first_clause(text: str) -> str:
    """Up to the first full stop, colon or semicolon, in one line.

    >>> first_clause("The newest rolls, the last\\none first: see v1.2. More.")
    'The newest rolls, the last one first'
    """
    return re.split(r"[.:;](?=\s|$)", " ".join(text.split()), maxsplit=1)[0]


def _meaning(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """What a shape's docstring says, the first paragraph."""
    if schema.get("type") == "array":
        return f"List. {_meaning(schema['items'], schemas)}"
    shape = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    text: str = shape["description"]
    return " ".join(text.split("\n\n")[0].split())
