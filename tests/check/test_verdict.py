"""One verdict as text, as JSON, and as an exit code."""

from __future__ import annotations

from ideolab_f2b.check.verdict import Verdict, exit_code, summary


def test_a_verdict_is_one_line_and_the_command() -> None:
    """And the same for programs."""
    verdict = Verdict("jail x", "wrong", "is down", "fail2ban-client reload")

    assert str(verdict) == "wrong    jail x: is down\n         -> fail2ban-client reload"
    assert verdict.to_json(1795363384.0004) == (
        '{"version": 1, "t": 1795363384.0, "check": "jail x", "state": "wrong", "text": "is down",'
        ' "mend": "fail2ban-client reload"}'
    )


def test_a_verdict_is_one_line_whatever_it_quotes() -> None:
    """A file of somebody else's writes nothing to the terminal."""
    verdict = Verdict("x", "wrong", "it says \x1b[2Jé\nok       all: fine", "rm x")

    assert str(verdict) == "wrong    x: it says \\x1b[2Jé\\nok       all: fine\n         -> rm x"


def test_only_what_is_wrong_fails() -> None:
    """What cannot be seen without root is no failure."""
    verdicts = [Verdict("a", "ok", ""), Verdict("b", "unknown", "")]

    assert exit_code(verdicts) == 0
    assert exit_code([*verdicts, Verdict("c", "wrong", "")]) == 1


def test_the_summary_counts_what_is_there() -> None:
    """What is wrong first; a healthy host has one number."""
    verdicts = [Verdict("a", "ok", ""), Verdict("b", "unknown", ""), Verdict("c", "ok", "")]

    assert summary(verdicts) == "1 unknown, 2 ok"
    assert summary([*verdicts, Verdict("d", "wrong", "")]) == "1 wrong, 1 unknown, 2 ok"
    assert summary(verdicts[:1]) == "1 ok"
