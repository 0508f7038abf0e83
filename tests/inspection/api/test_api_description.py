"""The API explains itself: no route, parameter, answer or field of its description without a meaning and its unit."""

import ast
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi import FastAPI

from inspection.api.description import DescribedApi, operations_of
from inspection.api.problems import Problem, responses
from inspection.api.schema_words import in_words

API = Path(__file__).parents[3] / "inspection" / "api"
UNIT_IN_NAME = re.compile(r"_(mm2?|m|um|px|ms|s|min|percent|bytes)$|^minutes$")
UNIT_TOLD = re.compile(r"\b(seconds|0 to 1|without unit|in `unit`)", re.I)
"""How a number may say its unit elsewhere: in words, as a ratio, or by a field beside it."""


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


@pytest.fixture(scope="module")
def operations(document):
    return {f"{method} {path}": o for path, each in document["paths"].items() for method, o in each.items()}


def test_it_is_made_when_it_is_asked_for_and_once_for_all_who_ask_at_a_time():
    made = []

    class Counted(FastAPI):
        def openapi(self):
            made.append(threading.current_thread())
            return super().openapi()

    class Described(DescribedApi, Counted):
        """Counts how often the framework makes it."""

    app = Described(has_key=True, title="Station", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/state")
    def state() -> Problem:
        """How it stands. More."""

    assert made == []
    with ThreadPoolExecutor(8) as asking:
        told = list(asking.map(lambda _: app.openapi(), range(8)))
    assert len(made) == 1
    (operation,) = operations_of(told[0])
    assert operation["summary"] == "How it stands"
    assert all(each == told[0] for each in told)
    assert told[0]["security"] == [{"key": []}]


def fields(document) -> Iterator[tuple[str, str, dict]]:
    for shape, schema in document["components"]["schemas"].items():
        for name, told in schema.get("properties", {}).items():
            yield shape, name, told


def is_a_number(told: dict) -> bool:
    """Whether a shape's field is a number, of any size or None; counts are integers, and have no unit."""
    return "number" in (told.get("type"), *(each.get("type") for each in told.get("anyOf", ())))


def meaning_of(told: dict, document: dict) -> str:
    """A field's own, or that of the shape it holds where both would be the same."""
    shape = told.get("$ref", "").rpartition("/")[2]
    return told.get("description") or document["components"]["schemas"].get(shape, {}).get("description", "")


def is_a_sentence(text: str) -> bool:
    return bool(re.fullmatch(r".{5,}[.…]", text.strip(), re.S))


def test_every_route_has_a_summary_of_its_own_and_a_meaning(operations):
    summaries = [operation["summary"] for operation in operations.values()]
    assert [each for each in summaries if not 10 < len(each) < 120] == []
    assert len(set(summaries)) == len(summaries)
    assert [name for name, operation in operations.items() if not is_a_sentence(operation["description"])] == []


def test_every_parameter_and_body_has_a_meaning(operations):
    told = {
        f"{name} {part.get('name', 'body')}": part.get("description", "")
        for name, operation in operations.items()
        for part in (*operation.get("parameters", ()), *filter(None, [operation.get("requestBody")]))
    }
    assert len(told) > 30
    assert [name for name, text in told.items() if not is_a_sentence(text)] == []


def test_every_answer_has_a_meaning_and_every_route_its_errors(operations):
    for name, operation in operations.items():
        answers = operation["responses"]
        assert [status for status in answers if not is_a_sentence(answers[status]["description"])] == [], name
        assert {"Successful Response", "OK"}.isdisjoint(each["description"] for each in answers.values()), name
        assert {"400", "405", "422", "500", "503"} <= answers.keys(), name
        assert "{" not in name or "404" in answers, name


def test_every_problem_that_a_route_may_tell_is_named_with_its_status(document, operations):
    told = {
        (int(status), name)
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        for name in re.findall(r"`([a-z]+(?:-[a-z]+)*)`", answer["description"])
    }
    given = set(problems_in(API)) - {(404, "not-found")}
    assert len(given) > 12
    assert given - told == set()


def problems_in(folder: Path) -> Iterator[tuple[int, str]]:
    """Status and name of each that the source of the API makes."""
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            is_made = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("ApiProblem", "problem_response")
            parts = node.args if is_made else node.elts if isinstance(node, ast.Tuple) else []
            match [each.value for each in parts if isinstance(each, ast.Constant)][:2]:
                case [int() as status, str() as name] if 400 <= status < 600:
                    yield status, name


def test_every_shape_and_every_field_has_a_meaning(document):
    shapes = document["components"]["schemas"]
    assert [name for name, schema in shapes.items() if not is_a_sentence(schema.get("description", ""))] == []
    told = {f"{shape}.{name}": meaning_of(field, document) for shape, name, field in fields(document)}
    assert len(told) > 150
    assert [name for name, text in told.items() if not is_a_sentence(text)] == []


def test_what_is_null_is_not_told_in_the_language_of_the_program(document):
    assert [name for _, name, told in fields(document) if re.search(r"\bNone\b", told.get("description", ""))] == []


def test_every_number_says_its_unit(document):
    numbers = {f"{shape}.{name}": told for shape, name, told in fields(document) if is_a_number(told)}
    assert {"DefectOut.score", "ReasonOut.limit", "DecisionOut.latency_ms"} <= numbers.keys()
    silent = [
        name
        for name, told in numbers.items()
        if not UNIT_IN_NAME.search(name.rpartition(".")[2]) and not UNIT_TOLD.search(told["description"])
    ]
    assert silent == []


def test_the_page_for_people_shows_every_field_with_what_it_means(client, document):
    page = client.get("/docs").text
    for shape, schema in document["components"]["schemas"].items():
        assert f'<h2 id="{shape.lower()}">{shape}</h2>' in page
        assert [name for name in schema.get("properties", {}) if f"<td><code>{name}</code></td>" not in page] == []
    assert [anchor for anchor in re.findall(r'href="#([\w-]+)"', page) if f'id="{anchor}"' not in page] == []
    assert "left, top, right, bottom in pixels" in page.lower()


def test_the_errors_of_a_route_are_those_of_any_and_its_own():
    own = responses({404: "No such camera: `unknown-camera`.", 503: "All places are taken: `full`."})
    assert own[404]["description"] == "No such camera: `unknown-camera`."
    assert own[503]["description"].startswith("All places are taken: `full`. The store")
    assert {401, 403, 429}.isdisjoint(responses(demands_key=False))


def test_a_shape_in_words_names_its_bounds():
    assert in_words({"type": "number", "exclusiveMinimum": 0.0, "maximum": 60.0}) == "number, above 0, up to 60"


def test_what_means_the_leading_view_alone_is_deprecated_and_says_what_to_read_instead(document):
    deprecated: dict[str, set[str]] = {}
    for shape, name, told in fields(document):
        if told.get("deprecated"):
            deprecated.setdefault(shape, set()).add(name)
            instead = re.findall(r"`(\w+)`", meaning_of(told, document).partition("Deprecated: read ")[2])
            properties = document["components"]["schemas"][shape]["properties"]
            assert instead, f"{shape}.{name} says what to read instead"
            assert [each for each in instead if properties.get(each, {"deprecated": True}).get("deprecated")] == []
    leading = {"camera", "run", "number", "model"}
    assert deprecated == {"DecisionOut": leading, "DecisionDetail": leading, "DefectOut": {"box"}}
