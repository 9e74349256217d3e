"""The real VersityGW with the users that the storage host's script makes: a cache of one's own, and no other's."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.projects import ProjectRows
from codeb.domain.names import EnvironmentName
from codeb.domain.project import Project, ProjectSettings
from codeb.domain.project_cache import cache_keys
from deploys.components import s3_projects, versitygw
from tests.integration.waiting import free_port, until
from tests.lab.artifacts import program

pytestmark = pytest.mark.integration

_QUERY = re.compile(r'ask "(SELECT [^"]+)"')
KEY, MADE = "projects-key", 1_780_000_000
_PSQL = """#!/bin/sh
[ ! -e {away} ] || exit 2
case "$2" in *to_regclass*) echo projects ;; *) cat {projects} ;; esac
"""


@dataclass
class Gateway:
    """VersityGW, a database that is a file of names, and the script between them."""

    directory: Path
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        for name in ("data", "meta", "iam"):
            (self.directory / name).mkdir()
        self.url = f"http://127.0.0.1:{self.port}"
        psql = self.directory / "psql"
        psql.write_text(_PSQL.format(projects=self.directory / "projects", away=self.directory / "away"))
        psql.chmod(0o755)
        self.script = self.directory / "users.sh"
        self.script.write_text(
            s3_projects.script(
                self.url,
                home=str(self.directory),
                data=str(self.directory),
                user="root",
                psql=str(psql),
                lock=str(self.directory / "lock"),
                seconds=0.1,
            )
        )
        account = {"access": "docker-cache", "secret": "cache-secret", "role": "user", "userID": 0, "groupID": 0}
        (self.directory / "root.env").write_text("ROOT_ACCESS_KEY=codeb\nROOT_SECRET_KEY=root-secret\n")
        (self.directory / "projects.env").write_text(f"PROJECTS_KEY={KEY}\n")
        (self.directory / "bucket-users.json").write_text(json.dumps({"docker-cache": account})[1:-1])
        (self.directory / "cache-statements.json").write_text(json.dumps(versitygw.statements("docker-cache"))[1:-1])
        self.has({})

    def has(self, projects: Mapping[str, int]) -> None:
        """The database's projects, each with the second of its making."""
        (self.directory / "projects").write_text("".join(f"{name} {at}\n" for name, at in projects.items()))

    def start(self) -> subprocess.Popen[bytes]:
        command: list[str | Path] = [
            program("versitygw"),
            "--port",
            f"127.0.0.1:{self.port}",
            "--health",
            "/health",
            "--quiet",
        ]
        command += ["--iam-dir", self.directory / "iam"]
        storage: list[str | Path] = ["posix", "--sidecar", self.directory / "meta", self.directory / "data"]
        with (self.directory / "log").open("ab") as log:
            environment = {"ROOT_ACCESS_KEY": "codeb", "ROOT_SECRET_KEY": "root-secret"}
            return subprocess.Popen([*command, *storage], stdout=log, stderr=log, env=environment)

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=1).ok
        except requests.RequestException:
            return False

    def make_users(self) -> None:
        subprocess.run(["sh", self.script], check=True, capture_output=True)

    def client(self, access: str, secret: str) -> "S3":
        return S3(
            boto3.client(
                "s3",
                endpoint_url=self.url,
                aws_access_key_id=access,
                aws_secret_access_key=secret,
                region_name="us-east-1",
                config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
            )
        )

    def of(self, name: str, made: int = MADE) -> "S3":
        """As the project's CI, with the keys that the API hands out."""
        return self.client(f"project-{name}", secret_of(name, made))


class S3:
    """What CI does with the cache; each answers ``done`` or the code of the refusal."""

    def __init__(self, client: object) -> None:
        self.client = client

    def __call__(self, what: str, **params: object) -> str:
        try:
            getattr(self.client, what)(Bucket="docker-cache", **params)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    def put(self, key: str, body: bytes = b"layer") -> str:
        return self("put_object", Key=key, Body=body)

    def get(self, key: str) -> str:
        return self("get_object", Key=key)


