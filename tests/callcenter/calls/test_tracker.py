"""What facts mean: calls, conversations, legs; and that neither order nor repetition matters."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls import events as e
from callcenter.calls import facts as f
from callcenter.calls.facts import LegKind, LegState
from callcenter.calls.tracker import Tracker
from callcenter.kernel.events import Event

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NUMBER = "+4930555111"
CALLER, AGENT, OTHER_AGENT = "pbx-1.1", "agent-7-a", "agent-8-b"


def at(ms: int) -> datetime:
    return START + timedelta(milliseconds=ms)


def leg(
    ms: int,
    leg_id: str,
    kind: LegKind,
    *,
    linked_id: str = "",
    agent_id: int | None = None,
    attempt_id: int | None = None,
    state: LegState = LegState.DOWN,
    number: str = NUMBER,
    name: str = "",
) -> f.LegCreated:
    return f.LegCreated(
        at=at(ms),
        leg_id=leg_id,
        linked_id=linked_id or leg_id,
        name=name or f"PJSIP/{leg_id}",
        endpoint="",
        kind=kind,
        agent_id=agent_id,
        attempt_id=attempt_id,
        number_raw=number,
        caller_name="",
        dialled_raw="",
        context="",
        state=state,
    )


def agent_leg(ms: int = 0, leg_id: str = AGENT, agent_id: int = 7) -> list[f.Fact]:
    return [
        leg(ms, leg_id, LegKind.AGENT, agent_id=agent_id, state=LegState.UP),
        f.AgentLegReady(at=at(ms), leg_id=leg_id, agent_id=agent_id),
    ]


def caller(ms: int = 100, leg_id: str = CALLER) -> list[f.Fact]:
    return [
        leg(ms, leg_id, LegKind.CUSTOMER),
        f.LegChanged(at=at(ms), leg_id=leg_id, state=LegState.UP),
        f.RecordingChanged(at=at(ms), leg_id=leg_id, state="on"),
        f.QueueEntered(at=at(ms), leg_id=leg_id, queue="support", joined_at=at(ms)),
    ]


def join(ms: int, bridge: str, *legs: str) -> list[f.Fact]:
    return [f.BridgeJoined(at=at(ms), bridge_id=bridge, leg_id=leg_id) for leg_id in legs]


def part(ms: int, bridge: str, *legs: str) -> list[f.Fact]:
    return [f.BridgeLeft(at=at(ms), bridge_id=bridge, leg_id=leg_id) for leg_id in legs]


def ended(ms: int, leg_id: str, cause: int = 16, sip_code: int | None = None) -> list[f.Fact]:
    return [f.LegEnded(at=at(ms), leg_id=leg_id, linked_id=AGENT, cause=cause, sip_code=sip_code)]


def asked(ms: int, leg_id: str) -> list[f.Fact]:
    return [f.LegEndAsked(at=at(ms), leg_id=leg_id)]


def fold(facts: Iterable[f.Fact], tracker: Tracker | None = None) -> list[Event]:
    tracker = tracker or Tracker("DE")
    return [event for fact in facts for event in tracker.apply(fact)]


def story(events: Iterable[Event]) -> list[str]:
    """The events of calls by name, in order."""
    return [type(event).__name__ for event in events if isinstance(event, e.CallEvent)]


def only(events: Iterable[Event], kind: type[e.CallEnded]) -> e.CallEnded:
    (found,) = (event for event in events if isinstance(event, kind))
    return found


ANSWERED = [
    *agent_leg(),
    *caller(),
    *join(4000, "b1", CALLER, AGENT),
    *asked(9000, CALLER),
    *part(9001, "b1", CALLER, AGENT),
    *ended(9002, CALLER),
]
TRANSFERRED = [
    *agent_leg(),
    *agent_leg(1, OTHER_AGENT, 8),
    *caller(),
    *join(4000, "b1", CALLER, AGENT),
    *part(6000, "b1", CALLER, AGENT),
    *join(8000, "b2", OTHER_AGENT, CALLER),
    *part(9001, "b2", CALLER, OTHER_AGENT),
    *ended(9002, CALLER),
]
HALVES = ("pbx-1.5", "pbx-1.6")
FALLBACK = [
    *agent_leg(),
    *caller(),
    f.FallbackEntered(at=at(5000), leg_id=CALLER, queue="support"),
    leg(6000, HALVES[0], LegKind.LOCAL, linked_id=CALLER, name="Local/7@cc-fallback-agent-1;1"),
    leg(6000, HALVES[1], LegKind.LOCAL, linked_id=CALLER, name="Local/7@cc-fallback-agent-1;2"),
    f.LocalPaired(at=at(6001), one_id=HALVES[0], two_id=HALVES[1]),
    *join(6002, "b1", HALVES[0], CALLER),
    *join(6003, "b2", HALVES[1], AGENT),
    *part(9000, "b1", HALVES[0], CALLER),
    *ended(9001, HALVES[0]),
    *part(9001, "b2", HALVES[1], AGENT),
    *ended(9002, HALVES[1]),
    *ended(9003, CALLER),
]
OUTBOUND = [
    *agent_leg(),
    leg(100, "attempt-5", LegKind.CUSTOMER, attempt_id=5, number="+4955500100"),
    f.LegChanged(at=at(900), leg_id="attempt-5", state=LegState.RINGING),
    f.LegChanged(at=at(3000), leg_id="attempt-5", state=LegState.UP),
    f.CustomerAnswered(at=at(3000), leg_id="attempt-5", attempt_id=5),
    *join(3050, "b1", "attempt-5", AGENT),
    *part(7000, "b1", "attempt-5", AGENT),
    *ended(7001, "attempt-5"),
]
STORIES = {"answered": ANSWERED, "transferred": TRANSFERRED, "fallback": FALLBACK, "outbound": OUTBOUND}


def test_an_inbound_call_is_answered_and_ended_by_the_customer() -> None:
    events = fold(ANSWERED)

    assert story(events) == [
        "CallStarted",
        "RecordingStarted",
        "CallQueued",
        "CallConnected",
        "CallDisconnected",
        "CallEnded",
    ]
    assert only(events, e.CallEnded).by is e.Party.CUSTOMER
    (connected,) = (event for event in events if isinstance(event, e.CallConnected))
    assert (connected.agent_id, connected.agent_leg_id, connected.at) == (7, AGENT, at(4000))


def test_a_caller_leaves_the_queue() -> None:
    events = fold([*caller(), *asked(3000, CALLER), *ended(3001, CALLER)])

    assert story(events) == ["CallStarted", "RecordingStarted", "CallQueued", "CallEnded"]


def test_a_call_keeps_its_id_when_the_nailed_legs_older_linkedid_takes_over() -> None:
    """The end carries the agent's Linkedid; a leg dialled later for the customer has it from its birth."""
    tracker = Tracker("DE")
    dialled = [
        leg(6000, "pbx-1.9", LegKind.OTHER, linked_id=AGENT),
        f.LegDialling(at=at(6001), source_id=CALLER, leg_id="pbx-1.9"),
    ]

    fold(ANSWERED[: -len([*asked(0, ""), *part(0, "", "", ""), *ended(0, "")])], tracker)
    events = fold(dialled, tracker)
    ending = fold(ended(9002, CALLER), tracker)

    assert tracker.legs["pbx-1.9"].call_id == CALLER
    (late,) = (x for x in events if isinstance(x, e.LegStarted) and x.call_id)
    assert (late.call_id, late.at) == (CALLER, at(6000))
    assert only(ending, e.CallEnded).call_id == CALLER


