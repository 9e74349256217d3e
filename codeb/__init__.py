"""CodeB: blue/green releases on your own virtual machines."""

from importlib.metadata import version

__version__ = version("codeb")
