"""Variables at rest: which key opens what, and what an error may say. Spec section 7."""

import base64
import hashlib
import json

import pytest
from cryptography.fernet import Fernet

from codeb.adapters.env_cipher import EnvCipher, key_id
from codeb.services.errors import EnvDamaged, MissingEnvKey
from codeb.settings import Secret

OLD, NEW = Secret("old key"), Secret("new key")
VARIABLES = {"TOKEN": "hunter2"}


def test_the_previous_keys_are_tried_after_the_current_one() -> None:
    both = EnvCipher(NEW, (Secret("older"), OLD))
    sealed = EnvCipher(OLD).seal(VARIABLES)
    assert both.open(sealed, key_id(OLD)) == both.open(sealed, None) == VARIABLES
    assert both.open(both.seal(VARIABLES), both.key_id) == VARIABLES


def test_what_was_sealed_anew_opens_with_the_new_key_alone() -> None:
    resealed = EnvCipher(NEW, (OLD,)).reseal(EnvCipher(OLD).seal(VARIABLES), key_id(OLD))
    assert EnvCipher(NEW).open(resealed, key_id(NEW)) == VARIABLES
    with pytest.raises(MissingEnvKey):
        EnvCipher(OLD).open(resealed, key_id(NEW))


def test_a_key_that_is_not_at_hand_is_named_by_its_id() -> None:
    with pytest.raises(MissingEnvKey, match=f"the key {key_id(OLD)}; put that key into CODEB_ENV_KEY_PREVIOUS") as told:
        EnvCipher(NEW).open(EnvCipher(OLD).seal(VARIABLES), key_id(OLD))
    assert told.value.facts() == {"keyId": key_id(OLD)}
    with pytest.raises(MissingEnvKey, match="another key"):
        EnvCipher(NEW).open(EnvCipher(OLD).seal(VARIABLES), None)


def test_a_damaged_row_is_not_blamed_on_a_key() -> None:
    cipher = EnvCipher(NEW)
    sealed = bytearray(cipher.seal(VARIABLES))
    sealed[40] ^= 1
    with pytest.raises(EnvDamaged, match="damaged"):
        cipher.open(bytes(sealed), cipher.key_id)


def test_what_was_sealed_before_there_were_ids_opens_still() -> None:
    key = base64.urlsafe_b64encode(hashlib.sha256(b"old key").digest())
    assert EnvCipher(OLD).open(Fernet(key).encrypt(json.dumps(VARIABLES).encode()), None) == VARIABLES


def test_an_id_is_no_part_of_the_key_that_seals() -> None:
    derived = hashlib.sha256(b"old key").hexdigest()
    assert len(key_id(OLD)) == 8
    assert key_id(OLD) not in derived
    assert EnvCipher(NEW, (OLD, NEW)).known_ids == (key_id(NEW), key_id(OLD))


def test_nothing_shows_a_key() -> None:
    shown = repr(EnvCipher(NEW, (OLD,)))
    assert not any(key.reveal() in shown for key in (OLD, NEW))
