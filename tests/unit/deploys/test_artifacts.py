"""Programs as files: only what has the right hash is used, and what is missing is said."""

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from codeb.errors import ConfigError
from deploys.components import artifacts
from deploys.platform import Platform
from tests.unit.deploys.conftest import MakePlatform

PROGRAM = b"\x7fELF not really\n"
Choose = Callable[..., Platform]


class Vendor(ThreadingHTTPServer):
    """A download host: ``files`` by path, ``asked`` in order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Vendor

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.end_headers()
        self.wfile.write(content or b"not here")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def choose(make_platform: MakePlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Choose:
    """The operator's choices about Caddy; the cache is the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CODEB_INFRA", str(tmp_path / "infra.toml"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def choose(mirror: str = "", **component: Any) -> Platform:
        platform = make_platform(components={"caddy": component}, artifact_mirror=mirror)
        monkeypatch.setattr(artifacts, "current", lambda: platform)
        return platform

    return choose


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"caddy-2/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def test_a_download_is_paid_once(choose: Choose, vendor: Vendor) -> None:
    vendor.files["/caddy"] = PROGRAM
    choose(url=f"{vendor.url}/caddy", sha256=digest(PROGRAM))
    first, second = artifacts.fetch("caddy"), artifacts.fetch("caddy")
    assert first == second
    assert first.read_bytes() == PROGRAM
    assert vendor.asked == ["/caddy"]
    assert first.name == f"caddy-2.11.4-{digest(PROGRAM)}"


def test_a_wrong_hash_is_refused_and_not_kept(choose: Choose, vendor: Vendor) -> None:
    vendor.files["/caddy"] = b"something else"
    choose(url=f"{vendor.url}/caddy", sha256=digest(PROGRAM))
    with pytest.raises(ConfigError, match=rf"/caddy has SHA-256 {digest(b'something else')}, expected"):
        artifacts.fetch("caddy")
    vendor.files["/caddy"] = PROGRAM
    assert artifacts.fetch("caddy").read_bytes() == PROGRAM
    assert len(list(artifacts.cache().iterdir())) == 1


def test_a_damaged_cache_is_noticed(choose: Choose, vendor: Vendor) -> None:
    vendor.files["/caddy"] = PROGRAM
    choose(url=f"{vendor.url}/caddy", sha256=digest(PROGRAM))
    artifacts.fetch("caddy").write_bytes(b"flipped bits")
    with pytest.raises(ConfigError, match="has SHA-256"):
        artifacts.fetch("caddy")


def test_without_a_hash_nothing_is_fetched_and_it_is_said_where_to_find_it(choose: Choose, vendor: Vendor) -> None:
    choose(url=f"{vendor.url}/caddy")
    said = r"components\.caddy\.sha256 is not set: .*caddy_2\.11\.4_checksums\.txt \(as SHA-512: .*sha256sum"
    with pytest.raises(ConfigError, match=said):
        artifacts.fetch("caddy")
    assert vendor.asked == []


def test_an_unreachable_vendor_is_a_sentence_that_names_the_way_out(choose: Choose, vendor: Vendor) -> None:
    choose(url=f"{vendor.url}/gone", sha256=digest(PROGRAM))
    with pytest.raises(ConfigError, match=r"/gone could not be fetched \(404\); set artifact_mirror or a url"):
        artifacts.fetch("caddy")
    assert list(artifacts.cache().iterdir()) == []


def test_a_mirror_stands_in_for_the_vendors_host(choose: Choose, vendor: Vendor) -> None:
    vendor.files["/dl/caddyserver/caddy/releases/download/v2.11.9/caddy_2.11.9_linux_amd64.tar.gz"] = PROGRAM
    choose(mirror=f"{vendor.url}/dl/", version="2.11.9", sha256=digest(PROGRAM))
    assert artifacts.fetch("caddy").read_bytes() == PROGRAM


@pytest.mark.parametrize(
    ("url", "mirror", "mirrored"),
    [
        ("https://vendor.test/a/b.tar.gz", "https://m.test/dl", "https://m.test/dl/a/b.tar.gz"),
        ("https://vendor.test/a?b=c", "https://m.test/", "https://m.test/a?b=c"),
        ("https://vendor.test/a", "", "https://vendor.test/a"),
        ("file:///srv/a", "https://m.test", "file:///srv/a"),
        ("programs/a", "https://m.test", "programs/a"),
    ],
)
def test_only_what_comes_over_http_is_mirrored(url: str, mirror: str, mirrored: str) -> None:
    assert artifacts.mirrored(url, mirror) == mirrored


@pytest.mark.parametrize("name", ["caddy", "with space"])
def test_a_file_of_the_operators_is_used_where_it_lies(choose: Choose, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PROGRAM)
    choose(url=path.as_uri(), sha256=digest(PROGRAM))
    assert artifacts.fetch("caddy") == path
    choose(url=name, sha256=digest(PROGRAM))
    assert artifacts.fetch("caddy") == path


def test_a_file_that_is_not_there_is_said(choose: Choose, tmp_path: Path) -> None:
    choose(url="file:///nowhere/caddy", sha256=digest(PROGRAM))
    with pytest.raises(ConfigError, match="/nowhere/caddy does not exist"):
        artifacts.fetch("caddy")


def test_the_program_is_taken_out_of_an_archive(choose: Choose, vendor: Vendor) -> None:
    content = archive(LICENSE=b"words", caddy=PROGRAM)
    vendor.files["/caddy.tar.gz"] = content
    choose(url=f"{vendor.url}/caddy.tar.gz", sha256=digest(content))
    program = artifacts.fetch("caddy")
    assert program.read_bytes() == PROGRAM
    assert artifacts.fetch("caddy") == program
    assert vendor.asked == ["/caddy.tar.gz"]


def test_a_zip_is_an_archive_too(choose: Choose, tmp_path: Path) -> None:
    path = tmp_path / "caddy.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("LICENSE", "words")
        archive.writestr("caddy", PROGRAM)
    choose(url=path.as_uri(), sha256=digest(path.read_bytes()))
    assert artifacts.fetch("caddy").read_bytes() == PROGRAM


def test_an_archive_without_the_program_is_said(choose: Choose, vendor: Vendor) -> None:
    content = archive(LICENSE=b"words")
    vendor.files["/caddy.tar.gz"] = content
    choose(url=f"{vendor.url}/caddy.tar.gz", sha256=digest(content))
    with pytest.raises(ConfigError, match="is an archive without caddy"):
        artifacts.fetch("caddy")


def test_a_way_that_gives_no_file_is_refused(choose: Choose) -> None:
    choose(source="apt")
    with pytest.raises(ConfigError, match=r"components\.caddy\.source = apt"):
        artifacts.fetch("caddy")
