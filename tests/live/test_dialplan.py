"""The dialplan contract of docs/architecture.md, on a real Asterisk."""

import asyncio

from callcenter.ami.control import AmiControl
from callcenter.ami.message import text
from callcenter.lab.carrier import Caller, dial_from_phone, place
from callcenter.lab.numbering import Scenario, number_for
from callcenter.pbx.instance import Instance
from tests.support.asterisk import CALLER, OUR_NUMBER, QUEUE, SECOND_NUMBER, Ami, until
from tests.support.sound import loudness


async def arrive(line: Ami, carrier: Instance, *, to: str = OUR_NUMBER, talk: int = 60) -> str:
    """A caller who waits in the loop."""
    since = len(line.heard)
    place(carrier, Caller(number=CALLER, to=to, talk_seconds=talk))
    return text(await line.until("CCQueued", since=since), "Uniqueid")


async def nailed(line: Ami, agent: int = 1) -> str:
    """The agent's leg in its silent loop."""
    leg = f"agent-{agent}-{len(line.heard)}"
    await line.originate(leg, f"PJSIP/agent{agent}", "cc-agent", "s", variables={"CC_AGENT": str(agent)})
    await line.until("CCAgentLeg", Uniqueid=leg, Agent=str(agent))
    await line.act("Setvar", Variable=f"CC_LEG_{agent}", Value=leg)
    return leg


async def channel(line: Ami, leg: str) -> str:
    """Where the leg is in the dialplan: context,exten."""
    answers = await line.actions.rows("Status", ("Channel", leg))
    row = next(a for a in answers if text(a, "Event") == "Status")
    return f"{text(row, 'Context')},{text(row, 'Exten')}"


async def variable(line: Ami, leg: str, name: str) -> str:
    return text(await line.act("Getvar", Channel=leg, Variable=name), "Value")


async def test_a_caller_waits_with_music_in_the_queue_of_the_number(line: Ami, carrier: Instance) -> None:
    place(carrier, Caller(number=CALLER, to=SECOND_NUMBER, name="Анна"))

    queued = await line.until("CCQueued", Queue="sales")
    leg = text(queued, "Uniqueid")
    await line.until("MusicOnHoldStart", Uniqueid=leg)

    created = await line.until("Newchannel", Uniqueid=leg)
    assert (text(created, "CallerIDNum"), text(created, "Exten")) == (CALLER, SECOND_NUMBER)
    assert await variable(line, leg, "CHANNEL(language)") == "ru"
    joined = int(text(queued, "JoinedMs")) / 1000
    assert abs(joined - float(text(queued, "Timestamp"))) < 1


async def test_an_unknown_number_hears_so_and_is_released_with_cause_1(line: Ami, carrier: Instance) -> None:
    place(carrier, Caller(number=CALLER, to="+74955599999"))

    created = await line.until("Newchannel", CallerIDNum=CALLER)
    ended = await line.until("Hangup", Uniqueid=text(created, "Uniqueid"))

    assert text(ended, "Cause") == "1"
    assert float(text(ended, "Timestamp")) - float(text(created, "Timestamp")) > 2
    assert "Up" not in [text(e, "ChannelStateDesc") for e in line.heard if text(e, "Event") == "Newstate"]


async def test_a_bridge_takes_both_out_of_their_loops_and_both_fall_back(
    line: Ami, carrier: Instance, phones: Instance
) -> None:
    caller, agent = await arrive(line, carrier), await nailed(line)

    await line.bridge(caller, agent)
    await line.until("BridgeEnter", Uniqueid=caller)
    await line.until("BridgeEnter", Uniqueid=agent)
    await line.hang_up(agent)

    await line.until("CCReturned", Uniqueid=caller)
    assert await channel(line, caller) == "cc-served,s"
    assert await variable(line, caller, "CC_SERVED") == "0"


async def test_an_agents_leg_survives_its_customers(line: Ami, carrier: Instance, phones: Instance) -> None:
    agent = await nailed(line)

    for _ in range(3):
        caller = await arrive(line, carrier)
        since = len(line.heard)
        await line.bridge(caller, agent)
        await line.until("BridgeEnter", since=since, Uniqueid=agent)
        await line.hang_up(caller)
        await line.until("BridgeLeave", since=since, Uniqueid=agent)

    assert await channel(line, agent) == "cc-agent,s"
    assert line.names(Uniqueid=agent).count("CCAgentLeg") == 1


async def test_a_served_customer_can_be_joined_again(line: Ami, carrier: Instance, phones: Instance) -> None:
    caller, first, second = await arrive(line, carrier), await nailed(line, 1), await nailed(line, 2)
    await line.bridge(caller, first)
    await line.hang_up(first)
    await line.until("CCReturned", Uniqueid=caller)
    since = len(line.heard)

    await line.bridge(caller, second)
    await line.until("BridgeEnter", since=since, Uniqueid=caller)
    await line.hang_up(second)

    await line.until("CCReturned", since=since, Uniqueid=caller)


