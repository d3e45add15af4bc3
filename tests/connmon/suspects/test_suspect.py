"""suspect: what an address over a threshold is."""

from __future__ import annotations

from ideolab_f2b.connmon.suspects.suspect import Suspect


def test_a_suspect_needs_no_key() -> None:
    """A kernel that does not tell how peers set up TCP leaves key and clusters empty."""
    suspect = Suspect("198.51.100.10", "ip", 2, 40, 1, {"mute": 40})

    assert (suspect.why, suspect.network_key, suspect.clusters) == ((), "", ())
