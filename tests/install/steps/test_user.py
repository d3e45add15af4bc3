"""The system user: made where it is missing, and deleted only by who made it."""

from __future__ import annotations

import pytest

from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps import user
from ideolab_f2b.install.steps.user import User


def test_users_of_this_machine_are_none_of_a_staging_directorys(site: Site) -> None:
    """Its package, or the first install on it, makes the user there."""
    step = User("ideolab-nobody")

    assert (step.verb(site), step.note(site)) == ("kept", "left to the installed system")
    assert step.entry(site) is None


def test_a_user_that_exists_is_not_ours_to_delete() -> None:
    """Unless an earlier install made it."""
    live, root = Site(), User("root")
    first = User("ideolab-nobody").entry(live)

    assert (root.verb(live), root.entry(live)) == ("kept", None)
    assert first is not None
    assert (first.kind, first.path) == ("user", "ideolab-nobody")


def test_a_user_without_its_group_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files would belong to a group that is not there; a user that is yet to be made brings its group."""
    monkeypatch.setattr(user, "exists", lambda _name: True)
    monkeypatch.setattr(user, "has_group", lambda _name: False)

    with pytest.raises(InstallError, match="there is a user ideolab and no group of this name: groupadd"):
        user.require_group(Site(), "ideolab")
    monkeypatch.setattr(user, "exists", lambda _name: False)
    user.require_group(Site(), "ideolab")