async def test_hold_keeps_the_customer_with_music_and_unhold_brings_the_agent(
    line: Ami, carrier: Instance, phones: Instance
) -> None:
    caller, agent = await arrive(line, carrier), await nailed(line)
    await line.bridge(caller, agent)
    await line.until("BridgeEnter", Uniqueid=caller)
    since = len(line.heard)

    await line.act("Setvar", Channel=caller, Variable="CC_SERVED", Value="")
    await line.act("Redirect", Channel=caller, Context="cc-hold", Exten="s", Priority="1")
    await line.until("MusicOnHoldStart", since=since, Uniqueid=caller)
    since = len(line.heard)
    await line.bridge(caller, agent)
    await line.until("BridgeEnter", since=since, Uniqueid=caller)
    await line.hang_up(agent)

    await line.until("CCReturned", since=since, Uniqueid=caller)


async def test_an_announcement_is_played_once_at_the_next_turn(line: Ami, carrier: Instance) -> None:
    caller = await arrive(line, carrier)

    await line.act("Setvar", Channel=caller, Variable="CC_ANNOUNCE", Value="cc/position-1&cc/please-hold")

    await line.until("MusicOnHoldStop", Uniqueid=caller)
    await asyncio.sleep(0.3)
    assert await variable(line, caller, "CC_PLAYING") == "cc/position-1&cc/please-hold"
    assert await variable(line, caller, "CC_ANNOUNCE") == ""
    assert await variable(line, caller, "PLAYBACKSTATUS") in ("", "SUCCESS")
    await line.until("MusicOnHoldStart", since=len(line.heard), Uniqueid=caller)


async def test_with_the_service_away_app_queue_answers_and_gives_the_caller_back(
    line: Ami, carrier: Instance, pbx: Instance
) -> None:
    await line.beat(-60)

    caller = await arrive(line, carrier)
    await line.until("CCFallback", Uniqueid=caller, Queue=QUEUE)
    await line.until("QueueCallerJoin", Uniqueid=caller)
    name = await variable(line, caller, "CHANNEL(name)")
    since = len(line.heard)
    await line.beat()
    await line.act("QueueWithdrawCaller", Queue=QUEUE, Caller=name)

    back = await line.until("CCQueued", since=since, Uniqueid=caller)
    first = await line.until("CCQueued", Uniqueid=caller)
    assert text(back, "JoinedMs") == text(first, "JoinedMs")


async def test_with_the_service_away_a_nailed_agent_is_joined_and_is_free_again(
    line: Ami, carrier: Instance, phones: Instance
) -> None:
    agent = await nailed(line)
    member = {"Queue": QUEUE, "Interface": "Local/1@cc-fallback-agent/n", "StateInterface": "Custom:agent1"}
    await line.act("Setvar", Variable="DEVICE_STATE(Custom:agent1)", Value="NOT_INUSE")
    await line.act("QueueAdd", **member)
    await line.beat(-60)

    caller = await arrive(line, carrier)
    since = len(line.heard)
    await line.until("BridgeEnter", Uniqueid=agent)
    assert text(await line.act("Getvar", Variable="DEVICE_STATE(Custom:agent1)"), "Value") == "INUSE"
    await line.hang_up(caller)
    await line.until("BridgeLeave", since=since, Uniqueid=agent)

    async def free() -> bool:
        state = await line.act("Getvar", Variable="DEVICE_STATE(Custom:agent1)")
        return text(state, "Value") == "NOT_INUSE"

    await until(free)
    assert await channel(line, agent) == "cc-agent,s"
    await line.act("QueueRemove", Queue=QUEUE, Interface=member["Interface"])


async def test_with_the_service_away_an_agent_without_a_leg_is_rung(
    line: Ami, carrier: Instance, phones: Instance
) -> None:
    member = {"Queue": QUEUE, "Interface": "Local/3@cc-fallback-agent/n"}
    await line.act("Setvar", Variable="CC_LEG_3", Value="")
    await line.act("QueueAdd", **member)
    await line.beat(-60)

    caller = await arrive(line, carrier)
    rung = await line.until("Newchannel", Context="from-agent")
    await line.until("BridgeEnter", Uniqueid=text(rung, "Uniqueid"))
    await line.hang_up(caller)

    await line.until("Hangup", Uniqueid=text(rung, "Uniqueid"))
    await line.act("QueueRemove", **member)


