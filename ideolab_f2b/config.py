"""Reads /etc/ideolab/f2b.conf into frozen settings; an unknown section or key is an error, never a guess."""

from __future__ import annotations

import configparser
import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Union

from ideolab_f2b.notation import setting_types
from ideolab_f2b.notation.networks import Network as Network

#: the settings file of the pack
DEFAULT_PATH = Path("/etc/ideolab/f2b.conf")
#: what the report action keeps over a restart of fail2ban-server; root's alone, unlike state_dir
SERVER_STATE = Path("/var/lib/ideolab-f2b")


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
    th_calm_ip: int = 24
    th_hostile_subnet: int = 60
    idle_s: float = 8.0
    every_s: float = 5.0
    idle_points: int = 0
    opened_ahead_ttl: int = 600
    #: connections that nginx can hold; 0: find out
    capacity: int = 0
    #: nobody is to be banned: lines go to connmon-observed.log, which no jail reads
    observe: bool = False
    ignore: tuple[Network, ...] = ()
    #: namespaces beside the host's own: auto, names, or nothing for no
    containers: tuple[str, ...] = ("auto",)


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
class GeoSettings:
    """The country list: which countries, from which files, and where the rule is to stand."""

    #: off, allow (only these countries get in) or deny (all others do)
    policy: str = "off"
    countries: tuple[str, ...] = ()
    #: one source, in one or more files
    source: tuple[Path, ...] = (Path("/usr/share/tor/geoip"), Path("/usr/share/tor/geoip6"))
    ports: tuple[int, ...] = (443,)
    #: who is let in whatever the country is, beside those that are always
    exempt: tuple[Network, ...] = ()
    #: UDP too, for HTTP/3
    quic: bool = False
    #: what holds the rule: as [firewall] says, or another
    backend: str = "auto"
    #: `check` complains of data that is older
    max_age_s: float = 180 * 86400.0


@dataclass(frozen=True)
class AsnSettings:
    """The AS numbers: the files that their table is built from, and how many addresses one ban may hold."""

    files: tuple[Path, ...] = ()
    #: `check` complains of data that is older; DB-IP's is of each month, libloc's and MaxMind's of each week
    max_age_s: float = 45 * 86400.0
    #: IPv4 addresses that a ban may hold: a thousandth of all
    cap: int = 1 << 22
    #: /64 of IPv6 that a ban may hold: sixteen /32, each the least that a provider is given
    cap6: int = 1 << 36


@dataclass(frozen=True)
class Firewall:
    """What of the kernel holds the bans."""

    backend: str = "auto"


@dataclass(frozen=True)
class VisitorSettings:
    """Where the web server writes who visited; previews and suggestions read it."""

    #: names with * and ?
    logs: tuple[str, ...] = (
        "/var/log/nginx/*access*.log",
        "/var/log/nginx/*access*.log.*",
        "/var/log/nginx/*access*.log-*",
    )


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
    def observed_log(self) -> Path:
        """What connmon writes instead with `observe = yes`; no jail reads it."""
        return self.log_dir / "connmon-observed.log"

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
    def connmon_summary(self) -> Path:
        """What connmon saw each day."""
        return self.state_dir / "connmon_summary.json"

    @property
    def connmon_prom(self) -> Path:
        """The metrics of connmon."""
        return self.textfile_dir / "ideolab_connmon.prom"

    @property
    def intake_prom(self) -> Path:
        """The metrics of the intake."""
        return self.textfile_dir / "ideolab_intake.prom"

    @property
    def geo_prom(self) -> Path:
        """The metrics of the country list."""
        return self.textfile_dir / "ideolab_geo.prom"

    @property
    def report_prom(self) -> Path:
        """The metrics of fail2ban-server: those of the report action and of the actions that ban."""
        return self.textfile_dir / "ideolab_f2b.prom"


@dataclass(frozen=True)
class Settings:
    """The whole file: one field per section."""

    connmon: Connmon = field(default_factory=Connmon)
    paths: Paths = field(default_factory=Paths)
    intake: Intake = field(default_factory=Intake)
    origin: OriginSettings = field(default_factory=OriginSettings)
    firewall: Firewall = field(default_factory=Firewall)
    geo: GeoSettings = field(default_factory=GeoSettings)
    asn: AsnSettings = field(default_factory=AsnSettings)
    visitors: VisitorSettings = field(default_factory=VisitorSettings)


Section = Union[
    type[Connmon],
    type[Intake],
    type[OriginSettings],
    type[Firewall],
    type[GeoSettings],
    type[AsnSettings],
    type[VisitorSettings],
    type[Paths],
]
#: {section of the file: what it becomes}, in the order in which an error names them
SECTIONS: dict[str, Section] = {
    "connmon": Connmon,
    "firewall": Firewall,
    "intake": Intake,
    "origin": OriginSettings,
    "geo": GeoSettings,
    "asn": AsnSettings,
    "visitors": VisitorSettings,
    "paths": Paths,
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
            values[known[key]] = setting_types.READ[key](text.strip())
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
        if name not in SECTIONS:
            *others, last = (f"[{known}]" for known in SECTIONS)
            raise ConfigError(
                f"{path}: there is no section [{name}]; it knows {', '.join(others)} and {last}"
            )
    found = {name: section(**_section(path, parser, name, section)) for name, section in SECTIONS.items()}  # type: ignore[arg-type]
    return Settings(**found)  # type: ignore[arg-type]


def load(path: Path = DEFAULT_PATH) -> Settings:
    """Read the file; a missing one means the defaults, an unreadable one is a ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}; mend its mode or its encoding") from error
    return parse(text, path)
