"""What Prometheus records and when it alerts: ``templates/prometheus/rules``, with the platform's own values.

The files are Prometheus's own YAML, whose alerts write ``{{ $labels.host }}``; ours stand in ``[[ ]]``.
Every alert names its section of ``docs/runbooks.md``. Spec section 9.
"""

import re

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from codeb.domain.infra import Infra
from deploys.rendering import TEMPLATES

RULES = TEMPLATES / "prometheus" / "rules"
RUNBOOKS = "docs/runbooks.md"
"""Where the runbooks are when infra.toml does not say: in the repository."""
CERTIFICATE_MARGIN = {"acme": 7 * 24 * 3600, "internal": 2 * 3600, "off": 0}
"""Seconds before its end by which a certificate has been renewed: Caddy's own CA issues for half a day only."""

_JINJA = Environment(
    loader=FileSystemLoader(RULES),
    undefined=StrictUndefined,
    variable_start_string="[[",
    variable_end_string="]]",
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - no HTML here; values are addresses and numbers
)


def rule_files(infra: Infra, directory: str) -> dict[str, str]:
    """Name and text of every file; ``directory`` is where Prometheus has its configuration on the host."""
    values = {
        "certificate_margin": CERTIFICATE_MARGIN[infra.tls],
        "directory": directory,
        # A class of one character is a dot to PromQL and to YAML alike, without a backslash in either.
        "domain_pattern": infra.domain.replace(".", "[.]"),
        "runbooks": infra.alerts.runbooks or RUNBOOKS,
    }
    return {name: _JINJA.get_template(name).render(values) for name in _JINJA.list_templates()}


def anchor(alert: str) -> str:
    """How a heading with the alert's name is linked to."""
    return re.sub(r"[^a-z0-9]", "", alert.lower())
