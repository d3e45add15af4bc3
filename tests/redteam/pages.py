"""What an attacker's pages make a browser do to another site, without a click of the visitor."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from demo.attacker import NAME
from tests.redteam import attacker
from tests.redteam.paths import SENSITIVE
from tests.redteam.site import ADDRESS, HTTP1_PORT

SITE = f"https://{NAME}"
TARGETS = [SITE + path for path in SENSITIVE]
DEAD = [f"{SITE}/dead-page-{number}" for number in range(45)]
_DOCUMENT = "<!doctype html><title>kittens</title><p>kittens\n"


class Page(NamedTuple):
    """One page; `least` is how many requests, or lines of nginx's error log, must have come of it."""

    text: str
    least: int = 10
    origin: str = attacker.SECURE
    #: what is clicked: some things need a click anywhere on the page
    click: str = ""


def _each(form: str, targets: Iterable[str] = TARGETS) -> str:
    return _DOCUMENT + "".join(form.replace("@", target) for target in targets)


def _script(text: str, targets: Iterable[str] = TARGETS) -> str:
    return f"{_DOCUMENT}<body><script>const targets = {json.dumps(list(targets))};\n{text}</script>"


def _in_worker(text: str) -> str:
    return _script(f"new Worker(URL.createObjectURL(new Blob([{json.dumps(text)}])))")


_POST = "<iframe name=f@></iframe><form method=post target=f@ action=@><input name=a value=1></form>"
_SPECULATE = json.dumps({"prefetch": [{"source": "list", "urls": TARGETS}]})
_WORKER = (
    "self.onmessage = event => event.data.forEach(each => fetch(each, {mode: 'no-cors'}).catch(() => 0))"
)

#: twelve paths of other people's software, asked for in every way that a page has
PLANTED = {
    "img": Page(_each('<img src="@" referrerpolicy=no-referrer>'), origin=attacker.PLAIN),
    "img-of-a-neighbour": Page(_each('<img src="@" referrerpolicy=no-referrer>'), origin=attacker.NEIGHBOUR),
    "img-with-referrer": Page(_each('<img src="@" referrerpolicy=unsafe-url>')),
    "img-cors": Page(_each('<img src="@" crossorigin>')),
    "img-dead": Page(_each('<img src="@" referrerpolicy=no-referrer>', DEAD), len(DEAD)),
    "img-plain-http": Page(
        _each('<img src="@" referrerpolicy=no-referrer>', [f"http://{NAME}{path}" for path in SENSITIVE]),
        origin=attacker.PLAIN,
    ),
    "srcset": Page(_each('<img srcset="@ 1x">')),
    "script": Page(_each('<script src="@"></script>')),
    "module": Page(_script("targets.forEach(each => import(each).catch(() => 0))")),
    "stylesheet": Page(_each('<link rel=stylesheet href="@">')),
    "css-url": Page(_each('<div style="width:9px;height:9px;background:url(@)"></div>')),
    "css-import": Page(
        _DOCUMENT + "<style>" + "".join(f"@import url({one});" for one in TARGETS) + "</style>"
    ),
    "icon": Page(_each('<link rel=preload as=image href="@">')),
    "fetch": Page(_script("targets.forEach(each => fetch(each, {mode: 'no-cors'}).catch(() => 0))")),
    "fetch-no-referrer": Page(
        _script(
            "targets.forEach(each => fetch(each, {mode: 'no-cors', referrerPolicy: 'no-referrer',"
            " credentials: 'include', cache: 'no-store'}).catch(() => 0))"
        )
    ),
    "fetch-cors": Page(
        _script("targets.forEach(each => fetch(each, {headers: {'X-A': '1'}}).catch(() => 0))")
    ),
    "xhr": Page(
        _script("targets.forEach(each => {const x = new XMLHttpRequest(); x.open('GET', each); x.send()})")
    ),
    "beacon": Page(_script("targets.forEach(each => navigator.sendBeacon(each, 'x'))")),
    "event-source": Page(_script("targets.forEach(each => new EventSource(each))")),
    "web-socket": Page(_script("targets.forEach(each => new WebSocket(each.replace('https', 'wss')))")),
    "iframe": Page(_each('<iframe src="@" referrerpolicy=no-referrer></iframe>')),
    "iframe-refresh": Page(
        _each(
            '<iframe srcdoc="<meta name=referrer content=no-referrer>'
            "<meta http-equiv=refresh content='0;url=@'>\"></iframe>"
        )
    ),
    "object": Page(_each('<object data="@"></object>')),
    "embed": Page(_each('<embed src="@">')),
    "video": Page(_each('<video src="@" preload=auto autoplay muted></video>')),
    "audio": Page(_each('<audio src="@" preload=auto></audio>')),
    "form": Page(_each(_POST) + "<script>for (const each of document.forms) each.submit()</script>"),
    "prefetch": Page(_each('<link rel=prefetch href="@">')),
    "speculation": Page(f"{_DOCUMENT}<script type=speculationrules>{_SPECULATE}</script>", 0),
    "redirect": Page(_each(f'<img src="{attacker.SECURE}/to?@" referrerpolicy=no-referrer>')),
    "worker": Page(
        _script(
            f"const w = new Worker(URL.createObjectURL(new Blob([{json.dumps(_WORKER)}])));"
            " w.postMessage(targets)"
        )
    ),
    "service-worker": Page(
        _script(
            "navigator.serviceWorker.register('/worker.js').then(r => navigator.serviceWorker.ready)"
            ".then(r => r.active.postMessage(targets))"
        )
    ),
    "popups": Page(
        _script("onclick = () => targets.forEach(each => open(each, '_blank', 'noreferrer'))"), click="p"
    ),
    "popups-with-referrer": Page(
        _script("onclick = () => targets.forEach(each => open(each, '_blank'))"), click="p"
    ),
    "ping": Page(f'{_DOCUMENT}<a href="#x" ping="{" ".join(TARGETS)}">more kittens</a>', click="a"),
    "forum": Page("", origin=f"{SITE}/forum/?"),
}

