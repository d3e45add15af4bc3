"""In and out of a namespace."""

from __future__ import annotations

import os

import pytest

from ideolab_f2b.namespaces.enter import Home, LostError, find_owner


def test_the_way_home_fails() -> None:
    """Nothing goes on in a foreign namespace."""
    moves: list[int] = []

    def move(fd: int) -> None:
        moves.append(fd)
        if len(moves) > 1:
            raise OSError(9, "bad")

    home = Home(move)
    with pytest.raises(LostError, match="cannot leave a foreign network namespace"), home.leave(5):
        pass
    home.close()

    assert moves[0] == 5


def test_a_namespace_that_cannot_be_entered_is_not_left() -> None:
    """There is no way home to go."""
    moves: list[int] = []

    def move(fd: int) -> None:
        moves.append(fd)
        raise PermissionError(1, "setns")

    home = Home(move)
    with pytest.raises(PermissionError), home.leave(5):
        pass
    home.close()

    assert moves == [5]


@pytest.mark.root
def test_who_owns_a_namespace() -> None:
    """The user namespace in which it was made."""
    fd = os.open("/proc/self/ns/net", os.O_RDONLY)
    home = Home()
    try:
        assert find_owner(fd) == (home.owner, 0)
    finally:
        os.close(fd)
        home.close()