def test_a_transferred_call_has_one_agent_after_the_other() -> None:
    events = fold(TRANSFERRED)

    assert [x.agent_id for x in events if isinstance(x, e.CallConnected)] == [7, 8]
    assert [x.agent_id for x in events if isinstance(x, e.CallDisconnected)] == [7, 8]


def test_app_queue_joins_through_a_local_channel() -> None:
    events = fold(FALLBACK)

    assert [(x.agent_id, x.at) for x in events if isinstance(x, e.CallConnected)] == [(7, at(6003))]
    assert len([x for x in events if isinstance(x, e.CallDisconnected)]) == 1


def test_an_outbound_call_has_the_number_we_dialled() -> None:
    tracker = Tracker("DE")
    tracker.expect("attempt-5", NUMBER)

    events = fold(OUTBOUND, tracker)

    (started,) = (x for x in events if isinstance(x, e.CallStarted))
    assert (started.direction, started.number, started.attempt_id) == (e.Direction.OUTBOUND, NUMBER, 5)
    assert story(events)[1:] == ["CallAnswered", "CallConnected", "CallDisconnected", "CallEnded"]


def test_causes_of_unanswered_outbound_calls_are_kept() -> None:
    events = fold([leg(0, "attempt-5", LegKind.CUSTOMER, attempt_id=5), *ended(900, "attempt-5", 17, 486)])

    end = only(events, e.CallEnded)
    assert (end.cause, end.sip_code, end.by) == (17, 486, e.Party.SYSTEM)


