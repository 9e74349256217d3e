"""A run that dies between a file and its restart restarts next time: every component, before each of its services."""

from pathlib import Path
from typing import Any

import pytest

from codeb.domain.infra import Role
from deploys.components import (
    alertmanager,
    api,
    backup_copies,
    backups,
    base,
    caddy,
    centrifugo,
    docker,
    exporters,
    firewall,
    grafana,
    kernel,
    logs,
    object_storage,
    postgres,
    prometheus,
    redis,
    registry,
    registry_prune,
    updates,
)
from tests.integration.deploys.component_host import ComponentHost, Interrupted
from tests.unit.deploys.conftest import HOSTS, MakePlatform, make_platform

pytestmark = pytest.mark.integration

COMPONENTS: dict[Any, Role] = {
    base.base: Role.APP,
    kernel.kernel: Role.STORAGE,
    logs.logs: Role.APP,
    updates.updates: Role.APP,
    firewall.firewall: Role.APP,
    docker.docker: Role.APP,
    exporters.container_metrics: Role.APP,
    caddy.caddy: Role.APP,
    api.api: Role.APP,
    backup_copies.app_copies: Role.APP,
    registry_prune.registry_prune: Role.APP,
    centrifugo.centrifugo: Role.STREAMING,
    postgres.postgres: Role.STORAGE,
    backups.backups: Role.STORAGE,
    redis.redis: Role.STORAGE,
    backup_copies.storage_copies: Role.STORAGE,
    registry.registry: Role.STORAGE,
    object_storage.object_storage: Role.STORAGE,
    exporters.exporters: Role.STORAGE,
    prometheus.prometheus: Role.BACKUP,
    alertmanager.alertmanager: Role.BACKUP,
    grafana.grafana: Role.BACKUP,
    backup_copies.receiver: Role.BACKUP,
}
NO_SERVICE_READS = {
    "Say what is updated": "apt reads it at its own times",
    "Have it come back after a failure": "systemd reads it; a restart of the database would gain nothing",
}

__all__ = ["make_platform"]


@pytest.fixture(params=list(COMPONENTS), ids=lambda component: component.__name__)
def component(
    request: pytest.FixtureRequest, tmp_path: Path, make_platform: MakePlatform, monkeypatch: pytest.MonkeyPatch
) -> ComponentHost:
    found = ComponentHost(tmp_path, request.param)
    found.prepare(monkeypatch, make_platform(hosts=HOSTS), COMPONENTS[request.param])
    return found


def test_every_file_has_a_service_that_is_told_of_it(component: ComponentHost) -> None:
    component.run()
    told = {name for _, _, by in component.services for name in by}
    assert set(component.written.values()) - told - NO_SERVICE_READS.keys() == set()


def test_a_second_run_changes_nothing(component: ComponentHost) -> None:
    assert component.run()
    component.told()
    assert component.run() == 0
    assert component.told() == []


def test_what_an_interrupted_run_owes_the_next_one_does(component: ComponentHost) -> None:
    component.run()
    wanted = [f"{how} {service}" for service, how, _ in component.services]
    component.told()
    for number in range(len(wanted)):
        component.damage()
        with pytest.raises(Interrupted):
            component.run(interrupted_at=number)
        assert component.told() == wanted[:number]
        component.run()
        assert component.told()[-len(wanted[number:]) :] == wanted[number:]
    assert component.run() == 0
