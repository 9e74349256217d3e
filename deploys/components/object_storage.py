"""Object storage on the storage host: an S3 engine as a parameter, three buckets, a user for each. Spec section 9."""

from pyinfra.api.deploy import deploy

from codeb.domain.infra import Role
from deploys.components import s3_server, versitygw
from deploys.components.host_certificate import TLS_GROUP
from deploys.components.s3_engines import DATA, ENGINES, USER
from deploys.operations.users import system_user
from deploys.platform import current


@deploy("Object storage")
def object_storage() -> None:
    """An S3 server over TLS as a hardened service of its own user; none where the operator has one already."""
    platform = current()
    engine = platform.infra.s3_engine
    if engine == "external":
        return
    system_user(name="Have user object-storage", user=USER, home=DATA, groups=[TLS_GROUP])
    address = f"{platform.one(Role.STORAGE).private}:9000"
    if engine == "versitygw":
        versitygw.serve(platform, address)
    else:
        s3_server.serve(platform, ENGINES[engine], address)
