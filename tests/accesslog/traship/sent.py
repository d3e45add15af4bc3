"""Whole requests, as browsers, crawlers and scanners send them to https://site.example."""

from __future__ import annotations

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
OLD_SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 15_8 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/15.6 Mobile/15E148 Safari/604.1"
)
WEBVIEW = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A.240805.005; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/156.0.0.0 Mobile Safari/537.36"
)
#: a page in an app of an iPhone
_APP = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 [FBAN/FBIOS;FBAV/470.0.0.40.106]"
)
_APPLE_MAIL = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_MSIE = "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)"
_PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
_PICTURE = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


def whole(first: str, agent: str, *headers: str) -> str:
    """One request: its first line, its agent and its further headers."""
    lines = (
        f"{first} HTTP/1.1",
        "Host: site.example",
        *(["User-Agent: " + agent] if agent else []),
        *headers,
    )
    return "\n".join((*lines, "Accept-Language: en-US,en;q=0.9", "Accept-Encoding: gzip, deflate, br, zstd"))


def fetch(site: str, mode: str, dest: str) -> tuple[str, str, str]:
    """The three headers that a browser adds over HTTPS."""
    return f"Sec-Fetch-Site: {site}", f"Sec-Fetch-Mode: {mode}", f"Sec-Fetch-Dest: {dest}"


