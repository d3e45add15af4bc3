"""Writes offences as lines that fail2ban's filter ideolab-traship reads. One line is one write.

    LOGGING = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {
            "traship": {
                "class": "ideolab_accesslog.handlers.TrashipHandler",
                "filename": "/var/log/ideolab/traship.log",
            }
        },
        "loggers": {"ideolab_accesslog.traship": {"handlers": ["traship"], "propagate": False}},
    }

Without a handler of this kind on the logger, one for TRASHIP_LOG is added at the first offence.
"""

from __future__ import annotations

import logging
import os
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Optional, Union

from django.core.signals import setting_changed

from ideolab_accesslog.conf import conf
from ideolab_accesslog.scheduler import runs_tests
from ideolab_accesslog.traship.offence import Offence, clean_method
from ideolab_f2b import logline

#: the logger of the lines
NAME = "ideolab_accesslog.traship"
logger = logging.getLogger(NAME)
# without any handler Python writes a warning to stderr, each line of a scan with TRASHIP_LOG = ""
logger.addHandler(logging.NullHandler())
#: the logger of what the app has to say itself
_app_logger = logging.getLogger("ideolab_accesslog")


def write(offence: Offence) -> None:
    """Hand an offence to the logger, whose handlers write it."""
    _ensure_handler()
    # a warning: it must pass the levels that projects usually set
    logger.warning("%s", _Message(offence), extra={"offence": offence})


def format_line(offence: Offence) -> str:
    """Return the line without its newline; the address first, the client's own text last and quoted."""
    return logline.format_line(
        datetime.fromtimestamp(offence.when, timezone.utc),
        "traship",
        "offence",
        offence.address,
        {"reason": offence.reason, "status": offence.status, "method": clean_method(offence.method)},
        {"path": offence.path, "agent": offence.agent, "rule": offence.rule},
    )


class _Message:
    """The message for other handlers, formatted only when one of them asks."""

    def __init__(self, offence: Offence) -> None:
        self._offence = offence

    def __str__(self) -> str:
        return format_line(self._offence).partition(": ")[2]


class TrashipHandler(logging.Handler):
    """Appends offences to a file that logrotate may rename at any time, and ignores other records."""

    def __init__(
        self, filename: Union[str, os.PathLike[str]], level: Union[int, str] = logging.NOTSET
    ) -> None:
        super().__init__(level)
        self.path = Path(filename)
        #: lines that could not be written, for the metrics
        self.lost = 0
        self._is_failing = False

    def emit(self, record: logging.LogRecord) -> None:
        """Append the record's offence; a failure is logged once until a line is written again."""
        offence: Optional[Offence] = getattr(record, "offence", None)
        # beside tests no line: fail2ban would ban for it
        if not isinstance(offence, Offence) or runs_tests():
            return
        try:
            _append(self.path, format_line(offence))
            self._is_failing = False
        except (OSError, ValueError) as error:
            self.lost += 1
            if not self._is_failing:
                self._is_failing = True
                _app_logger.error("fail2ban does not learn of offences: %s", error)


def _append(path: Path, text: str) -> None:
    if hasattr(os, "pread"):
        logline.append(path, text)
        return
    # Windows: nothing rotates or reads the file meanwhile
    with path.open("ab", buffering=0) as file:
        file.write(text.encode("ascii") + b"\n")


_lock = threading.Lock()
_added: Optional[TrashipHandler] = None


def _ensure_handler() -> None:
    global _added
    with _lock:
        if logger.level == logging.NOTSET:
            # else a level that was set for the app's own logger would silence this one
            logger.setLevel(logging.WARNING)
        if _added is None and conf.TRASHIP_LOG and not any(map(_is_ours, _handlers())):
            _added = TrashipHandler(conf.TRASHIP_LOG)
            logger.addHandler(_added)


def _is_ours(handler: logging.Handler) -> bool:
    return isinstance(handler, TrashipHandler)


def _handlers() -> list[logging.Handler]:
    """Return all handlers that a record of the logger reaches."""
    found: list[logging.Handler] = []
    current: Optional[logging.Logger] = logger
    while current is not None:
        found += current.handlers
        current = current.parent if current.propagate else None
    return found


def forget(setting: str = "TRASHIP_LOG", **_others: object) -> None:
    """Remove the handler that was added here: TRASHIP_LOG or LOGGING changed."""
    global _added
    if setting in ("TRASHIP_LOG", "LOGGING") and _added is not None:
        logger.removeHandler(_added)
        _added.close()
        _added = None


setting_changed.connect(forget)
