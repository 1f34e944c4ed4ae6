"""The board: documents by kind and key, a sequence number, and deltas. Pure.

Whoever folds every delta over a snapshot holds the same documents as a fresh snapshot; a gap in the numbers
means: take a new snapshot.
"""

from dataclasses import dataclass, field

KINDS = ("agent", "queue", "call", "campaign")

Doc = dict[str, object]
Docs = dict[str, dict[str, Doc]]


def empty() -> Docs:
    """No documents of any kind."""
    return {kind: {} for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Delta:
    """One document put (or taken away, when `doc` is None) as number `seq`."""

    seq: int
    kind: str
    key: str
    doc: Doc | None


@dataclass(slots=True)
class Board:
    """The writing side."""

    docs: Docs = field(default_factory=empty)
    seq: int = 0

    def put(self, kind: str, key: str, doc: Doc | None) -> Delta | None:
        """Set or remove a document; nothing when it is what it was."""
        if self.docs[kind].get(key) == doc:
            return None
        self.seq += 1
        delta = Delta(seq=self.seq, kind=kind, key=key, doc=doc)
        fold(self.docs, delta)
        return delta


def fold(docs: Docs, delta: Delta) -> None:
    """Apply one delta."""
    if delta.doc is None:
        docs[delta.kind].pop(delta.key, None)
    else:
        docs[delta.kind][delta.key] = delta.doc
