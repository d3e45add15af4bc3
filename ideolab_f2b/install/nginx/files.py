"""The files for nginx, fitted to what its admin has configured; files of the admin's never change. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from ideolab_f2b.config import DEFAULT_PATH
from ideolab_f2b.install.nginx import configuration, modules, slots
from ideolab_f2b.install.nginx.configuration import Directive
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.places import install_command

TOP = "/etc/nginx"
_HTTP = f"{TOP}/conf.d"
_MAIN = f"{TOP}/modules-enabled"
_SNIPPETS = f"{TOP}/snippets"
#: for the blocks of the admin, where only the admin puts an include
_FOR_SERVERS = (
    "ideolab-feed.conf",
    "ideolab-proxy.conf",
    "ideolab-server.conf",
    "ideolab-stalled.conf",
    "ideolab-stream.conf",
)
#: the first version that knows $ssl_curve and $ssl_alpn_protocol
_ALPN = (1, 21, 5)
#: directives that may stand more than once
_REPEATED = frozenset(("map", "limit_conn_zone", "limit_req_zone", "error_log", "access_log"))
_PASSES = frozenset(("proxy_pass", "grpc_pass"))
_FOR_APPLICATIONS = ("/ideolab-proxy.conf", "/ideolab-stream.conf")
_TIMES = frozenset(("client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_timeout"))
#: names of the pack that an admin may refer to
_REFERENCE = re.compile(
    r"ideolab-(?:feed|hardening|log|proxy|served|server|slots|stalled|stream)\.conf|\$ideolab_"
    r"|\bideolab_(?:host|net|req|(?:proxied|stream)(?:_net)?)\b"
)
_OURS = re.compile(r"/(?:90-)?ideolab-[a-z]+\.conf$")


class InstalledNginx(NamedTuple):
    """The nginx of this host: its version, and its directives in the order in which it reads them."""

    version: tuple[int, ...]
    directives: list[Directive]
    #: what is written where no error_log is configured
    default_log: str = "/var/log/nginx/error.log"
    #: names of modules.MODULES that it was built without
    missing: frozenset[str] = frozenset()
    #: the user of its workers; "" where that is not known
    user: str = ""

    def at(self, *context: str) -> list[Directive]:
        """Return the admin's directives right in these blocks."""
        return [one for one in self.directives if one.context == context and not _OURS.search(one.file)]


#: for a staging directory: the oldest version, configured as Debian does it
OLDEST = InstalledNginx((1, 18), [])


def has_nginx_files(paths: Iterable[str]) -> bool:
    """Return whether any of these paths is a file of the pack for nginx."""
    return any(path.startswith(f"{TOP}/") and _OURS.search(path) for path in paths)


def parse(version_text: str, dump: str) -> InstalledNginx:
    """Read the text of `nginx -V` and of `nginx -T`. Pure."""
    number = re.search(r"(?:nginx|openresty)/([\d.]+)", version_text)
    version = tuple(map(int, number[1].strip(".").split("."))) if number else OLDEST.version
    log = re.search(r"--error-log-path=(\S+)", version_text)
    found = configuration.directives(dump)
    return InstalledNginx(
        version,
        found,
        log[1] if log else OLDEST.default_log,
        modules.find_missing(version_text),
        _user(found, version_text),
    )


def _user(found: list[Directive], version_text: str) -> str:
    """Return the user of the directive, else the one that nginx was built with, whose default is nobody."""
    said = [one.arguments[0] for one in found if one.name == "user" and not one.context and one.arguments]
    built = re.search(r"--user=(\S+)", version_text)
    return said[-1] if said else built[1].strip("'\"") if built else "nobody" if found else ""


def files(source: Source, nginx: InstalledNginx) -> list[File]:
    """Return the files that are placed on this host."""
    return [File(path, modules.fit(text, nginx.missing).encode()) for path, text in _texts(source, nginx)]


def _texts(source: Source, nginx: InstalledNginx) -> Iterator[tuple[str, str]]:
    def text(name: str) -> str:
        return source.read(f"deploy/nginx/{name}").decode()

    yield f"{_HTTP}/ideolab-hardening.conf", _leave_out(text("ideolab-hardening.conf"), nginx.at("http"))
    log = "ideolab-log.conf" if nginx.version >= _ALPN else "ideolab-log-1.18.conf"
    yield f"{_HTTP}/ideolab-log.conf", text(log)
    yield f"{_HTTP}/ideolab-served.conf", text("ideolab-served.conf")
    yield f"{_HTTP}/ideolab-slots.conf", text("ideolab-slots.conf")
    if has_access_log(nginx):
        yield f"{_HTTP}/ideolab-stalled.conf", text("ideolab-stalled.conf")
    yield _error_log(text("ideolab-feed.conf"), nginx)
    connections = slots.find(nginx.at("events")) if nginx.directives else slots.ENOUGH
    for name in _FOR_SERVERS:
        yield f"{_SNIPPETS}/{name}", slots.fit(text(name), connections)


