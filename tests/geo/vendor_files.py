"""Small made-up files of each kind that say the same of documentation addresses."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from ideolab_f2b.geo.country_rows import CountryRows

#: what each of the files says; 198.51.100.64 to .95 and 2001:db8:3::/48 are of no country
ROWS = (
    ("198.51.100.0", "198.51.100.31", "FR"),
    ("198.51.100.32", "198.51.100.63", "US"),
    ("198.51.100.96", "198.51.100.127", "GB"),
    ("2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff", "FR"),
    ("2001:db8:2::", "2001:db8:2:ffff:ffff:ffff:ffff:ffff", "US"),
    ("2001:db8:4::", "2001:db8:4:ffff:ffff:ffff:ffff:ffff", "GB"),
)
_NETWORKS = {
    "FR": ("198.51.100.0/27", "2001:db8:1::/48"),
    "US": ("198.51.100.32/27", "2001:db8:2::/48"),
    "GB": ("198.51.100.96/27", "2001:db8:4::/48"),
}
_HEAD = """\
# Location Database Export
#
# Generated: Thu, 25 Jun 2026 04:33:59 GMT
# Vendor:    IPFire Project
#
"""
#: the date in the head, in epoch seconds
DATED = 1782362039.0


def write_tor(place: Path) -> list[Path]:
    """Write geoip and geoip6 as tor-geoipdb has them; UK stands for GB there."""
    four = [f"{int(ip_address(first))},{int(ip_address(last))},{code}" for first, last, code in ROWS[:3]]
    six = [f"{first},{last},{code.replace('GB', 'UK')}" for first, last, code in ROWS[3:]]
    four.insert(2, f"{int(ip_address('198.51.100.64'))},{int(ip_address('198.51.100.95'))},??")
    return _write(place, {"geoip": _HEAD + "\n".join(four) + "\n", "geoip6": _HEAD + "\n".join(six) + "\n"})


def write_csv(place: Path) -> list[Path]:
    """Write one file with both families, as DB-IP has it."""
    return _write(place, {"dbip.csv": "\r\n".join(",".join(row) for row in ROWS) + "\r\n"})


def write_numbers(place: Path) -> list[Path]:
    """Write two files with numbers, as ip-location-db has them."""
    rows = [f"{int(ip_address(first))},{int(ip_address(last))},{code}\n" for first, last, code in ROWS]
    return _write(place, {"four-num.csv": "".join(rows[:3]), "six-num.csv": "".join(rows[3:])})


def write_maxmind(place: Path) -> list[Path]:
    """Write Locations and Blocks as GeoLite2-Country has them; GB is there by who registered the network."""
    head = (
        "network,geoname_id,registered_country_geoname_id,represented_country_geoname_id,is_anonymous_proxy"
    )
    places = """\
geoname_id,locale_code,continent_code,continent_name,country_iso_code,country_name,is_in_european_union
11,en,EU,Europe,FR,"France, here",1
22,en,NA,"North America",US,"United States",0
33,en,EU,Europe,GB,"United Kingdom",0
44,en,EU,Europe,,,0
"""
    numbers = {"FR": "11,22", "US": "22,22", "GB": ",33"}
    four, six = (
        "".join(
            [
                f"{head},is_satellite_provider\n",
                *(f"{_NETWORKS[code][at]},{numbers[code]},,0,0\n" for code in _NETWORKS),
            ]
        )
        for at in (0, 1)
    )
    return _write(
        place,
        {
            "GeoLite2-Country-Blocks-IPv4.csv": four
            + "198.51.100.64/27,44,,,0,0\n198.51.100.128/27,,,,1,0\n",
            "GeoLite2-Country-Blocks-IPv6.csv": six,
            "GeoLite2-Country-Locations-en.csv": places,
        },
    )


def write_libloc(place: Path, style: str = "list") -> list[Path]:
    """Write what `location export --format STYLE` does."""
    texts: dict[str, str] = {}
    for code, networks in _NETWORKS.items():
        for version, network in zip("46", networks):
            name = f"{code}v{version}"
            family = "inet" if version == "4" else "inet6"
            texts |= {
                "list": {f"{name}.networks": f"{network}\n"},
                "ipset": {
                    f"{name}.ipset": f"create {name} hash:net family {family} hashsize 64 maxelem 1048576"
                    f" -exist\nflush {name}\nadd {name} {network}\n"
                },
                "nftables": {f"{name}.set": f"define {name} = {{\n\t{network},\n}}\n"},
            }[style]
    return _write(place, texts)


def read_rows(rows: dict[int, CountryRows]) -> list[tuple[str, str, str]]:
    """Return rows as ROWS has them."""
    return [
        (str(ip_address(first)), str(ip_address(last)), code)
        for each in rows.values()
        for first, last, code in each
    ]


def _write(place: Path, texts: dict[str, str]) -> list[Path]:
    place.mkdir(exist_ok=True)
    for name, text in texts.items():
        (place / name).write_bytes(text.encode())
    return [place / name for name in texts]
