"""The last thing that `make lab` says: what to open, and what to try."""

from typing import Any

from tests.lab.progress import elapsed, say

_TEXT = """
The lab is up ({elapsed}). Its names are in /etc/hosts; every address and key is in .lab/lab.json.

Open   http://{project}.{domain}            the sample project ({http})
       https://api.{domain}/health      the API behind Caddy (CA: {ca}); directly at {api}
       {prometheus}        Prometheus

Try    curl -i http://{project}.{domain}                    X-CodeB-Slot says who answered
       ssh -F .lab/ssh_config app                      a shell on a host (streaming, storage, backup)
       ssh -F .lab/ssh_config app codeb status {project}    what its slots hold
       ssh -F .lab/ssh_config app codeb promote {project}   v2 to production; `codeb rollback {project}` takes it back
       CODEB_INFRA=.lab/infra.toml .venv/bin/pyinfra inventory.py deploys/bootstrap.py
                                                       the operator's command: nothing is left to change

Next   make test       everything that is proven, on this lab
       make lab-down   removes all of it
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
