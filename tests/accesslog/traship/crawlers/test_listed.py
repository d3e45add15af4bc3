"""The crawlers that are known, and the words that name them."""

from __future__ import annotations

import pytest
from django.test import override_settings

from ideolab_accesslog.traship.crawlers.listed import LISTED, Proof, find_proof, is_wanted, parse

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("agent", "suffixes"),
    [
        (GOOGLEBOT, ("googlebot.com", "google.com")),
        ("AdsBot-Google (+http://www.google.com/adsbot.html)", ("googlebot.com", "google.com")),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", ("search.msn.com",)),
        ("Mozilla/5.0 (compatible; YandexBot/3.0)", ("yandex.ru", "yandex.net", "yandex.com")),
        ("Mozilla/5.0 (Macintosh) Safari/605.1.15 (Applebot/0.1)", ("applebot.apple.com",)),
        ("DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)", ()),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0 Safari/537.36", ()),
        ("curl/8.5.0", ()),
        ("", ()),
    ],
)
def test_the_agent_names_the_crawler(agent: str, suffixes: tuple[str, ...]) -> None:
    """By a word anywhere in it, in any letters."""
    assert find_proof(agent).suffixes == suffixes
    assert find_proof(agent.upper()).suffixes == suffixes


def test_duckduckgo_publishes_addresses() -> None:
    """They need no name."""
    proof = find_proof("DuckDuckBot/1.1")

    assert proof.holds_network_of("20.191.45.212")
    assert not proof.holds_network_of("20.191.45.213")
    assert not proof.holds_network_of("2001:db8::7")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("crawl-66-249-66-1.googlebot.com", True),
        ("google-proxy-66-249-81-1.google.com", True),
        ("msnbot-157-55-39-1.search.msn.com", True),
        ("googlebot.com.evil.example", False),
        ("evilgooglebot.com", False),
        ("googlebot.com", False),
        ("7.113.0.203.bc.googleusercontent.com", False),
        ("7-113-0-203.gae.googleusercontent.com", False),
        ("msn.com", False),
        ("", False),
    ],
)
def test_a_name_ends_with_whole_parts(name: str, expected: bool) -> None:
    """A cloud's customers are no crawlers."""
    assert is_wanted(name) is expected


def test_the_project_s_own_crawlers() -> None:
    """Added by word, replaced by the same word, taken out by an empty list; and all switched off."""
    texts = ["*.crawl.Example.com", "198.51.100.0/24", "com", "", "a b"]
    own = {"ExampleBot": texts, "google": []}
    with override_settings(TRASHIP_CRAWLERS=own):
        proof = find_proof("Mozilla/5.0 (compatible; examplebot/1)")
        assert (proof.suffixes, [str(one) for one in proof.networks]) == (
            ("crawl.example.com",), ["198.51.100.0/24"],
        )  # fmt: skip
        assert find_proof(GOOGLEBOT) == Proof()
        assert find_proof(f"{GOOGLEBOT} bingbot examplebot").suffixes == (
            "search.msn.com",
            "crawl.example.com",
        )
    for wrong in (["examplebot"], {"": texts}, {"examplebot": 5}, {"google": ["com"]}, None):
        with override_settings(TRASHIP_CRAWLERS=wrong):
            assert find_proof("examplebot") == Proof()
            assert any(find_proof(GOOGLEBOT))
    with override_settings(TRASHIP_CRAWLERS={"examplebot": "crawl.example.com", "": texts}):
        assert find_proof("examplebot") == Proof(("crawl.example.com",))
    with override_settings(TRASHIP_VERIFY_CRAWLERS=False):
        assert find_proof(GOOGLEBOT) == Proof()


def test_the_list_is_well_written() -> None:
    """Small words, and every text a proof."""
    for word, texts in LISTED.items():
        proof = parse(texts)
        assert word == word.lower()
        assert len(proof.suffixes) + len(proof.networks) == len(texts) > 0
