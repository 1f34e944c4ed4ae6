"""Folding deltas over a snapshot gives what a fresh snapshot gives."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from callcenter.live.board import KINDS, Board, Delta, Doc, fold

DOCS = st.none() | st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=2)
PUTS = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("123"), DOCS), max_size=60)


@given(puts=PUTS, cut=st.integers(0, 60))
def test_folding_the_deltas_after_any_snapshot_gives_the_board(
    puts: list[tuple[str, str, Doc | None]], cut: int
) -> None:
    board = Board()
    snapshot, taken_at = copy.deepcopy(board.docs), 0
    deltas: list[Delta] = []

    for number, (kind, key, doc) in enumerate(puts):
        if number == cut:
            snapshot, taken_at = copy.deepcopy(board.docs), board.seq
        delta = board.put(kind, key, doc)
        if delta is not None:
            deltas.append(delta)
    for delta in deltas:
        if delta.seq > taken_at:
            fold(snapshot, delta)

    assert snapshot == board.docs


@given(puts=PUTS)
def test_deltas_are_numbered_without_gaps(puts: list[tuple[str, str, Doc | None]]) -> None:
    board = Board()

    numbers = [d.seq for d in (board.put(*put) for put in puts) if d is not None]

    assert numbers == list(range(1, len(numbers) + 1))
    assert board.seq == len(numbers)


def test_a_document_that_is_what_it_was_is_no_delta() -> None:
    board = Board()
    board.put("queue", "support", {"waiting": 1})

    assert board.put("queue", "support", {"waiting": 1}) is None
    assert board.put("queue", "sales", None) is None