async def test_the_fallback_leaves_an_agent_who_talks_in_peace(
    line: Ami, carrier: Instance, phones: Instance
) -> None:
    agent, served = await nailed(line), await arrive(line, carrier)
    await line.bridge(served, agent)
    await line.until("BridgeEnter", Uniqueid=agent)
    member = {"Queue": QUEUE, "Interface": "Local/1@cc-fallback-agent/n"}
    await line.act("QueueAdd", **member)
    await line.beat(-60)

    await arrive(line, carrier)
    tried = await line.until("Newchannel", Context="cc-fallback-agent", Exten="1")
    await line.until("Hangup", Uniqueid=text(tried, "Uniqueid"))

    assert "BridgeLeave" not in line.names(Uniqueid=agent)
    await line.act("QueueRemove", **member)


async def test_a_campaigns_customer_without_an_agent_is_dropped_after_two_seconds(line: Ami) -> None:
    await line.dial("attempt-1", number_for(Scenario.PERSON), CC_ATTEMPT="1")

    answered = await line.until("CCAnswered", Uniqueid="attempt-1", Attempt="1")
    dropped = await line.until("CCDropped", Uniqueid="attempt-1")
    ended = await line.until("Hangup", Uniqueid="attempt-1", seconds=25)

    waited = float(text(dropped, "Timestamp")) - float(text(answered, "Timestamp"))
    told = float(text(ended, "Timestamp")) - float(text(dropped, "Timestamp"))
    assert 1.9 < waited < 2.4
    assert told > 5
    assert text(ended, "Cause") == "16"


async def test_a_campaigns_customer_is_joined_and_both_sides_are_recorded(
    line: Ami, pbx: Instance, phones: Instance
) -> None:
    agent = await nailed(line)
    await line.dial("attempt-2", number_for(Scenario.PERSON_LONG), CC_ATTEMPT="2", CC_RECORD="attempt-2")
    await line.until("CCAnswered", Uniqueid="attempt-2")

    await line.bridge("attempt-2", agent)
    await asyncio.sleep(4)
    await line.hang_up("attempt-2")
    await line.until("Hangup", Uniqueid="attempt-2")

    assert "CCDropped" not in line.names(Uniqueid="attempt-2")
    await asyncio.sleep(0.5)
    sides = [pbx.spool / "monitor" / f"attempt-2-{side}.wav" for side in ("in", "out")]
    assert all(loudness(side) > 200 for side in sides)


async def test_a_customer_sent_out_comes_back_when_nobody_answers(line: Ami, carrier: Instance) -> None:
    caller = await arrive(line, carrier)
    await line.act("Setvar", Channel=caller, Variable="CC_TARGET", Value=number_for(Scenario.BUSY))
    await line.act("Setvar", Channel=caller, Variable="CC_TRUNK", Value="carrier")
    since = len(line.heard)

    await line.act("Redirect", Channel=caller, Context="cc-transfer", Exten="external", Priority="1")

    await line.until("CCTransferFailed", Uniqueid=caller, Status="BUSY")
    await line.until("CCQueued", since=since, Uniqueid=caller)


async def test_somebody_called_by_an_agent_waits_until_joined(line: Ami, phones: Instance) -> None:
    agent = await nailed(line)
    await line.dial("manual-1-a", number_for(Scenario.PERSON), exten="manual")
    await line.until("CCAnswered", Uniqueid="manual-1-a")
    await asyncio.sleep(3)
    since = len(line.heard)

    await line.bridge("manual-1-a", agent)
    await line.until("BridgeEnter", Uniqueid="manual-1-a")
    await line.hang_up(agent)

    await line.until("CCReturned", since=since, Uniqueid="manual-1-a")


async def test_a_phone_that_dials_by_itself_goes_out_through_the_trunk(line: Ami, phones: Instance) -> None:
    dial_from_phone(phones, "agent3", number_for(Scenario.PERSON))

    dialled = await line.until("CCPhoneDialled", Endpoint="agent3")

    assert text(dialled, "Number") == number_for(Scenario.PERSON)
    await line.until("BridgeEnter", Uniqueid=text(dialled, "Uniqueid"))


async def test_music_and_prompts_are_not_transcoded(line: Ami, carrier: Instance, pbx: Instance) -> None:
    caller = await arrive(line, carrier)
    name = await variable(line, caller, "CHANNEL(name)")

    with_music = await pbx.cli(f"core show channel {name}")
    await line.act("Setvar", Channel=caller, Variable="CC_ANNOUNCE", Value="cc/please-hold")
    await line.until("MusicOnHoldStop", Uniqueid=caller)
    with_prompt = await pbx.cli(f"core show channel {name}")

    for shown in (with_music, with_prompt):
        assert "WriteTranscode: No" in shown
        assert "WriteFormat: ulaw" in shown


