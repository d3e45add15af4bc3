"""One verdict as text, as JSON, and as an exit code."""

from __future__ import annotations

from ideolab_f2b.check.verdict import Verdict, exit_code


def test_a_verdict_is_one_line_and_the_command() -> None:
    """And the same for programs."""
    verdict = Verdict("jail x", "wrong", "is down", "fail2ban-client reload")

    assert str(verdict) == "wrong    jail x: is down\n         -> fail2ban-client reload"
    assert verdict.to_json() == (
        '{"check": "jail x", "state": "wrong", "text": "is down", "mend": "fail2ban-client reload"}'
    )


def test_only_what_is_wrong_fails() -> None:
    """What cannot be seen without root is no failure."""
    verdicts = [Verdict("a", "ok", ""), Verdict("b", "unknown", "")]

    assert exit_code(verdicts) == 0
    assert exit_code([*verdicts, Verdict("c", "wrong", "")]) == 1
