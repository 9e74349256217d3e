"""A vendor's archive counts only when the checksum that is published beside it says so."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from tests.lab import vendor

PROGRAM = b"the program"
NAME = "caddy_9.9.9_linux_amd64.tar.gz"


def archive() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in {"LICENSE": b"free", "caddy": PROGRAM}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def serve(monkeypatch: pytest.MonkeyPatch, content: bytes, checksums: str) -> None:
    monkeypatch.setattr(vendor, "_get", lambda url: content if url.endswith(NAME) else checksums.encode())


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("listing", ["{sum}  {name}\n0000  other.tar.gz\n", "{sum} *{name}\n", "{sum}\n"])
def test_the_program_is_taken_out_of_a_verified_archive(
    algorithm: str, listing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = archive()
    serve(monkeypatch, content, listing.format(sum=hashlib.new(algorithm, content).hexdigest(), name=NAME))
    vendor.download("caddy", "9.9.9", tmp_path / "caddy")
    assert (tmp_path / "caddy").read_bytes() == PROGRAM


@pytest.mark.parametrize("checksums", [f"{'0' * 64}  {NAME}\n", "", f"{'0' * 64}  other.tar.gz\n"])
def test_an_archive_that_nobody_vouches_for_is_not_used(
    checksums: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    serve(monkeypatch, archive(), checksums)
    with pytest.raises(vendor.NotServed):
        vendor.download("caddy", "9.9.9", tmp_path / "caddy")
    assert not (tmp_path / "caddy").exists()