def secret_of(name: str, made: int) -> str:
    at = datetime.fromtimestamp(made, UTC).replace(microsecond=700_000)
    keys = cache_keys(Project(name, "team-a", "go", ProjectSettings(), {}, {}, at), KEY)
    assert keys is not None
    return keys.secret


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path)
    process = gateway.start()
    try:
        until(gateway.answers, "VersityGW answers")
        assert gateway.client("codeb", "root-secret")("create_bucket") == "done"
        yield gateway
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def two(gateway: Gateway) -> Gateway:
    """Blog and shop, with a layer of shop's."""
    gateway.has({"blog": MADE, "shop": MADE})
    gateway.make_users()
    assert gateway.of("shop").put("shop/blobs/1") == "done"
    return gateway


def test_a_project_has_its_own_part_of_the_cache(two: Gateway) -> None:
    mine = two.of("blog")
    assert mine.put("blog/blobs/1") == "done"
    assert mine.get("blog/blobs/1") == "done"
    touched = {"CopySource": "docker-cache/blog/blobs/1", "MetadataDirective": "REPLACE"}
    assert mine("copy_object", Key="blog/blobs/1", **touched) == "done"
    assert mine("head_object", Key="blog/blobs/none") == "404", "how BuildKit sees that a layer is not there yet"


@pytest.mark.parametrize(
    "attack",
    [
        lambda mine: mine.put("shop/blobs/1", b"poison"),
        lambda mine: mine.put("shop/manifests/shop", b"poison"),
        lambda mine: mine.put("shopping/x"),
        lambda mine: mine.put("blog-evil/x"),
        lambda mine: mine.put("x"),
        lambda mine: mine.get("shop/blobs/1"),
        lambda mine: mine("head_object", Key="shop/blobs/1"),
        lambda mine: mine("delete_object", Key="shop/blobs/1"),
        lambda mine: mine("delete_objects", Delete={"Objects": [{"Key": "shop/blobs/1"}]}),
        lambda mine: mine("copy_object", Key="blog/stolen", CopySource="docker-cache/shop/blobs/1"),
        lambda mine: mine("create_multipart_upload", Key="shop/blobs/2"),
        lambda mine: mine("list_objects_v2"),
        lambda mine: mine("list_objects_v2", Prefix="shop/"),
        lambda mine: mine("list_multipart_uploads"),
        lambda mine: mine("put_bucket_policy", Policy="{}"),
        lambda mine: mine("get_bucket_policy"),
        lambda mine: mine("delete_bucket"),
    ],
)
def test_nothing_of_another_project_is_reached(two: Gateway, attack: Callable[[S3], str]) -> None:
    assert attack(two.of("blog")) in {"AccessDenied", "403"}
    root = two.client("codeb", "root-secret")
    assert root.client.get_object(Bucket="docker-cache", Key="shop/blobs/1")["Body"].read() == b"layer"  # type: ignore[attr-defined]


WAYS = ("blog/../shop/blobs/1", "blog/../../backups/1", "blog/./../shop/blobs/1", "blog//../shop/blobs/1", "..")


@pytest.mark.parametrize("key", WAYS)
def test_a_key_with_dots_leads_nowhere(two: Gateway, key: str) -> None:
    """The engine makes a path of a key after it has compared it with the policy."""
    root, mine = two.client("codeb", "root-secret"), two.of("blog")
    root.client.create_bucket(Bucket="backups")  # type: ignore[attr-defined]
    root.client.put_object(Bucket="backups", Key="1", Body=b"dump")  # type: ignore[attr-defined]
    assert mine.put(key, b"poison") != "done"
    assert mine.get(key) != "done"
    assert mine("delete_object", Key=key) != "done"
    assert mine("copy_object", Key="blog/stolen", CopySource=f"docker-cache/{key}") != "done"
    assert mine("create_multipart_upload", Key=key) != "done"
    mine("delete_objects", Delete={"Objects": [{"Key": key}]})
    assert (two.directory / "data" / "docker-cache" / "shop" / "blobs" / "1").read_bytes() == b"layer"
    assert (two.directory / "data" / "backups" / "1").read_bytes() == b"dump"


