"""Tells who may ask of the namespaces with a listener, passes a sock_diag socket into each; keeps none."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Optional

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel import sockstat
from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.namespaces import message
from ideolab_f2b.namespaces.look import Look, Looks
from ideolab_f2b.namespaces.message import MessageError, Question
from ideolab_f2b.namespaces.namespace import NAMESPACES, Namespace
from ideolab_f2b.namespaces.token_bucket import TokenBuckets
from ideolab_f2b.namespaces.walk import read_netns

#: seconds for a question
ASK_S = 1.0
#: seconds for each part of an answer that waits to be read
READ_S = 10.0
#: seconds that a connection is kept open for the next question: connmon asks every 5 s, or every 30 s
IDLE_S = 90.0
#: conversations of one user at a time
AT_ONCE = 16
#: seconds between two signs of life: the unit's watchdog waits for 60
WAIT_S = 10.0
#: connections that are accepted before those that wait are served
ACCEPTS = 16
#: marks the descriptor that only ends a wait
_WAKEUP = object()
_CREDENTIALS = struct.Struct("3i")
#: bytes of lines in a datagram without a socket: seven of the longest lines fit
_LINES_SIZE = message.ANSWER_SIZE - 4096


class Part(NamedTuple):
    """One datagram of an answer, and the socket that goes with it."""

    text: bytes
    channel: Optional[Channel] = None


class Conversation:
    """One connection: a question is read, its answer written as far as the other side reads it; and again."""

    def __init__(self, link: socket.socket, pid: int, uid: int, deadline: float) -> None:
        self.link, self.pid, self.uid, self.deadline = link, pid, uid, deadline
        self.is_asked = self.is_waiting = False
        #: answers that were given
        self.answers = 0
        self.parts: Iterator[Part] = iter(())
        self._waiting: Optional[Part] = None

    def write(self) -> bool:
        """Write what can be written without waiting; return whether that was all. OSError: nobody reads."""
        while True:
            if self._waiting is None:
                self._waiting = next(self.parts, None)
            if self._waiting is None:
                return True
            text, channel = self._waiting
            try:
                socket.send_fds(self.link, [text], [channel.fileno()] if channel else [])
            except BlockingIOError:
                return False
            self._forget()

    def rest(self, deadline: float) -> None:
        """Wait for the next question."""
        self.is_asked, self.deadline = False, deadline
        self.answers += 1

    def close(self) -> None:
        """Close the connection, and what was to be passed over it."""
        self._forget()
        self.link.close()

    def _forget(self) -> None:
        if self._waiting and self._waiting.channel:
            self._waiting.channel.close()
        self._waiting = None


class Opener:
    """The loop over all connections: who does not ask, or does not read, keeps nobody waiting."""

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        uids: frozenset[int],
        looks: Looks,
        complaint: Complaint,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._uids, self._looks = uids, looks
        self._complaint, self._clock = complaint, clock
        self._buckets = TokenBuckets(clock)
        self._open: dict[int, Conversation] = {}
        #: {inode: what was told of it last, and as which line}
        self._lines: dict[int, tuple[Look, tuple[int, ...], int, bytes]] = {}
        self._selector = selectors.DefaultSelector()
        #: answered, refused: another user, busy: too many questions, garbled, unread
        self.counts: Counter[str] = Counter()
        for listener in listeners:
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ)

    def run(self, is_stopped: Callable[[], bool], work: Callable[[], object], wakeup: int = -1) -> None:
        """Serve until `is_stopped`; call `work` at first and after each round.

        What can be read from `wakeup` ends a wait. LostError when the way home is lost.
        """
        if wakeup >= 0:
            self._selector.register(wakeup, selectors.EVENT_READ, _WAKEUP)
        try:
            while not is_stopped():
                work()
                self.serve(WAIT_S)
        finally:
            for conversation in list(self._open.values()):
                self._end(conversation)
            self._selector.close()

    def describe(self) -> str:
        """Return what was done since the start, for systemctl status."""
        return (
            ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items())) or "nobody asked yet"
        )

    def serve(self, wait_s: float) -> None:
        """Wait for something to do, at most `wait_s`, and do it."""
        for key, _events in self._selector.select(self._limit(wait_s)):
            if key.data is None:
                self._accept(key.fileobj)
            elif key.data is not _WAKEUP:
                self._go_on(key.data)
        now = self._clock()
        for late in [each for each in self._open.values() if now >= each.deadline]:
            # who has asked, and asks no more, has done nothing wrong
            self.counts["unread"] += not late.answers or late.is_asked
            self._end(late)

    def _limit(self, wait_s: float) -> float:
        """Return the seconds until something is due, at most `wait_s`."""
        soonest = min((each.deadline for each in self._open.values()), default=float("inf"))
        return max(0.0, min(wait_s, soonest - self._clock()))

    def _accept(self, listener: Any) -> None:
        for _connection in range(ACCEPTS):
            try:
                link, _address = listener.accept()
            except OSError:
                return
            self._admit(link)

    def _admit(self, link: socket.socket) -> None:
        link.setblocking(False)
        pid, uid, _gid = _CREDENTIALS.unpack(
            link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        )
        conversation = Conversation(link, pid, uid, self._clock() + ASK_S)
        if uid not in self._uids:
            self._refuse(conversation, "refused", f"user {uid} may not ask")
        elif sum(each.uid == uid for each in self._open.values()) >= AT_ONCE or not self._buckets.take(uid):
            self._refuse(conversation, "busy", "too many questions")
        else:
            self._open[link.fileno()] = conversation
            self._selector.register(link, selectors.EVENT_READ, conversation)

    def _refuse(self, conversation: Conversation, count: str, why: str) -> None:
        self.counts[count] += 1
        self._complaint.say(f"{why} (user {conversation.uid})", count)
        with contextlib.suppress(OSError):
            conversation.link.send(message.format_refusal(why))
        conversation.close()

    def _go_on(self, conversation: Conversation) -> None:
        try:
            is_open = conversation.is_asked or self._hear(conversation)
            is_done = is_open and conversation.write()
        except BlockingIOError:
            return
        except (MessageError, OSError) as error:
            self.counts["garbled"] += 1
            if isinstance(error, MessageError):
                self._complaint.say(f"user {conversation.uid}: {error}", "garbled")
            self._end(conversation)
            return
        if is_done:
            self.counts["answered"] += 1
            conversation.rest(self._clock() + IDLE_S)
        elif is_open:
            conversation.deadline = self._clock() + READ_S
        if is_open and conversation.is_waiting == is_done:
            conversation.is_waiting = not is_done
            events = selectors.EVENT_READ if is_done else selectors.EVENT_WRITE
            self._selector.modify(conversation.link, events, conversation)

    def _hear(self, conversation: Conversation) -> bool:
        """Read a question; return whether there is one to be answered."""
        text = conversation.link.recv(message.QUESTION_SIZE + 1)
        if not text:
            self._end(conversation)
        elif conversation.answers and not self._buckets.take(conversation.uid):
            self._forget(conversation)
            self._refuse(conversation, "busy", "too many questions")
        else:
            conversation.parts, conversation.is_asked = self._answer(text, conversation.pid), True
        return conversation.is_asked

    def _end(self, conversation: Conversation) -> None:
        self._forget(conversation)
        conversation.close()

    def _forget(self, conversation: Conversation) -> None:
        self._open.pop(conversation.link.fileno(), None)
        self._selector.unregister(conversation.link)

    def _answer(self, text: bytes, pid: int) -> Iterator[Part]:
        """Return the answer to a question, which is made while it is written; MessageError."""
        if text == message.ADDRESSES_QUESTION:
            routed = frozenset(packed for look in self._looks.take() for packed in look.routed)
            return map(Part, message.format_addresses(routed))
        return self._tell(message.parse_question(text), pid)

    def _tell(self, question: Question, pid: int) -> Iterator[Part]:
        """Yield a datagram for each namespace with a socket, the others together with the end."""
        asker, lines, size = read_netns(pid), list[bytes](), 0
        for line, channel in self._find(question, asker):
            if channel:
                yield Part(line, channel)
                continue
            lines.append(line)
            size += len(line) + 1
            if size > _LINES_SIZE:
                yield Part(b"\n".join(lines))
                lines, size = [], 0
        yield Part(b"\n".join([*lines, message.END]))

    def _find(self, question: Question, asker: Optional[int]) -> Iterator[Part]:
        count = left = 0
        for look in self._looks.take():
            ports = question.select(look.listening)
            if not ports or look.netns == asker:
                continue
            if count >= NAMESPACES:
                left += 1
                continue
            try:
                in_use = sockstat.count_of(look.pid)
                channel = self._looks.open(look) if in_use >= question.above else None
            except OSError:
                # it is gone since it was looked at
                continue
            count += 1
            yield Part(self._format(look, ports, in_use), channel)
        self._tell_rest(left)

    def _tell_rest(self, left: int) -> None:
        """Say how many namespaces an answer had no room for."""
        if left:
            self.counts["left out"] = max(left, self.counts["left out"])
            self._complaint.say(
                f"{left} namespaces with a listener are left out, {NAMESPACES} are told of: name in"
                " containers of [connmon] those that are to be looked into",
                "left out",
            )

    def _format(self, look: Look, ports: tuple[int, ...], in_use: int) -> bytes:
        """Return the line that tells of a namespace: mostly the same at each question."""
        told = self._lines.get(look.netns)
        if told is None or told[0] is not look or told[1] != ports or told[2] != in_use:
            found = Namespace(look.netns, look.name, ports, look.own, in_use, look.routed)
            if len(self._lines) >= 2 * NAMESPACES:
                self._lines.clear()
            told = self._lines[look.netns] = look, ports, in_use, message.format_namespace(found)
        return told[3]


def listen(path: str, group: int, mode: int) -> socket.socket:
    """Return a listening socket of this group and mode; OSError."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        listener.bind(path)
        if os.stat(path).st_gid != group:
            os.chown(path, -1, group)
        os.chmod(path, mode)
        listener.listen(64)
    except BaseException:
        listener.close()
        raise
    return listener
