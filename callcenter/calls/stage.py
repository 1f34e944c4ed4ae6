"""One order of everything on the floor.

Listeners are synchronous and are called in the order they were added; an event emitted by a listener is
delivered after the present one has reached all of them, so every listener sees the same sequence. The bus
gets the same sequence.
"""

from collections import deque
from collections.abc import Callable

from callcenter.kernel.bus import Bus
from callcenter.kernel.events import Event

Listener = Callable[[Event], None]


class Stage:
    """The floor's own dispatcher, in front of the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._listeners: list[Listener] = []
        self._pending: deque[Event] = deque()
        self._busy = False

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def emit(self, *events: Event) -> None:
        """Deliver to all listeners, then to the bus; nested calls are queued."""
        self._pending.extend(events)
        if self._busy:
            return
        self._busy = True
        try:
            while self._pending:
                event = self._pending.popleft()
                self._bus.publish(event)
                for listener in self._listeners:
                    listener(event)
        finally:
            self._busy = False
