"""A bucket of an S3 server, spoken to in plain requests with signatures of version 4. The standard library alone.

Written by CodeB's bootstrap. Keys come from a file of JSON: no command line shows them.
"""

import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import os
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

from common import Failed

LARGEST = 5 * 1024**3
"""What S3 takes in one request, in bytes."""
NOTHING = Path(os.devnull)
EMPTY = hashlib.sha256(b"").hexdigest()
_ANSWER = 16 * 1024 * 1024
_PATIENCE = 120


@dataclass(frozen=True)
class Version:
    """One version of an object; ``modified`` is the server's time, in seconds. A marker hides what lies below it."""

    key: str
    id: str
    modified: float
    marker: bool


@dataclass(frozen=True)
class Bucket:
    """``ca`` is the file of who signed the endpoint's certificate; empty stands for the system's own."""

    endpoint: str
    name: str
    region: str
    access: str
    secret: str = field(repr=False)
    ca: str = ""

    @classmethod
    def of(cls, path: Path) -> "Bucket":
        """Raises Failed where the file is not what the bootstrap writes."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise Failed(f"{path} does not say which bucket: {type(error).__name__}") from None

    def put(self, key: str, path: Path, sha256: str) -> None:
        """Raises Failed unless the server says that it has exactly this: the digest is part of the signature."""
        size = path.stat().st_size
        if size > LARGEST:
            raise Failed(f"it has {size} bytes, and object storage takes {LARGEST} in one request")
        self._ask("PUT", key, sha256=sha256, path=path)

    def remove(self, version: Version) -> None:
        self._ask("DELETE", version.key, query={"versionId": version.id})

    def versions(self) -> Iterator[Version]:
        """Of every object, also of those that were overwritten or removed where the server keeps them."""
        marks: dict[str, str] = {}
        known: set[Version] = set()
        while True:
            page = _parsed(self._ask("GET", "", query={"versions": "", **marks}))
            found = {_version(each): None for each in page if each.tag in ("Version", "DeleteMarker")}
            # VersityGW begins a page with the end of the one before.
            yield from (version for version in found if version not in known)
            known = set(found)
            if page.findtext("IsTruncated") != "true":
                return
            following = {"key-marker": "NextKeyMarker", "version-id-marker": "NextVersionIdMarker"}
            marks = {name: text for name, tag in following.items() if (text := page.findtext(tag))}
            if not marks:
                raise Failed("object storage has more, and does not say from where")

    def _ask(
        self, method: str, key: str, *, sha256: str = EMPTY, query: "dict[str, str] | None" = None, path: Path = NOTHING
    ) -> bytes:
        """``path`` is the file that is the request's body, and ``sha256`` its digest."""
        where = urlsplit(self.endpoint)
        resource = f"/{quote(self.name)}" + (f"/{quote(key)}" if key else "")
        asked = urlencode(sorted((query or {}).items()), quote_via=quote, safe="-_.~")
        signed = self._signed(method, where.netloc, resource, asked, sha256)
        headers = {**signed, "Content-Length": str(path.stat().st_size if path != NOTHING else 0)}
        try:
            with (
                contextlib.closing(self._connection(where.scheme, where.netloc)) as connection,
                path.open("rb") as body,
            ):
                connection.request(method, f"{resource}?{asked}" if asked else resource, body, headers)
                answer = connection.getresponse()
                text = answer.read(_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"object storage did not answer: {type(error).__name__}: {error}") from error
        if answer.status not in (http.client.OK, http.client.NO_CONTENT):
            raise Failed(f"object storage refused it ({answer.status}): {_reason(text)}")
        return text

    def _connection(self, scheme: str, host: str) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(host, timeout=_PATIENCE)
        context = ssl.create_default_context(cafile=self.ca or None)
        return http.client.HTTPSConnection(host, timeout=_PATIENCE, context=context)

    def _signed(self, method: str, host: str, path: str, query: str, sha256: str) -> "dict[str, str]":
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {"host": host, "x-amz-content-sha256": sha256, "x-amz-date": now}
        names = ";".join(headers)
        lines = [method, path, query, *(f"{name}:{value}" for name, value in headers.items()), "", names, sha256]
        scope = f"{now[:8]}/{self.region}/s3/aws4_request"
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = _mac(key, part)
        signature = _mac(key, "\n".join(["AWS4-HMAC-SHA256", now, scope, digest])).hex()
        credential = f"Credential={self.access}/{scope}, SignedHeaders={names}, Signature={signature}"
        return {**headers, "Authorization": f"AWS4-HMAC-SHA256 {credential}"}


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _parsed(text: bytes) -> ElementTree.Element:
    """Without its name spaces, which servers do not agree on."""
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - expat of today bounds what entities expand to
    except ElementTree.ParseError:
        raise Failed("object storage answered something else than S3 does") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _version(element: ElementTree.Element) -> Version:
    found = {name: element.findtext(name) or "" for name in ("Key", "VersionId", "LastModified")}
    try:
        modified = datetime.datetime.fromisoformat(found["LastModified"].replace("Z", "+00:00"))
    except ValueError:
        raise Failed("object storage does not say when it took an object") from None
    return Version(found["Key"], found["VersionId"] or "null", modified.timestamp(), element.tag == "DeleteMarker")


def _reason(text: bytes) -> str:
    try:
        return _parsed(text).findtext("Code") or "without a reason"
    except Failed:
        return "without a reason"
