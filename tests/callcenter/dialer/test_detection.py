"""AMD()'s settings and how far its word is trusted."""

import pytest

from callcenter.dialer.detection import ARGUMENTS, BadSettings, Heard, arguments


def test_what_is_not_set_keeps_its_default_and_the_order_is_amds_own() -> None:
    assert arguments({"greeting_ms": 1200}) == "2500,1200,800,5000,100,50,3,256,5000"
    assert next(iter(ARGUMENTS)) == "initial_silence_ms"


@pytest.mark.parametrize("settings", [{"loudness": 3}, {"greeting_ms": "1,2"}, {"total_ms": 0}])
def test_what_amd_could_not_take_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(BadSettings):
        arguments(settings)


def test_the_confidence_goes_by_the_reason_without_its_figures() -> None:
    assert (
        Heard("HUMAN", "HUMAN-800-800", 1560).confidence > Heard("NOTSURE", "TOOLONG-5000", 5000).confidence
    )
    assert Heard("", "", 0).confidence < 0.5
