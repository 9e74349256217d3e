"""SQL that says what is to be, run when it was not run yet or the database has lost it."""

import io
from collections.abc import Generator

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from deploys.operations import survey
from deploys.operations.managed import STATE, stamp
from deploys.operations.survey import Question

_SCRIPT = f"{STATE}/setup.sql"
_PSQL = "runuser -u postgres -- psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres"


class AppliedScript(FactBase[str]):
    """The mark of the last script, kept as a comment on the cluster itself: a new cluster has none."""

    default = str

    def command(self) -> str:
        query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'postgres'"
        return f'cd / && {_PSQL} --tuples-only --no-align --command "{query}" 2>/dev/null || true'

    def process(self, output: list[str]) -> str:
        return output[0] if output else ""


def sql(script: str, name: str | None = None) -> OperationMeta:
    """
    Have an idempotent script applied. It goes by a file of root's alone, read from standard input.

    + script: SQL for psql
    """
    return _sql(name=name, script=script, asked=survey.plan(AppliedScript))


@operation()
def _sql(script: str, asked: Question[str]) -> Generator[StringCommand | FileUploadCommand, None, None]:
    mark = f"codeb:{stamp(script)}"
    if asked.answer() == mark:
        host.noop("the script is applied")
        return
    text = f"{script}COMMENT ON DATABASE postgres IS '{mark}';\n"
    yield StringCommand(f"install -d -m 0700 {STATE}")
    yield FileUploadCommand(io.BytesIO(text.encode()), _SCRIPT)
    yield StringCommand(f"cd / && {_PSQL} --output /dev/null < {_SCRIPT}; s=$?; rm -f {_SCRIPT}; exit $s")
