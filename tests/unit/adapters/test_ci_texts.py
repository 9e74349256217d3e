"""The CI workflow and the Dockerfiles, for every platform, option and kind. Spec section 10."""

import json

import pytest
import yaml

from codeb.adapters.ci_texts import PROJECT_TYPES, CiTexts, ProjectType
from codeb.domain.project import ProjectSettings

PLATFORMS = {
    "acme": CiTexts("example.com", "https", "db.example.com:5000", "https://db.example.com:9000"),
    "own": CiTexts("lab.test", "https", "db.lab.test:5000", "https://db.lab.test:9000", own_authority=True),
    "plain": CiTexts("codeb.test", "http", "registry.test"),
}
RUNNERS = {"own": ("self-hosted", "linux"), "hosted": ("ubuntu-24.04",), "odd": ("on", "12", "no.1_x")}
BRANCHES = ("main", "release/1.0", "null")
PROJECTS = ("blog", "null", "no")


@pytest.mark.parametrize("project", PROJECTS)
@pytest.mark.parametrize("branch", BRANCHES)
@pytest.mark.parametrize("runner", RUNNERS)
def test_names_stay_the_words_that_they_are(project: str, branch: str, runner: str) -> None:
    """YAML would make nothing of null, and false of no."""
    parsed = yaml.safe_load(PLATFORMS["acme"].workflow(project, runner=RUNNERS[runner], branch=branch))
    assert parsed["env"]["PROJECT"] == project
    assert parsed[True]["push"]["branches"] == [branch]
    assert [job["runs-on"] for job in parsed["jobs"].values()] == [list(RUNNERS[runner])] * 2


def test_the_own_authority_is_what_every_request_trusts() -> None:
    """Where the sites' certificates are the platform's own; with public ones curl knows them."""
    trust = "--cacert '/etc/docker/certs.d/db.lab.test:5000/ca.crt'"
    own, public = PLATFORMS["own"].workflow("blog"), PLATFORMS["acme"].workflow("blog")
    assert own.count(trust) == own.count("curl -sS")
    assert "SSL_CERT_FILE: /etc/docker/certs.d/db.lab.test:5000/ca.crt" in own
    assert "--cacert" not in public
    assert "SSL_CERT_FILE" not in public
    assert public.count("curl -sS") == own.count("curl -sS")


@pytest.mark.parametrize(
    ("platform", "path"),
    [("own", "/etc/buildkit/certs/db.lab.test_5000/ca.crt"), ("plain", "/etc/buildkit/certs/registry.test/ca.crt")],
)
def test_the_builder_trusts_the_cache_by_the_file_that_buildx_gives_it(platform: str, path: str) -> None:
    steps = yaml.safe_load(PLATFORMS[platform].workflow("blog"))["jobs"]["release"]["steps"]
    (inputs,) = [step["with"] for step in steps if step["name"] == "Builder"]
    assert inputs["driver-opts"] == f"env.AWS_CA_BUNDLE={path}"


@pytest.mark.parametrize("kind", PROJECT_TYPES)
def test_a_dockerfile_ends_without_rights_and_listens_where_it_should(kind: ProjectType) -> None:
    lines = PLATFORMS["acme"].dockerfile(kind, ProjectSettings(port=8123, health_path="/up")).splitlines()
    words = [line.split(maxsplit=1) for line in lines if line and not line.startswith(("#", " "))]
    assert [name for name, _ in words].count("FROM") == 2
    assert words[-1][0] in ("CMD", "ENTRYPOINT")
    last = dict(words[max(at for at, (name, _) in enumerate(words) if name == "FROM") :])
    assert last["USER"] in ("node", "10001:10001")
    assert last["EXPOSE"] == "8123"
    assert "PORT=8123" in last["ENV"]
    assert isinstance(json.loads(words[-1][1]), list), "without a shell between the program and its signals"
    assert "HEALTHCHECK" not in last
    assert "/up" in lines[0]
    assert any("--mount=type=cache" in line for line in lines)


@pytest.mark.parametrize("kind", PROJECT_TYPES)
def test_an_image_holds_neither_git_nor_a_developers_variables(kind: ProjectType) -> None:
    ignored = PLATFORMS["acme"].dockerignore(kind).split()
    assert {".git", ".github", "**/.env*"} <= set(ignored)
