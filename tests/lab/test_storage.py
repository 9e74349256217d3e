"""The storage host's services: each user may do its own, over TLS or by password, and nothing else. Spec section 9."""

from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, SSLError
from botocore.exceptions import ConnectionError as BotoConnectionError

from tests.lab import keys
from tests.lab.api import Api
from tests.lab.confidential import Confidential
from tests.lab.record import PROJECT
from tests.lab.shell import run
from tests.lab.trust import REGISTRY_CA

pytestmark = pytest.mark.lab

SECRETS = {
    "docker-cache": "s3_docker_cache_admin_secret",
    "registry": "s3_registry_secret",
    "backups": "s3_backups_secret",
}
BUCKETS = tuple(SECRETS)
NO_ANSWER = "no answer"
"""VersityGW may end the connection of a PUT that it refuses, each time: then what counts is that nothing is there."""


@pytest.fixture(scope="module")
def s3(lab: Confidential, secrets: Confidential) -> Any:
    """A client of the object storage as one of its users."""

    def client(user: str, secret: str = "") -> Any:
        return boto3.client(
            "s3",
            endpoint_url=lab["object_storage"]["endpoint"],
            aws_access_key_id=user,
            aws_secret_access_key=secret or secrets[SECRETS[user]],
            region_name="us-east-1",
            verify=str(REGISTRY_CA),
            config=Config(s3={"addressing_style": "path"}),
        )

    return client


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_buckets_user_has_its_bucket(s3: Any, bucket: str) -> None:
    client = s3(bucket)
    client.put_object(Bucket=bucket, Key="lab-test", Body=b"kept")
    assert client.get_object(Bucket=bucket, Key="lab-test")["Body"].read() == b"kept"
    client.delete_object(Bucket=bucket, Key="lab-test")


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_buckets_user_has_nothing_else(s3: Any, bucket: str) -> None:
    client = s3(bucket)
    for other in set(BUCKETS) - {bucket}:
        assert refusal(client.put_object, Bucket=other, Key="x", Body=b"") in ("AccessDenied", NO_ANSWER)
        assert "x" not in [each["Key"] for each in s3(other).list_objects_v2(Bucket=other).get("Contents", ())]
        assert refusal(client.list_objects_v2, Bucket=other) == "AccessDenied"
        assert refusal(client.delete_bucket, Bucket=other) == "AccessDenied"
    assert refusal(client.create_bucket, Bucket=f"more-{bucket}") == "AccessDenied"


def test_a_projects_ci_has_its_own_part_of_the_cache_and_no_other(s3: Any, api: Api) -> None:
    given = api.tool("setup_secrets", projectName=PROJECT)
    client = s3(given["minio_access_key"], given["minio_secret_key"])
    assert refusal(client.put_object, Bucket="docker-cache", Key=f"{PROJECT}/lab-test", Body=b"kept") == "done"
    client.delete_object(Bucket="docker-cache", Key=f"{PROJECT}/lab-test")
    for key in ("other/lab-test", f"{PROJECT}/../other/lab-test"):
        assert refusal(client.put_object, Bucket="docker-cache", Key=key, Body=b"") == "AccessDenied"
    for bucket in BUCKETS:
        assert refusal(client.list_objects_v2, Bucket=bucket) == "AccessDenied"


def refusal(call: Callable[..., object], **params: object) -> str:
    """The code of the refusal. A connection that ends before the answer is tried again."""
    for _ in range(5):
        try:
            call(**params)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        except (SSLError, BotoConnectionError):
            continue
        return "done"
    return NO_ANSWER


def test_a_wrong_key_opens_no_bucket(s3: Any) -> None:
    client = s3("backups", "wrong")
    assert refusal(client.list_objects_v2, Bucket="backups") == "SignatureDoesNotMatch"


def on_app(program: str) -> list[str]:
    """What a Python program printed that ran on the app host as user codeb; it travels on standard input."""
    command = ["ssh", "-F", str(keys.CONFIG), "app", "runuser -u codeb -- /opt/codeb/venv/bin/python -"]
    return run(command, stdin=program.encode()).splitlines()


def redis(lab: Confidential, user: str, password: str, *commands: str) -> list[str]:
    """The first line of each answer, from the app host, which is the one that may ask."""
    commands = (f"AUTH {user} {password}", *commands) if user else commands
    return on_app(f"""
import socket
with socket.create_connection(({lab["hosts"]["storage"]!r}, 6379), timeout=10) as connection:
    answers = connection.makefile("rb")
    for command in {commands!r}:
        connection.sendall(command.encode() + b"\\r\\n")
        print(answers.readline().decode().strip())
""")


def test_redis_has_no_anonymous_user_and_keeps_an_append_only_file(
    lab: Confidential, machines: Mapping[str, Any]
) -> None:
    (answer,) = redis(lab, "", "", "PING")
    assert answer.startswith("-NOAUTH")
    assert machines["storage"].file("/var/lib/redis/appendonlydir").is_directory


def test_a_redis_user_has_its_own_keys_and_no_command_of_an_admin(lab: Confidential, secrets: Confidential) -> None:
    own = ("SET codeb:lab-test 1", "DEL codeb:lab-test")
    others = ("SET other:key 1", "FLUSHALL", "CONFIG GET dir", "KEYS *")
    answers = redis(lab, "codeb", secrets["redis_codeb_password"], *own, *others)
    assert answers[:3] == ["+OK", "+OK", ":1"]
    assert all(answer.startswith("-NOPERM") for answer in answers[3:]), answers
    assert redis(lab, "codeb", "wrong")[0].startswith("-WRONGPASS")


def test_the_database_is_reached_over_tls_with_the_password_and_never_plainly() -> None:
    program = """
import psycopg
from dotenv import dotenv_values
env = dotenv_values("/etc/codeb/codeb.env")
info = dict(host=env["CODEB_DB_HOST"], dbname="codeb", user="codeb", connect_timeout=5)
with psycopg.connect(**info, password=env["CODEB_DB_PASSWORD"], sslmode="verify-full",
                     sslrootcert=env["CODEB_DB_SSLROOTCERT"]) as connection:
    print(connection.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone()[0])
for wrong in (dict(password=env["CODEB_DB_PASSWORD"], sslmode="disable"), dict(password="wrong", sslmode="require"),
              dict(password=env["CODEB_DB_PASSWORD"], sslmode="require", dbname="postgres")):
    try:
        psycopg.connect(**{**info, **wrong}).close()
        print("connected")
    except psycopg.OperationalError as error:
        print("refused")
"""
    assert on_app(program) == ["True", "refused", "refused", "refused"]
