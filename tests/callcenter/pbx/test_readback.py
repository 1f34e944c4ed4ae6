"""What Asterisk has is held against what it should have."""

from dataclasses import replace

import pytest

from callcenter.pbx.config import InboundNumber, PbxConfig, QueueConfig, Trunk
from callcenter.pbx.readback import Present, Target, differences

WANTED = PbxConfig(
    queues=(QueueConfig(name="support"), QueueConfig(name="sales")),
    numbers=(InboundNumber(number="+74955550101", queue="support", language="ru"),),
    trunks=(Trunk(name="carrier", host="sip.example.com"),),
)
HAS = Present(
    version="22.1.0",
    numbers={"74955550101": Target("support", "ru")},
    queues=frozenset({"support", "sales"}),
    trunks={"carrier": "sip:sip.example.com:5060"},
)


def test_an_asterisk_that_has_everything_agrees() -> None:
    assert differences(WANTED, HAS) == []


@pytest.mark.parametrize(
    ("present", "told"),
    [
        (replace(HAS, numbers={}), "number 74955550101"),
        (replace(HAS, numbers={"74955550101": Target("sales", "ru")}), "number 74955550101"),
        (replace(HAS, numbers={"74955550101": Target("support", "en")}), "number 74955550101"),
        (replace(HAS, numbers={**HAS.numbers, "7": Target("sales", "en")}), "number 7 (deleted)"),
        (replace(HAS, queues=frozenset({"support"})), "queue sales"),
        (replace(HAS, trunks={}), "trunk carrier"),
        (replace(HAS, trunks={"carrier": "sip:other:5060"}), "trunk carrier"),
    ],
)
def test_what_is_missing_elsewhere_or_left_over_is_named(present: Present, told: str) -> None:
    assert differences(WANTED, present) == [told]


def test_a_queue_that_was_deleted_may_stay_until_its_last_caller_has_left() -> None:
    assert differences(WANTED, replace(HAS, queues=HAS.queues | {"old"})) == []
