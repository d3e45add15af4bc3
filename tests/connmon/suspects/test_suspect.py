"""suspect: what an address over a threshold is."""

from __future__ import annotations

from dataclasses import replace

from ideolab_f2b.connmon.suspects.suspect import Suspect, Suspects, addresses_of, count_networks


def test_a_suspect_needs_no_key() -> None:
    """A kernel that does not tell how peers set up TCP leaves key and clusters empty."""
    suspect = Suspect("198.51.100.10", "ip", 2, 40, 1, {"mute": 40})

    assert (suspect.why, suspect.network_key, suspect.clusters) == ((), "", ())


def describe(name: str) -> Suspect:
    return Suspect(name, "net" if "/" in name else "ip", 2, 8, 1, {"mute": 8})


NAMES = ["198.51.100.10", "198.51.100.11", "203.0.113.0/24"]


def test_suspects_are_a_sequence() -> None:
    """Of what is made when it is asked for."""
    suspects = Suspects(NAMES, describe, 1)

    assert (len(suspects), suspects[0], suspects[-1].scope) == (3, describe(NAMES[0]), "net")
    assert suspects == list(map(describe, NAMES))
    assert suspects[1:] == list(map(describe, NAMES[1:]))
    assert suspects != NAMES
    assert repr(Suspects(NAMES[:1], describe)) == f"Suspects([{describe(NAMES[0])!r}])"


def test_each_can_be_changed() -> None:
    """Without making it now."""
    changed = Suspects(NAMES, describe, 1).change_each(lambda one: replace(one, network_key="nk1"))

    assert [(one.address, one.network_key) for one in changed] == [(name, "nk1") for name in NAMES]
    assert count_networks(changed) == 1


def test_addresses_need_no_suspects() -> None:
    """Most of them were written before."""

    def refuse(name: str) -> Suspect:
        raise AssertionError(name)

    suspects = Suspects(NAMES, refuse, 1).change_each(lambda one: one)

    assert list(addresses_of(suspects)) == NAMES
    assert list(addresses_of(list(map(describe, NAMES)))) == NAMES


def test_networks_are_counted() -> None:
    """Also in a plain list."""
    assert count_networks(Suspects(NAMES, describe, 1)) == count_networks(list(map(describe, NAMES))) == 1
    assert count_networks(()) == 0
