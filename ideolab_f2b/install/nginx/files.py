"""The files for nginx, fitted to what its admin has configured, whose own files are never changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from ideolab_f2b.install.nginx import configuration
from ideolab_f2b.install.nginx.configuration import Directive
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.file import File

TOP = "/etc/nginx"
_HTTP, _MAIN, _SNIPPETS = f"{TOP}/conf.d", f"{TOP}/modules-enabled", f"{TOP}/snippets"
#: for the blocks of the admin, where only the admin puts an include
_FOR_SERVERS = ("ideolab-feed.conf", "ideolab-proxy.conf", "ideolab-server.conf", "ideolab-stalled.conf")
#: the first version that knows $ssl_curve and $ssl_alpn_protocol
_ALPN = (1, 21, 5)
#: directives that may stand more than once
_REPEATED = frozenset(("map", "limit_conn_zone", "limit_req_zone", "error_log", "access_log"))
_TIMES = frozenset(("client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_timeout"))
#: what of ours an admin may refer to
_REFERENCE = re.compile(
    r"ideolab-(?:feed|hardening|log|proxy|server|stalled)\.conf|\$ideolab_|\bideolab_(?:host|net|req)\b"
)
_OURS = re.compile(r"/(?:90-)?ideolab-[a-z]+\.conf$")


class Seen(NamedTuple):
    """The nginx of this host, as its admin left it."""

    version: tuple[int, ...]
    found: list[Directive]
    #: what is written where no error_log is configured
    default_log: str = "/var/log/nginx/error.log"

    def at(self, *context: str) -> list[Directive]:
        """The admin's directives right in these blocks."""
        return [one for one in self.found if one.context == context and not _OURS.search(one.file)]


#: a staging directory: the oldest version's files, as a Debian has them
UNSEEN = Seen((1, 18), [])


def concerned(paths: Iterable[str]) -> bool:
    """Whether any of these is a file for nginx."""
    return any(path.startswith(f"{TOP}/") and _OURS.search(path) for path in paths)


def seen(told: str, dump: str) -> Seen:
    """From the text of `nginx -V` and `nginx -T`. Pure."""
    number = re.search(r"(?:nginx|openresty)/([\d.]+)", told)
    version = tuple(map(int, number[1].strip(".").split("."))) if number else UNSEEN.version
    log = re.search(r"--error-log-path=(\S+)", told)
    return Seen(version, configuration.directives(dump), log[1] if log else UNSEEN.default_log)


def files(source: Source, host: Seen) -> list[File]:
    """What is placed on this host. Pure, but for the source."""
    return [File(path, text.encode()) for path, text in _texts(source, host)]


def _texts(source: Source, host: Seen) -> Iterator[tuple[str, str]]:
    def text(name: str) -> str:
        return source.read(f"deploy/nginx/{name}").decode()

    yield f"{_HTTP}/ideolab-hardening.conf", _fitted(text("ideolab-hardening.conf"), host.at("http"))
    log = "ideolab-log.conf" if host.version >= _ALPN else "ideolab-log-1.18.conf"
    yield f"{_HTTP}/ideolab-log.conf", text(log)
    if has_access_log(host):
        yield f"{_HTTP}/ideolab-stalled.conf", text("ideolab-stalled.conf")
    yield _feed(text("ideolab-feed.conf"), host)
    for name in _FOR_SERVERS:
        yield f"{_SNIPPETS}/{name}", text(name)


def _fitted(text: str, theirs: Collection[Directive]) -> str:
    """Without what the admin has in http{} already: nginx refuses most directives a second time."""
    known = {one.name: one for one in theirs if one.name not in _REPEATED}
    return "\n".join(_kept(line, known) for line in text.split("\n"))


def _kept(line: str, known: dict[str, Directive]) -> str:
    their = known.get(line.partition(" ")[0])
    return f"# {their.file} has: {their.text}" if their else line


def has_access_log(host: Seen) -> bool:
    """Whether http{} has an access log: the first one there would turn off the one that is built in."""
    logs = [one for one in host.at("http") if one.name == "access_log"]
    return bool(logs) and all(one.arguments[:1] != ("off",) for one in logs)


def _feed(text: str, host: Seen) -> tuple[str, str]:
    """Beside the admin's error_log, for that of an inner block hides that of an outer one."""
    inner, outer = (
        [one for one in host.at(*context) if one.name == "error_log"] for context in (("http",), ())
    )
    main = f"{_MAIN}/90-ideolab-feed.conf"
    if not inner and outer and configuration.includes(host.found, (), main):
        return main, text
    hidden = [] if inner else [one.text for one in outer] or [f"error_log {host.default_log};"]
    reason = "# as outside of http{}, which this one hides\n" if hidden else ""
    return f"{_HTTP}/ideolab-feed.conf", text + reason + "".join(f"{line}\n" for line in hidden)


def problem(host: Seen) -> str:
    """Why the files would not be read, if so."""
    path = f"{_HTTP}/ideolab-log.conf"
    if host.found and not configuration.includes(host.found, ("http",), path):
        return f"nginx reads no {path}: http{{}} needs the line `include {_HTTP}/*.conf;`"
    return ""


def messages(host: Seen) -> list[str]:
    """What is left to the admin."""
    told = [
        "nginx: which servers get limits is for you to choose: include snippets/ideolab-server.conf; there"
    ]
    for name, snippet in (("error_log", "feed"), ("access_log", "stalled")):
        line = f"include snippets/ideolab-{snippet}.conf;"
        for file in _files(host, (name,)):
            if not any(one.file == file and one.text == line for one in host.found):
                told.append(f"nginx: a server of {file} has an {name} of its own: {line} there too")
    for file in _files(host, _TIMES):
        told.append(f"nginx: a server of {file} has times of its own, which count if it is a default_server")
    if not has_access_log(host):
        told.append(
            "nginx: http{} has no access_log, so stalled requests are not reported (ideolab-stalled.conf)"
        )
    return told


def _files(host: Seen, names: Collection[str]) -> list[str]:
    return sorted({one.file for one in host.at("http", "server") if one.name in names})


def references(host: Seen) -> list[str]:
    """Where the admin uses what uninstall would take away. Pure."""
    return [
        f"{one.file}: {one.text}"
        for one in host.found
        if not _OURS.search(one.file)
        and (_REFERENCE.search(one.text) or (one.name == "access_log" and "ideolab" in one.arguments))
    ]
