"""Whose lead is next: shares of lists, and every so-many-th a new one. Pure.

Both go by what has been taken so far, so that they hold for lines taken one at a time as well as for
hundreds at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Share:
    """A list in the mix: the percent it should have, what it has given, what it has to give now."""

    percent: int
    taken: int
    ready: int


def split(shares: Mapping[int, Share], wanted: int, *, strict: bool) -> tuple[list[int], dict[int, int]]:
    """The list of each of the next leads, and the new count of what every list has given.

    Each lead is given by the list furthest behind its percent. A list that is dry is passed over and, unless
    `strict`, its share goes to the others; it is not owed what it missed. `strict`: its turns pass unused.
    """
    mixed = {key: share for key, share in shares.items() if share.percent > 0}
    taken = {key: share.taken for key, share in mixed.items()}
    ready = {key: share.ready for key, share in mixed.items()}
    whole = sum(share.percent for share in mixed.values())
    chosen: list[int] = []
    idle_turns = 0
    while len(chosen) + (idle_turns if strict else 0) < wanted and any(ready.values()):
        total = sum(taken.values()) + 1
        in_need = sorted(mixed, key=lambda k: (taken[k] - total * mixed[k].percent / whole, k))
        key = in_need[0]
        if not ready[key]:
            taken[key] += 1  # its turn is over: nothing is owed to it later
            idle_turns += 1
            continue
        taken[key] += 1
        ready[key] -= 1
        chosen.append(key)
    return chosen, taken


def interleave(
    new: Sequence[T], others: Sequence[T], every: int, since: int, wanted: int
) -> tuple[list[T], int]:
    """Each `every`-th is a new one; whichever kind is missing is replaced by the other.

    `since`: how many others have been taken since the last new one; the new value comes back.
    """
    fresh, rest = iter(new), iter(others)
    found: list[T] = []
    while len(found) < wanted:
        first, second = (fresh, rest) if since >= every - 1 else (rest, fresh)
        one = next(first, None)
        from_fresh = first is fresh
        if one is None:
            one = next(second, None)
            from_fresh = second is fresh
        if one is None:
            break
        since = 0 if from_fresh else min(since + 1, every)
        found.append(one)
    return found, since
