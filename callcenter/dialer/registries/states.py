"""The words of a load. Pure."""

from enum import StrEnum


class LoadChange(StrEnum):
    """What a file does to what is there."""

    REPLACE = "replace"  # it is the whole list
    ADD = "add"
    REMOVE = "remove"
    CONSENTS = "consents"  # it holds consents, not numbers of a registry


class LoadStatus(StrEnum):
    """Where a load stands."""

    UPLOADING = "uploading"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


UNDER_WAY = (LoadStatus.UPLOADING, LoadStatus.QUEUED, LoadStatus.RUNNING)
