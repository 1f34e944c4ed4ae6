"""Keeps our own Asterisk in agreement with rows and settings, as long as this process owns the floor.

A queue or a number that somebody changes in Settings is written into Asterisk's folder, read by Asterisk and
read back from it; what was read back is kept in a row, so that every page can say whether Asterisk has it.
Where the folder is somebody else's (no `pbx_folder`), it is only read back.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from callcenter.ami.connection import AmiConnection
from callcenter.ami.link import AmiLink
from callcenter.ami.reload import NotRead, NotReloaded, Reloader
from callcenter.calls.events import FloorKnown
from callcenter.config import Settings
from callcenter.kernel.events import Event, Resync
from callcenter.kernel.tx import Transactions
from callcenter.pbx import files
from callcenter.pbx.config import PbxConfig
from callcenter.pbx.errors import PbxError
from callcenter.pbx.plan import pbx_plan
from callcenter.pbx.readback import Present, Problem, differences
from callcenter.pbx.seen import Seen, last_seen, remember
from callcenter.provisioning import wanted
from callcenter.queues.events import QueuesChanged

log = logging.getLogger(__name__)

AGAIN_SECONDS = 15.0


UNREAD = frozenset({Problem.AWAY, Problem.REFUSED, Problem.WRONG})


class NotWritten(Exception):
    """Asterisk's folder does not hold what it should."""

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem


class Keeper:
    """One for a telephony process; `run` while it owns the floor."""

    def __init__(self, settings: Settings, transactions: Transactions) -> None:
        self._settings = settings
        self._transactions = transactions
        self._folder = Path(settings.pbx_folder) if settings.pbx_folder else None

    async def run(self, link: AmiLink, again_seconds: float = AGAIN_SECONDS) -> None:
        """Settle now, at every change, whenever Asterisk is back, and again while it does not agree."""
        due = asyncio.Event()

        async def wake(_events: Sequence[Event]) -> None:
            due.set()

        subscription = self._transactions.bus.subscribe(
            "pbx.keeper", (QueuesChanged, FloorKnown, Resync), wake
        )
        try:
            await link.actions.wait_up()
            while True:
                due.clear()
                seen = await self._settled(link.actions)
                try:
                    async with asyncio.timeout(None if seen else again_seconds):
                        await due.wait()
                except TimeoutError:
                    continue
        finally:
            subscription.close()

    async def _settled(self, actions: AmiConnection) -> bool:
        try:
            seen = await self.settle(actions)
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("whether Asterisk has the rows is not known", extra={"error": repr(error)})
            return False
        return seen.problem is Problem.NONE

    async def settle(self, actions: AmiConnection) -> Seen:
        """Bring Asterisk to what is wanted, as far as it can be, and write down what it has."""
        told = self._settings.asterisk
        reloader = Reloader(actions, told.ari_url, told.ari_user, told.ari_password)
        seen = await self._look(reloader)
        if seen.problem is not Problem.NONE:
            log.warning("Asterisk does not agree", extra={"problem": seen.problem, "detail": seen.detail})
        async with self._transactions.database.write() as session:
            before = await last_seen(session)
            if before is not None and seen.problem in UNREAD:
                seen = replace(seen, present=before.present)  # as far as we know it still has that
            if before is None or replace(before, at=seen.at) != seen:
                await remember(session, seen)
        return seen

    async def _look(self, reloader: Reloader) -> Seen:
        kept = NotWritten(Problem.NONE, "")
        modules: tuple[str, ...] = ()
        try:
            async with self._transactions.read() as session:
                config = await wanted.pbx_config(self._settings, session)
        except PbxError as error:
            return self._seen(Problem.WRONG, str(error))
        try:
            modules = await asyncio.to_thread(self._write, config)
        except NotWritten as error:
            kept = error
        try:
            present, missing = await self._agreed(reloader, config, modules)
            if missing and kept.problem is Problem.NONE and self._folder is not None and not modules:
                # these files were read before, but perhaps by an Asterisk that has been replaced since
                present, missing = await self._agreed(reloader, config, files.EVERY_MODULE)
        except NotReloaded as error:
            return self._seen(Problem.REFUSED, str(error))
        except NotRead as error:
            return self._seen(Problem.AWAY, str(error))
        if not missing:
            return self._seen(Problem.NONE, "", present)
        usual = Problem.DIFFERS if self._folder is not None else Problem.NO_FOLDER
        return self._seen(kept.problem or usual, str(kept) or ", ".join(missing), present)

    async def _agreed(
        self, reloader: Reloader, config: PbxConfig, modules: Sequence[str]
    ) -> tuple[Present, list[str]]:
        """Let Asterisk read these modules' files again; what it has then, and what is not as it should be."""
        if self._folder is not None and modules:
            await reloader.reload(modules)
            await asyncio.to_thread(files.mark_read, self._folder)
        present = await reloader.present()
        return present, differences(config, present)

    def _write(self, config: PbxConfig) -> tuple[str, ...]:
        """Write what may change while Asterisk runs; the modules that have to read it again.

        In a thread: the folder may be on a network.
        """
        if self._folder is None:
            return ()
        etc = self._folder / "etc"
        try:
            if not (etc / "asterisk.conf").exists():
                raise NotWritten(Problem.NOT_WRITTEN, str(self._folder))
            files.put(etc, files.changes(etc, live_files(self._settings, config)))
            return files.unread(self._folder)
        except OSError as error:
            raise NotWritten(Problem.CANNOT_WRITE, f"{error.filename or etc}: {error.strerror}") from error

    def _seen(self, problem: Problem, detail: str, present: Present | None = None) -> Seen:
        now = self._transactions.clock.now()
        return Seen(at=now, present=present or Present(), problem=problem, detail=detail)


def live_files(settings: Settings, config: PbxConfig) -> dict[str, str]:
    """The files that may change while Asterisk runs, by name: they need neither its build nor its secrets."""
    plan = pbx_plan(config)
    values = {"name": "pbx", "ports": wanted.ports(settings), "bind": plan.bind, **plan.values}
    return files.rendered({name: plan.files[name] for name in files.READ_BY}, values)
