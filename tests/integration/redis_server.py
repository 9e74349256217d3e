"""A Redis of the distribution's with the platform's own users, each with its name as its password."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from deploys.components.redis import USERS
from deploys.rendering import render
from tests.integration.debian_programs import debian_program, with_libraries
from tests.integration.waiting import free_port, until

LIBRARIES = ("liblzf1", "libjemalloc2")


class RedisServer:
    """``data`` is its directory, which another one may be started on."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.data, self.port, self.options = directory / "redis", free_port(), options
        self.data.mkdir(exist_ok=True)
        hashes = {name: f"#{hashlib.sha256(name.encode()).hexdigest()}" for name in USERS}
        users = render("redis/users.acl.j2", hashes=hashes)
        admin = hashlib.sha256(b"admin").hexdigest()
        (directory / "users.acl").write_text(f"{users.rstrip()}\nuser admin on #{admin} ~* &* +@all\n")
        # What it does is said by the name that it is called by.
        self.program = directory / "redis-server"
        if not self.program.exists():
            shutil.copy(debian_program("redis-check-rdb", "redis-tools"), self.program)
        self.acl = directory / "users.acl"

    def start(self) -> None:
        command = [self.program, "--bind", "127.0.0.1", "--port", self.port, "--dir", self.data]
        command += ["--save", "", "--aclfile", self.acl, *self.options]
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.DEVNULL,
            env=os.environ | with_libraries(*LIBRARIES),
        )
        until(self.answers, "Redis answers")

    def client(self, user: str = "admin") -> "Redis":
        return Redis(port=self.port, username=user, password=user)

    def answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