async def test_a_customer_who_presses_the_key_during_the_message_is_confirmed_and_told_of(line: Ami) -> None:
    await line.dial("attempt-3", number_for(Scenario.OPTS_OUT), CC_ATTEMPT="3", CC_LANG="ru")

    dropped = await line.until("CCDropped", Uniqueid="attempt-3")
    opted = await line.until("CCOptedOut", Uniqueid="attempt-3", Attempt="3", Digit="9")
    ended = await line.until("Hangup", Uniqueid="attempt-3")

    assert float(text(opted, "Timestamp")) > float(text(dropped, "Timestamp"))
    confirmed = float(text(ended, "Timestamp")) - float(text(opted, "Timestamp"))
    assert confirmed > 2, "the confirmation is heard to its end"


AMD = "2500,1500,800,5000,100,50,3,256,5000"


async def test_a_person_is_heard_as_one_and_the_two_seconds_count_from_the_answer(line: Ami) -> None:
    await line.dial(
        "attempt-4", number_for(Scenario.PERSON), CC_ATTEMPT="4", CC_AMD=AMD, CC_MACHINE="hang-up"
    )

    up = await line.until("Newstate", Uniqueid="attempt-4", ChannelState="6")
    heard = await line.until("CCHeard", Uniqueid="attempt-4", Attempt="4")
    dropped = await line.until("CCDropped", Uniqueid="attempt-4")

    assert text(heard, "Status") == "HUMAN"
    assert 1000 < int(text(heard, "Ms")) < 2200
    waited = float(text(dropped, "Timestamp")) - float(text(up, "Timestamp"))
    assert 1.9 < waited < 2.6
    await line.hang_up("attempt-4")


async def test_a_machine_that_was_found_hears_the_whole_message_after_its_tone(
    line: Ami, carrier: Instance
) -> None:
    number = number_for(Scenario.MACHINE_LONG, line=9)
    await line.dial("attempt-5", number, CC_ATTEMPT="5", CC_AMD=AMD, CC_MACHINE="message")

    heard = await line.until("CCHeard", Uniqueid="attempt-5")
    left = await line.until("CCMessageLeft", Uniqueid="attempt-5", seconds=45)
    await line.until("Hangup", Uniqueid="attempt-5")

    assert (text(heard, "Status"), text(left, "Status")) == ("MACHINE", "SUCCESS")
    assert "CCAnswered" not in line.names(Uniqueid="attempt-5")
    recorded = carrier.spool / "machines" / f"{number.lstrip('+')}-1.wav"
    await until(lambda: recorded.exists() and recorded.stat().st_size > 16000 * 11)


async def test_an_agents_key_sends_the_message_and_sets_the_agent_free(
    line: Ami, pbx: Instance, phones: Instance
) -> None:
    agent = await nailed(line)
    await line.dial("attempt-6", number_for(Scenario.MACHINE_SHORT, line=8), CC_ATTEMPT="6")
    await line.until("CCAnswered", Uniqueid="attempt-6")
    await line.bridge("attempt-6", agent)
    await line.until("BridgeEnter", Uniqueid=agent)
    since = len(line.heard)

    await line.act("Setvar", Channel="attempt-6", Variable="CC_SERVED", Value="0")
    await line.act("Redirect", Channel="attempt-6", Context="cc-machine", Exten="message", Priority="1")

    await line.until("BridgeLeave", since=since, Uniqueid=agent)
    await line.until("CCMessageLeft", since=since, Uniqueid="attempt-6", Status="SUCCESS", seconds=45)
    assert await channel(line, agent) == "cc-agent,s"


async def test_a_customer_of_a_campaign_without_agents_chooses_a_key(line: Ami) -> None:
    variables = {"CC_ATTEMPT": "7", "CC_PROMPT": "cc/message", "CC_NUMBER": "+4930"}
    number = number_for(Scenario.OPTS_OUT)
    await line.originate(
        "attempt-7", f"PJSIP/{number}@carrier", "cc-outbound", "agentless", variables=variables
    )

    await line.until("CCAnswered", Uniqueid="attempt-7")
    await line.until("CCKey", Uniqueid="attempt-7", Key="9")
    await line.act("Redirect", Channel="attempt-7", Context="cc-harbour", Exten="9", Priority="1")

    await line.until("CCOptedOut", Uniqueid="attempt-7")
    await line.until("Hangup", Uniqueid="attempt-7")


async def test_a_key_pressed_while_the_service_is_away_is_kept_until_it_is_taken(line: Ami) -> None:
    control = AmiControl(line.actions)
    await line.beat(-60)
    await line.dial("attempt-8", number_for(Scenario.OPTS_OUT), CC_ATTEMPT="8", CC_NUMBER="+4930200000")

    await line.until("CCOptedOut", Uniqueid="attempt-8")
    await line.until("Hangup", Uniqueid="attempt-8")

    assert await control.kept_opt_outs() == ("+4930200000",)
    await control.opt_out_taken("+4930200000")
    await asyncio.sleep(0.5)
    assert await control.kept_opt_outs() == ()