def _leave_out(text: str, theirs: Collection[Directive]) -> str:
    """Comment out what the admin already has in http{}: nginx refuses most directives a second time."""
    known = {one.name: one for one in theirs if one.name not in _REPEATED}
    return "\n".join(_comment_out(line, known) for line in text.split("\n"))


def _comment_out(line: str, known: dict[str, Directive]) -> str:
    their = known.get(line.partition(" ")[0])
    return f"# {their.file} has: {their.text}" if their else line


def has_access_log(nginx: InstalledNginx) -> bool:
    """Return whether http{} has an access log; the first one there turns off nginx's built-in one."""
    logs = [one for one in nginx.at("http") if one.name == "access_log"]
    return bool(logs) and all(one.arguments[:1] != ("off",) for one in logs)


def _error_log(text: str, nginx: InstalledNginx) -> tuple[str, str]:
    """Path and text of our error_log: beside the admin's, for one in http{} hides those outside of it."""
    inner, outer = (
        [one for one in nginx.at(*context) if one.name == "error_log"] for context in (("http",), ())
    )
    main = f"{_MAIN}/90-ideolab-feed.conf"
    if not inner and outer and configuration.includes(nginx.directives, (), main):
        return main, text
    hidden = [] if inner else [one.text for one in outer] or [f"error_log {nginx.default_log};"]
    reason = "# as outside of http{}, which this one hides\n" if hidden else ""
    return f"{_HTTP}/ideolab-feed.conf", text + reason + "".join(f"{line}\n" for line in hidden)


def problem(nginx: InstalledNginx) -> str:
    """Return why nginx would not read the files; "" when it would."""
    path = f"{_HTTP}/ideolab-log.conf"
    if nginx.directives and not configuration.includes(nginx.directives, ("http",), path):
        return f"nginx does not read {path}: add the line `include {_HTTP}/*.conf;` to http{{}}"
    return modules.problem(nginx.missing)


def messages(nginx: InstalledNginx, senders: Collection[str] = ()) -> list[str]:
    """Return the messages on what the admin has to do; `senders` are the users whom the intake hears."""
    lines = [
        "nginx: write the line `include snippets/ideolab-server.conf;` into each server{} that shall have"
        " limits",
        *_unheard(nginx.user, senders),
        *modules.messages(nginx.missing, install_command("nginx-core")),
    ]
    for name, snippet in (("error_log", "feed"), ("access_log", "stalled")):
        line = f"include snippets/ideolab-{snippet}.conf;"
        for file in _servers(nginx, (name,)):
            if not any(one.file == file and one.text == line for one in nginx.directives):
                lines.append(f"nginx: a server in {file} has its own {name}: write `{line}` there too")
    for file in _files_without_limits(nginx):
        lines.append(
            f"nginx: a location in {file} asks an application: write `include snippets/ideolab-proxy.conf;` "
            "there, or ideolab-stream.conf where answers last"
        )
    for file in _servers(nginx, _TIMES):
        lines.append(f"nginx: a server in {file} has its own timeouts; they count if it is a default_server")
    if not has_access_log(nginx):
        lines.append(
            "nginx: http{} has no access_log, so stalled requests are not reported (ideolab-stalled.conf)"
        )
    return lines + (slots.messages(slots.find(nginx.at("events"))) if nginx.directives else [])


def _unheard(user: str, senders: Collection[str]) -> list[str]:
    """Return what to do where an f2b.conf that the admin has changed keeps the intake from hearing nginx."""
    if not user or not senders or user in senders:
        return []
    return [
        f"nginx: its workers run as {user}, and the intake would not hear them: write"
        f" `senders = {', '.join((*senders, user))}` into [intake] of {DEFAULT_PATH}"
    ]


def _files_without_limits(nginx: InstalledNginx) -> list[str]:
    """Return the files of the admin's that ask an application and include neither of its snippets."""
    theirs = [one for one in nginx.directives if not _OURS.search(one.file)]
    limited = {
        one.file
        for one in theirs
        if one.name == "include" and one.arguments and one.arguments[0].endswith(_FOR_APPLICATIONS)
    }
    return sorted({one.file for one in theirs if one.name in _PASSES} - limited)


def _servers(nginx: InstalledNginx, names: Collection[str]) -> list[str]:
    """Return the files whose servers have a directive of these names."""
    return sorted({one.file for one in nginx.at("http", "server") if one.name in names})


def references(nginx: InstalledNginx) -> list[str]:
    """Return the lines of the admin's files that use what uninstall removes."""
    return [
        f"{one.file}: {one.text}"
        for one in nginx.directives
        if not _OURS.search(one.file)
        and (_REFERENCE.search(one.text) or (one.name == "access_log" and "ideolab" in one.arguments))
    ]
