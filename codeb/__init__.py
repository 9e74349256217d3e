"""CodeB: blue/green releases on your own virtual machines.

The bare package is the API's client. The use cases run where the extra ``codeb[server]`` is installed:

    from codeb import Settings, build
"""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from codeb.settings import Settings

if TYPE_CHECKING:
    from codeb.bootstrap import Services, build

__version__ = version("codeb")
__all__ = ["Services", "Settings", "__version__", "build"]


def __getattr__(name: str) -> Any:
    """``build`` and ``Services`` need the server's libraries, which a client does not have."""
    if name in ("build", "Services"):
        from codeb import bootstrap

        return getattr(bootstrap, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
