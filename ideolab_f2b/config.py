"""Reads /etc/ideolab/f2b.conf into frozen settings; an unknown section or key is an error, never a guess."""

from __future__ import annotations

import configparser
import dataclasses
import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Union

#: the settings file of the pack
DEFAULT_PATH = Path("/etc/ideolab/f2b.conf")
#: what the report action keeps over a restart of fail2ban-server; root's alone, unlike state_dir
SERVER_STATE = Path("/var/lib/ideolab-f2b")
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class ConfigError(ValueError):
    """The file cannot be used; the text names file, section, key and the way out."""


@dataclass(frozen=True)
class Connmon:
    """Thresholds of connmon; deploy/f2b.conf explains the defaults, which fit a quiet host."""

    ports: tuple[int, ...] = field(default=(443,), metadata={"key": "port"})
    th_conn_ip: int = 50
    th_conn_subnet24: int = 350
    min_idle_score: int = 2
    th_hostile_ip: int = 8
    th_hostile_subnet: int = 60
    idle_s: float = 8.0
    every_s: float = 5.0
    idle_points: int = 0
    opened_ahead_ttl: int = 600
    ignore: tuple[Network, ...] = ()


@dataclass(frozen=True)
class Intake:
    """The socket for nginx's datagrams, who may send, and how many lines a second go to fail2ban."""

    socket: Path = Path("/run/ideolab/nginx.sock")
    error_tag: str = "nginx"
    access_tag: str = "nginx_access"
    served_tag: str = "nginx_served"
    senders: tuple[str, ...] = ("root", "www-data", "nginx")
    lines_address: int = 50
    lines_total: int = 5000
    bytes_hour: int = 256 * 1024 * 1024


@dataclass(frozen=True)
class OriginSettings:
    """The servers and files that know origins, the time limits, and how long origins are kept."""

    cymru_host: str = "whois.cymru.com"
    cymru_port: int = 43
    deadline_s: float = 20.0
    retry_s: float = 60.0
    cache_s: float = 7 * 86400.0
    unknown_s: float = 6 * 3600.0
    mmdb: tuple[Path, ...] = ()
    ipwhois: int = 4


@dataclass(frozen=True)
class Paths:
    """Where the pack writes; the file names inside are contracts and not settings."""

    log_dir: Path = Path("/var/log/ideolab")
    state_dir: Path = Path("/var/lib/ideolab")
    textfile_dir: Path = Path("/var/lib/node_exporter/textfile_collector")

    @property
    def connmon_log(self) -> Path:
        """What connmon writes and the jails ideolab-connmon and ideolab-connmon-net read."""
        return self.log_dir / "connmon.log"

    @property
    def manual_log(self) -> Path:
        """What people write to ban, and the jail ideolab-manual reads."""
        return self.log_dir / "manual.log"

    @property
    def traship_log(self) -> Path:
        """What the Django app writes and the jail ideolab-traship reads."""
        return self.log_dir / "traship.log"

    @property
    def events(self) -> Path:
        """One JSON object a line for each suspect, ban and unban."""
        return self.log_dir / "connmon_events.jsonl"

    @property
    def nginx_error_log(self) -> Path:
        """nginx's error log, as the intake writes it."""
        return self.log_dir / "nginx-error.log"

    @property
    def nginx_access_log(self) -> Path:
        """nginx's access log, as the intake writes it."""
        return self.log_dir / "nginx-access.log"

    @property
    def origin_cache(self) -> Path:
        """The origins that were looked up."""
        return self.state_dir / "connmon_cache.sqlite3"

    @property
    def connmon_prom(self) -> Path:
        """The metrics of connmon."""
        return self.textfile_dir / "ideolab_connmon.prom"

    @property
    def intake_prom(self) -> Path:
        """The metrics of the intake."""
        return self.textfile_dir / "ideolab_intake.prom"

    @property
    def report_prom(self) -> Path:
        """The metrics of fail2ban-server: those of the report action and of the actions that ban."""
        return self.textfile_dir / "ideolab_f2b.prom"

    @property
    def own_logs(self) -> tuple[Path, ...]:
        """The logs that only programs of the pack write."""
        return self.connmon_log, self.events, self.nginx_error_log, self.nginx_access_log

    @property
    def site_logs(self) -> tuple[Path, ...]:
        """The logs that a Django site may write; traship.log is there only with `install --django`."""
        return self.manual_log, self.traship_log


@dataclass(frozen=True)
class Settings:
    """The whole file: one field per section."""

    connmon: Connmon = field(default_factory=Connmon)
    paths: Paths = field(default_factory=Paths)
    intake: Intake = field(default_factory=Intake)
    origin: OriginSettings = field(default_factory=OriginSettings)


Section = Union[type[Connmon], type[Intake], type[OriginSettings], type[Paths]]


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 10_000_000:
        raise ValueError("a number from 0 to 10000000 is needed")
    return number


def _at_least_one(text: str, why: str = "0 would make a suspect of everyone") -> int:
    number = _count(text)
    if number < 1:
        raise ValueError(f"{why}; 1 or more is needed")
    return number


