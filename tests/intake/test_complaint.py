"""complaint: said at once, then once a minute."""

from __future__ import annotations

from ideolab_f2b.intake.complaint import Complaint


def test_once_a_minute_while_it_lasts() -> None:
    """Each subject for itself, with the text of the moment."""
    said: list[str] = []
    now = [100.0]
    complaint = Complaint(said.append, lambda: now[0])

    for second in range(120):
        now[0] = 100.0 + second
        complaint("disk", f"full for {second} s")
        complaint("socket", "gone")

    assert said == [
        "intake: full for 0 s",
        "intake: gone",
        "intake: full for 60 s",
        "intake: gone",
    ]


def test_the_end_is_said_once_and_only_of_what_was_said() -> None:
    """After it, the next time is new."""
    said: list[str] = []
    complaint = Complaint(said.append, lambda: 100.0)

    complaint.settle("disk", "space again")
    complaint("disk", "full")
    complaint.settle("disk", "space again")
    complaint.settle("disk", "space again")
    complaint("disk", "full")

    assert said == ["intake: full", "intake: space again", "intake: full"]
