"""The wallboard: six figures of the live board, read from across the room."""

from reports.wallboard.component import BOARD, COMPONENT

__all__ = ["BOARD", "COMPONENT"]
