"""Where the API is and which key asks: the environment first, then ``~/.codeb/config.json``. Spec section 10."""

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codeb.client.errors import NotLoggedIn
from codeb.errors import ConfigError
from codeb.setting_values import Secret

if TYPE_CHECKING:
    from codeb.client.calling import Client

_KEYS = {"apiUrl": "CODEB_API_URL", "apiKey": "CODEB_API_KEY", "ca": "CODEB_CA"}


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """``ca`` is a file of certificates to trust instead of the system's; ``allow_http`` sends a key in the clear."""

    api_url: str = ""
    api_key: Secret = field(default_factory=lambda: Secret(""))
    ca: str = ""
    allow_http: bool = False

    @classmethod
    def load(cls, environ: Mapping[str, str], home: Path) -> "ClientConfig":
        """Raises ConfigError for a file that others can read, or that is damaged; what is missing is empty."""
        stored = read(path_in(home))
        values = {key: environ.get(name) or str(stored.get(key) or "") for key, name in _KEYS.items()}
        allowed = environ.get("CODEB_ALLOW_HTTP", "") == "1" or stored.get("allowHttp") is True
        return cls(values["apiUrl"].strip(), Secret(values["apiKey"].strip()), values["ca"].strip(), allowed)

    def client(self, source: str = "cli") -> "Client":
        """Raises NotLoggedIn, ConfigError."""
        from codeb.client.calling import Client

        if not self.api_url:
            raise NotLoggedIn("no address of an API is known")
        return Client(
            self.api_url, self.api_key.reveal(), source=source, ca=self.ca or None, allow_http=self.allow_http
        )

    def save(self, home: Path) -> Path:
        """Write the file, whole or not at all: 0600, in a folder that is 0700."""
        record: dict[str, Any] = {"apiUrl": self.api_url, "apiKey": self.api_key.reveal()}
        record |= {"ca": self.ca} if self.ca else {}
        record |= {"allowHttp": True} if self.allow_http else {}
        path = path_in(home)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.parent.chmod(0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(record, file, indent=2)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return path


def path_in(home: Path) -> Path:
    return home / ".codeb" / "config.json"


def read(path: Path) -> dict[str, Any]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    if mode & 0o077:
        raise ConfigError(f"{path} holds a key and others can read it (mode {mode:04o}): chmod 600 it")
    with suppress(ValueError):
        values = json.loads(text)
        if isinstance(values, dict):
            return values
    raise ConfigError(f"{path} is damaged: run `we login` again, or remove it")