@pytest.mark.xfail(reason="the engine (1.0.14 and 1.8.0) makes a path of an upload's id too", strict=True)
@pytest.mark.parametrize("upload", ["../../../shop", "../../../../backups"])
def test_an_id_of_an_upload_with_dots_leads_nowhere(two: Gateway, upload: str) -> None:
    """No policy sees the id. A project's keys can remove what a path leads to: a hole that wants a way in front."""
    root, mine = two.client("codeb", "root-secret"), two.of("blog")
    root.client.create_bucket(Bucket="backups")  # type: ignore[attr-defined]
    root.client.put_object(Bucket="backups", Key="1", Body=b"dump")  # type: ignore[attr-defined]
    assert mine("create_multipart_upload", Key="blog/big") == "done"
    mine("abort_multipart_upload", Key="blog/big", UploadId=upload)
    assert (two.directory / "data" / "docker-cache" / "shop" / "blobs" / "1").exists()
    assert (two.directory / "data" / "backups" / "1").exists()


def test_a_project_that_is_gone_has_no_keys_and_no_cache_left(two: Gateway) -> None:
    two.has({"blog": MADE})
    two.make_users()
    assert two.of("shop").get("shop/blobs/1") != "done"
    assert not (two.directory / "data" / "docker-cache" / "shop").exists()
    assert not (two.directory / "meta" / "docker-cache" / "shop").exists()
    assert two.of("blog").put("blog/blobs/1") == "done"


def test_who_had_a_project_of_that_name_before_has_nothing_of_the_new_one(two: Gateway) -> None:
    two.has({"blog": MADE})
    two.make_users()
    two.has({"blog": MADE, "shop": MADE + 60})
    two.make_users()
    accounts = json.loads((two.directory / "iam" / "users.json").read_text())["accessAccounts"]
    assert accounts["project-shop"]["secret"] == secret_of("shop", MADE + 60) != secret_of("shop", MADE)


def test_hundreds_of_projects_have_their_users(gateway: Gateway) -> None:
    gateway.has({f"project-{number}": MADE for number in range(300)})
    gateway.make_users()
    assert gateway.of("project-299").put("project-299/x") == "done"
    assert gateway.of("project-299").put("project-29/x") == "AccessDenied"


def test_whoever_watches_sees_a_project_come_and_keeps_what_is_there_while_the_database_is_away(
    gateway: Gateway,
) -> None:
    with subprocess.Popen(["sh", gateway.script, "watch"], stderr=subprocess.DEVNULL) as watching:
        try:
            gateway.has({"blog": MADE})
            until(lambda: gateway.of("blog").put("blog/x") == "done", "the new project has its user")
            (gateway.directory / "away").touch()
            gateway.has({})
            assert gateway.of("blog").get("blog/x") == "done"
            (gateway.directory / "away").unlink()
            until(lambda: gateway.of("blog").get("blog/x") != "done", "the project's user is gone")
        finally:
            watching.kill()


def test_a_second_round_changes_no_file(two: Gateway) -> None:
    users = two.directory / "iam" / "users.json"
    before = users.stat().st_mtime_ns, users.stat().st_ino
    two.make_users()
    assert (users.stat().st_mtime_ns, users.stat().st_ino) == before
    assert users.stat().st_mode & 0o077 == 0


def test_the_database_tells_of_projects_what_the_script_reads(database: Database) -> None:
    made = ProjectRows(database, "codeb.test").create(
        "blog", team_id="team-a", type="go", environments=tuple(EnvironmentName), settings=ProjectSettings()
    )
    there, listed = _QUERY.findall(s3_projects.script("https://10.0.0.3:9000"))
    with database.transaction() as connection:
        (row,) = connection.execute(there).fetchall()
        assert list(row.values()) == ["projects"]
        (row,) = connection.execute(listed).fetchall()
    assert list(row.values()) == [f"blog {int(made.created_at.timestamp())}"]