_TYPED = fetch("none", "navigate", "document")
#: what Internet Explorer and Netscape sent with pages, and some scanners send with everything
_OLD_PAGE = "image/gif, image/x-xbitmap, image/jpeg, image/pjpeg, image/png, */*"
_IE8_PAGE = "image/jpeg, application/x-ms-application, image/gif, image/pjpeg, application/x-ms-xbap, */*"
_OLD_PICTURE = "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"
#: what a page, a link or a comment makes a browser send; the page asks for no Referer where it can
CAUSED = {
    "Chromium, picture": whole(
        "GET /.env", CHROME, f"Accept: {_PICTURE}", *fetch("cross-site", "no-cors", "image")
    ),
    "Chromium, picture of another name of the site": whole(
        "GET /.env", CHROME, f"Accept: {_PICTURE}", *fetch("same-site", "no-cors", "image"),
        "Referer: https://blog.site.example/",
    ),
    "Chromium, script": whole(
        "GET /wp-login.php", CHROME, "Accept: */*", *fetch("cross-site", "no-cors", "script"),
        "Referer: https://evil.example/",
    ),
    "Chromium, module": whole(
        "GET /wp-login.php", CHROME, "Accept: */*", "Origin: https://evil.example",
        *fetch("cross-site", "cors", "script"),
    ),
    "Chromium, fetch": whole(
        "GET /.git/config", CHROME, "Accept: */*", *fetch("cross-site", "no-cors", "empty")
    ),
    "Chromium, fetch with CORS": whole(
        "GET /.git/config", CHROME, "Accept: */*", "Origin: https://evil.example",
        *fetch("cross-site", "cors", "empty"), "Referer: https://evil.example/",
    ),
    "Chromium, preflight": whole(
        "OPTIONS /.git/config", CHROME, "Accept: */*", "Access-Control-Request-Method: PROPFIND",
        "Access-Control-Request-Headers: user-agent", "Origin: https://evil.example",
        *fetch("cross-site", "cors", "empty"),
    ),
    "Chromium, any method on a site that allows it": whole(
        "PROPFIND /.svn/", CHROME, "Accept: */*", "Origin: https://evil.example",
        *fetch("cross-site", "cors", "empty"),
    ),
    "Firefox, a script names another agent on a site that allows it": whole(
        "GET /.env", "curl/8.5.0", "Accept: */*", "Origin: https://evil.example",
        *fetch("cross-site", "cors", "empty"),
    ),
    "Chromium, frame": whole(
        "GET /phpmyadmin/", CHROME, "Upgrade-Insecure-Requests: 1", f"Accept: {_PAGE}",
        *fetch("cross-site", "navigate", "iframe"),
    ),
    "Chromium, object": whole(
        "GET /phpmyadmin/", CHROME, f"Accept: {_PAGE}", *fetch("cross-site", "navigate", "object")
    ),
    "Chromium, form": whole(
        "POST /xmlrpc.php", CHROME, "Content-Type: application/x-www-form-urlencoded", "Origin: null",
        f"Accept: {_PAGE}", *fetch("cross-site", "navigate", "document"),
    ),
    "Chromium, location of a window that a page has opened": whole(
        "GET /admin.php", CHROME, "Upgrade-Insecure-Requests: 1", f"Accept: {_PAGE}",
        *fetch("cross-site", "navigate", "document"),
    ),
    "Chromium, link": whole(
        "GET /admin.php", CHROME, "Upgrade-Insecure-Requests: 1", f"Accept: {_PAGE}",
        *fetch("cross-site", "navigate", "document"), "Sec-Fetch-User: ?1",
        "Referer: https://www.google.com/",
    ),
    "Chromium, speculation rules": whole(
        "GET /admin.php", CHROME, "Sec-Purpose: prefetch;prerender", f"Accept: {_PAGE}",
        *fetch("none", "navigate", "document"),
    ),
    "Chromium, link rel=prefetch": whole(
        "GET /admin.php", CHROME, "Purpose: prefetch", "Sec-Purpose: prefetch", "Accept: */*",
        *fetch("cross-site", "no-cors", "empty"),
    ),
    "Chromium, ping of a link": whole(
        "POST /xmlrpc.php", CHROME, "Content-Type: text/ping", "Ping-From: https://evil.example/",
        "Ping-To: https://evil.example/2", "Origin: https://evil.example", "Accept: */*",
        *fetch("cross-site", "no-cors", "empty"),
    ),
    "Chromium, report of a policy": whole(
        "POST /.env", CHROME, "Content-Type: application/csp-report", "Accept: */*",
        *fetch("cross-site", "no-cors", "report"),
    ),
    "a report without a word about its page": whole(
        "POST /.env", "", "Content-Type: application/reports+json", "Accept: */*"
    ),
    "Chromium, WebSocket": whole(
        "GET /.env", CHROME, "Connection: Upgrade", "Upgrade: websocket", "Origin: https://evil.example",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: ujIE2ggg5IjPMTFYVaqz7w==",
    ),
    "Chromium, preflight of a report": whole(
        "OPTIONS /.env", CHROME, "Origin: https://evil.example", "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type",
    ),
    "Chromium, preflight on plain HTTP": whole(
        "OPTIONS /.env", CHROME, "Accept: */*", "Access-Control-Request-Method: PUT",
        "Origin: https://evil.example", "Sec-Fetch-Mode: cors", "Referer: https://evil.example/",
    ),
    "Safari, film": whole(
        "GET /backup.zip", SAFARI, "Accept: */*", "Range: bytes=0-1",
        "X-Playback-Session-Id: 9B2B1E0C-3B0F-4B0E-8F0C-1B1B1B1B1B1B",
    ),
    "Safari, what it loads outside of its engine": whole(
        "GET /.env", SAFARI, "Accept: */*", "Referer: https://evil.example/"
    ),
    "Chromium, Background Fetch": whole(
        "GET /.env", CHROME, "Origin: https://evil.example", *fetch("none", "no-cors", "empty")
    ),
    "Chromium, sign-in with another site": whole(
        "GET /.env", CHROME, "Accept: application/json", *fetch("cross-site", "no-cors", "webidentity")
    ),
    "Chromium, manifest": whole(
        "GET /backup.zip", CHROME, "Accept: */*", *fetch("cross-site", "cors", "manifest")
    ),
    "Chromium, film": whole(
        "GET /backup.zip", CHROME, "Accept: */*", "Range: bytes=0-", *fetch("cross-site", "no-cors", "video")
    ),
    "Chromium, a picture in a comment on our own page": whole(
        "GET /.env", CHROME, f"Accept: {_PICTURE}", *fetch("same-origin", "no-cors", "image"),
        "Referer: https://site.example/topic/7",
    ),
    "Chromium, a font of our own style that is missing": whole(
        "GET /fonts/a.woff2", CHROME, "Accept: */*", "Origin: https://site.example",
        *fetch("same-origin", "cors", "font"), "Referer: https://site.example/",
    ),
    "Chrome 78 sent no destination": whole(
        "GET /admin.php", CHROME.replace("156.0.0.0", "78.0.3904.70"), f"Accept: {_PAGE}",
        "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate",
    ),
    "Firefox, picture": whole(
        "GET /.env", FIREFOX, "Accept: image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
        *fetch("cross-site", "no-cors", "image"), "Priority: u=5, i",
    ),
    "Firefox, style": whole(
        "GET /.env", FIREFOX, "Accept: text/css,*/*;q=0.1", *fetch("cross-site", "no-cors", "style")
    ),
    "Firefox, prefetch before the purpose had its name": whole(
        "GET /.env", FIREFOX.replace("140", "78"), "Accept: */*", "X-Moz: prefetch"
    ),
    "Firefox 78, page's link": whole(
        "GET /.env", FIREFOX.replace("140", "78"), f"Accept: {_PAGE}", "Referer: https://evil.example/"
    ),
    "Safari, picture": whole(
        "GET /.env", SAFARI, "Accept: image/webp,image/avif,image/jxl,image/heic,image/png,*/*;q=0.8",
        *fetch("cross-site", "no-cors", "image"), "Referer: https://evil.example/",
    ),
    "Safari, fetch": whole(
        "GET /.env", SAFARI, "Accept: */*", "Origin: https://evil.example",
        *fetch("cross-site", "cors", "empty"),
    ),
    "Safari 15, picture": whole(
        "GET /.env", OLD_SAFARI, f"Accept: {_OLD_PICTURE}"
    ),
    "Safari 15, style": whole("GET /.env", OLD_SAFARI, "Accept: text/css,*/*;q=0.1"),
    "Safari 15, page's script": whole(
        "GET /.env", OLD_SAFARI, "Accept: */*", "Referer: https://evil.example/"
    ),
    "Safari 15, fetch": whole("GET /.env", OLD_SAFARI, "Accept: */*", "Origin: null"),
    "Safari, the top sites": whole("GET /.env", OLD_SAFARI, f"Accept: {_PAGE}", "X-Purpose: preview"),
    "iPhone, film": whole(
        "GET /.env", "AppleCoreMedia/1.0.0.20E247 (iPhone; U; CPU OS 16_4 like Mac OS X; en_us)",
        "Accept: */*", "Range: bytes=0-1",
    ),
    "Outlook, a mail's picture": whole(
        "GET /.env", "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
        "Accept: */*",
    ),
    "an app's link": whole(
        "GET /.env", OLD_SAFARI, f"Accept: {_PAGE}", "Referer: android-app://com.google.android.gm/"
    ),
    "Chromium, the site's own script": whole(
        "GET /api/nope", CHROME, "Accept: */*", *fetch("same-origin", "cors", "empty"),
        "Referer: https://site.example/",
    ),
    "the site's service worker, for a tab that another page has sent here": whole(
        "GET /.env", CHROME, "Accept: */*", *fetch("same-origin", "cors", "empty"),
        "Referer: https://site.example/sw.js",
    ),
    "the site's service worker, which has made the request anew": whole(
        "GET /.env", CHROME, f"Accept: {_PAGE}", *fetch("same-origin", "same-origin", "empty"),
        "Referer: https://site.example/sw.js", "Upgrade-Insecure-Requests: 1",
    ),
    "the site's service worker in Firefox": whole(
        "GET /.env", FIREFOX, "Accept: */*", *fetch("same-origin", "cors", "empty")
    ),
    "Android, a page in an app": whole(
        "GET /.env", WEBVIEW, f"Accept: {_PICTURE}", "X-Requested-With: com.example.app",
        *fetch("cross-site", "no-cors", "image"),
    ),
    "Android, an old app's page": whole(
        "GET /.env", WEBVIEW.replace("156.0.0.0", "62.0.3202.84"), "Accept: image/webp,image/*,*/*;q=0.8",
        "X-Requested-With: com.example.app",
    ),
    "iPhone, a page in an app": whole(
        "GET /.env", _APP, "Accept: */*", *fetch("cross-site", "no-cors", "script")
    ),
    "iPhone, an old app's page": whole("GET /.env", _APP, "Accept: */*", "Referer: https://evil.example/"),
    "Firefox without a Referer": whole(
        "GET /.env", FIREFOX, "Accept: */*", *fetch("cross-site", "no-cors", "script")
    ),
    "Tor, a frame": whole(
        "GET /.env", FIREFOX.replace("X11; Linux x86_64", "Windows NT 10.0; Win64; x64"), f"Accept: {_PAGE}",
        "Upgrade-Insecure-Requests: 1", "Sec-GPC: 1", *fetch("cross-site", "navigate", "iframe"),
    ),
    "Brave, a link": whole(
        "GET /.env", CHROME, f"Accept: {_PAGE}", "Sec-GPC: 1", *fetch("cross-site", "navigate", "document")
    ),
    "a browser whose owner has changed its name": whole(
        "GET /.env", "Mozilla/5.0", "Accept: */*", *fetch("cross-site", "no-cors", "script")
    ),
    "Pale Moon says that it is Firefox": whole(
        "GET /.env", FIREFOX.replace("Firefox", "Goanna/6.8 Firefox") + " PaleMoon/34.0", "Accept: */*",
        "Referer: https://evil.example/",
    ),
    "Safari's touch icon": whole(
        "GET /.env", "MobileSafari/8618.1.15.10.15 CFNetwork/1494.0.7 Darwin/23.4.0", "Accept: */*"
    ),
    "Dillo, picture": whole(
        "GET /.env", "Dillo/3.1.1", "Accept: image/*", "Referer: https://evil.example/"
    ),
    "Lynx, link": whole(
        "GET /.env", "Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1", "Accept: text/html, text/plain",
        "Referer: https://evil.example/",
    ),
    "an app's page": whole("GET /.env", "okhttp/4.9.3", "Referer: https://evil.example/"),
    "Internet Explorer 8, page's script": whole(
        "GET /.env", _MSIE, "Accept: */*", "Referer: https://evil.example/"
    ),
    "Word, a picture": whole("GET /.env", "Mozilla/4.0 (compatible; ms-office; MSOffice 16)", "Accept: */*"),
    "Outlook, a mail's picture, as Internet Explorer": whole(
        "GET /.env",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; "
        "Microsoft Outlook 16.0.5266; ms-office; MSOffice 16)",
        "Accept: */*",
    ),
    "Outlook, a link that it looks at": whole(
        "OPTIONS /.env", "Microsoft Office Protocol Discovery", "X-Office-Major-Version: 16"
    ),
    "Windows, a mail's network path": whole(
        "PROPFIND /.env", "Microsoft-WebDAV-MiniRedir/10.0.19045", "Depth: 0", "translate: f"
    ),
    "Apple Mail, a mail's picture": whole(
        "GET /.env", _APPLE_MAIL, "Accept: */*", *fetch("cross-site", "no-cors", "image")
    ),
    "old Apple Mail, a mail's picture": whole("GET /.env", _APPLE_MAIL, f"Accept: {_OLD_PICTURE}"),
    "Apple's mail proxy": whole("GET /.env", "Mozilla/5.0", f"Accept: {_OLD_PICTURE}"),
    "Google's mail proxy": whole(
        "GET /.env",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "Accept: image/*",
    ),
    "Thunderbird, a mail's picture": whole(
        "GET /.env", FIREFOX.replace("Firefox", "Thunderbird"), "Accept: image/avif,image/webp,*/*",
        *fetch("cross-site", "no-cors", "image"),
    ),
    "Evolution, a mail's picture": whole("GET /.env", "Evolution/3.50.1", "Accept: */*"),
    "iMessage, the preview of a link": whole(
        "GET /.env",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
        "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "Accept: text/html,*/*",
    ),
    "a playlist in VLC": whole("GET /.env", "VLC/3.0.21 LibVLC/3.0.21", "Range: bytes=0-"),
    "a browser that does not name itself": whole("GET /.env", "", "Referer: https://evil.example/"),
    "a browser's first word alone": whole(
        "GET /.env", "Mozilla/5.0", "Accept: */*", "Referer: https://www.google.com/"
    ),
    "a site without a mode": whole("GET /.env", CHROME, "Accept: */*", "Sec-Fetch-Site: cross-site"),
    "half of a browser's words": whole(
        "GET /.env", CHROME, "Accept: */*", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"
    ),
}  # fmt: skip

