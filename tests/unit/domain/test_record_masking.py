"""What the audit keeps of a record: by key name, in brief, storable. Lesson 4."""

import json

import pytest

from codeb.domain.masking import BUDGET, is_secret_name, masked_record, masked_text


def plain(text: str) -> str:
    return text


@pytest.mark.parametrize(
    "name",
    [
        *("password", "DB_PASSWORD", "dbPasswd", "apiKey", "API_KEY", "x-api-key", "key", "keys", "STRIPE_SECRET"),
        *("accessToken", "token", "credentials", "authorization", "Cookie", "private_key", "webhook", "SENTRY_DSN"),
        *("content", "envContent", "variables", "env", "previewLink", "passphrase", "OTP", "notificationWebhook"),
    ],
)
def test_what_stands_under_such_a_name_is_hidden_whole(name: str) -> None:
    assert is_secret_name(name)
    for value in ("hunter2", 482913, ["hunter2"], {"A": "hunter2"}, "", b"hunter2"):
        assert masked_record({"params": {name: value}}, plain) == {"params": {name: "***"}}


@pytest.mark.parametrize(
    "name",
    [
        *("projectName", "environment", "keyId", "tokenId", "monkey", "author", "passed", "pinnedBy", "keyboard"),
        *("names", "image", "confirm", "message", "hours", "envChanges", "envVersion", "authKeyId"),
    ],
)
def test_a_name_that_only_looks_like_one_is_kept(name: str) -> None:
    assert masked_record({name: "blog"}, plain) == {name: "blog"}


def test_whether_there_was_a_secret_is_told() -> None:
    assert masked_record({"password": None, "private": True}, plain) == {"password": None, "private": True}


def test_a_password_in_an_address_is_taken_out_though_nobody_knew_it() -> None:
    assert masked_text("git clone https://kim:s3cr3t@host/x failed", plain) == "git clone https://kim:***@host/x failed"
    assert masked_text("postgres://:p@host", plain) == "postgres://:***@host"


def test_what_opens_a_preview_is_taken_out_of_its_link() -> None:
    link = "see https://x.test/?a=1&codeb_preview=t0k3n&b=2"
    assert masked_text(link, plain) == "see https://x.test/?a=1&codeb_preview=***&b=2"


def test_a_record_is_brief_and_says_that_something_is_missing() -> None:
    record = {"list": ["x" * 100] * 1000, "long": "y" * 10_000, **{f"field{number}": number for number in range(5000)}}
    kept = masked_record(record, plain)
    assert len(json.dumps(kept)) < BUDGET * 1.5
    assert kept["list"][-1].endswith(" more")
    assert kept["..."].endswith(" more")
    assert masked_record({"long": "y" * 10_000}, plain)["long"] == "y" * 512 + "... (cut)"


def test_it_ends_however_deep_a_record_is() -> None:
    record: dict[str, object] = {"end": 1}
    for _ in range(5000):
        record = {"a": [record]}
    assert "too deep" in json.dumps(masked_record(record, plain))


def test_everything_in_it_is_storable_as_jsonb() -> None:
    kept = masked_record({"a\0b": "c\0d", "half": "x\ud800", "nan": float("nan"), "big": 10**400, "set": {1}}, plain)
    assert kept == {"ab": "cd", "half": "x?", "nan": "nan", "big": "... (a huge number)", "set": [1]}
