import random
from collections.abc import AsyncIterator

import pytest

from callcenter.agents.queries import SipAccount
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.ami.provision import Provisioner, ProvisionError, Reconciled, wanted
from callcenter.ami.simulator.service import Simulator
from callcenter.ami.simulator.timeline import LiveTimeline
from callcenter.kernel.clock import SystemClock

SECRET = "s3cret"


def account(agent_id: int, *, secret: str = SECRET, phone: PhoneKind = PhoneKind.BROWSER) -> SipAccount:
    name = f"agent{agent_id}"
    return SipAccount(agent_id=agent_id, name=name, secret=secret, phone=phone, leg_mode=LegMode.NAILED)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    dice = random.Random(7)  # noqa: S311 - seeded
    made = Simulator(timeline=LiveTimeline(SystemClock()), random=dice, numbers={})
    await made.start()
    yield made
    await made.stop()


async def test_asterisk_is_made_to_agree_with_the_rows(simulator: Simulator) -> None:
    provisioner = Provisioner(*simulator.ari)
    one, two, three = account(1), account(2, phone=PhoneKind.SIP), account(3)

    first = await provisioner.reconcile([one, two])
    again = await provisioner.reconcile([one, two])
    moved = await provisioner.reconcile([account(1, secret="changed"), three])

    assert first == Reconciled(written=(1, 2), removed=())
    assert again == Reconciled(written=(), removed=())
    assert moved == Reconciled(written=(1, 3), removed=(2,))
    assert await provisioner.present() == {1, 3}
    assert simulator.rest.objects["auth", "agent1"]["password"] == "changed"
    assert ("aor", "agent2") not in simulator.rest.objects


async def test_a_phone_is_put_and_deleted(simulator: Simulator) -> None:
    provisioner = Provisioner(*simulator.ari)

    await provisioner.put(account(5))
    assert await provisioner.present() == {5}
    await provisioner.delete(5)
    await provisioner.delete(5)

    assert await provisioner.present() == frozenset()


async def test_a_wrong_password_is_an_error(simulator: Simulator) -> None:
    url, user, _ = simulator.ari

    with pytest.raises(ProvisionError):
        await Provisioner(url, user, "wrong").put(account(1))


def test_a_browser_phone_and_a_desk_phone_differ() -> None:
    browser, desk = wanted(account(1)), wanted(account(2, phone=PhoneKind.SIP))

    assert browser["endpoint"]["webrtc"] == "yes"
    assert "webrtc" not in desk["endpoint"]
    assert (browser["endpoint"]["allow"], desk["endpoint"]["allow"]) == (
        "!all,opus,ulaw",
        "!all,ulaw,alaw,g722",
    )


@pytest.mark.parametrize("secret", ["", "a\nb", "a\rb", "a\0b"])
def test_a_secret_that_breaks_a_line_is_refused(secret: str) -> None:
    with pytest.raises(ProvisionError):
        wanted(account(1, secret=secret))
