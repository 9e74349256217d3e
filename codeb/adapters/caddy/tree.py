"""The tree of site files: a change is staged, loaded by Caddy, and only then put in place. Design section 4."""

import fcntl
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from codeb.adapters.caddy.accepted import AcceptedCopies
from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.adapters.caddy.gathering import Change, Gathering, Waiting
from codeb.adapters.caddy.site_file import SiteFile
from codeb.adapters.caddy.staging import importing, site_texts, staged, write_site
from codeb.services.errors import SiteRefused

_NAMED = re.compile(r"[^/\s]+\.caddy(?=:\d)")
_log = structlog.get_logger()


@dataclass(slots=True)
class Reloads:
    """How often Caddy loaded what it was offered, since the process began."""

    count: int = 0


@dataclass(frozen=True)
class SiteTree:
    """``sites`` is the directory that ``caddyfile`` imports; ``lock`` serialises its writers on this host.

    ``accepted`` keeps a copy of every file that Caddy has accepted.
    """

    sites: Path
    caddyfile: Path
    lock: Path
    admin: CaddyAdmin
    accepted: Path
    gathering: Gathering = field(default_factory=Gathering)
    reloads: Reloads = field(default_factory=Reloads)

    def put(self, files: Sequence[SiteFile]) -> bool:
        """Serve these files; False when they are there already. Raises SiteRefused with nothing changed."""
        return self._change({file.name: file.text for file in files})

    def remove(self, name: str) -> bool:
        """Serve this file no more; False when there is none."""
        return self._change({name: None})

    def reload(self) -> None:
        """Load what is on disk."""
        with self._locked():
            self._load({})

    def text(self, name: str) -> str | None:
        try:
            return (self.sites / name).read_text(errors="replace")
        except FileNotFoundError:
            return None

    def _change(self, change: Change) -> bool:
        return bool(self._news(change)) and self.gathering.submit(change, self._apply)

    def _news(self, change: Change) -> Change:
        return {name: text for name, text in change.items() if self.text(name) != text}

    def _apply(self, batch: Sequence[Waiting]) -> None:
        """All together; if that is refused each alone, so that one bad site fails alone."""
        with self._locked():
            together = self._news({name: text for each in batch for name, text in each.change.items()})
            try:
                self._install(together)
            except SiteRefused as error:
                if len(batch) == 1:
                    batch[0].outcome.set_exception(error)
                else:
                    self._apply_alone(batch)
            else:
                for each in batch:
                    each.outcome.set_result(not together.keys().isdisjoint(each.change))

    def _apply_alone(self, batch: Sequence[Waiting]) -> None:
        for each in batch:
            change = self._news(each.change)
            try:
                self._install(change)
            except SiteRefused as error:
                each.outcome.set_exception(error)
            else:
                each.outcome.set_result(bool(change))

    def _install(self, change: Change) -> None:
        if not change:
            return
        self._load(change)
        for name, text in change.items():
            if text is None:
                (self.sites / name).unlink(missing_ok=True)
            else:
                write_site(self.sites, name, text)

    def _load(self, change: Change) -> None:
        """Load the tree with ``change`` made to it. A file that somebody else broke does not stand in the way."""
        copies, instead = AcceptedCopies(self.accepted), dict[str, str | None]()
        while True:
            texts = site_texts(self.sites)
            try:
                self._offer({**instead, **change})
                break
            except SiteRefused as error:
                suspects = self._suspects(str(error), texts, {*instead, *change})
                if not suspects:
                    raise
                instead.update({name: copies.text(name) for name in suspects})
        for name, text in instead.items():
            self._set_broken_aside(name, text)
        served = {name: text for name, text in {**texts, **change}.items() if text is not None}
        copies.keep(served, broken=frozenset(instead))

    def _set_broken_aside(self, name: str, copy: str | None) -> None:
        """The disk says what Caddy serves, or its next start would fail; what somebody wrote is kept beside it."""
        path = self.sites / name
        kept = path.with_name(f"{name}.broken")
        path.replace(kept)
        if copy is not None:
            write_site(self.sites, name, copy)
        _log.error("site_file_broken", kept=str(kept), served="nothing" if copy is None else "the copy accepted last")

    def _offer(self, change: Change) -> None:
        with staged(self.sites, change) as directory:
            try:
                self.admin.load(importing(self.caddyfile, directory))
            except SiteRefused as error:
                raise SiteRefused(str(error).replace(str(directory), str(self.sites))) from error
            self.reloads.count += 1

    def _suspects(self, refusal: str, texts: Mapping[str, str], handled: set[str]) -> set[str]:
        """The file that Caddy names, if it is not what Caddy accepted last; else whichever others are not.

        An open brace in one file makes Caddy complain of another, or of none.
        """
        copies = AcceptedCopies(self.accepted)
        edited = {name for name, text in texts.items() if name not in handled and copies.text(name) != text}
        named = edited.intersection(_NAMED.findall(refusal))
        return named or {name for name in edited if copies.text(name) is not None}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self.lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
