"""What a ticket of the jail of AS numbers passes on its way: it is AS64500, and no log line brings it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Callable, Optional

from ideolab_f2b.actions.ban.admission import FORCED, Admission, Admitted, Examined
from ideolab_f2b.actions.ban.asn.prefixes import AsPrefixes
from ideolab_f2b.actions.ban.hooks import Method
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.tickets import ban_manager, number_of_identity
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.kernel.ipset.element import Key, Network, network_of
from ideolab_f2b.notation import as_number

#: protected networks that one refusal names
_NAMED = 3
#: the same of a preview
_EXAMINED = 100


class AsAdmission(Admission):
    """The hooks on a jail whose tickets are AS numbers."""

    def __init__(self, prefixes: AsPrefixes, jail: Any, *given: Any, **keywords: Any) -> None:
        super().__init__(jail, *given, **keywords)
        self._prefixes = prefixes
        self._hooks.wrap(jail.actions, "removeBannedIP", _normalise_first)

    def check(self, identity: Any, *, is_forced: bool = False) -> Admitted:
        """What an AS would ban; RefusedError when it must not be, AsnTableError where that is not known."""
        number = read(identity)
        name, found = as_number.text(number), self._prefixes.read(number)
        excess = self._prefixes.explain_excess(number, found)
        if excess and not is_forced:
            raise RefusedError(excess)
        self._require_harmless_keys(name, found.keys)
        return Admitted(name, found.keys, str(found), is_forced and excess is not None)

    def examine(self, word: str) -> Examined:
        """What a ban of this AS would hold, and what refuses it; nothing is banned or counted."""
        try:
            number = read(word)
            name, found = as_number.text(number), self._prefixes.read(number)
        except (RefusedError, AsnTableError) as error:
            return Examined(word, refusals=(str(error),))
        reasons = find_reasons(self._protected.admits, self._protected.refusal, found.keys, _EXAMINED)
        excess = self._prefixes.explain_excess(number, found) or ""
        return Examined(name, found.keys, reasons, excess)

    def _find_keys(self, identity: Any) -> Sequence[Key]:
        number = read(identity)
        keys = self._prefixes.find(number, is_forced=self._is_forced(number))
        self._require_harmless_keys(as_number.text(number), keys)
        return keys

    def _is_forced(self, number: int) -> bool:
        name = as_number.text(number)
        return any(
            bool(ticket.getData(FORCED))
            for ticket in ban_manager(self._jail.actions)
            if str(ticket.getID()) == name
        )

    def _require_ticket(self, ticket: Any) -> None:
        name = as_number.text(read(ticket.getID()))
        if not ticket.restored:
            raise RefusedError(f"{name}: no log line bans an AS; ideolab-f2b ban {name} is root's")
        if str(ticket.getID()) != name:
            raise RefusedError(f"{ticket.getID()} is another word for {name}")

    def _admit_by_hand(self, identity: Any) -> Any:
        name = as_number.text(read(identity))
        # an order was admitted a moment ago
        return name if getattr(self._current, "ordered", None) is not None else self.check(identity).name

    def _require_harmless_keys(self, name: str, keys: Iterable[Key]) -> None:
        reasons = find_reasons(self._protected.admits, self._protected.refusal, keys, _NAMED)
        if reasons:
            raise RefusedError(f"{name} is not banned: {'; '.join(reasons)}")


def find_reasons(
    admits: Callable[[int, int, int], bool],
    refusal: Callable[[Network], Optional[str]],
    keys: Iterable[Key],
    most: int,
) -> list[str]:
    """Return why the first of these networks that are protected are not banned."""
    reasons: list[str] = []
    for key in keys:
        why = None if admits(*key) else refusal(network_of(key))
        if why is not None:
            reasons.append(why)
            if len(reasons) >= most:
                break
    return reasons


def read(identity: Any) -> int:
    """Return the number of an AS; RefusedError for any other word."""
    number = number_of_identity(identity)
    if number is None:
        raise RefusedError(
            f"{str(identity)[:60]!r} is no AS number: this jail bans AS1 to AS{as_number.HIGHEST}, written "
            "as AS64500; addresses belong into another jail"
        )
    return number


def _normalise_first(original: Method) -> Method:
    """fail2ban finds a ban by its name exactly as it is."""

    def remove(ip: Any = None, *args: Any, **keywords: Any) -> Any:
        given = [_normalise(one) for one in ip] if isinstance(ip, (list, tuple)) else _normalise(ip)
        return original(given, *args, **keywords)

    return remove


def _normalise(identity: Any) -> Any:
    number = None if identity is None else number_of_identity(identity)
    return identity if number is None else as_number.text(number)
