"""Lines that are each promised to a free agent before they are dialled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callcenter.dialer.states import Mode


@dataclass(frozen=True, slots=True)
class View:
    """A campaign at this moment.

    `free_agents` are ready, reachable and promised to no line; `claiming` lines are being written to the
    database; `unheld` lines ring without an agent, because theirs went away.
    """

    free_agents: int
    claiming: int
    unheld: int


Pacing = Callable[[View], int]


def progressive(view: View) -> int:
    """One line for each free agent, never more: a line whose agent left has the first claim on a free one."""
    return max(0, view.free_agents - view.claiming - view.unheld)


PACINGS: Mapping[Mode, Pacing] = {Mode.PROGRESSIVE: progressive}
