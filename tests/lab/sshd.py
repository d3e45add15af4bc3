"""A real sshd in a namespace, on ports of its own, and logins to it by key; nothing of the host changes."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from demo.lab.child import Child
from demo.lab.namespace import SERVERS, Namespace

PROGRAM = Path("/usr/sbin/sshd")
USER, UID = "f2btest", 4242
_PASSWD = f"{USER}:x:{UID}:{UID}::/:/bin/sh\n"
#: in the mount namespace that `ip netns exec` makes: sshd wants /run/sshd, an account that may log in, and
#: files that this account can read
_PREPARE = (
    'mount -t tmpfs -o mode=755 tmpfs /run && mkdir -m 755 /run/sshd && mount --bind "$1/passwd" /etc/passwd'
    ' && cp "$1/host" "$1/key.pub" "$1/sshd_config" /run/ && chown "$2" /run/host && chmod 644 /run/key.pub'
    ' /run/sshd_config && exec $3 "$4" -D -e -f /run/sshd_config'
)
_CONFIG = """\
HostKey /run/host
AuthorizedKeysFile /run/key.pub
PermitRootLogin yes
StrictModes no
UsePAM no
UseDNS no
PidFile none
LoginGraceTime 60
ClientAliveInterval 10
ClientAliveCountMax 5
MaxStartups 100
GatewayPorts yes
Subsystem sftp internal-sftp
"""
_SSH = (
    *("-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "ExitOnForwardFailure=yes"),
)


class Sshd:
    """One daemon; `stop` ends it and the logins that `log_in` made."""

    def __init__(
        self,
        server: Namespace,
        client: Namespace,
        directory: Path,
        *ports: int,
        as_uid: int = 0,
        program: Path = PROGRAM,
    ) -> None:
        self._client, self._directory = client, directory
        self._logins: list[Child] = []
        self._count = 0
        for name in ("host", "key"):
            words = ("-q", "-t", "ed25519", "-N", "", "-f", str(directory / name))
            subprocess.run(["ssh-keygen", *words], check=True, timeout=60)
        (directory / "passwd").write_text(Path("/etc/passwd").read_text() + _PASSWD)
        lines = "".join(f"Port {port}\n" for port in ports)
        (directory / "sshd_config").write_text(lines + _CONFIG)
        become = f"setpriv --reuid={as_uid} --regid={as_uid} --clear-groups" if as_uid else ""
        arguments = ("sh", str(directory), str(as_uid), become, str(program))
        self._child = Child(server, directory / "sshd.log", "sh", "-c", _PREPARE, *arguments)
        for port in ports:
            self._child.wait_until(lambda port=port: self._answers(port), f"listening on {port}")  # type: ignore[misc]

    def _answers(self, port: int) -> bool:
        try:
            with self._client.enter():
                link = socket.create_connection((SERVERS[socket.AF_INET], port), 5)
            with link:
                return link.recv(4).startswith(b"SSH")
        except OSError:
            return False

    def log_in(self, source: str, port: int, *words: str, user: str = USER) -> Child:
        """Return once somebody is logged in from this address; `words` are more words for ssh, such as -R."""
        if ":" in source:
            # a local route does not let a program bind to an IPv6 address
            self._client.run("ip", "-6", "addr", "replace", f"{source}/128", "dev", "lo", "nodad")
        self._count += 1
        server = SERVERS[socket.AF_INET6 if ":" in source else socket.AF_INET]
        output = self._directory / f"ssh-{self._count}.log"
        to = (*words, "-b", source, "-p", str(port), "-i", str(self._directory / "key"), f"{user}@{server}")
        what = () if "-N" in words else ("echo ready; while kill -0 $PPID; do sleep 1; done",)
        child = Child(self._client, output, "ssh", *_SSH, "-v", *to, *what)
        self._logins.append(child)
        # the server listens for who forwards a moment after the login
        done = "remote forward success" if "-R" in words else "Authenticated to"
        child.wait_until(lambda: done in output.read_text(errors="replace"), "logged in")
        return child

    def try_login(self, source: str, port: int, user: str) -> None:
        """Let ssh try to log in with a password, which it does not get."""
        to = ("-o", "PubkeyAuthentication=no", "-b", source, "-p", str(port), f"{user}@192.0.2.1", "true")
        subprocess.run(self._client.command("ssh", *_SSH, *to), capture_output=True, timeout=60, check=False)

    def connect(self, source: str, port: int) -> socket.socket:
        """Return a connection from an IPv4 address to a port of the server."""
        with self._client.enter():
            return socket.create_connection((SERVERS[socket.AF_INET], port), 10, (source, 0))

    def log_out(self) -> None:
        """End all logins."""
        while self._logins:
            self._logins.pop().stop()

    def stop(self) -> None:
        """End the logins and the daemon."""
        self.log_out()
        self._child.stop()
