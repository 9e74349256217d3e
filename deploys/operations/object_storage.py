"""Buckets and their policies, compared and set by plain S3 calls from the host itself; users by a script there."""

import io
import json
import shlex
from collections.abc import Generator, Mapping, Sequence
from urllib.parse import urlsplit

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from deploys.operations import survey
from deploys.operations.managed import STATE
from deploys.operations.survey import Question

_POLICY = f"{STATE}/policy.json"
_VERSIONING = f"{STATE}/versioning.xml"
VERSIONED = (
    '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status>'
    "</VersioningConfiguration>"
)
_USERS = f"{STATE}/stamps/object-storage.users"


def _curl(credentials: str, ca: str) -> str:
    """A shell function ``s3 BODY ARGUMENTS``: a signed request whose payload is the file BODY.

    curl reads the keys from its standard input: nothing secret stands on a command line. Older releases of it hash
    the payload wrongly, so the hash is given to it.
    """
    config = 'printf \'user = "%s:%s"\\n\' "$ROOT_ACCESS_KEY" "$ROOT_SECRET_KEY"'
    return (
        f'. {shlex.quote(credentials)}; s3() {{ sum=$(sha256sum < "$1" | cut -c1-64); shift; {config} |'
        f" curl --silent --config - --cacert {shlex.quote(ca)} --max-time 20"
        ' --aws-sigv4 "aws:amz:us-east-1:s3" --header "x-amz-content-sha256: $sum" "$@"; }; '
    )


class Policies(FactBase[dict[str, str]]):
    """``{bucket: policy}`` of the buckets that exist, policies in canonical JSON."""

    default = dict

    def command(self, endpoint: str, buckets: tuple[str, ...], credentials: str, ca: str) -> str:
        urls = {bucket: shlex.quote(f"{endpoint}/{bucket}?policy=") for bucket in buckets}
        asks = "; ".join(f"echo {name}=$(s3 /dev/null --fail {url} | tr -d '\\n')" for name, url in urls.items())
        return f"[ -r {shlex.quote(credentials)} ] || exit 0; {_curl(credentials, ca)}{asks}"

    def process(self, output: list[str]) -> dict[str, str]:
        found = {}
        for line in output:
            bucket, _, text = line.partition("=")
            try:
                found[bucket] = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
            except ValueError:
                continue
        return found


def policies(
    endpoint: str, wanted: Mapping[str, str], credentials: str, ca: str, name: str | None = None
) -> OperationMeta:
    """
    Have buckets with exactly these policies.

    + endpoint: the S3 endpoint's URL
    + wanted: policy by bucket, in canonical JSON
    + credentials: a file on the host that sets ROOT_ACCESS_KEY and ROOT_SECRET_KEY
    + ca: the CA that signed the endpoint's certificate
    """
    asked = survey.plan(Policies, endpoint=endpoint, buckets=tuple(wanted), credentials=credentials, ca=ca)
    return _policies(name=name, endpoint=endpoint, wanted=wanted, credentials=credentials, ca=ca, asked=asked)


