"""What a user agent says its client is: a program, a browser of some age, or what loads pictures and films.

Data, and how to read it. Anybody can send any user agent: this only keeps common programs from being taken
for browsers, and common mail programs and players from being taken for scanners.
"""

from __future__ import annotations

import re

#: what loads, from the user's own address, the pictures and films that a stranger's page, mail, message or
#: playlist names, and says nothing of it; parts of user agents
_LOADERS = (
    # Apple's player; touch icons of Safari, and what apps of Apple's systems load besides their pages
    *("AppleCoreMedia/", "CFNetwork/"),
    *("stagefright/", "ExoPlayer", "NSPlayer/", "Windows-Media-Player/", "LibVLC/"),
    # Outlook, Word and Excel; network paths (\\site@SSL\x) of Windows
    *("ms-office", "MSOffice", "Microsoft Office", "Microsoft Outlook", "Outlook-", "MacOutlook/"),
    "Microsoft-WebDAV-MiniRedir/",
    *("Evolution/", "Thunderbird/", "Claws Mail", "eM_Client/", "eM Client"),
    # the preview of a link in iMessage; the services that are named here call themselves otherwise
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
)
#: beginnings of user agents, in small letters: what people write programs with
_PROGRAMS = (
    *(
        "curl",
        "libcurl",
        "pycurl",
        "wget",
        "httpie",
        "go-http-client",
        "python",
        "aiohttp",
        "httpx",
        "scrapy",
    ),
    *(
        "java",
        "apache-httpclient",
        "jakarta",
        "libwww-perl",
        "lwp",
        "perl",
        "ruby",
        "node",
        "axios",
        "undici",
    ),
    *("got ", "php", "guzzle", "winhttp", "powershell", "rust", "reqwest", "hyper", "postman", "lua"),
)
#: parts of user agents, in small letters: scanners that name themselves, also within a browser's words
_SCANNERS = (
    *("zgrab", "masscan", "zmap", "nmap", "nuclei", "nikto", "sqlmap", "openvas", "nessus", "tenable"),
    *("l9scan", "l9explore", "leakix", "censys", "expanse", "internetmeasurement", "acunetix", "netsparker"),
    *("qualys", "burp", "zaproxy", "arachni", "w3af", "whatweb", "wpscan", "joomscan", "wfuzz", "ffuf"),
    *("fuzz faster", "gobuster", "feroxbuster", "dirbuster", "dirsearch", "zmeu", "powershell"),
)
#: a browser's name and version
_VERSION = re.compile(
    r"(Chrome|Firefox)/(\d{1,4})|(Version)/(\d{1,4})[.\d]{0,12} (?:Mobile/\w{1,12} )?Safari/"
)
#: the versions from which on each certainly sends Sec-Fetch-* over HTTPS, and up to which;
#: GNOME Web said Version/60 before its engine sent them
_CERTAIN = {"Chrome": (90, 9999), "Firefox": (100, 9999), "Version": (17, 59)}
#: engines that never have, and say that they are a Firefox of today
_OTHERS = ("Goanna", "PaleMoon", "SeaMonkey", "Servo")


def is_loader(agent: str) -> bool:
    """Return whether such a client loads what a stranger's page or mail names, and sends nothing about it."""
    return any(part in agent for part in _LOADERS)


def is_program(agent: str) -> bool:
    """Return whether it is a program that no page controls: a tool for programs, or a scanner's name."""
    text = agent.lower()
    return text.startswith(_PROGRAMS) or any(name in text for name in _SCANNERS)


def find_certain(agent: str) -> str:
    """Return Chrome, Firefox or Version (of Safari) for a browser that sends Sec-Fetch-*; "" for others."""
    found = _VERSION.search(agent)
    if found is None or any(name in agent for name in _OTHERS):
        return ""
    name, version = (found[1], found[2]) if found[1] else (found[3], found[4])
    first, last = _CERTAIN[name]
    return name if first <= int(version) <= last else ""
