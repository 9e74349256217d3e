"""The lab's secrets, opened as the operator opens them."""

from codeb.secret_seal import Seal
from codeb.secret_store import SecretStore
from tests.lab import provisioning
from tests.lab.paths import SECRETS


def store() -> SecretStore:
    passphrase = provisioning.passphrase_file().read_text()
    return SecretStore(SECRETS, {}, Seal(lambda: passphrase, lambda: passphrase))
