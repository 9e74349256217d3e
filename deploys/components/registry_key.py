"""The key that signs the registry's tokens: its private half for the API, its public half for the registry."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from codeb.domain.registry_keys import PublicKey
from codeb.errors import ConfigError
from deploys.platform import Platform

NAME = "registry_token_key"


def private_key(platform: Platform) -> str:
    """PEM, made once; another one takes its place when the secret is taken out of the store."""
    return platform.secrets.get_or_make(NAME, _made)


def key_set(platform: Platform) -> str:
    """What the registry knows our tokens by: this key, and the one before while the store has it.

    Raises ConfigError where the store's key is damaged.
    """
    keys = (private_key(platform), *platform.secrets.previous(NAME))
    return PublicKey.set_of([_public(platform, pem) for pem in keys])


def _public(platform: Platform, pem: str) -> PublicKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except ValueError:
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError(f"{platform.secrets}: {NAME} is damaged: restore the store, or remove this one value")
    numbers = key.public_key().public_numbers()
    return PublicKey(numbers.x, numbers.y)


def _made() -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()
