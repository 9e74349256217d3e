"""SCRAM verifiers, against the exchange that RFC 7677 prints."""

import base64
import hashlib
import hmac

import pytest

from deploys.scram import verifier

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
EXCHANGE = (
    "n=user,r=rOprNGfwEbeRWgbNEkqO,"
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
)
CLIENT_PROOF = base64.b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
SERVER_SIGNATURE = base64.b64decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")


def parts(text: str) -> tuple[str, bytes, bytes, bytes]:
    scheme, count_and_salt, keys = text.split("$")
    count, salt = count_and_salt.split(":")
    stored, server = keys.split(":")
    return f"{scheme} {count}", base64.b64decode(salt), base64.b64decode(stored), base64.b64decode(server)


def test_the_rfcs_client_is_let_in() -> None:
    """A server derives the client's key from its proof and looks whether its hash is the stored one."""
    _, _, stored, _ = parts(verifier("pencil", SALT))
    signature = hmac.digest(stored, EXCHANGE.encode(), "sha256")
    client_key = bytes(a ^ b for a, b in zip(CLIENT_PROOF, signature, strict=True))
    assert hashlib.sha256(client_key).digest() == stored


def test_the_rfcs_client_believes_the_server() -> None:
    _, _, _, server = parts(verifier("pencil", SALT))
    assert hmac.digest(server, EXCHANGE.encode(), "sha256") == SERVER_SIGNATURE


def test_it_has_the_form_that_postgresql_stores() -> None:
    scheme, salt, stored, server = parts(verifier("a-password"))
    assert scheme == "SCRAM-SHA-256 4096"
    assert (len(salt), len(stored), len(server)) == (16, 32, 32)


def test_every_verifier_has_a_salt_of_its_own() -> None:
    assert verifier("same") != verifier("same")


def test_the_password_is_not_in_it() -> None:
    assert "pencil" not in verifier("pencil")


def test_a_password_that_would_need_preparation_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        verifier("pässword")
