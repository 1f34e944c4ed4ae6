"""The board on the bus."""

from dataclasses import dataclass

from callcenter.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardChanged(Event):
    """A delta; `doc_json` is empty when the document is gone. `epoch` names the writing process."""

    epoch: str
    seq: int
    kind: str
    key: str
    doc_json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardTaken(Event):
    """A whole board, as number `seq`: `{kind: {key: doc}}`."""

    epoch: str
    seq: int
    docs_json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardWanted(Event):
    """A reader has no board, or saw a gap."""
