"""A team's webhook on loopback: HTTPS with a certificate made for a test, and answers as the test wants them."""

import contextlib
import datetime
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes


def accepted(handler: BaseHTTPRequestHandler) -> None:
    """The answer of a receiver that has it."""
    handler.send_response(204)
    handler.end_headers()


class HookReceiver:
    """Listens until closed. ``answer`` decides what is said; ``got`` is what came."""

    def __init__(self, certificate: Path, answer: Answer = accepted) -> None:
        self.answer, self.got = answer, list[Got]()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(Got(self.path, dict(self.headers), body))
                with contextlib.suppress(OSError):
                    receiver.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        class Server(ThreadingHTTPServer):
            def get_request(self) -> tuple[ssl.SSLSocket, tuple[str, int]]:
                plain, address = self.socket.accept()
                return tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that does not like the certificate goes away."""

        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def certificate(path: Path, name: str) -> Path:
    """A self-signed certificate for ``name`` and its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path
