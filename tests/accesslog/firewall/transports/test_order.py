"""The values between a call and its transport."""

from __future__ import annotations

from ideolab_accesslog.firewall.transports.order import DONE, FAILED, FirewallAnswer, RunReply


def test_an_order_without_an_answer_has_failed() -> None:
    """With what the whole run said, or with a word for silence."""
    answer = FirewallAnswer(DONE, True)

    assert RunReply({"198.51.100.7": answer}).find_answer("198.51.100.7") == answer
    assert RunReply({}, stderr="sudo: no").find_answer("::1") == FirewallAnswer(FAILED, None, "", "sudo: no")
    assert RunReply({}).find_answer("::1") == FirewallAnswer(FAILED, None, "", "no answer")
