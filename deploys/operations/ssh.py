"""sshd's own settings: checked before they count, undone when they do not, and never a locked door."""

import hashlib
import io
import shlex
from collections.abc import Generator

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation
from pyinfra.api.command import QuoteString
from pyinfra.api.operation import OperationMeta

from deploys.operations import managed, survey
from deploys.operations.survey import Question

_ARRIVED = f"{managed.STATE}/incoming/sshd"
_STAMP = f"{managed.STATE}/stamps/sshd"
_APPLY = """\
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
drop={drop} user={user} arrived={arrived} stamp={stamp}
say() {{ echo "$1" >&2; exit 1; }}
[ -d /run/sshd ] || install -d -m 0755 /run/sshd
said=$(sshd -t 2>&1) || say "sshd's own settings are broken already, nothing was touched: $said"
effective() {{ sshd -T -C "user=$user,host=localhost,addr=127.0.0.1"; }}
setting() {{ effective | awk -v name="$1" '$1 == name {{ $1 = ""; print substr($0, 2) }}'; }}
home=$(getent passwd "$user" | cut -d: -f6) found=
for other in authorizedkeyscommand trustedusercakeys; do
  case "$(setting $other)" in "" | none) ;; *) found=yes ;; esac
done
for file in $(setting authorizedkeysfile); do
  file=$(printf %s "$file" | sed "s|%h|$home|; s|%u|$user|")
  case "$file" in /*) ;; *) file="$home/$file" ;; esac
  if [ -f "$file" ] && grep -Eq '^[^#]*(ssh-|ecdsa-|sk-)' "$file"; then found=yes; fi
done
[ -n "$found" ] || say "$user has no key in its authorized_keys and would be locked out: put one there first"
install -d -m 0755 "${{drop%/*}}"
if [ -e "$drop" ]; then cp -p "$drop" "$drop.codeb-old"; fi
undo() {{ if [ -e "$drop.codeb-old" ]; then mv -fT "$drop.codeb-old" "$drop"; else rm -f "$drop"; fi; }}
install -m 0644 "$arrived" "$drop.codeb-new"
mv -fT "$drop.codeb-new" "$drop"
if ! said=$(sshd -t 2>&1); then undo; say "sshd refuses $drop, it is as it was: $said"; fi
if [ "$(setting passwordauthentication)" != no ]; then
  undo
  say "$drop has no effect, it is as it was: /etc/ssh/sshd_config must begin with Include /etc/ssh/sshd_config.d/*.conf"
fi
rm -f "$drop.codeb-old" "$arrived"
if systemctl is-active --quiet ssh.service; then systemctl reload ssh.service; fi
install -d -m 0700 "${{stamp%/*}}"
echo {mark} > "$stamp"
"""


class SshState(FactBase[dict[str, str]]):
    """``root_login`` as sshd takes it now, the hash of our file, and that of the one that was last loaded."""

    default = dict

    def command(self, path: str) -> str:
        return (
            'PATH="$PATH:/usr/sbin:/sbin"; mkdir -p /run/sshd;'
            ' sshd -T 2>/dev/null | awk \'$1 == "permitrootlogin" { print "root_login=" $2 }\';'
            f" [ -f {shlex.quote(path)} ] && echo file=$(sha256sum < {shlex.quote(path)} | cut -c1-64);"
            f" echo loaded=$(cat {_STAMP} 2>/dev/null)"
        )

    def process(self, output: list[str]) -> dict[str, str]:
        return dict(line.split("=", 1) for line in output if "=" in line)


def hardened(path: str, content: str, user: str, name: str | None = None) -> OperationMeta:
    """
    Have sshd run with ``content``, if it accepts it and ``user`` can still come in.

    + path: a drop-in that sorts before everybody else's: the first value counts
    + content: sshd's settings
    + user: who this run is connected as; one without an authorised key is a refusal
    """
    return _hardened(name=name, path=path, content=content, user=user, asked=survey.plan(SshState, path=path))


@operation()
def _hardened(
    path: str, content: str, user: str, asked: Question[dict[str, str]]
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    mark = hashlib.sha256(content.encode()).hexdigest()
    state = asked.answer()
    if state.get("file") == mark == state.get("loaded"):
        host.noop("sshd runs with these settings")
        return
    yield StringCommand(f"install -d -m 0700 {managed.STATE} {managed.STATE}/incoming")
    yield FileUploadCommand(io.BytesIO(content.encode()), _ARRIVED)
    yield StringCommand("sh", "-c", QuoteString(script(path, user, mark)))


def script(path: str, user: str, mark: str, arrived: str = _ARRIVED, stamp: str = _STAMP) -> str:
    """What puts the arrived file in its place, or leaves everything as it was and says why."""
    words = {"drop": path, "user": user, "arrived": arrived, "stamp": stamp, "mark": mark}
    return _APPLY.format(**{key: shlex.quote(value) for key, value in words.items()})
