"""PostgreSQL's files: who may connect, how, and what is set up."""

import pytest

from codeb.domain.reach import CONTAINER_NETWORKS
from deploys.components import postgres
from deploys.platform import Platform
from deploys.rendering import render
from deploys.scram import verifier
from tests.unit.deploys.conftest import HOSTS, ONE_HOST, MakePlatform


def access(platform: Platform) -> list[list[str]]:
    return [line.split() for line in postgres.hba(platform).splitlines() if line and not line.startswith("#")]


def test_only_the_app_host_connects_over_tls_with_a_password(platform: Platform) -> None:
    distant = [line for line in access(platform) if line[0] != "local"]
    assert distant == [
        ["hostssl", "codeb", "codeb", "10.0.0.1/32", "scram-sha-256"],
        ["hostssl", "codeb", "codeb_owner", "10.0.0.1/32", "scram-sha-256"],
        ["hostssl", "codeb", "codeb", "203.0.113.1/32", "scram-sha-256"],
        ["hostssl", "codeb", "codeb_owner", "203.0.113.1/32", "scram-sha-256"],
        ["hostssl", "provisioning", "codeb_provisioner", "10.0.0.1/32", "scram-sha-256"],
        ["hostssl", "provisioning", "codeb_provisioner", "203.0.113.1/32", "scram-sha-256"],
        ["hostssl", "all", "+codeb_tenants", "10.0.0.1/32", "scram-sha-256"],
        ["hostssl", "all", "+codeb_tenants", "203.0.113.1/32", "scram-sha-256"],
    ]


def test_the_hosts_own_users_are_known_by_the_kernel(platform: Platform) -> None:
    local = [line for line in access(platform) if line[0] == "local"]
    assert local == [
        ["local", "all", "postgres", "peer"],
        ["local", "all", "prometheus", "peer"],
        ["local", "all", "codeb_drill", "peer", "map=codeb_drill"],
    ]


def test_the_role_of_restores_is_taken_by_user_postgres_alone() -> None:
    maps = [line.split() for line in postgres.IDENT.splitlines() if line and not line.startswith("#")]
    assert maps == [["codeb_drill", "postgres", "codeb_drill"]]


def test_on_one_host_containers_come_by_their_own_addresses_as_roles_of_projects_and_nothing_else(
    make_platform: MakePlatform,
) -> None:
    distant = [line[1:4] for line in access(make_platform(hosts=ONE_HOST)) if line[0] != "local"]
    assert distant == [
        ["codeb", "codeb", "203.0.113.9/32"],
        ["codeb", "codeb_owner", "203.0.113.9/32"],
        ["provisioning", "codeb_provisioner", "203.0.113.9/32"],
        ["all", "+codeb_tenants", "203.0.113.9/32"],
        ["all", "+codeb_tenants", CONTAINER_NETWORKS],
    ]


def test_an_address_of_the_other_family_is_one_address_too(make_platform: MakePlatform) -> None:
    hosts = {**HOSTS, "app": {**HOSTS["app"], "address": "2001:db8::1"}}
    distant = {line[3] for line in access(make_platform(hosts=hosts)) if line[0] != "local"}
    assert distant == {"10.0.0.1/32", "2001:db8::1/128"}


def test_the_file_ends_with_a_whole_line(platform: Platform) -> None:
    """PostgreSQL reads no rule that is not ended by a newline."""
    assert postgres.hba(platform).endswith("scram-sha-256\n")


def test_it_listens_on_loopback_and_the_private_address(platform: Platform) -> None:
    assert "listen_addresses = '127.0.0.1,10.0.0.3'\n" in postgres.conf(platform, 4 << 20)


@pytest.mark.parametrize(
    "line",
    [
        "password_encryption = 'scram-sha-256'",
        "ssl = on",
        "ssl_cert_file = '/etc/codeb/tls/cert.pem'",
        "ssl_min_protocol_version = 'TLSv1.2'",
    ],
)
def test_it_is_set_up_for_tls(platform: Platform, line: str) -> None:
    assert f"{line}\n" in postgres.conf(platform, 4 << 20)


def test_the_script_carries_a_verifier_and_no_password() -> None:
    script = render("postgres/setup.sql.j2", verifier=verifier("pencil"), owner="v", provisioner="v", name="codeb")
    assert "PASSWORD 'SCRAM-SHA-256$4096:" in script
    assert "pencil" not in script
    assert script.index("SET log_statement = 'none'") < script.index("PASSWORD")


def test_the_roles_may_do_nothing_beyond_their_database(platform: Platform) -> None:
    script = postgres.setup(platform)
    for role in ("codeb", "codeb_owner"):
        assert f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE" in script
    assert "REVOKE ALL ON DATABASE codeb FROM PUBLIC, codeb;" in script


def test_the_script_is_the_same_in_every_run_and_each_role_has_a_password_of_its_own(platform: Platform) -> None:
    assert postgres.setup(platform) == postgres.setup(platform)
    roles = ("codeb", "owner", "provisioner")
    assert len({platform.secrets[f"postgres_{role}_password"] for role in roles}) == 3
    assert len({platform.secrets[f"postgres_{role}_verifier"] for role in roles}) == 3


def test_each_known_system_has_one_version() -> None:
    assert postgres.DISTRIBUTION_VERSIONS[("Debian", 12)] == 15
    assert {name for name, _ in postgres.DISTRIBUTION_VERSIONS} == {"Debian", "Ubuntu"}
