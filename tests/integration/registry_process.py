"""A registry of a test's own on loopback."""

import subprocess
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

_CONFIG = """version: 0.1
storage: {{filesystem: {{rootdirectory: {directory}/data}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@dataclass
class RegistryProcess:
    binary: Path
    directory: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        config = self.directory / "config.yml"
        config.write_text(_CONFIG.format(directory=self.directory, port=self.port))
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.binary), "serve", str(config)],
                stdout=log,
                stderr=log,
                env={"OTEL_TRACES_EXPORTER": "none", "HOME": str(self.directory)},
            )

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.host}/v2/", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
