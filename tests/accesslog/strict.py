"""A middleware of the tests: the strictest policy under which Django's own admin works."""

from __future__ import annotations

from typing import Any, Callable

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def policy(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """No inline code, no other host."""

    def answer(request: Any) -> Any:
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return answer
