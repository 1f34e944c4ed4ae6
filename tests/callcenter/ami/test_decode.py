from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.ami.decode import DECODED, KNOWN, Malformed, decode, endpoint_of, identify, moment
from callcenter.ami.message import parse
from callcenter.ami.recording import replay
from callcenter.calls.facts import (
    CustomerAnswered,
    DigitPressed,
    Fact,
    LegCreated,
    LegEnded,
    LegKind,
    LocalPaired,
    PhoneChanged,
    QueueEntered,
    RecordingChanged,
)

RECORDING = Path(__file__).parents[2] / "support" / "recordings" / "calls.ami"
STAMP = "1795467911.713626"

_HEADER_NAMES = st.sampled_from(
    sorted(
        {
            *("Timestamp", "Uniqueid", "Linkedid", "Channel", "ChannelState", "Cause", "TechCause", "Reason"),
            *(
                "UserEvent",
                "Agent",
                "Attempt",
                "JoinedMs",
                "Queue",
                "BridgeUniqueid",
                "DestUniqueid",
                "Digit",
            ),
            *("LocalOneUniqueid", "LocalTwoUniqueid", "EndpointName", "AOR", "ContactStatus", "Direction"),
            *("Newname", "State", "Response", "ActionID", "CallerIDNum", "Exten"),
        }
    )
)
_VALUES = st.one_of(
    st.text(),
    st.sampled_from(
        [STAMP, "6", "agent7", "agent-7-x", "attempt-12", "PJSIP/agent7-0000001a", "Reachable", "Received"]
    ),
    st.sampled_from(["CCQueued", "CCAnswered", "CCAgentLeg", "1e400", "99999999999999999999", "-1", "٣"]),
    st.lists(st.text(), max_size=3).map(tuple),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw builds tables of all letters
@given(st.sampled_from(sorted(KNOWN)), st.dictionaries(_HEADER_NAMES, _VALUES))
def test_no_input_makes_decoding_fail(name: str, headers: dict[str, str | tuple[str, ...]]) -> None:
    complaints: list[str] = []

    fact = decode({**headers, "Event": name}, complaints.append)

    assert fact is None or fact.at.tzinfo is UTC
    assert not complaints or (fact is None and complaints == [name])


@given(st.dictionaries(st.text(), st.text()))
def test_arbitrary_headers_are_no_fact_or_a_fact(headers: dict[str, str]) -> None:
    decode(headers)


def test_every_decoded_event_is_known() -> None:
    assert DECODED < KNOWN


def test_a_time_stamp_keeps_its_microseconds() -> None:
    assert moment(STAMP) == datetime(2026, 11, 23, 21, 5, 11, 713626, tzinfo=UTC)
    assert moment("1795467911.5").microsecond == 500000
    with pytest.raises(Malformed):
        moment("yesterday")


@pytest.mark.parametrize(
    ("leg_id", "linked_id", "name", "expected"),
    [
        ("agent-7-k3", "agent-7-k3", "PJSIP/agent7-00000001", (LegKind.AGENT, 7, None)),
        ("attempt-12", "agent-7-k3", "PJSIP/carrier-00000002", (LegKind.CUSTOMER, None, 12)),
        ("manual-7-k3", "manual-7-k3", "PJSIP/carrier-00000002", (LegKind.CUSTOMER, 7, None)),
        ("consult-7-k3", "consult-7-k3", "PJSIP/carrier-00000002", (LegKind.CONSULT, 7, None)),
        ("pbx-17.5", "pbx-17.5", "PJSIP/carrier-00000003", (LegKind.CUSTOMER, None, None)),
        ("pbx-17.6", "pbx-17.5", "PJSIP/carrier-00000004", (LegKind.OTHER, None, None)),
        ("pbx-17.7", "pbx-17.7", "PJSIP/agent12-00000005", (LegKind.AGENT, 12, None)),
        ("pbx-17.8", "pbx-17.5", "Local/7@cc-fallback-agent-0;1", (LegKind.LOCAL, None, None)),
        ("pbx-17.9", "pbx-17.9", "OutgoingSpoolFailed", (LegKind.OTHER, None, None)),
        ("attempt-12x", "attempt-12x", "PJSIP/carrier-1", (LegKind.CUSTOMER, None, None)),
    ],
)
def test_a_leg_is_known_by_its_id_and_its_channel(
    leg_id: str, linked_id: str, name: str, expected: tuple[LegKind, int | None, int | None]
) -> None:
    assert identify(leg_id, linked_id, name) == expected


def test_an_endpoint_is_read_from_the_channel_name() -> None:
    assert endpoint_of("PJSIP/agent7-0000001a") == "agent7"
    assert endpoint_of("PJSIP/my-trunk-0000001a") == "my-trunk"


def fact_of(**headers: str) -> Fact | None:
    return decode({"Timestamp": STAMP, **headers})


def test_a_fallback_keeps_the_time_of_joining_and_a_bad_one_is_now() -> None:
    good = fact_of(
        Event="UserEvent", UserEvent="CCQueued", Uniqueid="a", Queue="support", JoinedMs="1795467900123"
    )
    bad = fact_of(Event="UserEvent", UserEvent="CCQueued", Uniqueid="a", Queue="support", JoinedMs="soon")

    assert isinstance(good, QueueEntered)
    assert isinstance(bad, QueueEntered)
    assert good.joined_at == datetime(2026, 11, 23, 21, 5, 0, 123000, tzinfo=UTC)
    assert bad.joined_at == bad.at


@pytest.mark.parametrize(
    ("cause", "channel_state", "told"),
    [("17", "5", 17), ("0", "5", 19), ("0", "6", 0), ("0", "0", 0), ("", "4", 19)],
)
def test_a_call_that_rang_to_the_end_of_our_time_was_not_answered(
    cause: str, channel_state: str, told: int
) -> None:
    ended = fact_of(Event="Hangup", Uniqueid="a", Cause=cause, ChannelState=channel_state)

    assert isinstance(ended, LegEnded)
    assert ended.cause == told


def test_a_phone_comes_and_goes() -> None:
    def phone(status: str, endpoint: str = "agent7") -> Fact | None:
        return fact_of(Event="ContactStatus", EndpointName=endpoint, ContactStatus=status, URI="sip:a@b")

    assert isinstance(here := phone("Reachable"), PhoneChanged)
    assert isinstance(gone := phone("Removed"), PhoneChanged)
    assert (here.agent_id, here.reachable, gone.reachable) == (7, True, False)
    assert phone("Reachable", "carrier") is None


def test_only_the_far_ends_digits_count() -> None:
    ours = fact_of(Event="DTMFEnd", Uniqueid="a", Digit="5", Direction="Sent")
    theirs = fact_of(Event="DTMFEnd", Uniqueid="a", Digit="5", Direction="Received")

    assert ours is None
    assert isinstance(theirs, DigitPressed)


def test_a_recorded_day_decodes_without_a_complaint() -> None:
    complaints: list[str] = []
    messages = [parse(message.block) for message in replay(RECORDING)]

    facts = [fact for m in messages if (fact := decode(m, complaints.append)) is not None]

    assert not complaints
    assert {str(m["Event"]) for m in messages if "Event" in m} <= KNOWN
    kinds = {type(fact) for fact in facts}
    assert {LegCreated, LegEnded, CustomerAnswered, LocalPaired, DigitPressed, RecordingChanged} <= kinds
    born = {fact.leg_id for fact in facts if isinstance(fact, LegCreated)}
    assert {fact.leg_id for fact in facts if isinstance(fact, LegEnded)} == born
    causes = {fact.leg_id: (fact.cause, fact.sip_code) for fact in facts if isinstance(fact, LegEnded)}
    assert causes["attempt-2"] == (17, 486)
    assert causes["attempt-3"] == (1, 404)