_TURN = """
for (let i = 0; i < @COUNT@; i++) {
  const pc = new RTCPeerConnection({iceTransportPolicy: 'relay',
    iceServers: [{urls: '@URL@', username: 'u' + i, credential: 'p'}]});
  pc.createDataChannel('x');
  pc.createOffer().then(offer => pc.setLocalDescription(offer));
  (window.kept = window.kept || []).push(pc);
}
"""
_ICE_TCP = """
async function reach() {
  const one = new RTCPeerConnection(), two = new RTCPeerConnection();
  (window.kept = window.kept || []).push(one, two);
  one.createDataChannel('x');
  await one.setLocalDescription(await one.createOffer());
  await two.setRemoteDescription(one.localDescription);
  await two.setLocalDescription(await two.createAnswer());
  await one.setRemoteDescription(two.localDescription);
  await one.addIceCandidate({sdpMid: '0', sdpMLineIndex: 0,
    candidate: 'candidate:1 1 tcp 1518280447 @ADDRESS@ 443 typ host tcptype passive'});
}
for (let i = 0; i < 12; i++) reach();
"""


def _turn(scheme: str, count: int) -> Page:
    url = f"{scheme}:{NAME}:443?transport=tcp"
    return Page(_script(_TURN.replace("@COUNT@", str(count)).replace("@URL@", url)), count)


#: connections of another protocol
TURN = {
    "turn-4": _turn("turn", 4),
    "turn-20": _turn("turn", 20),
    "turns-4": _turn("turns", 4),
    "turns-20": _turn("turns", 20),
    "ice-tcp": Page(_script(_ICE_TCP.replace("@ADDRESS@", ADDRESS)), 4),
}

#: names of the attacker's own that lead to the site, and the site without a name
FOREIGN = {
    "foreign-names-4": Page(
        _each("<img src=@>", [f"https://a{n}.foreign.example/x.png" for n in range(4)]), 4
    ),
    "foreign-names-12": Page(
        _each("<img src=@>", [f"https://b{n}.foreign.example/x.png" for n in range(12)]), 12
    ),
    "no-name": Page(_each("<img src=@>", [f"https://{ADDRESS}/{n}.png" for n in range(12)]), 1),
}

