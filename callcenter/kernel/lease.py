"""Who may own the floor: one holder at a time, proved by a growing fencing number."""

import asyncio
import logging
import secrets
from typing import Protocol

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from callcenter.kernel.clock import SystemClock
from callcenter.kernel.tasks import Tasks

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.2
EPOCH_2020 = 1577836800
_FAILURES = (RedisError, OSError, TimeoutError)

# KEYS: lease, fence. ARGV: holder, milliseconds. Answers the fencing number, or 0 when it is taken.
_TAKE = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local time = redis.call('TIME')
local now = time[1] - 1577836800
local token = math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0') + 1)
redis.call('SET', KEYS[2], string.format('%.0f', token))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return token
"""
# KEYS: lease. ARGV: holder, milliseconds. Answers 1 while it is ours.
_RENEW = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
# KEYS: lease. ARGV: holder.
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Lease(Protocol):
    """Held by at most one process. Losing it must end what it guards."""

    @property
    def token(self) -> int:
        """The fencing number of the present holding; grows with every new holder."""

    async def acquire(self) -> None:
        """Wait until this process holds the lease."""

    async def lost(self) -> None:
        """Return when the lease is held no longer."""

    async def release(self) -> None:
        """Give it up so that another may take it at once."""


class LocalLease:
    """The only process always holds it.

    Its numbers are seconds since 2020 like those of `RedisLease`, so that going from one form to the other
    does not leave rows that are guarded by a higher number than anybody will ever have.
    """

    def __init__(self) -> None:
        self.token = int(SystemClock().now().timestamp()) - EPOCH_2020

    async def acquire(self) -> None:
        return

    async def lost(self) -> None:
        await asyncio.Event().wait()

    async def release(self) -> None:
        return


class RedisLease:
    """A Redis key that expires, renewed by its holder; counted lost a tenth of its length before that.

    The fencing number comes from Redis's clock, so it grows even when Redis comes back without its contents
    (seconds since 2020, which fit an INTEGER column until 2088). In that case the holder puts its key back,
    and nobody else may take it before the holder had the time to.
    """

    def __init__(self, url: str, name: str, *, seconds: float = 6.0) -> None:
        self._key = f"callcenter:lease:{name}"
        self._seconds = seconds
        answer = min(2.0, seconds / 3)
        self._redis: Redis = Redis.from_url(
            url, socket_connect_timeout=answer, socket_timeout=answer, retry=Retry(NoBackoff(), 0)
        )
        self._holder = secrets.token_hex(16)
        self._tasks = Tasks()
        self._gone = asyncio.Event()
        self._gone.set()
        self._token = 0

    @property
    def token(self) -> int:
        return self._token

    @property
    def held(self) -> bool:
        return not self._gone.is_set()

    async def acquire(self) -> None:
        """Wait, through absences of Redis, until it is ours; from then on it is renewed."""
        while not self.held:
            asked = asyncio.get_running_loop().time()
            try:
                token = await self._take()
            except _FAILURES as error:
                log.warning("the lease cannot be asked for", extra={"reason": str(error)})
                token = 0
            if token:
                self._token = token
                self._gone.clear()
                self._tasks.spawn("lease:renew", self._keep(self._good_until(asked)))
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def lost(self) -> None:
        await self._gone.wait()

    async def release(self) -> None:
        """Give it up; when Redis does not answer, it expires by itself."""
        await self._tasks.aclose()
        if self.held:
            self._gone.set()
            try:
                await self._redis.eval(_RELEASE, 1, self._key, self._holder)
            except _FAILURES as error:
                log.warning("the lease expires by itself", extra={"reason": str(error)})
        await self._redis.aclose()

    async def _take(self) -> int:
        server = await self._redis.info("server")
        if server["uptime_in_seconds"] <= self._seconds:
            return 0  # a Redis that came back empty may have forgotten a holder, who is about to say so
        token = await self._redis.eval(
            _TAKE, 2, self._key, f"{self._key}:fence", self._holder, self._milliseconds
        )
        return int(token)

    async def _keep(self, good_until: float) -> None:
        """Renew while it is ours and Redis answers in time."""
        loop = asyncio.get_running_loop()
        pause = self._seconds / 3
        while True:
            await asyncio.sleep(max(0.0, min(pause, good_until - loop.time())))
            asked = loop.time()
            if asked >= good_until:
                log.error("the lease ran out while Redis did not answer")
                break
            try:
                async with asyncio.timeout_at(good_until):
                    ours = await self._redis.eval(_RENEW, 1, self._key, self._holder, self._milliseconds)
            except _FAILURES as error:
                log.warning("the lease was not renewed", extra={"reason": str(error)})
                pause = RETRY_SECONDS
                continue
            if not ours:
                log.error("another process holds the lease")
                break
            good_until, pause = self._good_until(asked), self._seconds / 3
        self._gone.set()

    def _good_until(self, asked: float) -> float:
        return asked + self._seconds * 0.9

    @property
    def _milliseconds(self) -> int:
        return int(self._seconds * 1000)
