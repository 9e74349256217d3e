"""The door of a protected preview: its cookie, and the token that opens it. Security 14."""

import re
from dataclasses import dataclass

from codeb.errors import InvalidInput
from codeb.settings import Secret, TlsMode

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")


@dataclass(frozen=True, slots=True)
class PreviewCookie:
    """The cookie of requests that come by ``scheme``. A browser keeps ``__Host-`` only for the very host, over TLS."""

    scheme: str
    name: str
    attributes: str


HTTPS_COOKIE = PreviewCookie("https", "__Host-codeb_preview", "; Path=/; Secure; HttpOnly; SameSite=Lax")
HTTP_COOKIE = PreviewCookie("http", "codeb_preview", "; Path=/; HttpOnly; SameSite=Lax")


def preview_cookies(tls: TlsMode, *, http_redirect: bool) -> tuple[PreviewCookie, ...]:
    """The cookies that a site may set: one a scheme that it answers to."""
    if tls == "off":
        return (HTTP_COOKIE,)
    return (HTTPS_COOKIE,) if http_redirect else (HTTPS_COOKIE, HTTP_COOKIE)


def preview_token(token: Secret | None) -> str:
    """The token as it stands in a site file, empty without one; raises InvalidInput for what could mean more."""
    if token is None:
        return ""
    if not _TOKEN.fullmatch(token.reveal()):
        raise InvalidInput("previewToken", "a token is 16 to 128 letters, digits, hyphens and underscores")
    return token.reveal()
