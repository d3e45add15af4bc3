"""Wraps each request: finds its client, blocks scanners, logs the answer; a failing log changes no answer."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Awaitable
from time import perf_counter, time
from typing import Any, Callable, Optional, Union

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ideolab_accesslog.access import recorder, response_size
from ideolab_accesslog.access.client_ip import UNKNOWN, Client, find_direct, resolve
from ideolab_accesslog.access.row import row_of
from ideolab_accesslog.access.sampling import ADMIN, LONGEST, find_rate, is_of_excluded_admin, is_wanted
from ideolab_accesslog.conf import conf
from ideolab_accesslog.scheduler import scheduler
from ideolab_accesslog.traship import gate

logger = logging.getLogger("ideolab_accesslog")

#: nginx's status for a client that left before there was an answer; an ASGI server cancels the view then
CLIENT_LEFT = 499
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
        if not (conf.ACCESSLOG_ENABLED or conf.TRASHIP_ENABLED):
            return self._get_response(request)
        if self._is_async:
            return self._call_async(request)
        ts, began = time(), perf_counter()
        client = find_client(request)
        blocked = gate.check_request(request, client)
        if blocked is not None:
            return log_response(request, blocked, client, ts, began)
        try:
            response = self._get_response(request)
        except BaseException as error:
            log_failure(request, client, ts, began, error)
            raise
        if getattr(response, "status_code", 0) in gate.MISSING:
            gate.check_response(request, response, client)
        return log_response(request, response, client, ts, began)

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        ts, began = time(), perf_counter()
        client = find_client(request)
        blocked = gate.check_request(request, client)
        if blocked is not None:
            return log_response(request, blocked, client, ts, began)
        try:
            response = await self._get_response(request)
        except BaseException as error:
            log_failure(request, client, ts, began, error)
            raise
        if getattr(response, "status_code", 0) in gate.MISSING:
            gate.check_response(request, response, client)
        return log_response(request, response, client, ts, began)


def find_client(request: HttpRequest) -> Client:
    """Return the client of a request, and see that the thread runs."""
    if scheduler.thread is None:
        scheduler.start()
    try:
        peer = request.META.get("REMOTE_ADDR")
        client = find_direct(peer) if type(peer) is str else None
        return resolve(request.META) if client is None else client
    except Exception:
        logger.exception("access log: the client of a request is unknown")
        return UNKNOWN


def log_response(request: HttpRequest, response: Any, client: Client, ts: float, began: float) -> Any:
    """Log the response where it is wanted, and return it as it is."""
    if scheduler.thread is None and not scheduler.keeps():
        return response
    try:
        status, path = response.status_code, request.path_info
        is_sure = len(path) <= LONGEST and find_rate(path, status) == 1.0
        if not is_sure and not is_wanted(path, status):
            return response
        match = request.resolver_match
        if match is not None and ADMIN in match.app_names and is_of_excluded_admin(match):
            return response
        if response.streaming:
            log_at_end(request, response, client, ts, began)
            return response
        size = response_size.size(request, response)
        recorder.record(row_of(request, client, status, size, ts, perf_counter() - began))
    except Exception:
        logger.exception("access log: a request was not logged")
    return response


def log_at_end(request: HttpRequest, response: Any, client: Client, ts: float, began: float) -> None:
    """Log a stream when it has ended."""
    status = response.status_code

    def record(size: Optional[int]) -> None:
        recorder.record(row_of(request, client, status, size, ts, perf_counter() - began))

    response_size.call_at_end(request, response, record)


def log_failure(request: HttpRequest, client: Client, ts: float, began: float, error: BaseException) -> None:
    """Log a 500 for an exception that the site did not catch (DEBUG_PROPAGATE_EXCEPTIONS), or a 499."""
    status = CLIENT_LEFT if isinstance(error, CancelledError) else 500
    try:
        if is_wanted(request.path_info, status) and not is_of_excluded_admin(request.resolver_match):
            recorder.record(row_of(request, client, status, None, ts, perf_counter() - began))
    except Exception:
        # the site's own exception is the one to see
        logger.exception("access log: a request was not logged")
