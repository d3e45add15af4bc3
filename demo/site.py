"""A web server under protection: nginx, fail2ban with the pack and connmon in one network namespace."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from types import TracebackType

from demo.lab.connmon import Connmon
from demo.lab.fail2ban import Fail2ban
from demo.lab.fail2ban_config import write_distribution
from demo.lab.namespace import link_namespaces
from demo.lab.nginx import CONFIG, Nginx

#: jail.local: what the installer would enable, with the logs of this site
JAILS = """\
[ideolab-connmon]
enabled = true
logpath = {log}/connmon.log

[ideolab-connmon-net]
enabled = true
logpath = {log}/connmon.log

[ideolab-manual]
enabled = true
logpath = {log}/manual.log
"""
NAMES = ("ideolab-connmon", "ideolab-connmon-net", "ideolab-manual")


class Site:
    """The server runs during `with`; what was started is stopped last first, whatever happens."""

    def __init__(
        self,
        prefix: str,
        *,
        connections: int = 1024,
        jails: str = JAILS,
        names: tuple[str, ...] = NAMES,
        settings: str = "",
        nginx: str = CONFIG,
        watched: bool = True,
    ) -> None:
        """`settings` are more lines of f2b.conf for connmon; `nginx` is the template of nginx.conf.

        Without `watched` connmon runs from `watch` on.
        """
        self._watched = watched
        self._prefix, self._connections, self._jails, self._names = prefix, connections, jails, names
        self._settings, self._nginx = settings, nginx
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Site:
        try:
            self._start()
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def _start(self) -> None:
        name = f"{self._prefix}-{os.getpid()}-"
        self.directory = Path(self._undo.enter_context(tempfile.TemporaryDirectory(prefix=name)))
        # nginx's workers run as www-data
        self.directory.chmod(0o755)
        self.server, self.client = self._undo.enter_context(link_namespaces(self._prefix))
        self.nginx = Nginx(self.server, self.directory / "nginx", self._connections, self._nginx)
        self._undo.callback(self.nginx.stop)
        self.connmon = Connmon(self.directory / "ideolab", self._settings)
        jails = self._jails.format(log=self.connmon.log.parent)
        self.fail2ban = Fail2ban(
            self.server, self.directory / "fail2ban", jails, self._names, write_config=write_distribution
        ).start()
        self._undo.callback(self.fail2ban.stop)
        if self._watched:
            self.watch()

    def watch(self) -> None:
        """Start connmon."""
        self.connmon.start(self.server)
        self._undo.callback(self.connmon.stop)
