"""How slow steps report that they advance."""

from typing import Protocol


class Progress(Protocol):
    """Called from any thread. `total` 0 means that the end is not known; `done == total` ends the step."""

    def __call__(self, step: str, done: int, total: int) -> None: ...


def silent(step: str, done: int, total: int) -> None:
    """For callers that show nothing."""