def test_a_dial_without_a_leg_is_told() -> None:
    events = fold([f.OriginateEnded(at=at(0), action_id="attempt-5", leg_id=None, ok=False, reason=0)])

    assert events == [e.DialFailed(at=at(0), leg_id="attempt-5", reason=0)]


def test_an_attended_transfer_to_a_colleague() -> None:
    tracker = Tracker("DE")
    fold([*agent_leg(), *agent_leg(1, OTHER_AGENT, 8), *caller(), *join(4000, "b1", CALLER, AGENT)], tracker)

    events = fold(
        [
            *part(5000, "b1", CALLER, AGENT),
            *join(6000, "b2", AGENT, OTHER_AGENT),
            *part(7000, "b2", OTHER_AGENT, AGENT),
            *join(7001, "b3", CALLER, OTHER_AGENT),
        ],
        tracker,
    )

    joined = [(x.agent_id, x.leg_id) for x in events if isinstance(x, e.ConsultJoined)]
    assert sorted(joined) == [(7, OTHER_AGENT), (8, AGENT)]
    assert [x.agent_id for x in events if isinstance(x, e.CallConnected)] == [8]


def test_a_consult_leg_belongs_to_the_call_it_was_made_for() -> None:
    tracker = Tracker("DE")
    tracker.belongs("consult-7-x", CALLER)
    fold([*agent_leg(), *caller(), leg(5000, "consult-7-x", LegKind.CONSULT, agent_id=7)], tracker)

    events = fold(join(6000, "b2", "consult-7-x", AGENT), tracker)

    assert tracker.consult_legs(CALLER) == ["consult-7-x"]
    assert [(x.agent_id, x.leg_id) for x in events if isinstance(x, e.ConsultJoined)] == [(7, "consult-7-x")]


def test_the_end_by_our_own_command_has_its_author() -> None:
    tracker = Tracker("DE")
    fold([*agent_leg(), *caller(), *join(4000, "b1", CALLER, AGENT)], tracker)
    tracker.ended_by(CALLER, e.Party.AGENT)

    assert only(fold(ended(5000, CALLER), tracker), e.CallEnded).by is e.Party.AGENT


def test_a_late_repetition_does_not_bring_a_conversation_back() -> None:
    tracker = Tracker("DE")
    fold([*ANSWERED[:-3], *part(9001, "b1", CALLER, AGENT)], tracker)

    events = fold([*join(4000, "b1", CALLER, AGENT), *caller()], tracker)

    assert story(events) == []


