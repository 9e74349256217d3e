"""The use cases in a script on the app host itself, with the host's settings. Spec section 10."""

from collections.abc import Iterator
from contextlib import contextmanager

from codeb.bootstrap import Services
from codeb.cli.host.session import opened
from codeb.services.actor import Actor


@contextmanager
def on_host(source: str = "python") -> Iterator[tuple[Services, Actor]]:
    """The use cases, and who asks: the person who runs the script, recorded with ``source``.

    Run it as root or as user codeb. As root the process becomes user codeb, for good. Settings come from the
    environment, then from /etc/codeb/codeb.env. Raises ConfigError.
    """
    with opened() as (services, login):
        yield services, Actor(login, source)
