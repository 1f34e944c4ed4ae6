"""The telephony commands as AMI actions, by the dialplan contract of `docs/architecture.md`.

Asterisk finds a channel by its Uniqueid in every action used here except QueueWithdrawCaller, which needs
the channel's name. Nothing is retried: a command that timed out may have been carried out, and the facts
will tell.
"""

import asyncio
import re
from collections.abc import Callable

from callcenter.ami.connection import AmiConnection, AmiDown, AmiRefused, AmiTimeout, Sent
from callcenter.ami.message import Headers, UnsafeHeader, text
from callcenter.calls.control import ControlError, Landing, Membership

_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LEG = re.compile(r"[A-Za-z0-9_.:-]{1,149}")
_PROMPT = re.compile(r"[A-Za-z0-9_./-]{1,200}")
_DIGITS = re.compile(r"[0-9A-D*#]{1,64}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,79}")
_LANGUAGE = re.compile(r"[A-Za-z]{2}([_-][A-Za-z]{2})?")
_CALLER = re.compile(r"[^\"<>\\\r\n\0]{0,80}")
_QUOTED = re.compile(r'([\\,"()\[\]{}])')
_OPT_OUTS = "cc-opt-out"
_DIGIT_MS = 120
_DIGIT_PAUSE_SECONDS = 0.2
_NO_SUCH_LEG = ("No such channel", "Channel not existent")

_DEVICE_STATES = {
    Membership.AVAILABLE: "NOT_INUSE",
    Membership.BUSY: "INUSE",
    Membership.PAUSED: "NOT_INUSE",
    Membership.ABSENT: "UNAVAILABLE",
}


