"""Templates of ``templates/``, rendered strictly, with a filter for each format that values land in."""

import json
import shlex
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from codeb.domain.caddyfile import one_line, token

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


def systemd(value: object) -> str:
    """A quoted word of a unit file or an EnvironmentFile."""
    return '"' + one_line(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def unit(value: object) -> str:
    """A quoted word of an ExecStart, where ``%`` and ``$`` mean something."""
    return systemd(value).replace("%", "%%").replace("$", "$$")


_JINJA = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    trim_blocks=False,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - no HTML here; each format has its filter
)
_JINJA.tests["in_v6"] = lambda address: ":" in address
_JINJA.filters.update(
    {"json": json.dumps, "yaml": json.dumps, "toml": json.dumps, "systemd": systemd, "unit": unit, "caddy": token}
    | {"shell": shlex.quote}
)


def render(template: str, **values: Any) -> str:
    """The text of ``templates/{template}``; an undefined name is an error."""
    return _JINJA.get_template(template).render(**values)
