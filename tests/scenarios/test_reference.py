"""Pages of docs/reference say what the program has: every key, rule, metric, route, command and figure, no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel
from typer.main import get_command

from camera.frame import LossReason
from inspection.cli import app
from inspection.recipe.recipe import Recipe
from inspection.station.settings import StationSettings
from scripts.reference.api_page import page_of
from scripts.reference.keys import sections_of
from scripts.reference.metrics_page import metrics
from scripts.reference.pages import PAGES, PROJECT, REFERENCE
from training.cli import app as training_app

FORGOTTEN = "run scripts/write-reference and commit what it writes"
OF_A_STATION = {"api.md"}
"""Written from what a running station says of itself: compared below with a station of the test's own."""


def text_of(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(PAGES.keys() - OF_A_STATION))
def test_a_page_is_as_the_program_writes_it_today(name):
    assert text_of(name) == PAGES[name](), FORGOTTEN


def test_the_page_of_the_api_is_what_a_running_station_says_of_itself(client):
    assert text_of("api.md") == page_of(client.get("/openapi.json").json()), FORGOTTEN


def test_every_page_is_written_by_hand_or_by_the_command_and_none_by_both():
    written = {page.name for page in REFERENCE.glob("*.md") if "Written by scripts/write-reference" in page.read_text()}
    assert written == set(PAGES)


@pytest.mark.parametrize(("name", "model"), [("settings.md", StationSettings), ("recipe.md", Recipe)])
def test_every_key_is_there_with_what_it_means(name, model):
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| (.*) \|$", text_of(name), re.M)
    assert {key for key, *_ in rows} == set(keys_of(model)), FORGOTTEN
    assert [key for key, takes, _, meaning in rows if not (takes.strip() and meaning.strip())] == []


def keys_of(model: type[BaseModel]) -> Iterator[str]:
    """Every key that a file may have, from the schema that the model makes of itself."""
    schema = model.model_json_schema()
    for each in (schema, *schema["$defs"].values()):
        for name, field in each.get("properties", {}).items():
            is_table = "$ref" in str(field) and not names_an_enum(field, schema)
            is_choice = "const" in field
            if not (is_table or is_choice or (each is schema and name == "sha256" and model is Recipe)):
                yield name


def names_an_enum(field: dict, schema: dict) -> bool:
    name = re.search(r"#/\$defs/(\w+)", str(field))[1]
    return "enum" in schema["$defs"][name]


def test_a_section_is_named_as_toml_writes_it():
    headers = [section.header for section in sections_of(StationSettings)]
    assert {"[[cameras]]", "[cameras.web.motion]", "[archive.max_age_days]", "[alarms.email]"} <= set(headers)
    assert [section.choice for section in sections_of(StationSettings) if section.header == "[[cameras]]"] == [
        f'kind = "{kind}"' for kind in ("gentl", "replay", "watch", "simulated")
    ]


def test_every_rule_that_the_program_gives_is_there_and_no_other():
    documented = set(re.findall(r"^\| `([\w.]+)` \|", text_of("rules.md"), re.M))
    documented = {rule.partition(".KIND")[0] for rule in documented}
    given = set(rules_in(PROJECT / "inspection")) | {f"lost.{reason.value}" for reason in LossReason}
    assert given - documented == set(), FORGOTTEN
    assert documented - given == {"hold", "bypass"}  # given by the kind of what is in force


def rules_in(folder: Path) -> Iterator[str]:
    """Names of rules in the source, without kind and quantity: of reasons that are made, and in tables of them."""
    for file in folder.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text())))
        named = {
            node.targets[0].id: node.value
            for node in nodes
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        if {"vision", "judging"} & set(file.parts):
            texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
            yield from (text for text in texts if re.fullmatch(r"(image|encoder)\.[a-z_.]+", text))
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason":
                rule = next((each.value for each in node.keywords if each.arg == "rule"), None) or node.args[0]
                match named.get(rule.id, rule) if isinstance(rule, ast.Name) else rule:
                    case ast.Constant(value=str() as text):
                        yield text
                    case ast.JoinedStr(values=[ast.Constant(value=str() as text), *_]) if text != "lost.":
                        yield text.partition(".")[0]


def test_every_metric_of_a_running_station_is_there(client):
    families = {family.name for family in text_string_to_metric_families(client.get("/metrics").text)}
    names = {name.removesuffix("_info") for name in families if not name.endswith("_created")}
    told = {metric.name.removesuffix("_total").removesuffix("_info") for metric in metrics()}
    assert names == told
    assert set(re.findall(r"^\| `(inspection_\w+)` \|", text_of("metrics.md"), re.M)) == {m.name for m in metrics()}


def test_every_route_of_a_running_station_is_there_and_no_other(client):
    document = client.get("/openapi.json").json()
    routes = {f"{method.upper()} {path}" for path, each in document["paths"].items() for method in each}
    assert set(re.findall(r"^### `([A-Z]+ /\S*)`$", text_of("api.md"), re.M)) == routes
    fields = {f for shape in document["components"]["schemas"].values() for f in shape.get("properties", {})}
    assert fields <= set(re.findall(r"^\| `([\w-]+)` \|", text_of("api.md"), re.M))


def test_every_command_and_option_is_there_and_no_other():
    page = text_of("commands.md")
    commands = dict(re.findall(r"^## `([a-z -]+)`\n\n```text\n(.*?)\n```", page, re.M | re.S))
    known = {}
    for program, group in (("inspection", get_command(app)), ("training", get_command(training_app))):
        for words, command in leaves(group, (program,)):
            known[" ".join(words)] = {
                option
                for parameter in command.params
                for option in parameter.opts
                if option.startswith("--") and not getattr(parameter, "hidden", False)
            }
    assert commands.keys() == known.keys(), FORGOTTEN
    for name, options in known.items():
        assert set(re.findall(r"^  (--[a-z-]+)", commands[name], re.M)) == options | {"--help"}, name


def leaves(command, words):
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
    for name, each in (inner or {}).items():
        yield from leaves(each, (*words, name))


def test_figures_tell_of_every_model_that_has_a_report():
    models = {report.parent.name for report in (PROJECT / "models").glob("*/report.json")}
    assert set(re.findall(r"^## (\S+)$", text_of("figures.md"), re.M)) == models != set()
