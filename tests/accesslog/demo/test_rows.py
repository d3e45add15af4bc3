"""The rows that the site itself writes during the played attack."""

from __future__ import annotations

from datetime import datetime, timezone
from random import Random

from ideolab_accesslog.demo import places, rows
from tests.accesslog.demo.test_places import is_nobodys

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=timezone.utc)


def test_a_visitor_is_always_the_same_person() -> None:
    """With the same program and, if at all, the same account; a part of them is logged in."""
    found = list(rows.make_requests(NOW, Random(1), (7, 8, 9)))
    people = {(row.ip, row.user_id, row.user_agent) for row in found}

    assert len(found) == 2400
    assert len(people) == len({row.ip for row in found}) == len(places.VISITORS)
    assert {row.user_id for row in found} == {None, 7, 8, 9}
    assert {row.host for row in found} == {"shop.example"}
    assert all(row.ts <= NOW for row in found)


def test_nobody_is_logged_in_where_users_have_no_numbers() -> None:
    """A site may have keys of another kind."""
    assert {row.user_id for row in rows.make_requests(NOW, Random(1), ())} == {None}


def test_a_scanner_has_the_counts_of_its_offences() -> None:
    """Its last path is that of its last offence, and whoever is banned has a reason."""
    offences = list(rows.make_offences(NOW, Random(1)))
    scanners = list(rows.make_scanners(offences, NOW, Random(1), has_bans=True))

    assert [one.ip for one in scanners] == list(places.SCANNERS)
    for one in scanners:
        own = [offence for offence in offences if offence.ip == one.ip]
        assert one.count_404 + one.count_sensitive == len(own) <= one.count_hits
        assert (one.first_seen, one.last_seen, one.last_path) == (own[0].ts, own[-1].ts, own[-1].path)
        assert bool(one.ban_reason) == one.is_banned
    assert [one.ip for one in scanners if one.is_banned and one.ban_until is None] == ["198.18.64.7"]


def test_no_ban_is_wanted_where_a_firewall_is_told() -> None:
    """It would be put in force later."""
    offences = list(rows.make_offences(NOW, Random(1)))

    assert not any(one.is_banned for one in rows.make_scanners(offences, NOW, Random(1), has_bans=False))


def test_the_audit_is_found_by_its_calls() -> None:
    """Nine rows with nine calls, of nobody's addresses."""
    found = list(rows.make_actions(NOW))

    assert tuple(row.batch for row in found) == rows.BATCHES
    assert len(set(rows.BATCHES)) == 9
    assert all(is_nobodys(str(row.ip)) for row in found)
    assert {row.actor_name for row in found} == {"alice (played)"}
