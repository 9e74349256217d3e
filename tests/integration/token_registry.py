"""The registry as the bootstrap configures it, the API whose tokens it takes, and somebody who speaks to both."""

import hashlib
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import uvicorn
import yaml

from deploys.components import registry, registry_key
from deploys.platform import Platform
from tests.doors import House
from tests.integration.waiting import free_port, until

_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass
class TokenRegistry:
    """``platform`` is what the operator declared; ``realm`` is where the API really is."""

    binary: Path
    directory: Path
    platform: Platform
    realm: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def config(self, *, read_only: bool = False) -> Path:
        """The bootstrap's, but for where things are on this machine."""
        content = yaml.safe_load(registry.config(self.platform, read_only=read_only))
        content["http"] |= {"addr": f"127.0.0.1:{self.port}", "debug": {"addr": f"127.0.0.1:{free_port()}"}}
        del content["http"]["tls"]
        content["storage"]["filesystem"]["rootdirectory"] = str(self.directory / "data")
        jwks = self.directory / "tokens.jwks"
        jwks.write_text(registry_key.key_set(self.platform))
        content["auth"]["token"] |= {"realm": self.realm, "jwks": str(jwks)}
        path = self.directory / ("config-readonly.yml" if read_only else "config.yml")
        path.write_text(yaml.safe_dump(content))
        return path

    def start(self, *, read_only: bool = False) -> None:
        config = self.config(read_only=read_only)
        with (self.directory / "log").open("ab") as log:
            command = [str(self.binary), "serve", str(config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env={"OTEL_TRACES_EXPORTER": "none"})
        until(self.ready, "the registry answers")

    @contextmanager
    def running(self) -> Iterator["TokenRegistry"]:
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/v2/", timeout=1).status_code == 401
        except requests.RequestException:
            return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def collect_garbage(self) -> None:
        """As the timer's script does it."""
        self.stop()
        self.start(read_only=True)
        command = [str(self.binary), "garbage-collect", "--quiet", str(self.config(read_only=True))]
        subprocess.run(command, check=True, capture_output=True, env={"OTEL_TRACES_EXPORTER": "none"})
        self.stop()
        self.start()


@contextmanager
def served(house: House, port: int) -> Iterator[None]:
    """The API on loopback."""
    from codeb.api.app import create_app

    app = create_app(house.services, house.keys, house.settings, house.watch, house.hub)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started, "the API answers")
        yield
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class Docker:
    """Speaks to a registry as docker does: tries, is told where tokens are, gets one, tries again."""

    registry: str
    key: str

    def ask(self, method: str, path: str, **how: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.registry}{path}"
        headers = how.pop("headers", {})
        first = requests.request(method, url, timeout=10, headers=headers, **how)
        if first.status_code != 401:
            return first
        token = self.token(first.headers["WWW-Authenticate"])
        return requests.request(method, url, timeout=10, headers={**headers, **bearer(token)}, **how)

    def token(self, challenge: str) -> str:
        found = dict(_CHALLENGE.findall(challenge))
        params = {"service": found["service"], "scope": found.get("scope", "").split() or None, "account": "me"}
        answer = requests.get(found["realm"], params=params, auth=("me", self.key), timeout=10)
        answer.raise_for_status()
        token: str = answer.json()["token"]
        return token

    def push_blob(self, name: str, content: bytes) -> requests.Response:
        begun = self.ask("POST", f"/v2/{name}/blobs/uploads/")
        if begun.status_code != 202:
            return begun
        where = begun.headers["Location"]
        joint = "&" if "?" in where else "?"
        return self.ask("PUT", f"{where}{joint}digest={digest(content)}", data=content)

    def push(self, name: str, tag: str, layer: bytes) -> requests.Response:
        """An image of one layer; answers as the last step that was refused, or the manifest's own."""
        config = json.dumps({"architecture": "amd64", "os": "linux", "layer": digest(layer)}).encode()
        for blob in (config, layer):
            answer = self.push_blob(name, blob)
            if answer.status_code != 201:
                return answer
        return self.put(name, tag, manifest(config, layer), MANIFEST)

    def put(self, name: str, reference: str, content: bytes, media_type: str) -> requests.Response:
        headers = {"Content-Type": media_type}
        return self.ask("PUT", f"/v2/{name}/manifests/{reference}", data=content, headers=headers)

    def pull(self, name: str, reference: str) -> requests.Response:
        return self.ask("GET", f"/v2/{name}/manifests/{reference}", headers={"Accept": f"{MANIFEST}, {INDEX}"})


def manifest(config: bytes, *layers: bytes) -> bytes:
    def named(content: bytes, kind: str) -> dict[str, object]:
        return {
            "mediaType": f"application/vnd.oci.image.{kind}",
            "digest": digest(content),
            "size": len(content),
        }

    record = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": named(config, "config.v1+json"),
        "layers": [named(layer, "layer.v1.tar") for layer in layers],
    }
    return json.dumps(record).encode()


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
