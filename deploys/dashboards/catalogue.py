"""All dashboards, and the files that they are provisioned by."""

import json

from deploys.dashboards.hosts import HOSTS
from deploys.dashboards.platform import PLATFORM
from deploys.dashboards.postgres import POSTGRES
from deploys.dashboards.releases import RELEASES

DASHBOARDS = (PLATFORM, RELEASES, HOSTS, POSTGRES)


def files() -> dict[str, str]:
    """File name to content."""
    return {f"{each.uid}.json": json.dumps(each.json(), indent=1) + "\n" for each in DASHBOARDS}
