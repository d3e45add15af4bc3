"""tls_ids: OpenSSL's names as numbers."""

from __future__ import annotations

import re

from ideolab_f2b.fingerprint.tls_ids import CIPHERS, GROUPS


def test_names_that_every_browser_sends() -> None:
    """As in the registry of IANA."""
    assert (CIPHERS["TLS_AES_128_GCM_SHA256"], CIPHERS["ECDHE-RSA-AES128-GCM-SHA256"]) == ("1301", "c02f")
    assert (GROUPS["X25519"], GROUPS["prime256v1"], GROUPS["X25519MLKEM768"]) == ("001d", "0017", "11ec")


def test_two_names_of_one_group() -> None:
    """Releases of OpenSSL differ; the number does not."""
    assert GROUPS["prime256v1"] == GROUPS["secp256r1"]
    assert GROUPS["X25519"] == GROUPS["x25519"]


def test_every_number_has_four_digits() -> None:
    """A word that got into the wrong column would be a name."""
    numbers = [*CIPHERS.values(), *GROUPS.values()]

    assert [number for number in numbers if not re.fullmatch("[0-9a-f]{4}", number)] == []
    assert (len(CIPHERS), len(GROUPS)) == (len(set(CIPHERS)), len(set(GROUPS)))
