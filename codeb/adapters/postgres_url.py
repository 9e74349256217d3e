"""A PostgreSQL URL as the environment variables of its client programs, so that none of it is on a command line."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from codeb.errors import InvalidInput

_SCHEMES = frozenset({"postgres", "postgresql"})
_FROM_QUERY = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "channel_binding": "PGCHANNELBINDING",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
"""No file of ours is named by a team: client keys, password files and services are not among them."""
_SSL_WORDS = {"true": "require", "1": "require", "no-verify": "require", "false": "disable", "0": "disable"}


def client_environment(url: str, *, certificates: str = "") -> Mapping[str, str]:
    """PGHOST and its kin. Parameters that only drivers know (``schema``, ``pool_timeout``) are passed over.

    ``certificates`` stands for ``sslrootcert``, which names a file of the container's. Raises InvalidInput with a
    sentence that holds no part of the URL's password.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise InvalidInput("url", "it is not a URL: its host is not well-formed") from None
    if parts.scheme.partition("+")[0] not in _SCHEMES:
        raise InvalidInput("url", "it is not a URL that begins with postgres:// or postgresql://")
    who, _, where = parts.netloc.rpartition("@")
    user, _, password = who.partition(":")
    found = {"PGUSER": unquote(user), "PGPASSWORD": unquote(password), "PGDATABASE": unquote(parts.path[1:])}
    found |= _servers(where) | _parameters(parts.query)
    if certificates and ("PGSSLROOTCERT" in found or found.get("PGSSLMODE", "").startswith("verify-")):
        found["PGSSLROOTCERT"] = certificates
    return _checked({name: value for name, value in found.items() if value})


def _servers(where: str) -> dict[str, str]:
    """One server or several, as libpq takes them: ``a:5432,b:5433``."""
    hosts, ports = [], []
    for server in where.split(","):
        host, colon, port = server.rpartition(":")
        if not colon or server.endswith("]"):
            host, port = server, ""
        hosts.append(unquote(host.strip("[]")))
        ports.append(port)
    return {"PGHOST": ",".join(hosts), "PGPORT": ",".join(ports) if any(ports) else ""}


def _parameters(query: str) -> dict[str, str]:
    found = {}
    for name, value in parse_qsl(query):
        if name in _FROM_QUERY:
            found[_FROM_QUERY[name]] = value
        elif name == "ssl":
            found.setdefault("PGSSLMODE", value)
    if mode := found.get("PGSSLMODE"):
        found["PGSSLMODE"] = _SSL_WORDS.get(mode, mode)
    return found


def _checked(found: dict[str, str]) -> dict[str, str]:
    hosts = found.get("PGHOST", "").split(",")
    if not all(hosts):
        raise InvalidInput("url", "it names no host, or leaves one of several out")
    if any(host.startswith(("/", "@")) for host in hosts):
        raise InvalidInput("url", "it names a socket of this host, where a database is reached by its address")
    if "PGDATABASE" not in found or "PGUSER" not in found:
        raise InvalidInput("url", "it names no database or no user")
    if any(mark in found["PGDATABASE"] for mark in ("=", "://")):
        raise InvalidInput("url", "its database has a name that clients would take for connection parameters")
    if any("\0" in value for value in found.values()):
        raise InvalidInput("url", "it holds a NUL")
    return found
