"""On a storage host with VersityGW: a user of the build cache for each project, fenced by its prefix. Security 1.

The storage host makes them itself, out of the projects in its own database and a key that the API has too: the API
hands out what it can compute, and has no rights over the object storage. Where the engine is another one, CI shares the
cache's one user: prefixes for each project are the operator's to make there.
"""

import json
from collections.abc import Mapping, Sequence

from deploys.components.host_certificate import TLS
from deploys.components.s3_engines import DATA, HOME, USER
from deploys.operations import managed
from deploys.operations import object_storage as s3
from deploys.operations.managed import File
from deploys.platform import Platform
from deploys.rendering import render

UNIT = "codeb-s3-users.service"
SCRIPT = "/usr/local/lib/codeb/s3-users.sh"
SECRET = "s3_projects_key"  # noqa: S105  the name of it
ACTIONS = ("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload", "ListMultipartUploadParts")
"""What BuildKit's cache does with objects. Nobody lists: names of other projects' objects are none of its business."""
PSQL = (
    "setpriv --reuid postgres --regid postgres --init-groups"
    " -- psql --no-psqlrc --quiet --tuples-only --no-align --dbname codeb"
)
LOCK = "/run/lock/codeb-s3-users"
_SECONDS = 15


def have_users(
    platform: Platform, address: str, statements: Sequence[Mapping[str, object]], accounts: Mapping[str, object]
) -> None:
    """The users and the policy of the cache's bucket, now and whenever a project comes or goes.

    ``accounts`` are the engine's other users, ``statements`` what the policy says besides.
    """
    wanted = files(platform, address, statements, accounts)
    written = managed.files(name="Write how projects get their users", files=wanted)
    mark = managed.stamp(*(file.data for file in wanted))
    s3.users(name="Have the users", script=SCRIPT, stamp=mark, changed_by=[written])
    managed.service(name="Keep the projects' users", service=UNIT, stamp=mark, changed_by=[written])


def files(
    platform: Platform, address: str, statements: Sequence[Mapping[str, object]], accounts: Mapping[str, object]
) -> list[File]:
    return [
        File(f"{HOME}/projects.env", f"PROJECTS_KEY={platform.secrets[SECRET]}\n", "0600"),
        File(f"{HOME}/bucket-users.json", json.dumps(accounts, sort_keys=True)[1:-1], "0600"),
        File(f"{HOME}/cache-statements.json", json.dumps(statements, sort_keys=True)[1:-1], "0600"),
        File(SCRIPT, script(f"https://{address}"), "0755"),
        File(
            f"/etc/systemd/system/{UNIT}", render("object_storage/project-users.service.j2", script=SCRIPT, data=DATA)
        ),
    ]


def script(
    endpoint: str,
    *,
    home: str = HOME,
    data: str = DATA,
    user: str = USER,
    psql: str = PSQL,
    lock: str = LOCK,
    seconds: float = _SECONDS,
) -> str:
    return render(
        "object_storage/project-users.sh.j2",
        endpoint=endpoint,
        home=home,
        data=data,
        user=user,
        psql=psql,
        lock=lock,
        seconds=seconds,
        tls=TLS,
        actions=",".join(f'"s3:{action}"' for action in ACTIONS),
    )
