"""The board as a web process holds it, folded from the bus, and the sockets that read it."""

from collections.abc import Callable, Sequence

import msgspec

from callcenter.kernel.bus import Bus
from callcenter.kernel.clock import Clock
from callcenter.kernel.events import Event, Resync
from callcenter.live.board import Delta, Doc, Docs, empty, fold
from callcenter.live.events import BoardChanged, BoardTaken, BoardWanted

EVENTS = (BoardChanged, BoardTaken, Resync)


class Reader:
    """One socket's view: told of the whole board first, then of every delta."""

    def __init__(self, whole: Callable[[Docs, int], None], changed: Callable[[Delta], None]) -> None:
        self.whole = whole
        self.changed = changed


class Mirror:
    """Follows the writer; asks for a whole board at the start and after a gap."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._readers: set[Reader] = set()
        self._epoch = ""
        self.docs: Docs = empty()
        self.seq = 0

    def start(self) -> None:
        """Ask for the board; subscribe `receive` first."""
        self._bus.publish(BoardWanted(at=self._clock.now()))

    @property
    def known(self) -> bool:
        return bool(self._epoch)

    def attach(self, reader: Reader) -> None:
        """Tell this reader the board now, and everything after."""
        self._readers.add(reader)
        reader.whole(self.docs, self.seq)

    def detach(self, reader: Reader) -> None:
        self._readers.discard(reader)

    async def receive(self, events: Sequence[Event]) -> None:
        """The bus subscriber."""
        for event in events:
            match event:
                case BoardTaken():
                    self._taken(event)
                case BoardChanged():
                    self._changed(event)
                case Resync():
                    self.start()
                case _:
                    pass

    def _taken(self, event: BoardTaken) -> None:
        if event.epoch == self._epoch and event.seq == self.seq:
            return
        self._epoch, self.seq = event.epoch, event.seq
        self.docs = empty() | msgspec.json.decode(event.docs_json, type=dict[str, dict[str, Doc]])
        for reader in tuple(self._readers):
            reader.whole(self.docs, self.seq)

    def _changed(self, event: BoardChanged) -> None:
        if event.epoch == self._epoch and event.seq <= self.seq:
            return
        if event.epoch != self._epoch or event.seq != self.seq + 1:
            self._bus.publish(BoardWanted(at=self._clock.now()))
            return
        doc = msgspec.json.decode(event.doc_json, type=Doc) if event.doc_json else None
        delta = Delta(seq=event.seq, kind=event.kind, key=event.key, doc=doc)
        self.seq = event.seq
        fold(self.docs, delta)
        for reader in tuple(self._readers):
            reader.changed(delta)
