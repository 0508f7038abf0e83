"""Everything that the API's own description allows, and much that it forbids: no fault of ours, no answer untold."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.patience import PATIENCE_S

EXAMPLES = 6
"""For each route, of requests as described and as many of others."""
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
STREAM = "/v1/decisions/stream"
"""Never ends; its answers are tested apart."""


@pytest.fixture(scope="module")
def schema(station):
    return schemathesis.openapi.from_url(f"{station.api_url}/openapi.json")


def try_route(operation, mode):
    """Send what a route is described to take, or what it is not."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case):
        if "wait_s" in case.query:
            case.query["wait_s"] = 0  # a long-poll takes the minute that it is asked for
        answer = case.call(timeout=PATIENCE_S)
        assert answer.status_code != 500, answer.text  # 503 is the truth, of a station that has finished
        case.validate_response(answer, checks=CHECKS)

    send()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_the_description_tells(schema, mode):
    operations = [found.ok() for found in schema.get_all_operations()]
    tried = 0
    for operation in operations:
        takes_something = operation.body or operation.query or operation.path_parameters
        if operation.path == STREAM or (mode is GenerationMode.NEGATIVE and not takes_something):
            continue
        tried += 1
        try_route(operation, mode)
    assert tried > 9
