"""AS numbers as people write them."""

from __future__ import annotations

import pytest

from ideolab_f2b.notation import as_number


@pytest.mark.parametrize(
    ("word", "number"), [("AS64500", 64500), ("as64500", 64500), ("As1", 1), ("AS4294967295", 4294967295)]
)
def test_a_number_is_read_and_written(word: str, number: int) -> None:
    """Small letters are taken, and written as large ones."""
    assert as_number.parse(word) == number
    assert as_number.text(number) == word.upper()


def test_numbers_are_counted() -> None:
    """In words of a line."""
    assert [as_number.count(numbers) for numbers in (0, 1, 2)] == ["0 ASes", "1 AS", "2 ASes"]


@pytest.mark.parametrize(
    "word",
    [
        *("", "AS", "64500", "AS0", "AS064500", "AS4294967296", "AS99999999999", "AS64500;x", " AS64500"),
        *("AS64500\n", "AS 64500", "AS-1", "AS1.0", "AS٣", "ASN64500", "198.51.100.7"),
    ],
)
def test_any_other_word_is_refused(word: str) -> None:
    """Nothing beside the word, no leading zero, no digit of another script."""
    with pytest.raises(ValueError, match="is no AS number; write it as AS64500, from AS1 to AS4294967295"):
        as_number.parse(word)
