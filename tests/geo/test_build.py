"""From the settings and the files to the saved list."""

from __future__ import annotations

import dataclasses
from ipaddress import ip_network
from pathlib import Path

import pytest

from ideolab_f2b.config import GeoSettings
from ideolab_f2b.geo import build, country_list, country_table
from ideolab_f2b.geo.build import UnusableListError
from tests.geo import vendor_files
from tests.geo.vendor_files import DATED

NOW = 1795989110.0
ALLOW = GeoSettings("allow", ("FR", "GB"))


def texts(one: country_list.CountryList, version: int) -> list[str]:
    """Return the prefixes of a family as text."""
    return [str(ip_network(prefix)) for prefix in one.prefixes(version)]


def test_list_and_table_are_made_and_saved(tmp_path: Path) -> None:
    """Of the files of the settings."""
    paths = vendor_files.write_tor(tmp_path)
    built = build.build(dataclasses.replace(ALLOW, source=tuple(paths)), [], "", NOW)
    build.replace(built, tmp_path / "geo")
    saved = country_list.load(tmp_path / "geo" / "list")

    assert (saved.policy, saved.countries, saved.dated, saved.built) == ("allow", ("FR", "GB"), DATED, NOW)
    assert saved.source == f"tor: {tmp_path}/geoip, {tmp_path}/geoip6"
    assert texts(saved, 4) == ["198.51.100.0/27", "198.51.100.96/27"]
    assert texts(saved, 6) == ["2001:db8:1::/48", "2001:db8:4::/48"]
    assert country_table.load(tmp_path / "geo" / "countries").count(4) == {"FR": 32, "GB": 32, "US": 32}


def test_files_that_are_given_come_before_those_of_the_settings(tmp_path: Path) -> None:
    """And a source of many files is named by its first."""
    paths = vendor_files.write_libloc(tmp_path)
    built = build.build(ALLOW, paths, "libloc", NOW)

    assert built.new.source == "libloc: " + ", ".join(map(str, paths[:4])) + " \u2026"


def test_what_is_not_chosen_is_on_the_list_of_neither_policy(tmp_path: Path) -> None:
    """The two lists of the same countries are the same; what they mean is the policy's."""
    paths = vendor_files.write_csv(tmp_path)
    lists = [
        build.build(dataclasses.replace(ALLOW, policy=policy), paths, "", NOW).new
        for policy in ("allow", "deny")
    ]

    assert texts(lists[0], 4) == texts(lists[1], 4) == ["198.51.100.0/27", "198.51.100.96/27"]


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (GeoSettings(), "policy is off in [geo] of f2b.conf: set allow or deny there, and countries"),
        (
            GeoSettings("deny"),
            "countries is empty in [geo] of f2b.conf: set it, such as FR, ES, GB, US, DE, IT",
        ),
    ],
)
def test_settings_without_a_list(settings: GeoSettings, error: str) -> None:
    """What to set."""
    with pytest.raises(ValueError) as caught:
        build.build(settings, [], "", NOW)

    assert str(caught.value) == error


def test_a_list_that_looks_wrong_is_not_saved_unless_forced(tmp_path: Path) -> None:
    """The present one stays as it is."""
    build.replace(build.build(ALLOW, vendor_files.write_tor(tmp_path), "", NOW), tmp_path / "geo")
    before = (tmp_path / "geo" / "list").read_bytes()
    cut = tmp_path / "cut.csv"
    cut.write_text("198.51.100.0,198.51.100.7,FR\n2001:db8:1::,2001:db8:1:ffff:ffff:ffff:ffff:ffff,FR\n")
    built = build.build(ALLOW, [cut], "", NOW)
    with pytest.raises(UnusableListError) as caught:
        build.replace(built, tmp_path / "geo")

    assert str(caught.value) == (
        "the source has no address of GB (United Kingdom); it has 12% of the IPv4 addresses that the present"
        " list has; if it is right so: geo build --force"
    )
    assert (tmp_path / "geo" / "list").read_bytes() == before
    build.replace(built, tmp_path / "geo", is_forced=True)
    assert texts(country_list.load(tmp_path / "geo" / "list"), 4) == ["198.51.100.0/29"]


def test_a_broken_list_is_replaced(tmp_path: Path) -> None:
    """It is as if there were none."""
    (tmp_path / "list").write_bytes(b"broken")
    build.replace(build.build(ALLOW, vendor_files.write_tor(tmp_path), "", NOW), tmp_path)

    assert country_list.load(tmp_path / "list").countries == ("FR", "GB")
