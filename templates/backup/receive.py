#!/usr/bin/python3
"""The backup host's door for copies of backups: a host of the platform adds a version, and nobody reads or removes one.

Written by CodeB's bootstrap. Arguments: the directory of copies, the address and port, the directory of the host's
certificate, megabytes to leave free, and the hosts that may send. Who sends is said by the certificate, which the
platform's own CA has to have signed itself: one that a host's Caddy signed counts for nothing.
"""

import hashlib
import http.server
import json
import os
import re
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any

PATH = re.compile(r"/([A-Za-z0-9][A-Za-z0-9%_~.-]{0,220})/([0-9]{8}T[0-9]{6}Z)")
MAGIC = b"age-encryption.org/v1\n"
DAILY = 6
"""Versions of one item in a day: who took a host over fills no disk with more."""
ITEMS = 5000
AT_ONCE = 8
_DAY = 86_400
_MEGABYTE = 1024 * 1024
_BLOCK = 1 << 20
_PATIENCE = 120


class Refused(Exception):
    def __init__(self, status: HTTPStatus, reason: str) -> None:
        self.status = status
        super().__init__(reason)


class Handler(http.server.BaseHTTPRequestHandler):
    server: "Server"
    timeout = _PATIENCE
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """The handshake is here, in the connection's own thread: nobody holds up the others."""
        self.request.settimeout(_PATIENCE)
        self.request.do_handshake()
        super().setup()

    def do_PUT(self) -> None:
        self.close_connection = True
        try:
            answer = self._kept()
        except Refused as refused:
            self._say(refused.status, {"error": str(refused)})
        except OSError as error:
            self._say(HTTPStatus.INSUFFICIENT_STORAGE, {"error": f"it could not be written: {error.strerror}"})
        else:
            self._say(HTTPStatus.CREATED, answer)

    def _kept(self) -> "dict[str, object]":
        sender = self.server.sender(self.request.getpeercert())
        match = PATH.fullmatch(self.path)
        if not match:
            raise Refused(HTTPStatus.BAD_REQUEST, "the path is /ITEM/VERSION")
        size = self.headers.get("Content-Length", "")
        if not (size.isascii() and size.isdigit()) or self.headers.get("Transfer-Encoding"):
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Content-Length is needed")
        directory = self.server.room(sender, match[1], match[2], int(size))
        final = directory / f"{match[2]}.age"
        handle, name = tempfile.mkstemp(dir=directory, prefix=".part-")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                found = self._received(file, int(size))
                file.flush()
                os.fsync(handle)
            if found != self.headers.get("X-Sha256"):
                raise Refused(HTTPStatus.BAD_REQUEST, "what came is not what its X-Sha256 says")
            try:
                os.link(part, final)
            except FileExistsError:
                raise Refused(HTTPStatus.CONFLICT, "this version is here already, and stays as it is") from None
        finally:
            part.unlink()
        print(f"{sender}: {match[1]} {match[2]}, {size} bytes", flush=True)
        return {"size": final.stat().st_size, "sha256": found}

    def _received(self, file: Any, size: int) -> str:
        found, left = hashlib.sha256(), size
        head = b""
        while left:
            block = self.rfile.read(min(left, _BLOCK))
            if not block:
                raise Refused(HTTPStatus.BAD_REQUEST, "the connection ended before the file did")
            if not head and not (head := block).startswith(MAGIC):
                raise Refused(HTTPStatus.BAD_REQUEST, "only what age encrypted is kept")
            file.write(block)
            found.update(block)
            left -= len(block)
        return found.hexdigest()

    def _say(self, status: HTTPStatus, record: "dict[str, object]") -> None:
        body = json.dumps(record).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """What was kept is said above; what strangers ask for is not."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 16

    def __init__(self, root: Path, place: "tuple[str, int]", tls: Path, reserve_mb: int, senders: "list[str]") -> None:
        self.root, self.reserve, self.senders = root, reserve_mb * _MEGABYTE, senders
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.load_verify_locations(tls / "ca.pem")
        self.context.load_cert_chain(tls / "cert.pem", tls / "key.pem")
        self.places = threading.BoundedSemaphore(AT_ONCE)
        super().__init__(place, Handler)

    def get_request(self) -> "tuple[socket.socket, Any]":
        connection, address = super().get_request()
        return self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        if not self.places.acquire(timeout=_PATIENCE):
            self.shutdown_request(request)
            return
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        print(f"{client_address[0]}: {type(sys.exc_info()[1]).__name__}", file=sys.stderr, flush=True)

    def sender(self, certificate: Any) -> str:
        """Which host it is: its own authority signs its names and no others, nor does any other. Raises Refused."""
        names, issuers = (_common_names(certificate[who]) for who in ("subject", "issuer"))
        if len(names) != 1 or names[0] not in self.senders or issuers != [f"CodeB host {names[0]}"]:
            raise Refused(HTTPStatus.FORBIDDEN, "this certificate is of no host that sends backups")
        return names[0]

    def room(self, sender: str, item: str, version: str, size: int) -> Path:
        """The item's directory; raises Refused where it may not grow by this."""
        if shutil.disk_usage(self.root).free < size + self.reserve:
            raise Refused(HTTPStatus.INSUFFICIENT_STORAGE, "the backup host's disk has no room left for it")
        directory = self.root / sender / item
        if not directory.exists() and len(list(self.root.glob(f"{sender}/*"))) >= ITEMS:
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "this host has too many things backed up")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (directory / f"{version}.age").exists():
            raise Refused(HTTPStatus.CONFLICT, "this version is here already, and stays as it is")
        recent = time.time() - _DAY
        if sum(each.stat().st_mtime > recent for each in directory.glob("*.age")) >= DAILY:
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, f"it has {DAILY} versions of the last day already")
        return directory


def _common_names(name: "Any") -> "list[str]":
    return [str(value) for pairs in name for kind, value in pairs if kind == "commonName"]


def main(root: Path, place: "tuple[str, int]", tls: Path, reserve_mb: int, senders: "list[str]") -> None:
    os.umask(0o077)
    for left in root.glob("*/*/.part-*"):
        left.unlink()
    Server(root, place, tls, reserve_mb, senders).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), (sys.argv[2], int(sys.argv[3])), Path(sys.argv[4]), int(sys.argv[5]), sys.argv[6:])