_FETCHES = (
    "for (let i = 0; i < 1500; i++) fetch('@/?' + i, {mode: 'no-cors', cache: 'no-store'}).catch(() => 0)"
)
#: far more requests than any limit allows
MANY = {
    "fetches-h2": Page(_script(_FETCHES.replace("@", SITE)), 700),
    "fetches-h1": Page(_script(_FETCHES.replace("@", f"{SITE}:{HTTP1_PORT}")), 700),
}

#: a worker that asks for large files and is at once too busy to take them: what it took would be no stall.
#: One round is 6 requests and 6 lines about a timeout, less what a slow machine brings too late
_STALL = """
function stall(round) {
  const how = {mode: 'no-cors', cache: 'no-store'};
  for (let i = 0; i < 6; i++) fetch(`@/big.bin?${round}-${i}`, how).catch(() => 0);
  const begun = Date.now();
  while (Date.now() - begun < 3000);
  if (round < 7) setTimeout(stall, 500, round + 1);
}
stall(1);
"""
#: pictures one after the other, because a refused one ends its connection
_ONE_BY_ONE = """
function next(i) {
  const picture = new Image();
  picture.onerror = () => i < 24 && next(i + 1);
  picture.src = `@/${i}?${'a'.repeat(@LENGTH@)}`;
}
next(0);
"""
_LONG = _ONE_BY_ONE.replace("@LENGTH@", "60000")
_COOKIES = (
    "for (let i = 0; i < 12; i++)"
    f" document.cookie = `c${{i}}=${{'a'.repeat(3900)}}; domain={NAME}; path=/; secure; samesite=none`;"
    + _ONE_BY_ONE.replace("@LENGTH@", "1")
)
_ABORT = """
for (let i = 0; i < 3000; i++) {
  const control = new AbortController();
  fetch(`@/?${i}`, {mode: 'no-cors', cache: 'no-store', signal: control.signal}).catch(() => 0);
  setTimeout(() => control.abort(), 20 + i % 80);
}
"""
_LEAVE = """
for (let i = 0; i < 12; i++) {
  const control = new AbortController();
  const how = {method: 'POST', body: 'a=1', mode: 'no-cors', signal: control.signal};
  fetch(`@/stuck/?${i}`, how).catch(() => 0);
  setTimeout(() => control.abort(), 10500);
}
"""
#: event streams that an application never answers, over two connections: more than one client may have
_HOLD = """
for (let i = 0; i < 400; i++) {
  const how = {mode: 'no-cors', credentials: i % 2 ? 'omit' : 'include', referrerPolicy: 'no-referrer'};
  fetch(`@/stuck/?${i}`, how).catch(() => 0);
}
"""
#: what nginx writes a line about although it is no request of a scanner
CLUMSY = {
    "plain-http-to-tls": Page(
        _each("<img src=@>", [f"http://{NAME}:443/{n}.png" for n in range(20)]), origin=attacker.PLAIN
    ),
    "tls-to-plain-http": Page(_each("<img src=@>", [f"{SITE}:80/{n}.png" for n in range(20)])),
    "aborted-fetches": Page(_script(_ABORT.replace("@", SITE)), 20),
    "abandoned-requests": Page(_script(_LEAVE.replace("@", SITE)), 12),
    "held-slots": Page(_script(_HOLD.replace("@", SITE)), 250),
    "long-urls": Page(_script(_LONG.replace("@", SITE)), 40),
    "many-cookies": Page(_script(_COOKIES.replace("@", SITE)), 40, origin=attacker.NEIGHBOUR),
    "stalled-downloads": Page(_in_worker(_STALL.replace("@", f"{SITE}:{HTTP1_PORT}")), 30),
}

ALL = {**PLANTED, **TURN, **FOREIGN, **MANY, **CLUMSY}
WORKER = _WORKER
