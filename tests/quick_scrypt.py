"""What takes age a second by design, at once: for tests that are about something else."""

import base64

import pyrage

PASSPHRASE = "correct horse battery"


class QuickScrypt:
    """In the place of ``pyrage.passphrase``; what it makes no age opens."""

    def encrypt(self, data: bytes, passphrase: str, armored: bool = False) -> bytes:
        return base64.b64encode(passphrase.encode()) + b"." + base64.b64encode(data)

    def decrypt(self, data: bytes, passphrase: str) -> bytes:
        kept, _, text = data.partition(b".")
        if base64.b64decode(kept) != passphrase.encode():
            raise pyrage.DecryptError("Decryption failed")
        return base64.b64decode(text)
