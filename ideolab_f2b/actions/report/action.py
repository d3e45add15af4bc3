"""The report action: fail2ban's tickets -> events and counters; for any jail, whatever bans there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fail2ban.server.action import ActionBase

from ideolab_f2b.actions import handover
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.report import reporter
from ideolab_f2b.actions.report.reporter import OPTIONS, Reporter

#: characters of the ban action's error that are kept
ERROR_LENGTH = 300


class Action(ActionBase):  # type: ignore[misc]
    """One instance per jail. Nothing here can keep a jail from starting, or a ban from being made."""

    # fail2ban compares this once a shell action of the same jail was repaired
    banEpoch = 0

    def __init__(self, jail: Any, name: str, /, **options: Any) -> None:
        super().__init__(jail, name)
        self._is_started = False
        self._reporter = self._choose_reporter(options)

    # fail2ban keeps an action over a reload only when it has both of these
    def clearAllParams(self) -> None:
        """Do nothing: reload() brings all options."""

    def reload(self, **options: Any) -> None:
        """Take new options; other paths mean another reporter."""
        chosen = self._choose_reporter(options)
        if chosen is not self._reporter:
            was_started = self._is_started
            self.stop()
            self._reporter = chosen
            if was_started:
                self.start()

    def start(self) -> None:
        """Take part with this jail; a second start changes nothing."""
        if not self._is_started:
            self._is_started = True
            self._reporter.enter(self._jail.name)

    def stop(self) -> None:
        """Take no part any more; the last jail that stops waits until what is handed in is written."""
        if self._is_started:
            self._is_started = False
            self._reporter.leave()

    def ban(self, info: Mapping[str, Any]) -> None:
        """Hand in a ban, with the error of the ban action when the kernel does not hold it."""
        error = handover.take_failure(self._jail.name, info["ip"])
        # fail2ban has forgotten what was refused: there is no ban
        if not isinstance(error, RefusedError):
            kind = "restored" if info["restored"] else "ban"
            self._put(kind, info, "" if error is None else str(error)[:ERROR_LENGTH])

    def reban(self, info: Mapping[str, Any]) -> None:
        """Do nothing: after a repair it is the same ban once more, and no event."""

    def prolong(self, info: Mapping[str, Any]) -> None:
        """Do nothing: a ban that gets longer is the same ban."""

    def unban(self, info: Mapping[str, Any]) -> None:
        """Hand in the end of a ban."""
        self._put("unban", info)

    def flush(self) -> bool:
        """Whether fail2ban may skip unban() for each: at a stop no ban ends, `unban --all` ends each one."""
        return not self._jail.actions.active

    @property
    def stats(self) -> str:
        """One JSON object, for `fail2ban-client get JAIL action ideolab-report stats`."""
        return self._reporter.stats()

    def _put(self, kind: str, info: Mapping[str, Any], error: str = "") -> None:
        try:
            self._reporter.put(kind, self._jail.name, info, error)
        except BaseException as problem:
            # a SystemExit would end the jail's thread in silence
            raise RuntimeError(f"the {kind} of {info['ip']} is not reported: {problem!r}") from problem

    def _choose_reporter(self, options: Mapping[str, Any]) -> Reporter:
        paths = dict(OPTIONS)
        for name, text in options.items():
            path = Path(str(text).strip())
            if name not in OPTIONS:
                self._say(f"option {name!r} is unknown; known are {', '.join(sorted(OPTIONS))}")
            elif not path.is_absolute():
                self._say(f"option {name} = {text!r}: an absolute path is needed; {paths[name]} is used")
            else:
                paths[name] = path
        return reporter.get(paths["config"], paths["state"])

    def _say(self, text: str) -> None:
        self._logSys.error("[%s] %s: %s", self._jail.name, self._name, text)
