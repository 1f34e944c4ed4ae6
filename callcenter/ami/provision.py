"""Agents' phones in Asterisk, pushed through ARI: active at once, no reload, no database in the call path.

Asterisk keeps them in its own store over restarts; our rows are the truth and `reconcile` makes them agree.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import aiohttp

from callcenter.agents.queries import SipAccount
from callcenter.agents.roster import PhoneKind
from callcenter.ami.decode import agent_of

_KINDS = ("auth", "aor", "endpoint")
_AT_ONCE = 8
_NOT_FOUND = 404

_ENDPOINT: Mapping[str, str] = MappingProxyType(
    {
        "context": "from-agent",
        "direct_media": "no",
        "rtp_symmetric": "yes",
        "force_rport": "yes",
        "rewrite_contact": "yes",
        "device_state_busy_at": "1",
    }
)
_BY_PHONE: Mapping[PhoneKind, Mapping[str, str]] = MappingProxyType(
    {
        PhoneKind.BROWSER: {
            "webrtc": "yes",
            "dtls_auto_generate_cert": "yes",
            "allow": "!all,opus,ulaw",
            # a page that was closed sends nothing more: free the customer for recovery
            "rtp_timeout": "10",
        },
        PhoneKind.SIP: {"allow": "!all,ulaw,alaw,g722", "rtp_timeout": "60"},
    }
)
_YES = {"yes": "true", "no": "false"}


class ProvisionError(Exception):
    """Asterisk did not take a phone, or keeps something else than it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What had to be done to make Asterisk agree with the rows: agents' ids."""

    written: tuple[int, ...]
    removed: tuple[int, ...]


class Provisioner:
    """Puts, reads back and deletes the auth, aor and endpoint objects named `agent<id>`."""

    def __init__(self, url: str, username: str, password: str, *, deadline_seconds: float = 10.0) -> None:
        self._url = url.rstrip("/")
        self._authorization = aiohttp.encode_basic_auth(username, password)
        self._deadline = aiohttp.ClientTimeout(total=deadline_seconds)

    async def put(self, account: SipAccount) -> None:
        """Write one phone; the endpoint comes last, because it makes the user exist."""
        async with self._session() as session:
            await self._put(session, account)

    async def delete(self, agent_id: int) -> None:
        """Remove one phone; what is not there is not an error."""
        async with self._session() as session:
            await self._delete(session, agent_id)

    async def present(self) -> frozenset[int]:
        """The agents whose endpoints Asterisk has."""
        async with self._session() as session:
            return await self._present(session)

    async def reconcile(self, accounts: Sequence[SipAccount]) -> Reconciled:
        """Write what is missing or different, remove the phones of agents who are no longer there."""
        async with self._session() as session:
            present = await self._present(session)
            at_once = asyncio.Semaphore(_AT_ONCE)

            async def settle(account: SipAccount) -> int | None:
                async with at_once:
                    if account.agent_id in present and not await self._differs(session, account):
                        return None
                    await self._put(session, account)
                    return account.agent_id

            written = await asyncio.gather(*(settle(account) for account in accounts))
            removed = sorted(present - {account.agent_id for account in accounts})
            for agent_id in removed:
                await self._delete(session, agent_id)
        return Reconciled(written=tuple(a for a in written if a is not None), removed=tuple(removed))

    def _session(self) -> aiohttp.ClientSession:
        headers = {"Authorization": self._authorization}
        return aiohttp.ClientSession(headers=headers, timeout=self._deadline)

    async def _put(self, session: aiohttp.ClientSession, account: SipAccount) -> None:
        for kind, fields in wanted(account).items():
            body = {"fields": [{"attribute": k, "value": v} for k, v in fields.items()]}
            async with session.put(self._object(kind, account.agent_id), json=body) as response:
                if response.status != 200:
                    raise ProvisionError(f"{kind} agent{account.agent_id}: {await response.text()}")
        if kept := await self._differs(session, account):
            raise ProvisionError(f"agent{account.agent_id}: Asterisk kept another {', '.join(kept)}")

    async def _delete(self, session: aiohttp.ClientSession, agent_id: int) -> None:
        for kind in reversed(_KINDS):
            async with session.delete(self._object(kind, agent_id)) as response:
                if response.status not in (200, 204, _NOT_FOUND):
                    raise ProvisionError(f"{kind} agent{agent_id}: {response.status}")

    async def _present(self, session: aiohttp.ClientSession) -> frozenset[int]:
        async with session.get(f"{self._url}/endpoints/PJSIP") as response:
            if response.status == _NOT_FOUND:  # there is not one, not even a trunk
                return frozenset()
            response.raise_for_status()
            names = [agent_of(str(row["resource"])) for row in await response.json()]
        return frozenset(agent_id for agent_id in names if agent_id is not None)

    async def _differs(self, session: aiohttp.ClientSession, account: SipAccount) -> tuple[str, ...]:
        """The attributes that Asterisk has otherwise than we want."""
        differing = []
        for kind, fields in wanted(account).items():
            async with session.get(self._object(kind, account.agent_id)) as response:
                if response.status == _NOT_FOUND:
                    return (kind,)
                response.raise_for_status()
                kept = {str(f["attribute"]): str(f["value"]) for f in await response.json()}
            differing += [
                f"{kind}.{name}"
                for name, value in fields.items()
                if _plain(name, kept.get(name, "")) != _plain(name, value)
            ]
        return tuple(differing)

    def _object(self, kind: str, agent_id: int) -> str:
        return f"{self._url}/asterisk/config/dynamic/res_pjsip/{kind}/agent{agent_id:d}"


def wanted(account: SipAccount) -> Mapping[str, Mapping[str, str]]:
    """The three objects of a phone. A secret that could end a line of Asterisk's configuration is refused."""
    name = f"agent{account.agent_id:d}"
    if any(ord(mark) < 32 or ord(mark) == 127 for mark in account.secret) or not account.secret:
        raise ProvisionError(f"{name}: the secret is empty or holds control characters")
    qualify = "15" if account.phone is PhoneKind.SIP else "0"
    return {
        "auth": {"auth_type": "userpass", "username": name, "password": account.secret},
        "aor": {"max_contacts": "1", "remove_existing": "yes", "qualify_frequency": qualify},
        "endpoint": {**_ENDPOINT, **_BY_PHONE[account.phone], "aors": name, "auth": name},
    }


def _plain(name: str, value: str) -> str:
    """Asterisk answers in its own spelling: `true` for yes, `(opus|ulaw)` for a codec list."""
    if name == "allow":
        return ",".join(_codecs(value))
    lowered = value.lower()
    return _YES.get(lowered, lowered) if name != "password" else value


def _codecs(value: str) -> Iterable[str]:
    return (c for c in value.strip("()").replace("|", ",").split(",") if c and c != "!all")
