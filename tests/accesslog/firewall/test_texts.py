"""The texts of the rows in the reader's language."""

from __future__ import annotations

from time import process_time

import pytest
from django.utils import translation

from ideolab_accesslog.firewall import texts
from ideolab_accesslog.firewall.transports import absent
from ideolab_accesslog.firewall.transports.order import Order


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("loopback", "boucle locale"),
        ("198.51.100.0/28 of TRASHIP_NEVER_BAN", "198.51.100.0/28 de TRASHIP_NEVER_BAN"),
        ("not finished after 3 s (TRASHIP_FIREWALL_TIMEOUT_S)\n",
         "pas terminé après 3 s (TRASHIP_FIREWALL_TIMEOUT_S)"),
        ("refused: listed in /etc/ideolab/never-ban", "refusé : inscrit dans /etc/ideolab/never-ban"),
        (
            "held: banned by jail sshd: only root lifts that: fail2ban-client set sshd unbanip 198.51.100.7",
            "bloquée : bannie par la prison sshd ; seul root peut lever ce bannissement : "
            "fail2ban-client set sshd unbanip 198.51.100.7",
        ),
        (
            "[Errno 2] No such file or directory: '/x'; see TRASHIP_FIREWALL_HELPER",
            "[Errno 2] No such file or directory: '/x' ; voir TRASHIP_FIREWALL_HELPER",
        ),
        ("sudo: a password is required", "sudo: a password is required"),
        # what a person wrote
        ("attack of TRASHIP_NEVER_BAN", "attack of TRASHIP_NEVER_BAN"),
        ("a lot of scans", "a lot of scans"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_text_of_ours_is_translated_with_its_parts(stored: str, shown: str) -> None:
    """What another program said stays as it is."""
    with translation.override("fr"):
        assert texts.translate(stored) == shown


@pytest.mark.parametrize("action", ["unban", "check"])
def test_what_a_person_can_do_instead(action: str) -> None:
    """The command keeps its address in every language."""
    stored = absent.run([Order(action, "198.51.100.7")]).find_answer("198.51.100.7").stderr
    with translation.override("fr"):
        shown = texts.translate(f"{texts.NOT_RUN}{stored}")

    assert shown.startswith("non exécuté : manual.log ")
    assert ("198.51.100.7" in shown) == ("198.51.100.7" in stored)


def test_every_text_of_the_module_is_found() -> None:
    """A constant that is not in the tables would stay English."""
    written = {value for name, value in vars(texts).items() if name.isupper() and isinstance(value, str)}
    written -= {texts.HELD, texts.NOT_RUN}

    assert written <= {*texts._FIXED, *texts._WITH_PARTS}


def test_a_hostile_text_takes_no_time() -> None:
    """Parts are looked at again; none of them splits into many."""
    began = process_time()
    for text in ("a of " * 199, "held: a of " * 90, "banned by jail x: only root lifts that: " * 25):
        texts.translate(text)

    assert process_time() - began < 1.0


def test_a_long_text_is_left_alone() -> None:
    """What a program wrote by the page is not searched for patterns."""
    text = "held: " * 2000
    assert texts.translate(text) == text
