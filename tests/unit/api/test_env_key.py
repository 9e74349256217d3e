"""A key that is missing is the platform's trouble, said as such. Spec section 6, "Envelope"."""

import pytest

from codeb.domain.names import Environment
from codeb.services.errors import MissingEnvKey
from codeb.services.protocols import EnvVersion
from tests.doors import House
from tests.unit.api.conftest import Tool


def test_variables_that_no_key_opens_are_503_and_name_the_key(
    tool: Tool, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sealed(_: object, environment: Environment) -> EnvVersion:
        raise MissingEnvKey("0badc0de")

    monkeypatch.setattr(type(house.world.envs), "current", sealed)
    record = tool("env_get", projectName="blog", status=503)
    assert (record["code"], record["keyId"]) == ("env_key_missing", "0badc0de")
    assert "put that key into CODEB_ENV_KEY_PREVIOUS" in record["error"]
