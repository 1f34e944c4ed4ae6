"""Makes a running Asterisk read its files again, and reads back what it has.

Both with the rights there are: modules are reloaded through ARI, whose user pushes phones there anyway, and
the lists need only what the actions user has. AMI's own Reload would need `system` or `config`, with which
that user could run programs and write files.
"""

from collections.abc import Sequence

import aiohttp

from callcenter.ami.connection import AmiConnection, AmiError
from callcenter.ami.decode import agent_of
from callcenter.ami.message import text
from callcenter.pbx.readback import Present, Target

_NUMBERS = "cc-numbers"
_NO_CONTENT = 204
_NOT_FOUND = 404


class NotReloaded(Exception):
    """Asterisk would not read its files again; the text is what it said."""


class NotRead(Exception):
    """Asterisk does not tell what it has: it is away, or refuses us."""


class Reloader:
    """Speaks to one Asterisk through ARI and its actions connection."""

    def __init__(
        self,
        actions: AmiConnection,
        url: str,
        username: str,
        password: str,
        *,
        deadline_seconds: float = 10.0,
    ) -> None:
        self._actions = actions
        self._url = url.rstrip("/")
        self._authorization = aiohttp.encode_basic_auth(username, password)
        self._deadline = aiohttp.ClientTimeout(total=deadline_seconds)

    async def reload(self, modules: Sequence[str]) -> None:
        """Let these modules read their files again, in this order."""
        try:
            async with self._session() as session:
                for module in modules:
                    async with session.put(f"{self._url}/asterisk/modules/{module}.so") as response:
                        if response.status != _NO_CONTENT:
                            raise NotReloaded(f"{module}: {response.status} {await response.text()}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NotReloaded(
                f"ARI at {self._url} does not answer: {str(error) or 'no answer in time'}"
            ) from error

    async def present(self) -> Present:
        """What it has now. Trunks are all endpoints that are no agent's."""
        try:
            rows = await self._actions.rows("ShowDialPlan", ("Context", _NUMBERS))
            queues = await self._actions.rows("QueueStatus")
            async with self._session() as session:
                version = await self._version(session)
                trunks = await self._trunks(session)
        except (AmiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NotRead(str(error) or "no answer in time") from error
        said: dict[str, dict[str, str]] = {}
        for row in rows:
            variable, _, value = text(row, "AppData").partition("=")
            if text(row, "Application") == "Set":
                said.setdefault(text(row, "Extension"), {})[variable] = value
        return Present(
            version=version,
            numbers={
                digits: Target(values.get("CC_QUEUE", ""), values.get("CC_LANG", ""))
                for digits, values in said.items()
            },
            queues=frozenset(text(row, "Queue") for row in queues if text(row, "Event") == "QueueParams"),
            trunks=trunks,
        )

    async def _version(self, session: aiohttp.ClientSession) -> str:
        async with session.get(f"{self._url}/asterisk/info", params={"only": "system"}) as response:
            response.raise_for_status()
            return str((await response.json())["system"]["version"])

    async def _trunks(self, session: aiohttp.ClientSession) -> dict[str, str]:
        async with session.get(f"{self._url}/endpoints/PJSIP") as response:
            if response.status == _NOT_FOUND:  # there is not one
                return {}
            response.raise_for_status()
            names = [str(row["resource"]) for row in await response.json()]
        found = {name: await self._address(session, name) for name in names if agent_of(name) is None}
        # an endpoint that was deleted stays in that list until a restart, without an address
        return {name: address for name, address in found.items() if address}

    async def _address(self, session: aiohttp.ClientSession, trunk: str) -> str:
        where = f"{self._url}/asterisk/config/dynamic/res_pjsip/aor/{trunk}"
        async with session.get(where) as response:
            if response.status == _NOT_FOUND:
                return ""
            response.raise_for_status()
            fields = {str(f["attribute"]): str(f["value"]) for f in await response.json()}
        return fields.get("contact", "")

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(headers={"Authorization": self._authorization}, timeout=self._deadline)
