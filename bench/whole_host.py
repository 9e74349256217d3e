"""A whole app host on this machine, with the real Docker Engine; what was started for it is stopped after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.caddy_process import CaddyProcess
from tests.integration.platform import Platform
from tests.integration.postgres_process import PostgresProcess
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port, until
from tests.lab import engine
from tests.lab.artifacts import program


@contextmanager
def docker_engine() -> Iterator[None]:
    """This machine's; one that was started for this is stopped after it."""
    ran_before = engine.answers()
    engine.ensure()
    try:
        yield
    finally:
        if not ran_before:
            engine.stop()


@contextmanager
def whole_host(directory: Path) -> Iterator[Platform]:
    for name in ("caddy", "registry", "postgres"):
        (directory / name).mkdir()
    directory.chmod(0o755)
    postgres = PostgresProcess(directory / "postgres", free_port())
    postgres.create()
    registry = RegistryProcess(program("registry"), directory / "registry", free_port())
    registry.start()
    caddy = CaddyProcess(program("caddy"), directory / "caddy", free_port())
    caddy.start()
    try:
        until(registry.ready, "the registry answers")
        until(caddy.ready, "Caddy answers")
        yield Platform(caddy, registry, postgres.settings)
    finally:
        caddy.stop()
        registry.stop()
        postgres.stop()
