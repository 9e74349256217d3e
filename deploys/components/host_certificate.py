"""A host's own certificate, which the host renews by itself under an authority for its own names. Security 11."""

import json
from functools import partial

from pyinfra.api.operation import OperationMeta

from deploys.operations import certificates, managed
from deploys.operations.managed import Directory, File
from deploys.platform import HostSpec, Platform
from deploys.rendering import TEMPLATES, render

TLS = "/etc/codeb/tls"
TLS_GROUP = "codeb-tls"
"""Who reads the key."""
ISSUING = f"{TLS}/issuing"
RELOADS = f"{TLS}/reload.d"
DAYS = 90
"""How long a certificate lives; the timer renews it after 60."""
TEXTFILES = "/var/lib/prometheus/node-exporter"
"""Where the node exporter looks for files of metrics."""
UNIT = "codeb-certificates"
SCRIPT = "/usr/local/lib/codeb/certificates.py"
_UNITS = "/etc/systemd/system"


def told(unit: str, verb: str) -> File:
    """Have ``unit`` told of a new certificate; ``verb`` is reload or restart, whichever makes it read the file."""
    return File(f"{RELOADS}/{unit}", f"{verb}\n")


def have(platform: Platform, here: HostSpec) -> None:
    """The authority, the program that renews under it, its timer, and a certificate that is good."""
    wanted = files(platform, here)
    written = managed.files(
        name="Write the host's authority and what renews its certificate",
        directories=[
            *(Directory(path) for path in ("/usr/local/lib/codeb", "/etc/codeb", TLS, RELOADS)),
            Directory(ISSUING, "0700"),
        ],
        files=wanted,
    )
    certificates.renewed(name="Have the host's certificate", script=SCRIPT, directory=TLS, changed_by=[written])
    _on_a_timer(wanted, written)


def _on_a_timer(wanted: list[File], written: OperationMeta) -> None:
    units = [file.data for file in wanted if file.dest.startswith(_UNITS)]
    managed.service(
        name="Renew the host's certificate on a timer",
        service=f"{UNIT}.timer",
        stamp=managed.stamp(*units),
        changed_by=[written],
    )


def files(platform: Platform, here: HostSpec) -> list[File]:
    """The key that is among them signs this host's names and nothing else."""
    authority = platform.authority(here)
    unit = partial(render, script=SCRIPT, tls=TLS, metrics=TEXTFILES)
    return [
        File(f"{TLS}/ca.pem", platform.ca.root_pem),
        File(f"{ISSUING}/ca.pem", authority.certificate, "0600"),
        File(f"{ISSUING}/ca.key", authority.key, "0600"),
        File(f"{ISSUING}/settings.json", settings(platform, here), "0600"),
        File(SCRIPT, (TEMPLATES / "certificates" / "renew.py").read_bytes()),
        File(f"{_UNITS}/{UNIT}.service", unit(f"certificates/{UNIT}.service.j2")),
        File(f"{_UNITS}/{UNIT}.timer", unit(f"certificates/{UNIT}.timer.j2")),
    ]


def settings(platform: Platform, here: HostSpec) -> str:
    found = {
        "host": here.name,
        "names": platform.names(here),
        "group": TLS_GROUP,
        "days": DAYS,
        "metrics": f"{TEXTFILES}/codeb-certificate.prom",
    }
    return json.dumps(found, indent=1)
