"""The timer that prunes the registry."""

from deploys.components import api, registry_prune


def test_it_runs_the_command_as_the_apis_user_who_alone_reads_the_signing_key() -> None:
    service, timer = registry_prune.files()
    text = service.data.decode()
    assert "\nUser=codeb\n" in text
    assert f"\nExecStart={api.ROOT}/venv/bin/codeb registry prune --older-than 30\n" in text
    assert timer.dest == service.dest.replace(".service", ".timer")
    assert b"WantedBy=timers.target" in timer.data
