"""The last thing that `make lab` says: what to open, and what to try."""

from typing import Any

from tests.lab.progress import elapsed, say

_TEXT = """
The lab is up ({elapsed}). Its names are in /etc/hosts; all addresses and keys are in .lab/lab.json.

Open   {http}  (Host: {project}.{domain}, or http://{project}.{domain})
       https://api.{domain}/health       the API, behind Caddy (CA: {ca})
       {prometheus}        Prometheus
       {api}          the API itself

Try    curl -i http://{project}.{domain}/                     X-CodeB-Slot says who answered
       ssh -F .lab/ssh_config app                       a shell on a host (streaming, storage, backup)
       ssh -F .lab/ssh_config app codeb status {project}     its slots
       ssh -F .lab/ssh_config app codeb promote {project}    v2 to production; rollback takes it back
       CODEB_INFRA=.lab/infra.toml .venv/bin/pyinfra inventory.py deploys/bootstrap.py -y
                                                        the operator's command: a second run changes nothing

Next   make test      everything that is proven, on this lab
       make lab-down  removes all of it
"""


def show(record: dict[str, Any]) -> None:
    say(
        _TEXT.format(
            elapsed=elapsed(),
            http=record["caddy"]["http"],
            ca=record["caddy"]["ca"],
            project=record["project"],
            domain=record["domain"],
            prometheus=record["prometheus_url"],
            api=record["api_url"],
        )
    )
