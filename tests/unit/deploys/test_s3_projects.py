"""What makes a user of the build cache for each project."""

import json
import subprocess

import pytest

from deploys.components import api, s3_projects, versitygw
from deploys.operations.managed import File
from deploys.platform import Platform


@pytest.fixture
def files(platform: Platform) -> dict[str, File]:
    found = s3_projects.files(
        platform, "10.0.0.3:9000", versitygw.statements("docker-cache"), versitygw.accounts(platform)
    )
    return {file.dest.rpartition("/")[2]: file for file in found}


def test_the_script_is_one_that_a_shell_reads_and_holds_no_secret(platform: Platform, files: dict[str, File]) -> None:
    script = files["s3-users.sh"].data
    assert subprocess.run(["sh", "-n"], input=script, check=False).returncode == 0
    for name in ("s3_root_password", "s3_docker_cache_secret", s3_projects.SECRET):
        assert platform.secrets[name].encode() not in script


def test_what_holds_secrets_is_roots_alone(files: dict[str, File]) -> None:
    held = [file for name, file in files.items() if name in ("projects.env", "bucket-users.json")]
    assert {(file.mode, file.user) for file in held} == {("0600", "root")}
    assert len(held) == 2


def test_the_parts_make_json_of_the_engines_users_and_of_the_policy(files: dict[str, File]) -> None:
    users = json.loads(f"{{{files['bucket-users.json'].data.decode()}}}")
    assert users.keys() == {"docker-cache", "registry", "backups", "backups-storage", "backups-app"}
    statements = json.loads(f"[{files['cache-statements.json'].data.decode()}]")
    assert [each["Effect"] for each in statements] == ["Allow", "Deny"]


def test_the_api_computes_keys_from_the_same_secret(platform: Platform, files: dict[str, File]) -> None:
    given = api.settings(platform, platform.host("app"))["CODEB_S3_PROJECTS_KEY"]
    assert files["projects.env"].data.decode() == f"PROJECTS_KEY={given}\n"


def test_the_files_are_the_same_on_every_run(platform: Platform, files: dict[str, File]) -> None:
    again = s3_projects.files(
        platform, "10.0.0.3:9000", versitygw.statements("docker-cache"), versitygw.accounts(platform)
    )
    assert list(files.values()) == again


def test_its_service_watches_and_comes_back(files: dict[str, File]) -> None:
    unit = files["codeb-s3-users.service"].data.decode()
    assert f"\nExecStart={s3_projects.SCRIPT} watch\n" in unit
    assert "\nRestart=always\n" in unit
