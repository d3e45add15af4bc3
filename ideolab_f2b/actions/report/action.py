"""The report action: fail2ban's tickets -> events and counters; for any jail, whatever bans there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fail2ban.server.action import ActionBase

from ideolab_f2b.actions import handover
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.report import reporter
from ideolab_f2b.actions.report.reporter import OPTIONS, Desk


class Action(ActionBase):  # type: ignore[misc]
    """One instance per jail. Nothing here can keep a jail from starting, or a ban from being made."""

    # fail2ban compares this once a shell action of the same jail was repaired
    banEpoch = 0

    def __init__(self, jail: Any, name: str, **given: Any) -> None:
        super().__init__(jail, name)
        self._is_in = False
        self._desk = self._chosen(given)

    # fail2ban keeps an action over a reload only when it has both of these
    def clearAllParams(self) -> None:
        """Nothing to clear: reload() brings all options."""

    def reload(self, **given: Any) -> None:
        chosen = self._chosen(given)
        if chosen is not self._desk:
            was_in = self._is_in
            self.stop()
            self._desk = chosen
            if was_in:
                self.start()

    def start(self) -> None:
        if not self._is_in:
            self._is_in = True
            self._desk.enter(self._jail.name)

    def stop(self) -> None:
        if self._is_in:
            self._is_in = False
            self._desk.leave()

    def ban(self, info: Mapping[str, Any]) -> None:
        error = handover.take_failure(self._jail.name, info["ip"])
        # fail2ban has forgotten what was refused: there is no ban
        if not isinstance(error, RefusedError):
            self._put(
                "restored" if info["restored"] else "ban", info, "" if error is None else str(error)[:300]
            )

    def reban(self, info: Mapping[str, Any]) -> None:
        """After a repair: the same ban once more, and no event."""

    def prolong(self, info: Mapping[str, Any]) -> None:
        """A ban that gets longer is the same ban."""

    def unban(self, info: Mapping[str, Any]) -> None:
        self._put("unban", info)

    def flush(self) -> bool:
        """At a stop no ban ends; of `unban --all` each one has its event: False asks for unban()."""
        return not self._jail.actions.active

    @property
    def stats(self) -> str:
        """One JSON object, for `fail2ban-client get JAIL action ideolab-report stats`."""
        return self._desk.stats()

    def _put(self, kind: str, info: Mapping[str, Any], error: str = "") -> None:
        try:
            self._desk.put(kind, self._jail.name, info, error)
        except BaseException as problem:
            # a SystemExit would end the jail's thread in silence
            raise RuntimeError(f"the {kind} of {info['ip']} is not reported: {problem!r}") from problem

    def _chosen(self, given: Mapping[str, Any]) -> Desk:
        paths = dict(OPTIONS)
        for name, text in given.items():
            path = Path(str(text).strip())
            if name not in OPTIONS:
                self._say(f"option {name!r} is unknown; known are {', '.join(sorted(OPTIONS))}")
            elif not path.is_absolute():
                self._say(f"option {name} = {text!r}: an absolute path is needed; {paths[name]} is used")
            else:
                paths[name] = path
        return reporter.of(paths["config"], paths["state"])

    def _say(self, text: str) -> None:
        self._logSys.error("[%s] %s: %s", self._jail.name, self._name, text)
