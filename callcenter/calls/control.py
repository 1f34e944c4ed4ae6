"""What the rest of the house may ask of Asterisk. `ami.control` implements it; tests have the simulator.

Every command has a deadline, is sent at most once and is never repeated: the truth about it comes back as
facts. A refused or timed-out command raises `ControlError`.
"""

from enum import StrEnum
from typing import Protocol


class ControlError(Exception):
    """Asterisk refused a command, or did not answer in time. `code` is stable: refused, timeout, away."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Landing(StrEnum):
    """Where a customer leg that we dialled goes once it is answered."""

    CAMPAIGN = "answered"
    AGENTLESS = "agentless"
    MANUAL = "manual"


class Membership(StrEnum):
    """An agent as app_queue's mirrored member sees it."""

    AVAILABLE = "available"
    BUSY = "busy"
    PAUSED = "paused"
    ABSENT = "absent"


class CallControl(Protocol):
    """The telephony commands. Legs are named by id; every method returns when Asterisk took the command."""

    async def dial_agent(
        self, leg_id: str, agent_id: int, *, auto_answer: bool, ring_seconds: int, caller_number: str
    ) -> None:
        """Call the agent's phone; the leg lands in its silent loop (`AgentLegReady`)."""

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
        """Call a customer or a third party. `number` is E.164; the answer is `CustomerAnswered`."""

    async def bridge(self, customer_leg: str, agent_leg: str) -> None:
        """Join two legs at once (about 20 ms); marks the customer as served first."""

    async def hold(self, leg_id: str) -> None:
        """Take the leg out of its bridge and let it hear music."""

    async def hang_up(self, leg_id: str, cause: int = 16) -> None:
        """End the leg. A leg that is already gone is not an error."""

    async def say_goodbye(self, leg_id: str) -> None:
        """Tell a customer whom nobody will take that the call ends, and end it."""

    async def send_to_queue(self, leg_id: str, queue: str, language: str) -> None:
        """Move the leg into another queue's waiting loop; an empty language keeps the caller's."""

    async def send_to_loop(self, leg_id: str) -> None:
        """Take an agent's leg out of its bridge, back into its silent loop (`AgentLegReady` again)."""

    async def ask(self, leg_id: str, prompt: str) -> None:
        """Let the leg of a campaign without agents hear a prompt and choose a key (`KeyChosen`)."""

    async def confirm_opt_out(self, leg_id: str) -> None:
        """As if the customer had pressed the key against further calls: it is told of and confirmed."""

    async def kept_opt_outs(self) -> tuple[str, ...]:
        """Numbers whose owners opted out by key while the service was away."""

    async def opt_out_taken(self, number: str) -> None:
        """The number is on our own list: Asterisk need not keep it any more."""

    async def leave_message(self, leg_id: str, prompt: str) -> None:
        """Let the leg, which is a machine's, wait for its tone and hear a message, then end it.

        An empty prompt is the house's own message."""

    async def send_to_number(self, leg_id: str, number: str, trunk: str) -> None:
        """Blind transfer outward; the customer stays ours and comes back to a queue if nobody answers."""

    async def announce(self, leg_id: str, prompts: tuple[str, ...]) -> None:
        """Prompts the waiting leg hears at the next turn of its loop."""

    async def press(self, leg_id: str, digits: str) -> None:
        """Send DTMF out of the leg."""

    async def set_recording(self, leg_id: str, on: bool) -> None:
        """Mute or unmute the running recording (the file keeps its time line)."""

    async def beat(self, epoch_seconds: int) -> None:
        """Refresh the heartbeat the dialplan looks at."""

    async def set_nailed_leg(self, agent_id: int, leg_id: str | None) -> None:
        """Tell the dialplan which leg is the agent's, for the fallback."""

    async def mirror_member(self, agent_id: int, queues: tuple[str, ...], state: Membership) -> None:
        """Keep app_queue's member in step, so that calls are answered while the service is away."""

    async def take_over(self, leg_id: str, queue: str) -> None:
        """Bring a caller who waits in app_queue back into our own waiting loop."""

    async def log_queue(self, queue: str, call_id: str, agent_name: str, event: str, *fields: str) -> None:
        """One standard queue_log row."""
