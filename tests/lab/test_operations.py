"""docs/operations.md, "Every command, typed once" and "Releases by declaration": their lines, as they stand there."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import sample_app
from tests.lab import manual, registry
from tests.lab.api import Api
from tests.lab.browser import Browser
from tests.lab.hosts import DOMAIN
from tests.lab.paths import LAB
from tests.lab.trust import REGISTRY

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("another_day")]

IMAGES = (("blog", "abc1234"), ("blog", "1.10"), ("shop", "def5678"))
SITE = f"blog.{DOMAIN}"
_TOML = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module", autouse=True)
def projects(api: Api) -> Iterator[None]:
    """The page's blog and shop, with images but without a release."""
    names = sorted({project for project, _ in IMAGES})
    for name in names:
        api.ask("project_delete", projectName=name, confirm=name)
        api.tool("workflow_init", projectName=name, type="go")
    for project, version in IMAGES:
        tag = f"{REGISTRY}/{project}:{version}"
        sample_app.build(tag, version)
        registry.push(tag)
    yield
    for name in names:
        api.tool("project_delete", projectName=name, confirm=name)


@pytest.fixture
def releases() -> Iterator[None]:
    """The page's releases.toml, beside infra.toml."""
    (text,) = _TOML.findall(manual.PAGE.read_text())
    file = LAB / "releases.toml"
    file.write_text(text)
    yield
    file.unlink()


def typed(heading: str, instead: Mapping[str, Path] | None = None) -> dict[str, str]:
    """What each line below the heading said; fails with all those that ended badly."""
    said, bad = {}, []
    words = {word: str(path) for word, path in (instead or {}).items()}
    for line in manual.commands(heading):
        command = " ".join(words.get(word, word) for word in line.split(" "))
        try:
            said[line] = manual.run(command, seconds=180)
        except AssertionError as error:
            bad.append(str(error))
            continue
        if " list" in line and said[line].strip():
            words["ID"] = said[line].split()[0]
    assert bad == [], "\n".join(bad)
    return said


def test_releases_are_declared(releases: None, api: Api, browser: Browser) -> None:
    typed("## Releases by declaration")
    assert browser.get(SITE).body == "hello 1.10\n", "the last line's version"
    waiting = api.tool("slot_status", projectName="shop", environment="staging")
    assert [slot["version"] for slot in waiting["slots"].values() if slot["version"]] == ["def5678"]
    assert waiting["activeSlot"] is None


def test_the_hosts_are_looked_after(browser: Browser) -> None:
    said = typed("### On the hosts")
    assert browser.get(SITE).body == "hello abc1234\n"
    line = {words: text for words, text in said.items() if "keys" in words or "deployments" in words}
    assert any("is revoked" in text for text in line.values())
    assert any("image " in text for text in line.values())


def test_the_platform_is_looked_after(tmp_path: Path, machines: Mapping[str, Any]) -> None:
    file, directory = tmp_path / "clear.json", tmp_path / "fetched"
    said = typed("### On the operator's machine", {"FILE": file, "DIR": directory})
    assert file.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in directory.iterdir()} >= {"app", "storage"}
    assert machines["storage"].check_output("runuser -u postgres -- psql -XAtc 'SELECT 1' codeb") == "1"
    assert all(said.values()), "each of them says something"
