"""The key pairs of the buckets' users: ours by the bucket's name, or the operator's own of an S3 that was there."""

from dataclasses import dataclass, field

from codeb.errors import ConfigError
from deploys.platform import Platform


@dataclass(frozen=True, slots=True)
class Keys:
    access: str
    secret: str = field(repr=False)


def keys(platform: Platform, user: str) -> Keys:
    """Of a bucket's user, who has its name, or of one who adds to a bucket.

    Keys of somebody else's S3 are never made up: raises ConfigError that names them.
    """
    name = f"s3_{user.replace('-', '_')}"
    if platform.infra.s3_engine != "external":
        return Keys(user, platform.secrets[f"{name}_secret"])
    return Keys(_given(platform, f"{name}_access_key"), _given(platform, f"{name}_secret"))


def _given(platform: Platform, name: str) -> str:
    if value := platform.secrets.get(name):
        return value
    raise ConfigError(f"{platform.secrets}: {name} is not set: object storage is external, write its key for you there")
