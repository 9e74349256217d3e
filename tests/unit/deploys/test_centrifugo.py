"""Centrifugo's configuration: who may connect, subscribe and publish."""

import json
import re
from typing import Any

import pytest

from deploys.components import centrifugo
from deploys.platform import Platform
from deploys.rendering import render
from tests.unit.deploys.conftest import MakePlatform


def config(platform: Platform, **secrets: str) -> dict[str, Any]:
    given = {"token_secret": "token", "api_key": "key", **secrets}
    loaded: dict[str, Any] = json.loads(centrifugo.config(platform.infra, platform.host("streaming"), **given))
    return loaded


def test_its_api_is_on_a_port_of_its_own_over_tls(platform: Platform) -> None:
    server = config(platform)["http_server"]
    assert (server["address"], server["port"]) == ("10.0.0.2", 8000)
    assert (server["internal_address"], server["internal_port"]) == ("10.0.0.2", "8001")
    assert server["internal_tls"]["enabled"] is True


def test_nobody_subscribes_without_a_token_for_the_channel(platform: Platform) -> None:
    found = config(platform)
    (deployments,) = found["channel"]["namespaces"]
    assert deployments["name"] == "deployments"
    assert deployments["history_size"] > 0
    assert deployments["allow_subscribe_for_client"] is False
    assert "without_namespace" not in found["channel"]
    assert "allow_anonymous_connect_without_token" not in found["client"]


def test_neither_admin_page_nor_insecure_mode_is_on(platform: Platform) -> None:
    found = config(platform)
    assert found["admin"] == {"enabled": False}
    assert found["http_api"] == {"key": "key"}
    assert "insecure" not in json.dumps(found)


def test_what_is_measured_and_streamed_is_on(platform: Platform) -> None:
    found = config(platform)
    for part in ("sse", "health", "prometheus"):
        assert found[part]["enabled"] is True
    assert found["usage_stats"]["disabled"] is True


def test_a_secret_cannot_leave_its_string(platform: Platform) -> None:
    hostile = '"}, "admin": {"enabled": true}, "x": {"y": "\n'
    found = config(platform, token_secret=hostile)
    assert found["client"]["token"]["hmac_secret_key"] == hostile
    assert found["admin"] == {"enabled": False}


@pytest.mark.parametrize(
    ("settings", "schemes"),
    [
        ({}, {"https"}),
        ({"http_redirect": False}, {"http", "https"}),
        ({"tls": "off"}, {"http"}),
    ],
)
def test_pages_of_the_platforms_domain_may_connect(
    make_platform: MakePlatform, settings: dict[str, Any], schemes: set[str]
) -> None:
    origins = config(make_platform(**settings))["client"]["allowed_origins"]
    assert set(origins) == {f"{scheme}://{host}" for scheme in schemes for host in ("example.org", "*.example.org")}


def test_the_unit_waits_longer_than_the_shutdown(platform: Platform) -> None:
    seconds = centrifugo.SHUTDOWN_SECONDS
    unit = render("centrifugo/centrifugo.service.j2", binary="/x", config="/c", shutdown_seconds=seconds)
    stop = re.search(r"TimeoutStopSec=(\d+)s", unit)
    assert stop is not None
    assert int(stop[1]) > int(config(platform)["shutdown"]["timeout"].removesuffix("s"))
