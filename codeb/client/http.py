"""One HTTP request to the API and its answer. The key goes to the API's own address and nowhere else."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

import codeb
from codeb.client.errors import CallFailed, NotLoggedIn, Unreachable
from codeb.errors import ConfigError
from codeb.setting_values import Secret

CONNECT = 10.0
"""Seconds until a host that does not answer counts as away."""
NAMES = {"cli": "we-cli", "mcp": "codeb-mcp", "ci": "codeb-ci", "python": "codeb-python"}
"""Which of our clients it is, as the API's records tell it."""
_UNTRUSTED = "its certificate is not trusted ({}); CODEB_CA names a file of certificates to trust"
_AWAY = frozenset({502, 503, 504})
"""What a proxy says while there is nobody behind it."""
_KEY = re.compile(r"[\x21-\x7e]+")


@dataclass(slots=True)
class Http:
    """``base`` is the API's address without ``/api``. ``session`` is a requests session of the caller's own."""

    base: str
    key: Secret
    source: str
    ca: str | None = None
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def headers(self) -> dict[str, str]:
        """Raises NotLoggedIn."""
        if not self.key:
            raise NotLoggedIn("there is no API key")
        return {"X-API-Key": self.key.reveal(), **self.names}

    @property
    def names(self) -> dict[str, str]:
        name = NAMES.get(self.source, self.source)
        return {"X-Client": f"{name}/{codeb.__version__}", "X-Client-Version": codeb.__version__}

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        with_key: bool = True,
        read: float | None = 60.0,
        stream: bool = False,
    ) -> requests.Response:
        """Raises Unreachable. ``read`` is how many seconds the API may be silent; None: as long as it wants."""
        sent = {**(self.headers if with_key else self.names), **(headers or {})}
        options: dict[str, Any] = {"verify": self.ca} if self.ca else {}
        try:
            return self.session.request(
                method,
                self.base + path,
                params=params,
                json=json,
                headers=sent,
                timeout=(CONNECT, read),
                allow_redirects=False,
                stream=stream,
                auth=_no_auth,
                **options,
            )
        except requests.exceptions.SSLError as error:
            raise Unreachable(self.base, _UNTRUSTED.format(_cause(error)), final=True) from None
        except requests.exceptions.ConnectTimeout:
            raise Unreachable(self.base, f"no connection within {CONNECT:g} s") from None
        except requests.exceptions.ReadTimeout:
            raise Unreachable(self.base, f"no answer within {read:g} s", sent=True) from None
        except requests.exceptions.ConnectionError as error:
            raise Unreachable(self.base, _cause(error), sent=not _refused(error)) from None
        except OSError as error:
            raise Unreachable(self.base, str(error), final=True) from None


def answer(response: requests.Response, url: str) -> dict[str, Any]:
    """The API's answer as it is; raises CallFailed for a no, Unreachable for what is none of the API's answers."""
    try:
        found = response.json()
    except ValueError:
        found = None
    if 300 <= response.status_code < 400:  # noqa: PLR2004
        place = response.headers.get("Location", "elsewhere")
        reason = f"it sends to {place[:200]}, and a key is not sent on; set CODEB_API_URL to where it is"
        raise Unreachable(url, reason, final=True)
    if not isinstance(found, dict):
        away = response.status_code in _AWAY
        reason = "nobody answers behind its proxy" if away else "no answer of CodeB's; is this the API's address?"
        raise Unreachable(url, f"HTTP {response.status_code}: {reason}", sent=away, final=not away)
    if not response.ok or found.get("success") is False:
        raise CallFailed(found, response.status_code)
    return found


def base_of(url: str, *, allow_http: bool) -> str:
    """With and without ``/api``. Raises ConfigError for what is no address, and for a key in the clear."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("https", "http") or "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError("CODEB_API_URL: expected https://HOST[:PORT][/api]")
    if parts.scheme == "http" and not (allow_http or _near(host)):
        raise ConfigError(
            f"CODEB_API_URL: {host} is not on this machine or a private network, and http:// would send the key in"
            " the clear; use https://, or set CODEB_ALLOW_HTTP=1"
        )
    return url.strip().rstrip("/").removesuffix("/api").rstrip("/")


def key_of(text: str) -> Secret:
    """Raises ConfigError, without the value, for what no header can hold."""
    if text and not _KEY.fullmatch(text):
        raise ConfigError("the API key holds a space, a line break or another character that no key has")
    return Secret(text)


def _near(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from sending a password of ``~/.netrc`` along."""
    return request


def _refused(error: requests.exceptions.ConnectionError) -> bool:
    """Whether there was no connection at all, so that nothing can have been asked."""
    return "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)


def _cause(error: BaseException) -> str:
    """The innermost reason, in a few words."""
    inner = [each for each in (*error.args, getattr(error, "reason", None)) if isinstance(each, BaseException)]
    if inner:
        return _cause(inner[-1])
    text = str(error).rpartition(": ")[2]
    return re.sub(r"^\[Errno -?\d+\] ", "", text)[:200] or type(error).__name__