def test_an_old_queue_entry_does_not_take_a_customer_from_their_agent() -> None:
    tracker = Tracker("DE")
    fold([*agent_leg(), *caller(), *join(4000, "b1", CALLER, AGENT)], tracker)

    events = fold([f.QueueEntered(at=at(200), leg_id=CALLER, queue="support", joined_at=at(100))], tracker)

    assert events == []
    assert tracker.calls[CALLER].agent_id == 7


def test_recording_is_paused_and_goes_on() -> None:
    events = fold(
        [
            *caller(),
            *(f.RecordingChanged(at=at(ms), leg_id=CALLER, state=s) for ms, s in ((1, "paused"), (2, "on"))),
        ]
    )

    assert [x.paused for x in events if isinstance(x, e.RecordingPaused)] == [True, False]


# -- order and repetition ---------------------------------------------------------------------


def mixed(facts: list[f.Fact], dice: random.Random) -> Iterator[f.Fact]:
    """The same facts: any order inside a millisecond, some twice, some again much later."""
    late: list[f.Fact] = []
    for _, together in groupby(facts, key=lambda fact: fact.at):
        group = list(together)
        group += [fact for fact in group if dice.random() < 0.3]
        dice.shuffle(group)
        yield from group
        late.extend(fact for fact in group if dice.random() < 0.1)
        if late and dice.random() < 0.2:
            yield late.pop(dice.randrange(len(late)))


def calls_of(events: Iterable[Event]) -> dict[str, list[tuple[object, ...]]]:
    """What matters of each call, whatever order its events inside a millisecond had."""
    told: dict[str, list[tuple[object, ...]]] = {}
    for event in events:
        if isinstance(event, e.CallEvent):
            agent = getattr(event, "agent_id", None)
            told.setdefault(event.call_id, []).append((event.at, type(event).__name__, agent))
    return {call_id: sorted(items, key=repr) for call_id, items in told.items()}


@given(st.sampled_from(sorted(STORIES)), st.integers(min_value=0, max_value=10**6))
def test_order_inside_a_millisecond_and_repetition_change_nothing(name: str, seed: int) -> None:
    facts = STORIES[name]

    events = fold(mixed(facts, random.Random(seed)))  # noqa: S311 - a test's dice

    assert calls_of(events) == calls_of(fold(facts))


# -- after a gap --------------------------------------------------------------------------------


def seen(
    leg_id: str,
    kind: LegKind,
    *,
    context: str = "cc-queue",
    agent_id: int | None = None,
    bridge_id: str | None = None,
    name: str = "",
    born: int = 0,
    **variables: str,
) -> f.LegSeen:
    return f.LegSeen(
        leg_id=leg_id,
        linked_id=leg_id,
        name=name or f"PJSIP/{leg_id}",
        endpoint="",
        kind=kind,
        agent_id=agent_id,
        attempt_id=None,
        number_raw=NUMBER,
        caller_name="",
        dialled_raw="",
        context=context,
        state=LegState.UP,
        bridge_id=bridge_id,
        created_at=at(born),
        variables=variables,
    )


def resynced(*legs: f.LegSeen, phones: tuple[tuple[int, str], ...] = (), fallback: str = "") -> f.Resynced:
    return f.Resynced(
        at=at(60_000), legs=legs, phones=phones, waiting_in_fallback=(fallback,) if fallback else ()
    )


def test_what_is_gone_has_ended_and_nobody_knows_how() -> None:
    tracker = Tracker("DE")
    fold([*agent_leg(), *caller(), *join(4000, "b1", CALLER, AGENT)], tracker)

    events = fold([resynced(seen(AGENT, LegKind.AGENT, agent_id=7, context="cc-agent"))], tracker)

    assert only(events, e.CallEnded).by is e.Party.UNKNOWN
    assert events[-1] == e.FloorKnown(at=at(60_000), open_calls=())


