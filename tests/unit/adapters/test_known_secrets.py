"""No value that this process has met is left in what the audit keeps. Lesson 4."""

import json
import threading
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeb.adapters.audit.known import KnownSecrets
from codeb.domain.masking import masked_record, masked_text
from codeb.domain.names import Environment
from codeb.settings import Settings
from tests.doors import ENVIRON

BLOG = Environment.of("blog")
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="*\0", exclude_categories=["Cs"]), min_size=6)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=20)


def known(*values: str, **variables: str) -> KnownSecrets:
    found = KnownSecrets()
    found.add(*values)
    found.add_variables(variables)
    return found


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in strings(each)]
    return [text for each in value for text in strings(each)] if isinstance(value, list) else [str(value)]


def records(planted: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        LEAVES | planted,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | planted, inner, max_size=3),
        max_leaves=8,
    )


@given(st.data(), VALUES.filter(lambda value: len(value.strip()) >= 6 and not value.isspace()))
def test_a_value_planted_anywhere_in_a_record_does_not_survive(data: st.DataObject, secret: str) -> None:
    around = st.text(st.characters(codec="ascii"), max_size=10)
    form = st.sampled_from([secret, json.dumps(secret), quote(secret, safe=""), secret.strip()])
    planted = st.builds(lambda before, what, after: before + what + after, around, form, around)
    kept = masked_record({"params": data.draw(records(planted)), "where": data.draw(planted)}, known(secret).cover)
    for text in strings(kept):
        assert secret.strip() not in text
        assert quote(secret, safe="") not in text


@given(st.integers(min_value=0, max_value=6000), st.integers(min_value=6, max_value=5000), st.data())
def test_no_part_of_a_value_is_left_where_a_text_is_cut(before: int, length: int, data: st.DataObject) -> None:
    secret = "".join(chr(0x4E00 + number) for number in range(length))
    seen = masked_text("x" * before + secret + "y" * data.draw(st.integers(0, 4000)), known(secret).cover)
    assert not set(secret) & set(seen)


def test_a_value_is_found_with_a_nul_in_it_too() -> None:
    assert masked_text("hun\0ter2", known("hunter2").cover) == "***"


def test_a_value_of_digits_is_found_in_a_number_too() -> None:
    assert masked_record({"pin_code": 1, "n": 482913, "m": 4829.5}, known("482913").cover)["n"] == "***"


def test_of_a_key_in_lines_every_line_is_found() -> None:
    cover = known(PEM="-----BEGIN KEY-----\nQUJDREVG\nSElKS0xN\n-----END KEY-----").cover
    assert cover("line 2 is SElKS0xN") == "line 2 is ***"


def test_the_password_of_an_address_is_found_alone_and_decoded() -> None:
    cover = known(DATABASE_URL="postgres://blog:p%40ss-w@db/blog").cover
    assert cover("login of blog with p@ss-w or p%40ss-w failed") == "login of blog with *** or *** failed"


def test_values_that_overlap_leave_no_rest_of_each_other() -> None:
    assert known("abcdef", "cdefgh").cover("<abcdefgh>") == "<***>"


@pytest.mark.parametrize(("name", "value"), [("DEBUG", "1"), ("MODE", "production"), ("PORT", "3000"), ("A", "abc")])
def test_what_is_trivial_is_kept(name: str, value: str) -> None:
    text = f"production, abc and 1 of 3000: {value}"
    assert known(**{name: value}).cover(text) == text


def test_the_oldest_are_forgotten_and_what_another_value_needs_is_not() -> None:
    found = KnownSecrets(max_values=2)
    found.add("first-value", "second-value", " first-value", "second-value")
    assert len(found) == 2
    assert found.cover("first-value second-value") == "*** ***"
    found.add("third-value", "fourth-value")
    assert found.cover("first-value second-value third-value") == "first-value second-value ***"
    assert not found._index.keys() - {"thir", "four"}


def test_ten_thousand_values_that_begin_alike_are_each_found() -> None:
    found = known(*(f"postgres://u:{number:06d}-secret@db/x" for number in range(10_000)))
    assert found.cover("old: postgres://u:001234-secret@db/x, 009999-secret") == "old: ***, ***"
    assert found.cover("postgres://u:nobody@db/x") == "postgres://u:nobody@db/x"


def test_nothing_of_it_shows_in_its_repr() -> None:
    assert "hunter2" not in repr(known("hunter2"))


def test_the_platforms_own_are_known_from_the_start() -> None:
    own = {"CODEB_ENV_KEY": "env-key-1", "CODEB_DB_PASSWORD": "db-pass-1", "CODEB_REGISTRY_PASSWORD": "reg-pass-1"}
    cover = KnownSecrets.of(Settings.load({**ENVIRON, **own})).cover
    assert cover("env-key-1 db-pass-1 reg-pass-1 probe-secret") == "*** *** *** ***"


def test_it_is_asked_while_others_add_to_it() -> None:
    found, stop, broken = KnownSecrets(max_values=50), threading.Event(), []

    def ask() -> None:
        try:
            while not stop.is_set():
                found.cover("value-000 value-111 " * 5)
        except BaseException as error:
            broken.append(error)
            raise

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(300):
        found.add(f"value-{number}" + "x" * (number % 40))
    stop.set()
    for thread in threads:
        thread.join()
    assert not broken
