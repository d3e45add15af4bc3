"""Wraps each request: finds its client, blocks scanners, logs the answer; a failing log changes no answer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from time import perf_counter, time
from typing import Any, Callable, Union

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ideolab_accesslog.access import recorder, response_size
from ideolab_accesslog.access.client_ip import UNKNOWN, Client, resolve
from ideolab_accesslog.access.row import row_of
from ideolab_accesslog.access.sampling import is_wanted
from ideolab_accesslog.scheduler import scheduler
from ideolab_accesslog.traship import gate

logger = logging.getLogger("ideolab_accesslog")

ResponseOrAwaitable = Union[HttpResponseBase, Awaitable[HttpResponseBase]]


class AccessLogMiddleware:
    """Belongs right after SecurityMiddleware: it times and counts everything below it."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> ResponseOrAwaitable:
        if self._is_async:
            return self._call_async(request)
        visit = Visit(request)
        blocked = gate.check_request(request, visit.client)
        if blocked is not None:
            return visit.refuse(blocked)
        try:
            response = self._get_response(request)
        except Exception:
            visit.log_failure()
            raise
        gate.check_response(request, response, visit.client)
        return visit.log_response(response)

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        visit = Visit(request)
        blocked = gate.check_request(request, visit.client)
        if blocked is not None:
            return visit.refuse(blocked)
        try:
            response = await self._get_response(request)
        except Exception:
            visit.log_failure()
            raise
        gate.check_response(request, response, visit.client)
        return visit.log_response(response)


def _find_client(request: HttpRequest) -> Client:
    try:
        return resolve(request.META)
    except Exception:
        logger.exception("access log: the client of a request is unknown")
        return UNKNOWN


class Visit:
    """One request: its start and its client."""

    __slots__ = ("_began", "_request", "_ts", "client")

    def __init__(self, request: HttpRequest) -> None:
        self._ts = time()
        self._began = perf_counter()
        self._request = request
        self.client: Client = _find_client(request)
        scheduler.start()

    def refuse(self, response: Any) -> Any:
        """Log the 403 that blocks the request, and return it."""
        # a scan must not fill Django's own log with "Forbidden: /.env" as well, nor pay for it
        response._has_been_logged = True
        return self.log_response(response)

    def log_response(self, response: Any) -> Any:
        """Log the response where it is wanted, and return it as it is."""
        try:
            if is_wanted(self._request.path_info, response.status_code):
                self._log(response)
        except Exception:
            logger.exception("access log: a request was not logged")
        return response

    def _log(self, response: Any) -> None:
        if response.streaming:
            status = response.status_code
            response_size.call_at_end(self._request, response, lambda size: self._record(status, size))
        else:
            self._record(response.status_code, response_size.size(self._request, response))

    def log_failure(self) -> None:
        """Log a 500 for an exception that the site did not catch (DEBUG_PROPAGATE_EXCEPTIONS)."""
        try:
            if is_wanted(self._request.path_info, 500):
                self._record(500, None)
        except Exception:
            # the site's own exception is the one to see
            logger.exception("access log: a request was not logged")

    def _record(self, status: int, size: Any) -> None:
        duration_s = perf_counter() - self._began
        recorder.record(row_of(self._request, self.client, status, size, self._ts, duration_s))
