"""What happened to queues, as opposed to the calls in them."""

from dataclasses import dataclass

from callcenter.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuesChanged(Event):
    """Rows of queues, their members or numbers changed: the floor reads them again."""
