"""One component on one host brought to the newest that is declared, with a look before and after. Issue 6, item 8.

pyinfra inventory.py deploys/upgrade.py --limit storage --data component=postgres
"""

from pyinfra import host, state
from pyinfra.api.exceptions import DeployError

from deploys import outcome
from deploys.operations import upgrade as steps
from deploys.operations.upgrade import Upgrade
from deploys.platform import current
from deploys.upgrades import UPGRADES


def wanted(name: str | None) -> Upgrade:
    """Raises DeployError for a component that is not known."""
    if name not in UPGRADES:
        raise DeployError(f"--data component={name or '...'}: say one of {', '.join(sorted(UPGRADES))}")
    return UPGRADES[name]


def require_alone(name: str, having: list[str]) -> None:
    """Raises DeployError when the run would change more than one host at a time."""
    if len(having) > 1:
        raise DeployError(f"{name} is on {', '.join(having)}: one host at a time, say --limit {having[0]} first")


def on_failure(component: Upgrade) -> str:
    """What to do after a step that failed: what it left broken, the look before would refuse the next time."""
    return f"{outcome.AGAIN} Where it does not work any more, which this command then refuses: {component.back}."


def upgrade(name: str, component: Upgrade) -> None:
    """Nothing is changed where a look before finds an obstacle."""
    outcome.watch(state, again=on_failure(component))
    private = current().here().private
    healthy = component.healthy_on(private)
    obstacles = host.get_fact(steps.Obstacles, healthy=healthy, backed_up=component.backed_up)
    if obstacles:
        raise DeployError(f"{name} on {host.name} is not upgraded: {'; '.join(obstacles)}")
    before = host.get_fact(steps.Version, version=component.version)
    if component.packages:
        steps.packages(name=f"Upgrade the packages of {name}", packages=component.packages)
    # What can be undone at once is judged at the end, and not at the first step that fails.
    component.deploy(_ignore_errors=bool(component.undo))
    steps.well(name=f"Look at {name} afterwards", component=name, upgrade=component, before=before, private=private)


if __name__ == "builtins":
    chosen = host.data.get("component")
    component = wanted(chosen)
    there = [
        each.name for each in state.inventory if state.is_host_in_limit(each) and {*component.roles} & {*each.groups}
    ]
    require_alone(chosen, there)
    if host.name in there:
        upgrade(chosen, component)
