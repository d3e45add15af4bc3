"""The system user: made where it is missing, and deleted only by who made it."""

from __future__ import annotations

from ideolab_f2b.install.site import Site
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
