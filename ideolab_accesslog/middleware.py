"""Wraps each request: who asks, may they, and the row about it. A log that fails changes no answer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from time import perf_counter, time
from typing import Any, Callable, Union

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ideolab_accesslog.access import recorder, response_size
from ideolab_accesslog.access.client_ip import Client, resolve
from ideolab_accesslog.access.row import row_of
from ideolab_accesslog.access.sampling import is_wanted
from ideolab_accesslog.traship import gate

logger = logging.getLogger("ideolab_accesslog")

Answer = Union[HttpResponseBase, Awaitable[HttpResponseBase]]


class AccessLogMiddleware:
    """Belongs right after SecurityMiddleware: what is further in is timed and counted."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        if self._is_async:
            return self._answered(request)
        visit = Visit(request)
        blocked = gate.check_request(request, visit.client)
        if blocked is not None:
            return visit.blocked(blocked)
        try:
            response = self._get_response(request)
        except Exception:
            visit.failed()
            raise
        gate.check_response(request, response, visit.client)
        return visit.answered(response)

    async def _answered(self, request: HttpRequest) -> HttpResponseBase:
        visit = Visit(request)
        blocked = gate.check_request(request, visit.client)
        if blocked is not None:
            return visit.blocked(blocked)
        try:
            response = await self._get_response(request)
        except Exception:
            visit.failed()
            raise
        gate.check_response(request, response, visit.client)
        return visit.answered(response)


class Visit:
    """One request on its way through."""

    __slots__ = ("_began", "_request", "_ts", "client")

    def __init__(self, request: HttpRequest) -> None:
        self._ts = time()
        self._began = perf_counter()
        self._request = request
        self.client: Client = resolve(request.META)
        recorder.start()

    def blocked(self, response: Any) -> Any:
        # a scan must not fill Django's own log with "Forbidden: /.env" as well, nor pay for it
        response._has_been_logged = True
        return self.answered(response)

    def answered(self, response: Any) -> Any:
        """The response as it is, once its row is on its way."""
        try:
            if is_wanted(self._request.path_info, response.status_code):
                self._note(response)
        except Exception:
            logger.exception("access log: a request was not logged")
        return response

    def _note(self, response: Any) -> None:
        if response.streaming:
            status = response.status_code
            response_size.when_over(self._request, response, lambda size: self._record(status, size))
        else:
            self._record(response.status_code, response_size.size(self._request, response))

    def failed(self) -> None:
        """The site let an exception through (DEBUG_PROPAGATE_EXCEPTIONS): the server answers 500."""
        if is_wanted(self._request.path_info, 500):
            self._record(500, None)

    def _record(self, status: int, size: Any) -> None:
        duration_s = perf_counter() - self._began
        recorder.record(row_of(self._request, self.client, status, size, self._ts, duration_s))
