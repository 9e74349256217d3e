"""infra.toml: what is wrong in it is said with its key; the example explains all of it."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from codeb import infra_file
from codeb.domain.infra import COMPONENTS, Alerts, Backups, Component, Host, Infra, Releases, Role, Ssh
from codeb.errors import ConfigError
from deploys.components import artifacts, packages
from tests.unit.deploys.conftest import HOSTS, ONE_HOST

EXAMPLE = Path(__file__).resolve().parents[3] / "infra.example.toml"
GOOD: dict[str, Any] = {"domain": "example.org", "acme_email": "ops@example.org", "hosts": HOSTS}


def refused(changes: Mapping[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        Infra.parse({**GOOD, **changes})
    return str(caught.value)


def app(**changes: Any) -> dict[str, Any]:
    return {"hosts": {**HOSTS, "app": {**HOSTS["app"], **changes}}}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"domain": "not a domain"}, "domain"),
        ({"domain": "localhost"}, "domain"),
        ({"tls": "maybe"}, "tls"),
        ({"acme_email": ""}, "acme_email"),
        ({"acme_emial": "x@y.z"}, "acme_emial"),
        ({"admin_networks": ["10.0.0.1/24"]}, "admin_networks"),
        ({"admin_networks": "10.0.0.0/24"}, "admin_networks"),
        ({"ssh": {"port": 70000}}, "ssh.port"),
        ({"ssh": {"strict_host_key_checking": "no"}}, "ssh.strict_host_key_checking"),
        (app(address="app.example.org"), "hosts.app.address"),
        (app(address=""), "hosts.app.address"),
        (app(private_address="10.0.0"), "hosts.app.private_address"),
        (app(private_address="fd00::1"), "hosts.app.private_address"),
        (app(roles=["app", "database"]), "hosts.app.roles.1"),
        (app(roles="app"), "hosts.app.roles"),
        (app(ssh={"usr": "deploy"}), "hosts.app.ssh.usr"),
        ({"hosts": {"Bad_Name": HOSTS["app"]}}, "hosts.Bad_Name"),
        ({"hosts": {}}, "hosts"),
        ({"components": {"caddy": {"sha256": "123"}}}, "components.caddy.sha256"),
        ({"components": {"caddy": {"source": "snap"}}}, "components.caddy.source"),
        ({"components": {"cady": {}}}, "components"),
        ({"alerts": {"webhook": "ftp://chat.example.org"}}, "alerts.webhook"),
        ({"alerts": {"webhook": "https://user:password@chat.example.org"}}, "alerts.webhook"),
        ({"alerts": {"mail_to": "ops@example.org"}}, "alerts.mail_to"),
        ({"alerts": {"mail_to": ["ops"], "smtp": "mail.example.org:25"}}, "alerts.mail_to.0"),
        ({"alerts": {"mail_to": ["ops@example.org"]}}, "alerts.smtp"),
        ({"alerts": {"smtp": "mail.example.org"}}, "alerts.smtp"),
        ({"alerts": {"smtp_password": "hunter2"}}, "alerts.smtp_password"),
    ],
)
def test_an_error_begins_with_the_key(changes: dict[str, Any], key: str) -> None:
    said = refused(changes)
    assert said.startswith(f"infra.toml: {key}: ")
    assert "\n" not in said
    assert "Value error" not in said


def test_a_component_that_does_not_exist_is_answered_with_those_that_do() -> None:
    assert "there is no 'cady'; there are alertmanager, caddy" in refused({"components": {"cady": {}}})


@pytest.mark.parametrize("role", Role)
def test_a_role_without_a_host_is_named(role: Role) -> None:
    hosts = {name: host for name, host in HOSTS.items() if name != role}
    assert f"must have the role {role}" in refused({"hosts": hosts})


def test_a_role_on_two_hosts_is_refused() -> None:
    assert "exactly one host must have the role storage" in refused(app(roles=["app", "storage"]))


def test_one_host_may_have_every_role() -> None:
    infra = Infra.parse({**GOOD, "hosts": ONE_HOST})
    assert {infra.host_with(role) for role in Role} == {"only"}
    assert infra.address_of(Role.STORAGE) == "203.0.113.9"


def test_without_public_certificates_no_address_is_needed_for_them() -> None:
    assert Infra.parse({**GOOD, "acme_email": "", "tls": "internal"}).tls == "internal"


def test_a_host_may_be_reached_in_a_way_of_its_own() -> None:
    infra = Infra.parse({**GOOD, "ssh": {"user": "ops"}, **app(ssh={"port": 2222})})
    assert (infra.ssh_of("app").user, infra.ssh_of("app").port) == ("root", 2222)
    assert infra.ssh_of("storage").user == "ops"


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEB_INFRA", str(tmp_path / "infra.toml"))
    monkeypatch.setenv("HOME", "/home/op")
    infra = Infra.parse({**GOOD, "ssh": {"key": "~/.ssh/id", "known_hosts": "hosts"}})
    ssh = infra_file.ssh_of(infra, "app")
    assert (ssh.key, ssh.known_hosts) == ("/home/op/.ssh/id", str(tmp_path / "hosts"))
    assert infra_file.ssh_of(Infra.parse(GOOD), "app").key == ""


@pytest.mark.parametrize("content", [b"domain = ", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    path = tmp_path / "infra.toml"
    path.write_bytes(content)
    monkeypatch.setenv("CODEB_INFRA", str(path))
    with pytest.raises(ConfigError, match="is not TOML"):
        infra_file.load()


def uncommented(text: str) -> str:
    """The example with every setting that it shows commented out."""
    return re.sub(r"^#(?=\[?[a-z_0-9.\"]+\]?( =.*)?$)", "", text, flags=re.MULTILINE)


def test_the_example_is_a_file_that_works() -> None:
    infra = Infra.parse(tomllib.loads(EXAMPLE.read_text()))
    assert {infra.host_with(role) for role in Role} == {"app", "streaming", "storage", "backup"}
    assert infra.hosts["storage"].address == "64.176.226.119"


def test_the_example_has_one_vps_too() -> None:
    text = EXAMPLE.read_text()
    four = text.index("[hosts.app]")
    one = text.index("#[hosts.codeb]")
    components = text.index("# Where third-party programs come from")
    infra = Infra.parse(tomllib.loads(text[:four] + uncommented(text[one:components]) + text[components:]))
    assert {infra.host_with(role) for role in Role} == {"codeb"}


@pytest.mark.parametrize("model", [Infra, Ssh, Host, Component, Releases, Alerts, Backups])
def test_the_example_mentions_every_setting(model: type[BaseModel]) -> None:
    text = EXAMPLE.read_text()
    tables = {"ssh", "hosts", "components", "releases", "alerts", "backups"}
    missing = {
        name
        for name in model.model_fields
        if not re.search(rf"^#?\[{name}[.\]]" if name in tables else rf"^#?{name} = ", text, re.MULTILINE)
        and not (model is Host and name == "ssh" and "[hosts.NAME.ssh]" in text)
    }
    assert missing == set()


def test_what_the_example_comments_out_is_what_holds_without_it() -> None:
    text = EXAMPLE.read_text()
    top, _, rest = uncommented(text).partition("\n[ssh]\n")
    shown, ssh = tomllib.loads(top), tomllib.loads(rest.partition("\n[hosts.app]\n")[0])
    bare = Infra.parse({"domain": shown["domain"], "acme_email": shown["acme_email"], "hosts": HOSTS})
    assert Infra.parse({**shown, "hosts": HOSTS}) == bare
    assert Ssh(**ssh) == Ssh()


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_example_says_where_each_component_can_come_from(component: str) -> None:
    text = EXAMPLE.read_text()
    ways = {
        "apt": set(packages.DISTRIBUTION),
        "vendor": set(packages.REPOSITORIES),
        "url": set(artifacts.ARTIFACTS),
    }
    for way, components in ways.items():
        start = text.index(f"#            {way}" if way != "apt" else "#   source   apt")
        paragraph = re.split(r"\n#            [a-z]+ ", text[start + 5 :])[0]
        assert (component in re.findall(r"[a-z_]+", paragraph)) == (component in components), (way, component)
