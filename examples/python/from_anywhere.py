"""Deploy a version and promote it, over the API: from_anywhere.py PROJECT VERSION

The address and the key come from CODEB_API_URL and CODEB_API_KEY, or from what `we login` has stored.
"""

import os
import sys
from pathlib import Path

from codeb import ClientConfig, CodebError, Event


def main(project: str, version: str) -> None:
    client = ClientConfig.load(os.environ, Path.home()).client("python")
    deployed = client.deploy({"projectName": project, "version": version}, on_event=show)
    print(f"{version} answers at {deployed['previewUrl']}, in {deployed['slot']}")
    switched = client.call("promote", {"projectName": project, "deploymentId": deployed["deploymentId"]})
    print(f"{version} serves {switched['url']}" if switched["changed"] else f"{version} served already")


def show(event: Event) -> None:
    step = event.data["step"]
    print(step["name"], step["status"], file=sys.stderr)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except CodebError as error:
        sys.exit(f"{error.code}: {error}")
