"""What the registry has, what the engine keeps, and what it may let go. Spec section 3, step 5."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from codeb.adapters.docker.runtime import DockerRuntime
from codeb.errors import Unavailable
from codeb.services.errors import Cancelled, ImageUnavailable
from codeb.services.protocols import Ticket
from tests import sample_app
from tests.integration import odd_images
from tests.integration.containers import NAME, runtime_on_the_engine, spec
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration


class _Nobody(http.server.BaseHTTPRequestHandler):
    """A registry that knows no login."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="registry"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def refusing_registry() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Nobody) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def present(runtime: DockerRuntime, repository: str) -> set[str]:
    return {tag for image in runtime.client.api.images(name=repository) for tag in image["RepoTags"] or ()}


def test_a_look_up_has_the_digest_of_a_pull_without_one(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    tag = f"{registry.host}/looked-up:v1"
    sample_app.build(tag, "looked-up")
    sample_app.push(tag)
    runtime.client.images.remove(tag)
    digest = runtime.look_up(tag)
    assert not present(runtime, f"{registry.host}/looked-up")
    assert digest == runtime.pull(tag) == runtime.look_up(digest)


def test_a_tag_that_nobody_pushed_is_said(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    with pytest.raises(ImageUnavailable, match="hello:v99 is not in the registry: push it first, or check the tag"):
        runtime.look_up(f"{registry.host}/hello:v99")
    with pytest.raises(ImageUnavailable, match="nobody:v1 is not in the registry"):
        runtime.look_up(f"{registry.host}/nobody:v1")


def test_a_registry_that_is_away_is_unavailable(runtime: DockerRuntime) -> None:
    away = f"127.0.0.1:{free_port()}"
    for ask in (runtime.look_up, runtime.pull):
        with pytest.raises(Unavailable, match=f"registry {away} is not available: it does not answer"):
            ask(f"{away}/hello:v1")


def test_a_wrong_password_is_said_without_naming_it(registry: RegistryProcess) -> None:
    with refusing_registry() as host, runtime_on_the_engine(host, "codeb", "pw-hunter2") as runtime:
        for ask in (runtime.look_up, runtime.pull):
            with pytest.raises(ImageUnavailable, match=r"the registry refused our login; .*check CODEB_REG") as error:
                ask(f"{host}/hello:v1")
            assert "hunter2" not in str(error.value)


def test_an_image_for_another_processor_is_refused_before_and_after_a_pull(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    tag = f"{registry.host}/hello:arm"
    odd_images.push(tag, odd_images.OTHER_PROCESSOR, platform="linux/arm64")
    for ask in (runtime.look_up, runtime.pull):
        with pytest.raises(ImageUnavailable, match="is built for linux/arm64 and this host is linux/amd64"):
            ask(tag)


def test_a_pull_that_is_cancelled_ends_between_two_events(runtime: DockerRuntime, registry: RegistryProcess) -> None:
    def stop() -> None:
        raise Cancelled("somebody asked for its end")

    with pytest.raises(Cancelled):
        runtime.pull(f"{registry.host}/hello:v1", stop)
    assert runtime.pull(f"{registry.host}/hello:v1")


def test_the_engines_disk_has_free_room(runtime: DockerRuntime) -> None:
    assert runtime.free_bytes() > 0


def test_pruning_leaves_what_is_kept_what_is_used_and_every_other_repository(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    repository, neighbour = f"{registry.host}/pruned", f"{registry.host}/pruned-too"
    digests = {}
    for name, version in ((repository, "kept"), (repository, "used"), (repository, "old"), (neighbour, "other")):
        sample_app.build(f"{name}:{version}", version)
        sample_app.push(f"{name}:{version}")
        digests[version] = runtime.pull(f"{name}:{version}")
    sample_app.build(f"{repository}:old", "newer")
    sample_app.push(f"{repository}:old")
    newer = runtime.pull(f"{repository}:old")
    runtime.start(Ticket(NAME, "dep_1", None, was_running=False), spec(digests["used"], port=free_port()))
    runtime.client.containers.get(NAME).kill()
    assert set(runtime.prune(repository, frozenset({digests["kept"]}))) == {digests["old"], newer}
    assert present(runtime, repository) == {f"{repository}:kept", f"{repository}:used"}
    assert present(runtime, neighbour) == {f"{neighbour}:other"}
    assert runtime.prune(repository, frozenset({digests["kept"]})) == []


def test_an_image_that_was_pruned_after_its_pull_is_pulled_again(
    runtime: DockerRuntime, registry: RegistryProcess
) -> None:
    tag = f"{registry.host}/pruned-early:v1"
    sample_app.build(tag, "pruned-early")
    sample_app.push(tag)
    digest = runtime.pull(tag)
    assert runtime.prune(f"{registry.host}/pruned-early", frozenset()) == [digest]
    runtime.start(Ticket(NAME, "dep_1", None, was_running=False), spec(digest, port=free_port()))
    assert runtime.observe(NAME).running