def duration(text: str) -> float:
    """Return the seconds of `8`, `0.5`, `5s`, `10m`, `24h` or `7d`; ValueError for zero and less."""
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}.get(text[-1:].lower())
    seconds = float(text[:-1]) * unit if unit else float(text)
    if not 0 < seconds < 1e9:
        raise ValueError("a duration above 0 is needed, such as 5s or 24h")
    return seconds


def _ports(text: str) -> tuple[int, ...]:
    ports = tuple(dict.fromkeys(int(word) for word in text.replace(",", " ").split()))
    if not ports or not all(0 < port < 65536 for port in ports):
        raise ValueError("one or more port numbers from 1 to 65535 are needed")
    return ports


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(word, strict=False) for word in text.replace(",", " ").split())


def _flag(text: str) -> int:
    if text not in ("0", "1"):
        raise ValueError("0 or 1 is needed")
    return int(text)


def _rate(text: str) -> int:
    return _at_least_one(text, "0 would keep every line from fail2ban")


def _bytes(text: str) -> int:
    number = int(text)
    if not 16_000_000 <= number <= 10**12:
        raise ValueError("a number of bytes from 16000000 to 1000000000000 is needed")
    return number


def _tag(text: str) -> str:
    # what nginx takes as tag=
    if not re.fullmatch(r"[A-Za-z0-9_]{1,32}", text):
        raise ValueError("1 to 32 letters, digits and _ are needed, as nginx's tag= has them")
    return text


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.replace(",", " ").split())
    if not names:
        raise ValueError("one or more user names or numbers are needed")
    return names


def _host(text: str) -> str:
    # empty: nobody is asked over the network
    if not re.fullmatch(r"[A-Za-z0-9_.:-]{0,253}", text):
        raise ValueError("a host name or an address is needed, or nothing")
    return text


def _port(text: str) -> int:
    if len(ports := _ports(text)) > 1:
        raise ValueError("one port number from 1 to 65535 is needed")
    return ports[0]


def _files(text: str) -> tuple[Path, ...]:
    return tuple(_absolute(word) for word in text.replace(",", " ").split())


def _absolute(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise ValueError("an absolute path is needed")
    return path


_READ: dict[str, Callable[[str], object]] = {
    "port": _ports,
    "ignore": _networks,
    "idle_points": _flag,
    "idle_s": duration,
    "every_s": duration,
    "min_idle_score": _at_least_one,
    "opened_ahead_ttl": _count,
    "th_conn_ip": _at_least_one,
    "th_conn_subnet24": _at_least_one,
    "th_hostile_ip": _at_least_one,
    "th_hostile_subnet": _at_least_one,
    "socket": _absolute,
    "error_tag": _tag,
    "access_tag": _tag,
    "served_tag": _tag,
    "senders": _names,
    "lines_address": _rate,
    "lines_total": _rate,
    "bytes_hour": _bytes,
    "cymru_host": _host,
    "cymru_port": _port,
    "deadline_s": duration,
    "retry_s": duration,
    "cache_s": duration,
    "unknown_s": duration,
    "mmdb": _files,
    "ipwhois": _count,
    "log_dir": _absolute,
    "state_dir": _absolute,
    "textfile_dir": _absolute,
}


def keys(section: Section) -> dict[str, str]:
    """Return {key in the file: field name} of one section."""
    return {str(item.metadata.get("key", item.name)): item.name for item in dataclasses.fields(section)}


def _section(path: Path, parser: configparser.ConfigParser, name: str, section: Section) -> dict[str, object]:
    known, values = keys(section), {}
    for key, text in parser.items(name) if parser.has_section(name) else ():
        if key not in known:
            raise ConfigError(f"{path}: [{name}] has no key {key!r}; it knows {', '.join(sorted(known))}")
        try:
            values[known[key]] = _READ[key](text.strip())
        except ValueError as error:
            raise ConfigError(f"{path}: [{name}] {key} = {text!r}: {error}") from error
    return values


def parse(text: str, path: Path = DEFAULT_PATH) -> Settings:
    """Read the file's text; `path` is only named in errors."""
    parser = configparser.ConfigParser(
        interpolation=None, inline_comment_prefixes=("#",), default_section="\0none"
    )
    try:
        parser.read_string(text, str(path))
    except configparser.Error as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from error
    for name in parser.sections():
        if name not in ("connmon", "intake", "origin", "paths"):
            raise ConfigError(
                f"{path}: there is no section [{name}]; it knows [connmon], [intake], [origin] and [paths]"
            )
    return Settings(
        Connmon(**_section(path, parser, "connmon", Connmon)),  # type: ignore[arg-type]
        Paths(**_section(path, parser, "paths", Paths)),  # type: ignore[arg-type]
        Intake(**_section(path, parser, "intake", Intake)),  # type: ignore[arg-type]
        OriginSettings(**_section(path, parser, "origin", OriginSettings)),  # type: ignore[arg-type]
    )


def load(path: Path = DEFAULT_PATH) -> Settings:
    """Read the file; a missing one means the defaults, an unreadable one is a ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}; mend its mode or its encoding") from error
    return parse(text, path)
