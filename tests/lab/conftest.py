"""The lab that `make lab` left: its API, its hosts over SSH, its sites."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import testinfra

from tests.lab import keys, nights, record
from tests.lab.api import Api
from tests.lab.browser import Browser
from tests.lab.confidential import Confidential
from tests.lab.hosts import ROLES
from tests.lab.lock import held
from tests.lab.paths import SECRETS
from tests.lab.store import store
from tests.lab.trust import CA

_DESTRUCTIVE = "test_disaster.py"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hosts are lost when all else has been tested."""
    items.sort(key=lambda item: item.path.name == _DESTRUCTIVE)


@pytest.fixture(autouse=True)
def _marked(request: pytest.FixtureRequest, lab: Confidential) -> None:
    assert request.node.get_closest_marker("lab"), "mark the module: pytestmark = pytest.mark.lab"


@pytest.fixture(scope="session")
def lab() -> Iterator[Confidential]:
    """Nobody else has the lab meanwhile."""
    with held():
        found = record.load()
        assert found is not None and SECRETS.exists(), "there is no lab: run `make lab` first"
        yield Confidential(found)


@pytest.fixture(scope="session")
def secrets(lab: Confidential) -> Confidential:
    return Confidential(store().values())


@pytest.fixture(scope="session")
def api(lab: Confidential) -> Api:
    return Api(lab["api_url"], lab["api_key"])


@pytest.fixture(scope="session")
def machines(lab: Confidential) -> Mapping[str, Any]:
    """Each host by its role; a connection per command, because hosts are restarted."""
    return {role: testinfra.get_host(f"ssh://{role}?ssh_config={keys.CONFIG}&controlpersist=0") for role in ROLES}


@pytest.fixture(scope="module")
def another_day(machines: Mapping[str, Any]) -> None:
    """For a module that makes copies."""
    nights.another_day(machines)


@pytest.fixture(scope="session")
def browser(lab: Confidential) -> Browser:
    """At the app host's Caddy."""
    return Browser(lab["hosts"]["app"], CA)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests counted is said at the end, also when all is well."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")