class AmiControl:
    """Implements `calls.control.CallControl` over the actions connection."""

    def __init__(self, connection: AmiConnection) -> None:
        self._connection = connection
        self.before_dial_out: Callable[[str, str], None] = lambda _leg_id, _number: None

    async def dial_agent(
        self, leg_id: str, agent_id: int, *, auto_answer: bool, ring_seconds: int, caller_number: str
    ) -> None:
        """Call the agent's phone; the ActionID is the leg's id, so that a failure without a leg is found."""
        variables = {"CC_AGENT": str(agent_id)}
        headers = [
            ("Channel", f"PJSIP/agent{agent_id:d}"),
            ("Context", "cc-agent"),
            ("Exten", "s"),
            *_caller(caller_number),
        ]
        if auto_answer:
            answer = r"PJSIP_HEADER(add,Call-Info)=<sip:callcenter>\;answer-after=0"
            headers.append(("Variable", answer))
        await self._originate(leg_id, headers, variables, ring_seconds)

    async def dial_out(
        self,
        leg_id: str,
        number: str,
        *,
        trunk: str,
        caller_id: str,
        ring_seconds: int,
        landing: Landing,
        variables: dict[str, str],
    ) -> None:
        """Call a number; `CC_NUMBER` stays on the leg, so that a resync knows whom it reaches."""
        _fit(_NUMBER, number, "number")
        self.before_dial_out(leg_id, number)
        headers = [
            ("Channel", f"PJSIP/{number}@{_fit(_NAME, trunk, 'trunk')}"),
            ("Context", "cc-outbound"),
            ("Exten", landing.value),
            *_caller(caller_id),
        ]
        await self._originate(leg_id, headers, {"CC_NUMBER": number, **variables}, ring_seconds)

    async def bridge(self, customer_leg: str, agent_leg: str) -> None:
        """Two actions in a row, without waiting between: Asterisk keeps their order."""
        served = self._set(customer_leg, "CC_SERVED", "1")
        joined = self._send(
            "Bridge",
            ("Channel1", _fit(_LEG, customer_leg, "leg")),
            ("Channel2", _fit(_LEG, agent_leg, "leg")),
        )
        await _all(served, joined)

    async def hold(self, leg_id: str) -> None:
        """The mark of being served goes first: on hold it means that an agent was there meanwhile."""
        await _all(self._set(leg_id, "CC_SERVED", "0"), self._redirect(leg_id, "cc-hold", "s"))

    async def hang_up(self, leg_id: str, cause: int = 16) -> None:
        leg = _fit(_LEG, leg_id, "leg")
        try:
            await _all(self._send("Hangup", ("Channel", leg), ("Cause", f"{cause:d}")))
        except ControlError as error:
            if not error.message.startswith(_NO_SUCH_LEG):
                raise

    async def say_goodbye(self, leg_id: str) -> None:
        await _all(self._set(leg_id, "CC_SERVED", "0"), self._redirect(leg_id, "cc-served", "bye"))

    async def send_to_queue(self, leg_id: str, queue: str, language: str) -> None:
        """The wait begins anew, in the new queue."""
        spoken = [self._set(leg_id, "CC_LANG", _fit(_LANGUAGE, language, "language"))] if language else []
        await _all(
            *spoken,
            self._set(leg_id, "CC_QUEUE", _fit(_NAME, queue, "queue")),
            self._set(leg_id, "CC_SERVED", "0"),
            self._set(leg_id, "CC_JOINED_MS", ""),
            self._redirect(leg_id, "cc-queue", "s"),
        )

    async def send_to_loop(self, leg_id: str) -> None:
        await _all(self._redirect(leg_id, "cc-agent", "s"))

    async def ask(self, leg_id: str, prompt: str) -> None:
        await _all(
            self._set(leg_id, "CC_PROMPT", _fit(_PROMPT, prompt, "prompt")),
            self._redirect(leg_id, "cc-survey", "s"),
        )

    async def confirm_opt_out(self, leg_id: str) -> None:
        await _all(self._redirect(leg_id, "cc-harbour", "9"))

    async def kept_opt_outs(self) -> tuple[str, ...]:
        try:
            rows = await self._connection.rows("DBGetTree", ("Family", _OPT_OUTS))
        except AmiRefused:
            return ()  # that is how an empty family is told
        except (AmiDown, AmiTimeout) as error:
            raise _told(error) from error
        kept = [text(row, "Key").rpartition("/")[2] for row in rows]
        return tuple(number for number in kept if _NUMBER.fullmatch(number))

    async def opt_out_taken(self, number: str) -> None:
        name = _fit(_NUMBER, number, "number")
        # only the dialplan may delete: with more rights we could do much else
        through = (("Channel", f"Local/{name}@cc-forget/n"), ("Application", "NoOp"))
        await _all(self._send("Originate", *through, ("Async", "true"), ("Timeout", "2000")))

    async def leave_message(self, leg_id: str, prompt: str) -> None:
        name = _fit(_PROMPT, prompt, "prompt") if prompt else ""
        await _all(
            self._set(leg_id, "CC_MESSAGE", name),
            self._set(leg_id, "CC_SERVED", "0"),
            self._redirect(leg_id, "cc-machine", "message"),
        )

    async def send_to_number(self, leg_id: str, number: str, trunk: str) -> None:
        await _all(
            self._set(leg_id, "CC_TARGET", _fit(_NUMBER, number, "number")),
            self._set(leg_id, "CC_TRUNK", _fit(_NAME, trunk, "trunk")),
            self._redirect(leg_id, "cc-transfer", "external"),
        )

    async def announce(self, leg_id: str, prompts: tuple[str, ...]) -> None:
        names = "&".join(_fit(_PROMPT, prompt, "prompt") for prompt in prompts)
        await _all(self._set(leg_id, "CC_ANNOUNCE", names))

    async def press(self, leg_id: str, digits: str) -> None:
        leg = _fit(_LEG, leg_id, "leg")
        for digit in _fit(_DIGITS, digits, "digits"):
            tone = (("Channel", leg), ("Digit", digit), ("Duration", f"{_DIGIT_MS:d}"))
            await _all(self._send("PlayDTMF", *tone))
            await asyncio.sleep(_DIGIT_PAUSE_SECONDS)

    async def set_recording(self, leg_id: str, on: bool) -> None:
        leg = _fit(_LEG, leg_id, "leg")
        mute = (("Channel", leg), ("Direction", "both"), ("State", "0" if on else "1"))
        await _all(self._send("MixMonitorMute", *mute))

    async def beat(self, epoch_seconds: int) -> None:
        await _all(self._set(None, "CC_BEAT", f"{epoch_seconds:d}"))

    async def set_nailed_leg(self, agent_id: int, leg_id: str | None) -> None:
        leg = "" if leg_id is None else _fit(_LEG, leg_id, "leg")
        await _all(self._set(None, f"CC_LEG_{agent_id:d}", leg))

    async def mirror_member(self, agent_id: int, queues: tuple[str, ...], state: Membership) -> None:
        """Reads what app_queue has, then sends only the difference."""
        interface = f"Local/{agent_id:d}@cc-fallback-agent/n"
        device = f"Custom:agent{agent_id:d}"
        wanted = () if state is Membership.ABSENT else tuple(_fit(_NAME, q, "queue") for q in queues)
        present = await self._memberships(interface)
        paused = "true" if state is Membership.PAUSED else "false"
        actions = [self._set(None, f"DEVICE_STATE({device})", _DEVICE_STATES[state])]
        actions.extend(
            self._send("QueueRemove", ("Queue", queue), ("Interface", interface))
            for queue in present
            if queue not in wanted
        )
        for queue in wanted:
            member = (("Queue", queue), ("Interface", interface), ("Paused", paused))
            if queue not in present:
                name = (("MemberName", f"agent{agent_id:d}"), ("StateInterface", device))
                actions.append(self._send("QueueAdd", *member, *name))
            elif present[queue] != paused:
                actions.append(self._send("QueuePause", *member))
        await _all(*actions)

    async def take_over(self, leg_id: str, queue: str) -> None:
        leg = _fit(_LEG, leg_id, "leg")
        name = text(
            await _one(self._send("Getvar", ("Channel", leg), ("Variable", "CHANNEL(name)"))), "Value"
        )
        caller = (("Queue", _fit(_NAME, queue, "queue")), ("Caller", name))
        await _all(self._send("QueueWithdrawCaller", *caller, ("WithdrawInfo", "service")))

    async def log_queue(self, queue: str, call_id: str, agent_name: str, event: str, *fields: str) -> None:
        row = (
            ("Queue", queue),
            ("Event", _fit(_NAME, event, "event")),
            ("Uniqueid", call_id),
            ("Interface", agent_name.replace("|", " ")),
            ("Message", "|".join(field.replace("|", " ") for field in fields)),
        )
        await _all(self._send("QueueLog", *row))

    async def _originate(
        self, leg_id: str, headers: list[tuple[str, str]], variables: dict[str, str], ring_seconds: int
    ) -> None:
        leg = _fit(_LEG, leg_id, "leg")
        settings = [
            ("Priority", "1"),
            ("Async", "true"),
            ("ChannelId", leg),
            ("Timeout", f"{ring_seconds * 1000:d}"),
            *(("Variable", _assignment(name, value)) for name, value in variables.items()),
        ]
        await _all(self._send("Originate", *headers, *settings, action_id=leg))

    async def _memberships(self, interface: str) -> dict[str, str]:
        """Queue -> paused ("true", "false") of every queue the interface is a member of."""
        try:
            rows = await self._connection.rows("QueueStatus", ("Member", interface))
        except (AmiDown, AmiTimeout, AmiRefused) as error:
            raise _told(error) from error
        members = [r for r in rows if text(r, "Event") == "QueueMember" and text(r, "Location") == interface]
        return {text(r, "Queue"): "true" if text(r, "Paused") == "1" else "false" for r in members}

    def _redirect(self, leg_id: str, context: str, exten: str) -> Sent:
        leg = _fit(_LEG, leg_id, "leg")
        return self._send(
            "Redirect", ("Channel", leg), ("Context", context), ("Exten", exten), ("Priority", "1")
        )

    def _set(self, leg_id: str | None, variable: str, value: str) -> Sent:
        where = () if leg_id is None else (("Channel", _fit(_LEG, leg_id, "leg")),)
        return self._send("Setvar", *where, ("Variable", variable), ("Value", value))

    def _send(self, action: str, *headers: tuple[str, str], action_id: str | None = None) -> Sent:
        try:
            return self._connection.send(action, *headers, action_id=action_id)
        except AmiDown as error:
            raise _told(error) from error
        except UnsafeHeader as error:
            raise ControlError("refused", str(error)) from error


