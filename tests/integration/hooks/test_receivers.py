"""To whom an event goes: the name that was looked at, and nobody else. Security 9."""

import ssl
from pathlib import Path

import pytest

from codeb.adapters.hooks.post import HookFailed, HookPost
from tests.integration.hook_receiver import certificate
from tests.integration.hooks.parts import NAME, Start, url

pytestmark = pytest.mark.integration


def test_a_certificate_for_another_name_is_refused(post: HookPost, start: Start) -> None:
    receiver = start()
    with pytest.raises(HookFailed, match=r"not valid for 'other\.test'"):
        post(f"https://other.test:{receiver.port}/", {}, b"{}")
    assert receiver.got == []


def test_a_certificate_that_nobody_vouches_for_is_refused(post: HookPost, start: Start, tmp_path: Path) -> None:
    receiver = start(with_certificate=certificate(tmp_path / "self.pem", NAME))
    with pytest.raises(HookFailed, match="verify failed"):
        post(url(receiver), {}, b"{}")
    assert receiver.got == []


def test_the_name_is_looked_up_once_and_that_answer_is_used(pem: Path, start: Start) -> None:
    """A name server that says loopback to the second question finds nobody who asks it."""
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    receiver = start()
    post = HookPost(resolve, lambda address: True, ssl.create_default_context(cafile=str(pem)))
    post(url(receiver), {}, b"{}")
    assert (asked, len(receiver.got)) == ([NAME], 1)


def test_the_next_address_is_tried_where_the_first_does_not_answer(pem: Path, start: Start) -> None:
    receiver = start()
    tls = ssl.create_default_context(cafile=str(pem))
    HookPost(lambda host: ["127.0.0.2", "127.0.0.1"], lambda address: True, tls)(url(receiver), {}, b"{}")
    assert len(receiver.got) == 1


def test_nobody_there_is_a_failure_like_another(post: HookPost, start: Start) -> None:
    receiver = start()
    address = url(receiver)
    receiver.close()
    with pytest.raises(HookFailed, match="refused"):
        post(address, {}, b"{}")


def test_what_is_no_http_is_a_failure_like_another(post: HookPost, start: Start) -> None:
    receiver = start(lambda handler: handler.wfile.write(b"hello\r\n\r\n") and None)
    with pytest.raises(HookFailed):
        post(url(receiver), {}, b"{}")
