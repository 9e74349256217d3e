"""What a database URL becomes for PostgreSQL's client programs."""

import pytest

from codeb.adapters.postgres_url import client_environment
from codeb.errors import InvalidInput


def test_every_part_has_its_variable() -> None:
    assert client_environment("postgres://kim:s%40crt%2F%3A@db.example.org:6432/my%20app?sslmode=require") == {
        "PGUSER": "kim",
        "PGPASSWORD": "s@crt/:",
        "PGHOST": "db.example.org",
        "PGPORT": "6432",
        "PGDATABASE": "my app",
        "PGSSLMODE": "require",
    }


@pytest.mark.parametrize(
    ("url", "variables"),
    [
        ("postgresql://u@h/d", {"PGHOST": "h", "PGUSER": "u", "PGDATABASE": "d"}),
        ("postgresql+psycopg://u@h/d", {"PGHOST": "h"}),
        ("postgres://u:a:b@h/d", {"PGPASSWORD": "a:b"}),
        ("postgres://u@[2001:db8::1]:5433/d", {"PGHOST": "2001:db8::1", "PGPORT": "5433"}),
        ("postgres://u@[2001:db8::1]/d", {"PGHOST": "2001:db8::1"}),
        ("postgres://u@a:1,b:2/d?target_session_attrs=primary", {"PGHOST": "a,b", "PGPORT": "1,2"}),
        (
            "postgres:///?host=h&port=1&user=u&password=p%26&dbname=d",
            {"PGHOST": "h", "PGPORT": "1", "PGPASSWORD": "p&"},
        ),
        ("postgres://u@h/d?ssl=true", {"PGSSLMODE": "require"}),
        ("postgres://u@h/d?sslmode=no-verify", {"PGSSLMODE": "require"}),
        ("postgres://u@h/d?sslrootcert=/app/ca.pem", {"PGSSLROOTCERT": "/app/ca.pem"}),
    ],
)
def test_the_ways_to_write_it_are_understood(url: str, variables: dict[str, str]) -> None:
    assert client_environment(url).items() >= variables.items()


def test_no_file_of_the_hosts_can_be_named() -> None:
    query = "sslkey=/etc/codeb/tls/key.pem&sslcert=/x&passfile=/x&service=x&options=-cx&schema=public&hostaddr=10.0.0.1"
    assert client_environment(f"postgres://u@h/d?{query}").keys() == {"PGUSER", "PGHOST", "PGDATABASE"}


@pytest.mark.parametrize("query", ["sslmode=verify-full", "sslmode=require&sslrootcert=/app/ca.pem"])
def test_our_certificates_stand_for_the_containers(query: str) -> None:
    found = client_environment(f"postgres://u@h/d?{query}", certificates="/ca.pem")
    assert found["PGSSLROOTCERT"] == "/ca.pem"


def test_who_asks_for_no_verification_gets_none() -> None:
    assert "PGSSLROOTCERT" not in client_environment("postgres://u@h/d?sslmode=require", certificates="/ca.pem")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://u:hidden@h/d", "begins with postgres://"),
        ("", "begins with postgres://"),
        ("host=h dbname=d password=hidden", "begins with postgres://"),
        ("postgres://u:hidden@/d", "names no host"),
        ("postgres://u:hidden@%2Frun%2Fpostgresql/d", "socket"),
        ("postgres://u:hidden@h/d?host=/run/postgresql", "socket"),
        ("postgres://u:hidden@h,%2Frun/d", "socket"),
        ("postgres://u:hidden@h/", "no database"),
        ("postgres://:hidden@h/d", "no user"),
        ("postgres://u:hidden%00@h/d", "NUL"),
        ("postgres://u:hidden@h/host=%2Frun%20user=codeb", "connection parameters"),
        ("postgres://u:hidden@h/postgres:%2F%2Fx", "connection parameters"),
        ("postgres://u:hidden@[h/d", "not well-formed"),
    ],
)
def test_what_cannot_be_used_is_refused_without_showing_it(url: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as refused:
        client_environment(url)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("url", ["postgres://codeb@,x/codeb", "postgres://codeb@x,/codeb", "postgres://codeb@/codeb"])
def test_a_host_that_is_left_out_is_no_way_to_a_socket_of_ours(url: str) -> None:
    with pytest.raises(InvalidInput, match="it names no host, or leaves one of several out"):
        client_environment(url)
