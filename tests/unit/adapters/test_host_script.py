"""What hosts answer to the script that they are asked by."""

import pytest

from codeb.adapters import host_script
from codeb.domain.host_facts import HostFacts, Listener

ANSWER = """\
root=yes
system=ubuntu
version=24.04
architecture=x86_64
free=41943040 /
free=1024 /var
memory=4096
address=127.0.0.1
address=10.0.0.3
address=10.0.0.3
ss=yes
listener=LISTEN 0 511 *:443 *:* users:(("caddy",pid=53,fd=77),("caddy",pid=54,fd=1))
listener=LISTEN 0 128 [::1]:5432 [::]:*
systemd=degraded
failed=a.service
failed=b.service
python=3.12
available=3.12.3-0ubuntu2
name=db.example.org 10.0.0.3
name=db.example.org 2001:db8::3
"""


def parsed(answer: str) -> HostFacts:
    return host_script.parse(answer, fingerprint="SHA256:x", host_key_known=True, clock_ahead=0.0)


def test_an_answer_is_read() -> None:
    facts = parsed(ANSWER)
    assert facts.root
    assert (facts.system, facts.system_version, facts.architecture) == ("ubuntu", "24.04", "x86_64")
    assert facts.free == {"/": 41943040 * 1024, "/var": 1024 * 1024}
    assert facts.memory == 4096 * 1024
    assert facts.addresses == ("127.0.0.1", "10.0.0.3")
    assert facts.listeners == (Listener(443, "caddy", "53"), Listener(5432, "", ""))
    assert (facts.systemd, facts.failed_units) == ("degraded", ("a.service", "b.service"))
    assert (facts.python, facts.python_available) == ((3, 12), (3, 12))
    assert facts.names == {"db.example.org": ("10.0.0.3", "2001:db8::3")}


def test_what_was_not_said_is_not_known() -> None:
    facts = parsed("root=\npython=\navailable=(none)\n")
    assert not facts.root
    assert facts.listeners is None
    assert (facts.python, facts.python_available) == (None, None)
    assert facts.free == {}


@pytest.mark.parametrize("line", ["free=", "free=x", "free=- /", "memory=many", "listener=", "name=", "=", "noise"])
def test_a_damaged_line_is_passed_over(line: str) -> None:
    assert parsed(f"{line}\n") == parsed("")


def test_a_name_cannot_become_a_command() -> None:
    assert "'a;touch b'" in host_script.script(["a;touch b"])
