"""The data of the rules: what the matching takes for granted."""

from __future__ import annotations

import re

import pytest

from demo.lab.child import REPOSITORY
from ideolab_accesslog.traship import rules

TABLES = {name: table for name, table in vars(rules).items() if name.isupper() and isinstance(table, dict)}
SETS = {name: words for name, words in vars(rules).items() if isinstance(words, frozenset)}


@pytest.mark.parametrize("name", [*TABLES, *SETS])
def test_every_name_is_in_the_one_spelling(name: str) -> None:
    """Small letters, no slash at the end: another spelling could never match."""
    words = {**TABLES, **SETS}[name]

    assert [word for word in words if word != word.lower() or word.endswith("/") or not word] == []


def test_every_rule_has_an_id_of_the_guide() -> None:
    """docs/traship.md has a table of them; some ids are of rules that need no data."""
    guide = (REPOSITORY / "docs" / "traship.md").read_text().partition("## The rules")[2]
    documented = set(re.findall(r"`([\w-]+)`", "".join(re.findall(r"(?m)^\| (`.*?) \|", guide))))

    ids = {rule for table in TABLES.values() for rule in table.values()}
    ids |= {rule for rule, _pattern in rules.PATTERNS}

    assert ids <= documented


def test_pairs_are_two_or_three_segments() -> None:
    """With a slash between them, and two behind each other at least."""
    assert {len(pair.strip("/").split("/")) for pair in rules.PAIRS} <= {2, 3}


@pytest.mark.parametrize(
    "segment",
    [
        "my-admin-2.1", "phpmyadmin-old", "wp-old", "wp-login.php_", "c:", "${jndi:ldap", "nmaplowercheck1",
        "goform9", "struts2-showcase", "appsettings.dev.json", "prod-private-key.pem", "error-2026.log.gz",
        "hnap1", "stok=1",
    ],
)  # fmt: skip
def test_the_hint_lets_through_what_a_pattern_matches(segment: str) -> None:
    """Else the pattern would never be tried."""
    assert any(pattern.fullmatch(segment) for _rule, pattern in rules.PATTERNS)
    assert rules.PATTERN_HINT.search(segment) is not None


def test_the_env_file_without_its_dot() -> None:
    """And its variants; no word that only begins like it."""
    found = [text for text in ("env.bak", "prod_env.json", "env", "environment") if rules.ENV.fullmatch(text)]

    assert found == ["env.bak", "prod_env.json"]
