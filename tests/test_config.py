"""config: the file's text to settings, and the errors a person reads."""

from __future__ import annotations

import dataclasses
import ipaddress
from pathlib import Path

import pytest

from ideolab_f2b import config
from ideolab_f2b.notation import setting_types

PATH = Path("/etc/ideolab/f2b.conf")
SECTIONS = tuple(config.SECTIONS.values())


def test_missing_file_means_the_defaults(tmp_path: Path) -> None:
    """No file at all is a valid configuration."""
    assert config.load(tmp_path / "none.conf") == config.Settings()


def test_every_key_is_read() -> None:
    """Each key reaches its field in its own type."""
    text = """
[connmon]
port = 443, 8443   # two services
th_conn_ip = 60
th_conn_subnet24 = 400
min_idle_score = 3
th_hostile_ip = 7
th_hostile_subnet = 70
idle_s = 10
every_s = 2s
idle_points = 1
opened_ahead_ttl = 0
observe = yes
ignore = 198.51.100.7 2001:db8::/32
[firewall]
backend = nft
[intake]
socket = /run/other/nginx.sock
error_tag = web_error
access_tag = web_access
senders = root, 101
lines_address = 20
lines_total = 900
[origin]
cymru_host = 192.0.2.43
cymru_port = 4343
deadline_s = 5s
retry_s = 30
cache_s = 2d
unknown_s = 1h
mmdb = /srv/asn.mmdb, /srv/country.mmdb
ipwhois = 0
[geo]
policy = deny
countries = fr, UK GB, US
source = /srv/geoip
ports = 443, 8443
exempt = 198.51.100.7
quic = yes
max_age_s = 30d
[paths]
log_dir = /srv/log
state_dir = /srv/state
textfile_dir = /srv/prom
"""
    assert config.parse(text) == config.Settings(
        config.Connmon(
            ports=(443, 8443),
            th_conn_ip=60,
            th_conn_subnet24=400,
            min_idle_score=3,
            th_hostile_ip=7,
            th_hostile_subnet=70,
            idle_s=10.0,
            every_s=2.0,
            idle_points=1,
            opened_ahead_ttl=0,
            observe=True,
            ignore=(ipaddress.ip_network("198.51.100.7/32"), ipaddress.ip_network("2001:db8::/32")),
        ),
        config.Paths(Path("/srv/log"), Path("/srv/state"), Path("/srv/prom")),
        config.Intake(
            socket=Path("/run/other/nginx.sock"),
            error_tag="web_error",
            access_tag="web_access",
            senders=("root", "101"),
            lines_address=20,
            lines_total=900,
        ),
        config.OriginSettings(
            cymru_host="192.0.2.43",
            cymru_port=4343,
            deadline_s=5.0,
            retry_s=30.0,
            cache_s=172800.0,
            unknown_s=3600.0,
            mmdb=(Path("/srv/asn.mmdb"), Path("/srv/country.mmdb")),
            ipwhois=0,
        ),
        config.Firewall("nft"),
        geo=config.GeoSettings(
            policy="deny",
            countries=("FR", "GB", "US"),
            source=(Path("/srv/geoip"),),
            ports=(443, 8443),
            exempt=(ipaddress.ip_network("198.51.100.7/32"),),
            quic=True,
            max_age_s=2592000.0,
        ),
    )


def test_every_field_has_a_reader() -> None:
    """A new setting without a parser would be text where a number is meant."""
    named = {key for section in SECTIONS for key in config.keys(section)}

    assert named == set(setting_types.READ)


