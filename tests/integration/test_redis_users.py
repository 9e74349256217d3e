"""Users of a real Redis, started with bootstrap's own file of platform users. Security 15."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.postgres.redis_users import RedisUserRows
from codeb.adapters.redis_users import RedisUsers
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.project import ProjectSettings
from codeb.errors import Unavailable
from codeb.settings import Redis as Server
from codeb.settings import Secret
from deploys.components.redis import USERS
from deploys.rendering import render
from tests.integration.waiting import free_port, until

pytestmark = pytest.mark.integration

BLOG, SHOP = Environment.of("blog"), Environment.of("shop")


class RedisProcess:
    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port()
        hashes = {name: f"#{hashlib.sha256(name.encode()).hexdigest()}" for name in USERS}
        (directory / "users.acl").write_text(render("redis/users.acl.j2", hashes=hashes))

    def start(self) -> None:
        options = f"--bind 127.0.0.1 --port {self.port} --dir {self.directory} --save".split()
        acl = ["--aclfile", str(self.directory / "users.acl")]
        self.process = subprocess.Popen(["redis-server", *options, "", *acl], stdout=subprocess.DEVNULL)
        until(self.answers, "Redis answers")

    def answers(self) -> bool:
        client = Redis(port=self.port, username="provisioner", password="provisioner")
        try:
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisProcess]:
    process = RedisProcess(tmp_path)
    try:
        process.start()
        yield process
    finally:
        process.stop()


@pytest.fixture
def users(server: RedisProcess, database: Database) -> RedisUsers:
    projects = ProjectRows(database, "codeb.test")
    for name in ("blog", "shop"):
        projects.create(
            name, team_id="team-a", type="go", environments=[EnvironmentName.PRODUCTION], settings=ProjectSettings()
        )
    return RedisUsers(Server("127.0.0.1", server.port, "provisioner", Secret("provisioner")), RedisUserRows(database))


@pytest.fixture
def blog(users: RedisUsers) -> Iterator[Redis]:
    client = Redis.from_url(users.have(BLOG).variables["REDIS_URL"])
    yield client
    client.close()


def test_a_project_works_under_its_prefix(blog: Redis) -> None:
    assert blog.set("blog-production:greeting", "hello")
    assert blog.get("blog-production:greeting") == b"hello"
    assert blog.eval("return redis.call('get', KEYS[1])", 1, "blog-production:greeting") == b"hello"
    assert "redis_version" in blog.info("server")


@pytest.mark.parametrize(
    "attack",
    [
        ("GET", "shop-production:secret"),
        ("SET", "blog-productionx", "1"),
        ("SCAN", "0"),
        ("RANDOMKEY",),
        ("KEYS", "*"),
        ("SELECT", "1"),
        ("FLUSHALL",),
        ("CONFIG", "GET", "*"),
        ("ACL", "LIST"),
        ("ACL", "SETUSER", "project-blog-production", "allkeys"),
        ("CLIENT", "LIST"),
        ("MONITOR",),
        ("PUBLISH", "shop-production:news", "x"),
        ("PUBSUB", "CHANNELS"),
        ("EVAL", "return redis.call('get', 'shop-production:secret')", "0"),
        ("DEBUG", "SLEEP", "0"),
        ("CLIENT", "TRACKING", "ON", "BCAST"),
        ("FUNCTION", "FLUSH"),
        ("FUNCTION", "LIST"),
        ("FCALL", "theirs", "0"),
        ("SCRIPT", "FLUSH"),
        ("SORT", "blog-production:l", "BY", "shop-production:*"),
    ],
)
def test_nothing_beyond_it_is_reached(users: RedisUsers, blog: Redis, attack: tuple[str, ...]) -> None:
    shop = Redis.from_url(users.have(SHOP).variables["REDIS_URL"])
    shop.set("shop-production:secret", "s3cret")
    shop.close()
    with pytest.raises((NoPermissionError, RedisError), match=r"(?i)perm|denied|can't|not allowed"):
        blog.execute_command(*attack)  # type: ignore[no-untyped-call]


def test_a_redis_that_has_forgotten_its_users_is_told_again(
    users: RedisUsers, blog: Redis, server: RedisProcess
) -> None:
    assert users.restore() == 0
    server.stop()
    server.start()
    with pytest.raises(AuthenticationError):
        blog.ping()
    assert users.restore() == 1
    assert blog.ping()


def test_what_is_removed_is_gone_with_its_keys_and_nobody_elses(users: RedisUsers, blog: Redis) -> None:
    shop = Redis.from_url(users.have(SHOP).variables["REDIS_URL"])
    shop.set("shop-production:kept", "1")
    blog.mset({f"blog-production:{number}": 1 for number in range(2500)})
    users.remove(BLOG)
    with pytest.raises(RedisError):
        blog.ping()
    assert shop.get("shop-production:kept") == b"1"
    shop.close()
    assert users.restore() == 0
    again = Redis.from_url(users.have(BLOG).variables["REDIS_URL"])
    assert again.get("blog-production:7") is None
    again.close()
    users.remove(BLOG)
    users.remove(BLOG)


def test_a_new_password_ends_the_old_one(users: RedisUsers) -> None:
    old, new = (Redis.from_url(users.have(BLOG).variables["REDIS_URL"]) for _ in range(2))
    assert new.ping()
    with pytest.raises(AuthenticationError):
        old.ping()
    for each in (old, new):
        each.close()


def test_a_redis_that_is_away_is_a_sentence(users: RedisUsers, server: RedisProcess) -> None:
    users.have(BLOG)
    server.stop()
    with pytest.raises(Unavailable, match="Redis is not available"):
        users.restore()
    server.start()


def test_a_stored_url_is_known_for_one_that_holds_or_one_that_does_not(users: RedisUsers) -> None:
    first = users.have(BLOG).variables
    assert users.recalled(BLOG, {**first, "OTHER": "x"}) == first
    assert users.recalled(SHOP, first) == {}
    users.have(BLOG)
    assert users.recalled(BLOG, first) == {}
    assert users.recalled(BLOG, {}) == {}
