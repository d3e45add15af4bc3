"""The names of sets that jails of one server take."""

from __future__ import annotations

from ideolab_f2b.actions.set_names import SetNames
from ideolab_f2b.firewall.names import unique


def test_name_that_is_free() -> None:
    """The jail's own name, or the one that is given."""
    names = SetNames()

    options, complaints = names.take("a", "site1", {})
    assert (options.set, complaints) == ("site1", [])
    options, complaints = names.take("b", "other", {"set": "chosen", "maxelem": "1000"})
    assert (options.set, options.maxelem, complaints) == ("chosen", 1000, [])
    assert names.names() == {"site1", "chosen"}


def test_two_jails_that_name_the_same_set() -> None:
    """They share it: an administrator who writes it twice wants that."""
    names = SetNames()
    names.take("a", "one", {"set": "shared"})

    assert names.take("b", "two", {"set": "shared"})[0].set == "shared"
    assert names.take("b", "two", {"set": "shared"})[1] == []


def test_set_that_is_the_other_family_of_another() -> None:
    """Whoever comes later gets a set of its own, and it is said."""
    names = SetNames()
    names.take("a", "one", {"set": "web"})

    options, complaints = names.take("b", "two", {"set": "web6"})

    assert options.set == unique("web6", "two")
    assert complaints == [
        f"sets 'web6' and 'web' of jail one would be one set; '{unique('web6', 'two')}' is used"
    ]
    names.release("a")
    assert names.take("b", "two", {"set": "web6"})[0].set == "web6"
    assert names.take("a", "one", {"set": "web"})[0].set == unique("web", "one")


def test_default_that_another_jail_has_chosen() -> None:
    """It was not meant to be shared."""
    names = SetNames()
    names.take("a", "ideolab-connmon-net", {"set": "ideolab_connnet"})

    options, complaints = names.take("b", "ideolab-connnet", {})

    assert options.set == unique("ideolab_connnet", "ideolab-connnet")
    assert complaints == [
        f"set 'ideolab_connnet' is that of jail ideolab-connmon-net; '{options.set}' is used"
    ]


def test_bad_name_in_place_of_a_default_that_is_taken() -> None:
    """It is no wish to share the set of the other jail."""
    names = SetNames()
    names.take("a", "other", {"set": "mine"})

    options, complaints = names.take("b", "mine", {"set": "a b"})

    assert options.set == unique("mine", "mine")
    assert len(complaints) == 2


def test_two_actions_of_one_jail() -> None:
    """One for tcp, one for udp, as some jails of fail2ban have them: the same set."""
    names = SetNames()
    names.take("tcp", "asterisk", {})

    assert names.take("udp", "asterisk", {})[0].set == "asterisk"
    assert names.take("udp", "asterisk", {})[1] == []
    names.release("tcp")
    assert names.names() == {"asterisk"}
    names.release("udp")
    names.release("udp")
    assert names.names() == set()