@pytest.mark.parametrize(
    ("text", "containers"),
    [
        ("auto", ("auto",)),
        ("no", ()),
        ("docker:0225320b4597, lxc:c1 netns:web", ("docker:0225320b4597", "lxc:c1", "netns:web")),
        (f"libpod:{'a' * 64}", (f"libpod:{'a' * 12}",)),
        ("auto, user1000:libpod:0225320b4597", ("auto", "user1000:libpod:0225320b4597")),
    ],
)
def test_containers(text: str, containers: tuple[str, ...]) -> None:
    """Names as `netns --list` shows them; a whole id is cut to what it shows."""
    assert config.parse(f"[connmon]\ncontainers = {text}\n").connmon.containers == containers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[connmon]\nth_con_ip = 5\n", "[connmon] has no key 'th_con_ip'"),
        (
            "[conmon]\n",
            "there is no section [conmon]; it knows [connmon], [firewall], [intake], [origin], [geo],"
            " [asn], [visitors] and [paths]",
        ),
        ("th_conn_ip = 5\n", "File contains no section headers"),
        ("[connmon]\nth_conn_ip = many\n", "th_conn_ip = 'many': invalid literal for int()"),
        ("[connmon]\nobserve = 1\n", "observe = '1': yes or no is needed"),
        ("[connmon]\ncontainers =\n", "auto, no, or names like docker:0225320b4597, lxc:c1, netns:web"),
        ("[connmon]\ncontainers = no, lxc:c1\n", "auto, no, or names like"),
        ("[connmon]\ncontainers = web\n", "'web' is no container; write auto, no, or names that"),
        ("[connmon]\ncontainers = lxc:a/b\n", "'lxc:a/b' is no container"),
        ("[connmon]\ncontainers = docker:web\n", "the id of a container is needed, with 12 or 64 digits"),
        ("[connmon]\nth_hostile_ip = 0\n", "0 would make a suspect of everyone"),
        ("[connmon]\nport = 0\n", "one or more port numbers from 1 to 65535 are needed"),
        ("[connmon]\nport =\n", "one or more port numbers from 1 to 65535 are needed"),
        ("[connmon]\nevery_s = 0s\n", "a duration above 0 is needed, such as 5s or 24h"),
        ("[connmon]\nevery_s = nan\n", "a duration above 0 is needed"),
        ("[connmon]\nidle_points = yes\n", "0 or 1 is needed"),
        ("[connmon]\nignore = 198.51.100.0/33\n", "'198.51.100.0/33' is no address, network or range"),
        (
            "[connmon]\nignore = ::1 a.example\n",
            "a.example is a name, and no DNS is asked",
        ),
        ("[paths]\nlog_dir = log\n", "an absolute path is needed"),
        ("[intake]\nsocket = nginx.sock\n", "an absolute path is needed"),
        ("[intake]\nerror_tag = nginx error\n", "1 to 32 letters, digits and _ are needed"),
        ("[intake]\nsenders =\n", "one or more user names or numbers are needed"),
        ("[intake]\nlines_address = 0\n", "0 would keep every line from fail2ban"),
        ("[origin]\ncymru_host = whois server\n", "a host name or an address is needed, or nothing"),
        ("[origin]\ncymru_port = 43, 44\n", "one port number from 1 to 65535 is needed"),
        ("[firewall]\nbackend = nftables\n", "auto, ipset or nft is needed"),
        ("[origin]\nmmdb = GeoLite2-ASN.mmdb\n", "an absolute path is needed"),
        ("[connmon]\nport = 1\nport = 2\n", "already exists"),
        ("[geo]\npolicy = allowlist\n", "off, allow or deny is needed"),
        ("[geo]\ncountries = FR, GER\n", "'GER' is no country; near are DE (Germany), NE (Niger)"),
        ("[geo]\nsource =\n", "one or more absolute paths are needed"),
        ("[geo]\nquic = 1\n", "yes or no is needed"),
    ],
)
def test_what_it_does_not_know_is_an_error(text: str, message: str) -> None:
    """A typing error is named with its file, never passed over."""
    with pytest.raises(config.ConfigError) as caught:
        config.parse(text, PATH)

    assert str(PATH) in str(caught.value)
    assert message in str(caught.value)


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    """Bytes of another encoding and a directory give the same clear error."""
    broken = tmp_path / "f2b.conf"
    broken.write_bytes(b"[connmon]\nport = \xff\n")

    for path in (broken, tmp_path):
        with pytest.raises(config.ConfigError, match="cannot be read"):
            config.load(path)


def test_settings_cannot_be_changed() -> None:
    """A running sensor never changes its thresholds halfway."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.Settings().connmon.th_conn_ip = 1  # type: ignore[misc]
