"""The lab from nothing to a running platform, and back to nothing."""

import shutil

from tests.lab import (
    api_key,
    artifacts,
    engine,
    hosts,
    image,
    infra,
    keys,
    machine,
    provisioning,
    record,
    registry,
    story,
    summary,
    trust,
    wheelhouse,
)
from tests.lab.api import Api, wait_ready
from tests.lab.lock import held
from tests.lab.paths import LAB
from tests.lab.progress import say, stage

_PLAN = (
    "Next: this machine's packages, programs (minutes if they must be compiled, once per machine), the hosts' image,\n"
    "four hosts, their provisioning (minutes when they are bare), the sample project. Stop when you like: it goes on.\n"
)


def up() -> None:
    """Bring the lab up. What is there is kept, and provisioned again."""
    say(_PLAN)
    with held():
        stand_up()
        with stage("provisioning: CODEB_INFRA=.lab/infra.toml pyinfra inventory.py deploys/bootstrap.py -y"):
            provisioning.run()
        trust.establish()
        with stage("the API's key"):
            wait_ready(record.api_url())
            found = record.write(api_key.ensure(record.api_url()))
        story.tell(Api(found["api_url"], found["api_key"]))
    summary.show(found)


def stand_up() -> None:
    """Four bare hosts that answer to SSH, and the infra.toml that describes them."""
    with stage("this machine: packages, Docker Engine"):
        machine.install(machine.LAB)
        engine.ensure()
    for name in artifacts.PROGRAMS:
        artifacts.program(name)
    wheels = wheelhouse.ensure()
    with stage("the hosts' base image"):
        image.ensure()
    with stage("four hosts"):
        hosts.ensure(keys.ensure())
        keys.write_config()
    infra.write(wheels)


def down() -> None:
    """Remove the hosts, their network and volumes, and what this machine was told of them."""
    with held(), stage("removing the lab"):
        if engine.answers():
            hosts.remove()
            registry.forget_images()
        engine.stop()
        trust.remove()
        shutil.rmtree(LAB, ignore_errors=True)


def status() -> None:
    if not engine.answers():
        say("the Docker Engine does not run: `make lab` starts it")
        return
    for role, state in hosts.present().items():
        say(f"{role:<10} {state}")
    found = record.load()
    if found is not None:
        summary.show(found)