def test_what_is_new_is_taken_up_with_its_queue_and_wait() -> None:
    joined_ms = str(int(at(1500).timestamp() * 1000))

    events = fold(
        [
            resynced(
                seen(
                    CALLER,
                    LegKind.CUSTOMER,
                    born=1000,
                    CC_QUEUE="support",
                    CC_JOINED_MS=joined_ms,
                    CC_RECORD="x",
                )
            )
        ]
    )

    (started,) = (x for x in events if isinstance(x, e.CallStarted))
    assert (started.resumed, started.queue, started.joined_at) == (True, "support", at(1500))
    (queued,) = (x for x in events if isinstance(x, e.CallQueued))
    assert (queued.queue, queued.joined_at) == ("support", at(1500))


def test_a_changed_bridge_is_another_conversation() -> None:
    tracker = Tracker("DE")
    fold([*agent_leg(), *agent_leg(1, OTHER_AGENT, 8), *caller(), *join(4000, "b1", CALLER, AGENT)], tracker)

    events = fold(
        [
            resynced(
                seen(AGENT, LegKind.AGENT, agent_id=7, context="cc-agent"),
                seen(OTHER_AGENT, LegKind.AGENT, agent_id=8, context="cc-agent", bridge_id="b2"),
                seen(CALLER, LegKind.CUSTOMER, bridge_id="b2", CC_QUEUE="support"),
            )
        ],
        tracker,
    )

    assert story(events) == ["CallDisconnected", "CallConnected"]
    assert tracker.calls[CALLER].agent_id == 8


def test_halves_of_a_local_channel_are_found_by_name() -> None:
    events = fold(
        [
            resynced(
                seen(AGENT, LegKind.AGENT, agent_id=7, context="cc-agent", bridge_id="b2"),
                seen("l1", LegKind.LOCAL, name="Local/7@x-01;1", bridge_id="b1"),
                seen("l2", LegKind.LOCAL, name="Local/7@x-01;2", bridge_id="b2"),
                seen(CALLER, LegKind.CUSTOMER, context="cc-fallback", bridge_id="b1", CC_QUEUE="support"),
            )
        ]
    )

    assert [x.agent_id for x in events if isinstance(x, e.CallConnected)] == [7]


def test_where_customers_stand_is_told() -> None:
    events = fold(
        [
            resynced(
                seen("c1", LegKind.CUSTOMER, context="cc-served", CC_QUEUE="support"),
                seen("c2", LegKind.CUSTOMER, context="cc-hold"),
                seen("c3", LegKind.CUSTOMER, context="cc-fallback", CC_QUEUE="support"),
                fallback="c3",
            )
        ]
    )

    told = {x.call_id: type(x).__name__ for x in events if isinstance(x, e.CallEvent)}
    assert told == {"c1": "CallReturned", "c2": "CallFoundHeld", "c3": "CallFellBack"}


def test_phones_that_went_in_the_gap_are_lost() -> None:
    tracker = Tracker("DE")
    for agent_id in (7, 8):
        fold([f.PhoneChanged(at=at(0), agent_id=agent_id, reachable=True, uri=f"sip:{agent_id}")], tracker)

    events = fold([resynced(phones=((8, "sip:new"), (8, "sip:8")))], tracker)

    assert [(x.agent_id, x.uri) for x in events if isinstance(x, e.PhoneLost)] == [(7, "sip:7")]
    assert [(x.agent_id, x.uri) for x in events if isinstance(x, e.PhoneRegistered)] == [(8, "sip:8")]


def test_a_desk_phones_own_call_is_no_agents_leg() -> None:
    events = fold([resynced(seen("pbx-1.3", LegKind.AGENT, agent_id=7, context="from-agent"))])

    assert [x for x in events if isinstance(x, e.AgentLegUp)] == []


def test_the_same_lists_twice_change_nothing() -> None:
    lists = resynced(
        seen(AGENT, LegKind.AGENT, agent_id=7, context="cc-agent", bridge_id="b1"),
        seen(CALLER, LegKind.CUSTOMER, bridge_id="b1", CC_QUEUE="support"),
    )
    tracker = Tracker("DE")
    fold([lists], tracker)

    again = fold([replace(lists, at=at(61_000))], tracker)

    assert story(again) == []
