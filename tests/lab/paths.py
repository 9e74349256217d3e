"""Where the lab keeps what: its state in the checkout, what is paid once per machine in the cache."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / ".lab"
INFRA = LAB / "infra.toml"
SECRETS = LAB / "secrets.json"
PASSPHRASE = LAB / "secrets.passphrase"
"""Of the lab's store: what an operator without a terminal has."""
RECORD = LAB / "lab.json"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "codeb"
ARTIFACTS = CACHE / "artifacts"
