"""Deploy a version and promote it, on the app host itself and without the API: on_the_host.py PROJECT VERSION"""

import sys

from codeb import CodebError, DeployRequest, Environment, on_host


def main(project: str, version: str) -> None:
    production = Environment.of(project)
    with on_host() as (services, me):
        deployed = services.deploy(DeployRequest(production, version), me)
        print(f"{version} answers at {deployed.preview_url}, in {deployed.slot}")
        switched = services.promote(production, me, only=deployed.deployment_id)
        print(f"{version} serves {switched.url}" if switched.changed else f"{version} served already")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except CodebError as error:
        sys.exit(f"{error.code}: {error}")
