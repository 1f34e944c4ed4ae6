"""How a log line looks: the message, then its `extra` fields. Personal data (`pii_*`) is left out."""

import logging
import re
from types import TracebackType

from typing_extensions import override

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


_ROW = re.compile(r"^DETAIL:.*\n?", re.MULTILINE)  # where PostgreSQL repeats the values it refused
_Failure = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]  # as logging's
)


class LineFormatter(logging.Formatter):
    """`message key=value key=value`."""

    def __init__(self) -> None:
        super().__init__(FORMAT)

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        shown = {k: v for k, v in vars(record).items() if k not in _USUAL and not k.startswith("pii_")}
        return " ".join((line, *(f"{name}={value}" for name, value in shown.items())))

    @override
    def formatException(self, ei: _Failure) -> str:
        return _ROW.sub("", super().formatException(ei))
