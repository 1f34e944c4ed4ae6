"""How a log line looks: the message, then its `extra` fields. Personal data (`pii_*`) is left out."""

import logging

from typing_extensions import override

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LineFormatter(logging.Formatter):
    """`message key=value key=value`."""

    def __init__(self) -> None:
        super().__init__(FORMAT)

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        shown = {k: v for k, v in vars(record).items() if k not in _USUAL and not k.startswith("pii_")}
        return " ".join((line, *(f"{name}={value}" for name, value in shown.items())))
