#!/usr/bin/python3
"""Have this host's certificate: signed by the host's own authority, renewed after two thirds of its life.

Written by CodeB's bootstrap. Arguments: the directory; with ``--check`` it is only said what would be done. In it are
``ca.pem`` (the platform's root, whose key no host has), ``issuing`` (the authority, which may sign this host's names
and nothing else, and settings.json), ``reload.d`` (a file for each service that reads the certificate: its name is the
unit's, its text "reload" or "restart"), and what is made here: ``key.pem`` and ``cert.pem``, the authority's below it.
"""

import fcntl
import ipaddress
import json
import os
import secrets
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DAY = 86_400
OPENSSL = shutil.which("openssl") or "/usr/bin/openssl"
SYSTEMCTL = shutil.which("systemctl") or "/usr/bin/systemctl"
REQUEST = "[req]\ndistinguished_name = name\nprompt = no\n[name]\nCN = {host}\n"
EXTENSIONS = (
    "basicConstraints = critical, CA:FALSE\n"
    "keyUsage = critical, digitalSignature\n"
    "extendedKeyUsage = serverAuth, clientAuth\n"
    "subjectKeyIdentifier = hash\n"
    "authorityKeyIdentifier = keyid\n"
    "subjectAltName = {names}\n"
)


class Failed(Exception):
    """A sentence for the operator."""


def openssl(*arguments):
    done = subprocess.run([OPENSSL, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise Failed(f"openssl {arguments[0]}: {(done.stderr.strip() or done.stdout.strip())[-300:]}")
    return done.stdout


def canonical(name):
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def life(certificate):
    """When it begins and ends, in seconds of Unix time."""
    lines = openssl("x509", "-in", certificate, "-noout", "-startdate", "-enddate").splitlines()
    begin, end = (ssl.cert_time_to_seconds(line.partition("=")[2]) for line in lines)
    return begin, end


def names_of(certificate):
    text = openssl("x509", "-in", certificate, "-noout", "-ext", "subjectAltName").splitlines()[-1]
    return {canonical(entry.strip().partition(":")[2]) for entry in text.split(",")}


def is_late(begin, end, now):
    """Whether two thirds of a life are over."""
    return now >= begin + (end - begin) * 2 / 3


class Host:
    def __init__(self, directory):
        self.certificate, self.key = directory / "cert.pem", directory / "key.pem"
        self.root, self.reloads = directory / "ca.pem", directory / "reload.d"
        self.authority, self.authority_key = directory / "issuing" / "ca.pem", directory / "issuing" / "ca.key"
        self.pending = directory / "issuing" / "reload-pending"
        self.lock = directory / "issuing" / "lock"
        self.settings = json.loads((directory / "issuing" / "settings.json").read_text())

    def wants(self):
        """Why there has to be another certificate; empty when the present one is good."""
        if not self.certificate.exists() or not self.key.exists():
            return "there is none yet"
        if not self.is_of_the_authority():
            return "the host's authority is another one"
        try:
            return self.fault()
        except Failed as error:
            return f"the present one is no good: {error}"

    def fault(self):
        """Of a certificate of this authority; raises Failed where a client would refuse it."""
        self.accept(self.certificate)
        if names_of(self.certificate) != set(map(canonical, self.settings["names"])):
            return "the host's names are others"
        if openssl("x509", "-in", self.certificate, "-pubkey", "-noout") != self.public(self.key):
            return "the key is another one"
        return "two thirds of its life are over" if is_late(*life(self.certificate), time.time()) else ""

    def is_of_the_authority(self):
        return self.certificate.exists() and self.certificate.read_text().endswith(self.authority.read_text())

    def public(self, key):
        return openssl("pkey", "-in", key, "-pubout")

    def accept(self, certificate):
        """As a client would that trusts the root only; raises Failed."""
        trusted = ["-CAfile", self.root, "-untrusted", self.authority, "-x509_strict"]
        openssl("verify", *trusted, "-purpose", "sslserver", certificate)

    def renew(self):
        """The services are told of it also when this is interrupted: what is pending is written down first."""
        days = int(min(self.settings["days"], (life(self.authority)[1] - time.time()) // DAY))
        if days < 1:
            raise Failed("the host's authority ends today or has ended: run the bootstrap, which makes a new one")
        work = Path(tempfile.mkdtemp(prefix=".new-", dir=self.authority.parent))
        try:
            names = ["cert.pem"] if self.keeps_key(work) else ["key.pem", "cert.pem"]
            leaf = self.signed(work, days)
            self.accept(leaf)
            (work / "cert.pem").write_text(leaf.read_text() + self.authority.read_text())
            (work / "cert.pem").chmod(0o644)
            self.pending.touch()
            for name in names:
                flushed(work / name)
                (work / name).replace(self.certificate.with_name(name))
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def keeps_key(self, work):
        """The key lives as long as the authority: with it the certificate alone changes, which is one step."""
        kept = work / "key.pem"
        if self.key.exists() and self.is_of_the_authority():
            shutil.copy(self.key, kept)
            return True
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", kept)
        shutil.chown(kept, group=self.settings["group"])
        kept.chmod(0o640)
        return False

    def signed(self, work, days):
        names = (f"{'IP' if is_address(name) else 'DNS'}:{name}" for name in self.settings["names"])
        (work / "request.cnf").write_text(REQUEST.format(host=self.settings["host"]))
        (work / "extensions.cnf").write_text(EXTENSIONS.format(names=", ".join(names)))
        request, leaf = work / "request.pem", work / "leaf.pem"
        openssl("req", "-new", "-config", work / "request.cnf", "-key", work / "key.pem", "-out", request)
        serial = f"0x{secrets.randbits(126) | 1 << 125:x}"
        authority = ["-CA", self.authority, "-CAkey", self.authority_key, "-set_serial", serial]
        how = ["-sha256", "-days", days, "-extfile", work / "extensions.cnf"]
        openssl("x509", "-req", "-in", request, *authority, *how, "-out", leaf)
        return leaf

    def tell(self):
        """Every service that runs; raises Failed with the names of those that could not, which are told next time."""
        failed = []
        for file in sorted(self.reloads.iterdir()):
            verb = file.read_text().strip()
            if systemctl("is-active", "--quiet", file.name) and not systemctl(verb, file.name):
                failed.append(f"systemctl {verb} {file.name}")
        if failed:
            raise Failed(f"there is a new certificate, and these failed, which are tried again: {', '.join(failed)}")
        self.pending.unlink()

    def publish(self):
        target = Path(self.settings["metrics"])
        end = life(self.authority)[1]
        lines = {
            "codeb_host_certificate_checked_timestamp_seconds": time.time(),
            "codeb_host_authority_end_timestamp_seconds": end,
        }
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{os.getpid()}")
        part.write_text("".join(f"# TYPE {name} gauge\n{name} {value:.0f}\n" for name, value in lines.items()))
        part.chmod(0o644)
        part.replace(target)


def is_address(name):
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def flushed(path):
    with path.open("rb") as file:
        os.fsync(file.fileno())


def systemctl(*words):
    return subprocess.run([SYSTEMCTL, *words], check=False, timeout=300).returncode == 0


def main(directory, check):
    host = Host(directory)
    if check:
        print(host.wants() or ("services are to be told" if host.pending.exists() else "good"))
        return
    os.umask(0o077)
    with host.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if why := host.wants():
            print(f"a new certificate: {why}")
            host.renew()
        if host.pending.exists():
            host.tell()
        host.publish()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), "--check" in sys.argv[2:])
    except (Failed, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        sys.exit(f"the host's certificate was not renewed: {error}")