#: what only the client itself can send
OWN = {
    "Chromium, typed": whole(
        "GET /.env", CHROME, "Upgrade-Insecure-Requests: 1", f"Accept: {_PAGE}",
        *fetch("none", "navigate", "document"), "Sec-Fetch-User: ?1",
    ),
    "Chromium without a window, page.goto": whole(
        "GET /wp-login.php", CHROME.replace("Chrome/", "HeadlessChrome/"), f"Accept: {_PAGE}",
        "Upgrade-Insecure-Requests: 1", *fetch("none", "navigate", "document"), "Sec-Fetch-User: ?1",
    ),
    "Chromium, from page to page of the site": whole(
        "GET /nope-7", CHROME, f"Accept: {_PAGE}", *fetch("same-origin", "navigate", "document"),
        "Referer: https://site.example/",
    ),
    "Firefox, typed": whole("GET /.env", FIREFOX, f"Accept: {_PAGE}", *_TYPED),
    "Safari, typed": whole("GET /.env", SAFARI, f"Accept: {_PAGE}", *_TYPED),
    "Safari 15, typed": whole("GET /.env", OLD_SAFARI, f"Accept: {_PAGE}"),
    "the site's own form": whole(
        "POST /wp-login.php", OLD_SAFARI, "Origin: https://site.example", "Referer: https://SITE.example:443/x",
        f"Accept: {_PAGE}", "Content-Type: application/x-www-form-urlencoded",
    ),
    "curl": whole("GET /.env", "curl/8.5.0", "Accept: */*"),
    "curl, claims a link": whole(
        "GET /.env", "curl/8.5.0", "Accept: */*", "Referer: https://www.google.com/"
    ),
    "curl, claims a picture": whole(
        "GET /.env", "curl/8.5.0", "Accept: image/*", *fetch("cross-site", "no-cors", "image")
    ),
    "python-requests": whole("GET /.env", "python-requests/2.32.3", "Accept: */*", "Connection: keep-alive"),
    "Go": whole("GET /.env", "Go-http-client/1.1"),
    "ffuf": whole("GET /.env", "Fuzz Faster U Fool v2.1.0-dev"),
    "gobuster": whole("GET /.env", "gobuster/3.6"),
    "sqlmap": whole("GET /.env", "sqlmap/1.8#stable (https://sqlmap.org)", "Referer: https://evil.example/"),
    "nuclei": whole(
        "GET /.env", CHROME.replace("156", "131"), "Accept: */*", "Accept-Language: en", "Connection: close"
    ),
    "dirsearch": whole("GET /.env", CHROME, "Accept: */*", "Cache-Control: max-age=0"),
    "a program that says it is Chrome, with a link": whole(
        "GET /.env", CHROME, f"Accept: {_PAGE}", "Referer: https://www.google.com/"
    ),
    "a program that says it is Chrome, with a picture": whole(
        "GET /.env", CHROME, f"Accept: {_PICTURE}"
    ),
    "a program that says it is Firefox": whole(
        "GET /.env", FIREFOX, "Accept: */*", "Referer: https://www.bing.com/"
    ),
    "a program that says it is Safari": whole(
        "POST /.env", SAFARI, f"Accept: {_PAGE}", "Origin: https://evil.example"
    ),
    "Android, an address that an app opens": whole(
        "GET /.env", WEBVIEW, f"Accept: {_PAGE}", "X-Requested-With: com.example.app", *_TYPED
    ),
    "Brave, typed": whole("GET /.env", CHROME, f"Accept: {_PAGE}", "Sec-GPC: 1", *_TYPED),
    "okhttp": whole("GET /.env", "okhttp/4.9.3", "Accept: */*"),
    "Nessus": whole("GET /.env", _MSIE, f"Accept: {_OLD_PAGE}", "Accept-Charset: iso-8859-1,*,utf-8"),
    "Nessus, as Internet Explorer 8": whole("GET /.env", _MSIE, f"Accept: {_IE8_PAGE}"),
    "OpenVAS": whole("GET /.env", "Mozilla/5.0 [en] (X11, U; OpenVAS-VT 22.4.1)", f"Accept: {_OLD_PAGE}"),
    "a scanner as old as the web": whole(
        "GET /.env", "", "Accept: image/gif, image/x-bitmap, image/jpeg, */*"
    ),
    "zgrab follows a redirect from the address to the name": whole(
        "GET /.env", "Mozilla/5.0 zgrab/0.x", "Accept: */*", "Referer: http://198.51.100.9/.env"
    ),
    "l9scan follows a redirect from the address to the name": whole(
        "GET /.env", "Mozilla/5.0 (l9scan/2.0.323; +https://leakix.net)", "Referer: http://198.51.100.9/.env"
    ),
    "Go follows a redirect from the address to the name": whole(
        "GET /.env", "Go-http-client/1.1", "Referer: http://198.51.100.9/.env"
    ),
    "ffuf follows a redirect": whole(
        "GET /.env", "Fuzz Faster U Fool v2.1.0-dev", "Referer: http://198.51.100.9/.env"
    ),
    "a scanner within a browser's words": whole(
        "GET /.env", OLD_SAFARI + " (nuclei/3.2)", "Accept: */*", "Referer: https://www.google.com/"
    ),
    "Nikto": whole(
        "GET /.env", "Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:map_codes)",
        "Referer: https://www.google.com/",
    ),
    "PowerShell": whole(
        "GET /.env", "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621",
        "Referer: https://www.google.com/",
    ),
    "node": whole("GET /.env", "node", "Accept: */*", *fetch("cross-site", "no-cors", "image")),
    "Python, claims a picture": whole(
        "GET /.env", "python-httpx/0.27", "Accept: image/*", "Referer: https://evil.example/"
    ),
    "a navigation without a word about its site": whole(
        "GET /.env", CHROME, "Accept: */*", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"
    ),
    "no word at all": whole("GET /.env", ""),
    "a word that no browser knows": whole(
        "GET /.env", CHROME, "Accept: */*", *fetch("cross-origin", "no-cors", "image")
    ),
    "a word twice": whole(
        "GET /.env", CHROME, "Accept: */*", *fetch("cross-site,cross-site", "no-cors", "image")
    ),
    "TRACE": whole(
        "TRACE /.env", CHROME, "Origin: https://evil.example", *fetch("cross-site", "cors", "empty")
    ),
    "a method that a page cannot use without an Origin": whole(
        "PROPFIND /.svn/", CHROME, *fetch("cross-site", "no-cors", "empty")
    ),
}  # fmt: skip


def meta(text: str) -> tuple[str, str, dict[str, str]]:
    """Method, path and headers of a request, as WSGI names them."""
    first, *lines = text.splitlines()
    method, path, _version = first.split(" ")
    headers: dict[str, str] = {}
    for line in lines:
        name, _colon, value = line.partition(": ")
        key = name.upper().replace("-", "_")
        headers[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return method, path, headers
