"""One offence, and the sum of several."""

from __future__ import annotations

import pytest

from ideolab_accesslog.traship.offence import (
    CROSS_SITE,
    Offence,
    OffenceSum,
    clean_method,
    digest_of,
    is_asked_by_browsers,
    page_key,
)

SENSITIVE = Offence("198.51.100.7", 1_795_359_121.0, "dotfile", 403, "GET", "/.env", "curl/8")
MISSING = SENSITIVE._replace(rule="", status=404, path="/photos/7.jpg", when=1_795_359_122.0)


def test_reasons_and_points() -> None:
    """A sensitive path counts twice as much as a missing page."""
    assert (SENSITIVE.reason, SENSITIVE.points) == ("sensitive_path", 2)
    assert (MISSING.reason, MISSING.points) == ("404_burst", 1)


@pytest.mark.parametrize(
    ("offence", "key"),
    [
        (SENSITIVE, "/.env"),
        (MISSING, "/photos/*.jpg"),
        (MISSING._replace(path="/photos/8.jpg"), "/photos/*.jpg"),
        (MISSING._replace(path="/photos/8.JPG"), "/photos/*.JPG"),
        (MISSING._replace(path="/photos/"), "/photos/"),
        (SENSITIVE._replace(path="/backup/7.jpg"), "/backup/7.jpg"),
        (MISSING._replace(path="/a/.css"), "/a/*.css"),
        (MISSING._replace(path="/a.png/b"), "/a.png/b"),
        (MISSING._replace(path="/a.tar.gz"), "/a.tar.gz"),
        (MISSING._replace(path="/" + "." * 1023), "/" + "." * 1023),
        (MISSING._replace(path=""), ""),
    ],
)
def test_missing_files_of_a_directory_are_one_page(offence: Offence, key: str) -> None:
    """By their ending; a sensitive path always stands for itself."""
    assert page_key(offence) == key


@pytest.mark.parametrize(
    ("method", "expected"),
    [("GET", "GET"), ("PROPFIND", "PROPFIND"), ("get", "OTHER"), ("GE T\r\n", "OTHER"), ("", "OTHER")],
)
def test_methods(method: str, expected: str) -> None:
    """Only capital letters stand in the line."""
    assert clean_method(method) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/favicon.ico", True), ("/.well-known/x", True), ("/a/b.js.map", True), ("/wp-login.php", False)],
)
def test_what_browsers_ask_for(path: str, expected: bool) -> None:
    """Nobody typed these paths."""
    assert is_asked_by_browsers(path) is expected


def test_the_sum() -> None:
    """Counts are added, the last offence gives path, agent and time."""
    total = OffenceSum(first=SENSITIVE.when)
    total.add(SENSITIVE)
    total.add(MISSING)

    assert total == OffenceSum(
        first=1_795_359_121.0,
        last=1_795_359_122.0,
        hits=2,
        missing=1,
        sensitive=1,
        path="/photos/7.jpg",
        agent="curl/8",
        has_rule=True,
    )
    assert total.reason == "sensitive_path"


def test_an_excused_offence_is_a_hit_and_nothing_else() -> None:
    """The reason of the row is the excuse, until something counts."""
    total = OffenceSum(first=SENSITIVE.when)
    excused = SENSITIVE._replace(excuse=CROSS_SITE)
    total.add(excused)

    assert (excused.reason, total.reason) == ("cross_site", "cross_site")
    assert (total.hits, total.sensitive, total.missing, total.has_rule) == (1, 0, 0, True)
    total.add(MISSING)
    assert total.reason == "404_burst"


def test_the_digest_of_a_page() -> None:
    """Ten bytes of any text, also of half a character."""
    assert digest_of("/.env").hex() == "53e0b8766ed68f188124"
    assert len(digest_of("/" + "\udcff" * 5000)) == 10
