"""What migrates the database and prunes the audit on the app host: another user than the API's. Security 17."""

from io import StringIO

import pytest
from dotenv import dotenv_values

from codeb.domain.infra import Infra
from codeb.errors import ConfigError
from codeb.settings import Database, database_of
from deploys.components import api
from deploys.platform import Platform
from deploys.rendering import render
from tests.unit.deploys.conftest import HOSTS

UNITS = api.owner_units(400)


def of_file(values: dict[str, str]) -> Database:
    text = api.env_file(values)
    return database_of(
        {key: value or "" for key, value in dotenv_values(stream=StringIO(text), interpolate=False).items()}
    )


def test_the_owners_file_is_all_that_its_commands_need(platform: Platform) -> None:
    owner = of_file(api.owner_settings(platform))
    assert (owner.user, owner.runtime, owner.owned) == ("codeb_owner", "codeb", True)
    assert (owner.host, owner.sslmode) == ("10.0.0.3", "verify-full")


def test_the_api_knows_whose_the_schema_is_and_not_the_owners_password(platform: Platform) -> None:
    settings = api.settings(platform, platform.host("app"))
    assert (of_file(settings).user, of_file(settings).owned) == ("codeb", False)
    assert platform.secrets["postgres_owner_password"] not in settings.values()


@pytest.mark.parametrize("name", ["codeb-migrate.service", "codeb-audit-prune.service"])
def test_the_owners_units_are_another_users_and_change_no_file(name: str) -> None:
    lines = UNITS[name].splitlines()
    assert {"Type=oneshot", "User=codeb-owner", "EnvironmentFile=/etc/codeb/owner.env", "ProtectSystem=strict"} <= {
        *lines
    }
    assert not any(line.startswith(("ReadWritePaths", "SupplementaryGroups=docker")) for line in lines)


def test_the_api_has_the_schema_migrated_and_waits_for_nothing() -> None:
    """It is degraded until the schema is right; a migration may wait for the database without end."""
    unit = render("api/codeb-api.service.j2", root=api.ROOT, env_file=api.ENV_FILE)
    lines = dict(line.split("=", 1) for line in unit.splitlines() if line.startswith(("After=", "Wants=")))
    assert "codeb-migrate.service" in lines["Wants"]
    assert "codeb-migrate.service" not in lines["After"]
    assert "Requires=" not in unit


def test_a_migration_that_fails_is_tried_again() -> None:
    assert "Restart=on-failure\n" in UNITS["codeb-migrate.service"]
    assert "StartLimitIntervalSec=0\n" in UNITS["codeb-migrate.service"]
    assert "ExecStart=/opt/codeb/venv/bin/codeb migrate\n" in UNITS["codeb-migrate.service"]


def test_the_audit_is_pruned_once_a_day_of_what_infra_says() -> None:
    assert "audit prune --older-than 400\n" in UNITS["codeb-audit-prune.service"]
    assert "audit prune --older-than 90\n" in api.owner_units(90)["codeb-audit-prune.service"]
    assert {"OnCalendar=daily", "Persistent=yes"} <= {*UNITS["codeb-audit-prune.timer"].splitlines()}
    assert "[Install]" not in UNITS["codeb-audit-prune.service"]
    with pytest.raises(ConfigError, match="audit_days"):
        Infra.parse({"domain": "example.org", "acme_email": "a@example.org", "hosts": HOSTS, "audit_days": 29})
