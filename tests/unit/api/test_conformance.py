"""Generated requests: whatever fits the description is answered as described, and never with a 500."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.specs.openapi import checks

from codeb.api.app import create_app
from tests.doors import House
from tests.examples import examples

OPERATIONS = ["POST /api/tool", "POST /api/env", "GET /api/projects", "GET /api/setup/secrets", "GET /health", "GET /"]
NOT_ASKED = [
    checks.positive_data_acceptance,
    checks.negative_data_rejection,
    checks.ignored_auth,
]
"""What no schema says (two fields of which one is needed) is a 400; unknown fields are ignored; guessing is a 429."""


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_fits_the_description_is_answered_as_described(house: House, operation: str) -> None:
    key = house.key(rateLimit={"requests": 100_000, "window": 60})
    app = create_app(house.services, house.keys, house.settings, house.watch)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    method, path = operation.split()

    @given(case=schema[path][method].as_strategy())
    @settings(max_examples=examples(10), database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def conforms(case: Case[Any]) -> None:
        case.call_and_validate(headers={"X-API-Key": key}, excluded_checks=NOT_ASKED)

    conforms()
