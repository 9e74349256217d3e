"""VersityGW on loopback with the bucket of backups as the bootstrap has it: its users, its policy, its versions."""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config

from codeb.domain.infra import Role
from deploys.components import backup_bucket, versitygw
from deploys.components.backup_bucket import BUCKET
from tests.integration.waiting import free_port, until
from tests.lab.artifacts import program

KEEPER = BUCKET


@dataclass
class ObjectStorageServer:
    directory: Path
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        for name in ("data", "meta", "iam", "versions"):
            (self.directory / name).mkdir(parents=True)
        self.url = f"http://127.0.0.1:{self.port}"
        users = [KEEPER, *map(backup_bucket.uploader, backup_bucket.SENDERS)]
        accounts = {
            user: {"access": user, "secret": f"{user}-secret", "role": "user", "userID": 0, "groupID": 0}
            for user in users
        }
        (self.directory / "iam" / "users.json").write_text(json.dumps({"accessAccounts": accounts}))

    def start(self) -> None:
        at = self.directory
        command: list[str | Path] = [
            program("versitygw"),
            "--port",
            f"127.0.0.1:{self.port}",
            "--health",
            "/health",
            "--quiet",
        ]
        command += ["--iam-dir", at / "iam", "posix", "--sidecar", at / "meta", "--versioning-dir", at / "versions"]
        environment = {"ROOT_ACCESS_KEY": "codeb", "ROOT_SECRET_KEY": "codeb-secret"}
        with (at / "log").open("ab") as log:
            self.process = subprocess.Popen([*command, at / "data"], stdout=log, stderr=log, env=environment)
        until(self.answers, "VersityGW answers")
        root = self.client("codeb")
        if not (at / "data" / BUCKET).exists():
            root.create_bucket(Bucket=BUCKET)
        root.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        root.put_bucket_policy(Bucket=BUCKET, Policy=versitygw.policy(BUCKET))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=1).ok
        except requests.RequestException:
            return False

    def client(self, user: str) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=user,
            aws_secret_access_key=f"{user}-secret",
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
        )

    def file(self, path: Path, user: str) -> Path:
        """What a host has of the bucket and its user's keys."""
        record = {"endpoint": self.url, "name": BUCKET, "region": "us-east-1", "access": user}
        path.write_text(json.dumps({**record, "secret": f"{user}-secret", "ca": ""}))
        return path

    def held(self) -> list[str]:
        found = self.client(KEEPER).list_objects_v2(Bucket=BUCKET)
        return [each["Key"] for each in found.get("Contents", [])]

    def read(self, key: str) -> bytes:
        body: bytes = self.client(KEEPER).get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body


STORAGE_USER, APP_USER = backup_bucket.uploader(Role.STORAGE), backup_bucket.uploader(Role.APP)