@operation()
def _policies(
    endpoint: str, wanted: Mapping[str, str], credentials: str, ca: str, asked: Question[dict[str, str]]
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    found = asked.answer()
    differing = [bucket for bucket, policy in wanted.items() if found.get(bucket) != policy]
    if not differing:
        host.noop("every bucket has its policy")
        return
    where = urlsplit(endpoint).geturl()
    for bucket in differing:
        yield FileUploadCommand(io.BytesIO(wanted[bucket].encode()), _POLICY)
        make = f"s3 /dev/null --output /dev/null --request PUT {shlex.quote(f'{where}/{bucket}')}"
        target = shlex.quote(f"{where}/{bucket}?policy=")
        put = f"s3 {_POLICY} --fail-with-body --upload-file {_POLICY} {target} >&2"
        yield StringCommand(f"{_curl(credentials, ca)}{make}; {put}")


class Buckets(FactBase[list[str]]):
    """Which of the buckets exist."""

    default = list

    def command(self, endpoint: str, buckets: tuple[str, ...], credentials: str, ca: str) -> str:
        urls = {bucket: shlex.quote(f"{endpoint}/{bucket}?location=") for bucket in buckets}
        asks = "; ".join(f"s3 /dev/null --fail --output /dev/null {url} && echo {name}" for name, url in urls.items())
        return f"[ -r {shlex.quote(credentials)} ] || exit 0; {_curl(credentials, ca)}{asks}; true"

    def process(self, output: list[str]) -> list[str]:
        return output


def buckets(endpoint: str, wanted: Sequence[str], credentials: str, ca: str, name: str | None = None) -> OperationMeta:
    """
    Have buckets, whoever may use them.

    + endpoint: the S3 endpoint's URL
    + wanted: their names
    + credentials: a file on the host that sets ROOT_ACCESS_KEY and ROOT_SECRET_KEY
    + ca: the CA that signed the endpoint's certificate
    """
    asked = survey.plan(Buckets, endpoint=endpoint, buckets=tuple(wanted), credentials=credentials, ca=ca)
    return _buckets(name=name, endpoint=endpoint, wanted=wanted, credentials=credentials, ca=ca, asked=asked)


@operation()
def _buckets(
    endpoint: str, wanted: Sequence[str], credentials: str, ca: str, asked: Question[list[str]]
) -> Generator[StringCommand, None, None]:
    found = asked.answer()
    missing = [bucket for bucket in wanted if bucket not in found]
    for bucket in missing:
        make = f"s3 /dev/null --fail-with-body --request PUT {shlex.quote(f'{endpoint}/{bucket}')} >&2"
        yield StringCommand(f"{_curl(credentials, ca)}{make}")
    if not missing:
        host.noop("every bucket is there")


class Versioned(FactBase[bool]):
    """Whether a bucket keeps what is overwritten or removed in it."""

    default = bool

    def command(self, endpoint: str, bucket: str, credentials: str, ca: str) -> str:
        url = shlex.quote(f"{endpoint}/{bucket}?versioning=")
        return f"[ -r {shlex.quote(credentials)} ] || exit 0; {_curl(credentials, ca)}s3 /dev/null --fail {url}; true"

    def process(self, output: list[str]) -> bool:
        return "<Status>Enabled</Status>" in "".join(output)


def enabling(endpoint: str, bucket: str, credentials: str, ca: str, configuration: str = _VERSIONING) -> str:
    """The command that sends ``configuration``, a file with VERSIONED, to the bucket."""
    target = shlex.quote(f"{endpoint}/{bucket}?versioning=")
    return f"{_curl(credentials, ca)}s3 {configuration} --fail-with-body --upload-file {configuration} {target} >&2"


@operation()
def versioned(
    endpoint: str, bucket: str, credentials: str, ca: str
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    """
    Have a bucket that is there keep the versions of its objects.

    + endpoint: the S3 endpoint's URL
    + bucket: its name
    + credentials: a file on the host that sets ROOT_ACCESS_KEY and ROOT_SECRET_KEY
    + ca: the CA that signed the endpoint's certificate
    """
    if host.get_fact(Versioned, endpoint=endpoint, bucket=bucket, credentials=credentials, ca=ca):
        host.noop("it keeps versions")
        return
    yield FileUploadCommand(io.BytesIO(VERSIONED.encode()), _VERSIONING)
    yield StringCommand(enabling(endpoint, bucket, credentials, ca))


class UsersStamp(FactBase[str]):
    """With which stamp the script of users ran last."""

    default = str

    def command(self) -> str:
        return f"cat {_USERS} 2>/dev/null || true"

    def process(self, output: list[str]) -> str:
        return output[0] if output else ""


def users(script: str, stamp: str, changed_by: Sequence[OperationMeta] = (), name: str | None = None) -> OperationMeta:
    """
    Have the users and policies that a script on the host makes.

    + script: may run again at any time
    + stamp: the mark of what it makes; a run that failed leaves none and is tried again
    + changed_by: operations whose change in this run may have lost the users
    """
    return _users(name=name, script=script, stamp=stamp, changed_by=changed_by, asked=survey.plan(UsersStamp))


@operation()
def _users(
    script: str, stamp: str, changed_by: Sequence[OperationMeta], asked: Question[str]
) -> Generator[StringCommand, None, None]:
    changed = any(meta.is_complete() and meta.did_change() for meta in changed_by)
    if asked.answer() == stamp and not changed:
        host.noop("the users are as they should be")
        return
    directory = _USERS.rpartition("/")[0]
    yield StringCommand(f"install -d -m 0700 {STATE} {directory} && rm -f {_USERS}")
    yield StringCommand(f"{shlex.quote(script)} && echo {shlex.quote(stamp)} > {_USERS}")
