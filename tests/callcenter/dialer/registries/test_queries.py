"""Which registries there are, how old they are, and which of them laws ask for."""

from datetime import timedelta

from callcenter.dialer.registries import queries, service
from callcenter.dialer.registries.service import RegistryDraft
from callcenter.dialer.rules import law
from callcenter.kernel.clock import ManualClock
from callcenter.kernel.tx import Transactions, system_actor

BOSS = system_actor("boss")


async def test_what_a_law_asks_for_is_listed_before_anybody_has_loaded_it(
    transactions: Transactions, clock: ManualClock
) -> None:
    async with transactions.begin(BOSS) as tx:
        await service.create_registry(tx, RegistryDraft(code="our-own", name="Ours", region="DE"))
        tps = await service.registry_of(tx, "gb-tps")
        tps.current_at = clock.now() - timedelta(days=28)
    async with transactions.read() as session:
        lines = {line.code: line for line in await queries.registries(session, law.book())}

    assert {"our-own", "gb-tps", "us-dnc"} <= lines.keys()
    assert lines["us-dnc"].row is None
    assert lines["us-dnc"].too_old(clock.now())
    assert (lines["gb-tps"].age_days(clock.now()), lines["gb-tps"].max_age_days) == (28, 28)
    assert lines["gb-tps"].too_old(clock.now())
    assert not lines["gb-tps"].too_old(clock.now() - timedelta(days=1))
    assert lines["gb-tps"].asked_by == ("GB",)
    assert not lines["our-own"].too_old(clock.now())