async def _one(sent: Sent) -> Headers:
    try:
        return await sent.answer()
    except (AmiDown, AmiTimeout, AmiRefused) as error:
        raise _told(error) from error


async def _all(*sent: Sent) -> None:
    """Wait for every answer, then raise the first failure."""
    answers = await asyncio.gather(*(_one(s) for s in sent), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer


def _told(error: AmiDown | AmiTimeout | AmiRefused) -> ControlError:
    codes = {AmiDown: "away", AmiTimeout: "timeout", AmiRefused: "refused"}
    return ControlError(codes[type(error)], str(error))


def _fit(pattern: re.Pattern[str], value: str, what: str) -> str:
    """Whatever does not match could be read as something else by the dialplan or the dial string.

    The value is not told: refusals are logged, and it may be somebody's number.
    """
    if not pattern.fullmatch(value):
        raise ControlError("refused", f"this is no {what}")
    return value


def _caller(value: str) -> tuple[tuple[str, str], ...]:
    """The CallerID header for `Name <number>` or a number; none for nothing."""
    name, bracket, rest = value.partition("<")
    number = rest.removesuffix(">") if bracket else value
    if not number:
        return ()
    _fit(_NUMBER, number, "caller number")
    shown = _fit(_CALLER, name.strip(), "caller name") if bracket else ""
    return (("CallerID", f'"{shown}" <{number}>'),)


def _assignment(name: str, value: str) -> str:
    """Asterisk splits the Variable header at commas and takes quotes and brackets as grouping."""
    _fit(_VARIABLE, name, "variable")
    if "${" in value or "$[" in value:
        raise ControlError("refused", f"an expression in {name}")
    return name + "=" + _QUOTED.sub(r"\\\1", value)
