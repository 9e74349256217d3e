"""What `make lab` shows: the sample project's first two releases and the way back, through the API."""

from tests import sample_app
from tests.lab import registry
from tests.lab.api import Api
from tests.lab.hosts import DOMAIN, all_hosts
from tests.lab.progress import stage
from tests.lab.record import PROJECT
from tests.lab.shell import CommandFailed
from tests.lab.trust import REGISTRY
from tests.lab.web import session


def tell(api: Api) -> None:
    """Leave the sample project deployed and with traffic; one that is there is kept."""
    known = api.ask("slot_status", projectName=PROJECT)
    if not known["success"]:
        with stage(f"the project {PROJECT}"):
            api.tool("workflow_init", projectName=PROJECT, type="go")
    if not known["success"] or known["activeSlot"] is None:
        _release(api, "v1")
        _release(api, "v2")
        with stage("back to v1"):
            api.tool("rollback", projectName=PROJECT, reason="to show that it takes an instant")
    _require_traffic()


def _release(api: Api, version: str) -> None:
    with stage(f"{PROJECT} {version}: build and push"):
        tag = f"{REGISTRY}/{PROJECT}:{version}"
        sample_app.build(tag, version)
        registry.push(tag)
    with stage(f"{PROJECT} {version}: deploy"):
        api.tool("deploy", projectName=PROJECT, version=version)
    with stage(f"{PROJECT} {version}: promote"):
        api.tool("promote", projectName=PROJECT)


def _require_traffic() -> None:
    name = f"{PROJECT}.{DOMAIN}"
    answer = session.get(f"http://{all_hosts()['app'].address}/", headers={"Host": name}, timeout=10)
    if answer.status_code != 200 or not answer.headers.get("X-CodeB-Slot"):
        raise CommandFailed(f"{name} answers {answer.status_code}: {answer.text[:200]}")
