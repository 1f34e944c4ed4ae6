"""Asterisk takes the phones that we push, and says so when it is asked."""

from callcenter.agents.queries import SipAccount
from callcenter.agents.roster import LegMode, PhoneKind
from callcenter.ami.provision import Provisioner, Reconciled
from callcenter.pbx.instance import Instance


def account(agent_id: int, secret: str, phone: PhoneKind) -> SipAccount:
    name = f"agent{agent_id}"
    return SipAccount(agent_id=agent_id, name=name, secret=secret, phone=phone, leg_mode=LegMode.NAILED)


async def test_phones_are_written_read_back_and_removed(pbx: Instance) -> None:
    url = f"http://127.0.0.1:{pbx.ports.http}/ari"
    provisioner = Provisioner(url, "callcenter", pbx.secrets.ari)
    before = await provisioner.present()
    kept = [account(agent_id, "lab-phone-secret", PhoneKind.SIP) for agent_id in before]
    browser = account(901, "one", PhoneKind.BROWSER)
    desk = account(902, "two;[x]", PhoneKind.SIP)
    await provisioner.reconcile(kept)

    first = await provisioner.reconcile([*kept, browser, desk])
    again = await provisioner.reconcile([*kept, browser, desk])
    changed = await provisioner.reconcile([*kept, account(901, "three", PhoneKind.BROWSER)])

    assert first == Reconciled(written=(901, 902), removed=())
    assert again == Reconciled(written=(), removed=())
    assert changed == Reconciled(written=(901,), removed=(902,))
    await provisioner.delete(901)
    assert await provisioner.present() == before
