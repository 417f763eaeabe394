# schemas/python/drf_client/reports.py - words that must not be lost: numbered, and sent again until they are durable.
# SPDX-License-Identifier: Apache-2.0
"""schemas/reports.md. The broker's acknowledgement means nothing: only a reply DURABLE does."""
from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from . import v1
from .values import Late, Wrong

if TYPE_CHECKING:
    from .drone import Answer

ANSWER_S = 3.0
"""Patience with one sending: the node commits within a fraction of a second."""


class Reports:
    """Gives each report its identity and sends it, the same each time, until it is DURABLE or refused for good."""

    def __init__(self, boot_id: int) -> None:
        self._boot_id, self._seq = boot_id, 0

    def number(self, report: v1.Report, has_clock: bool) -> v1.Report:
        """A copy with identity, correlation and time, where the report has none of its own."""
        sent = v1.Report.FromString(report.SerializeToString())
        if not sent.HasField("report_seq"):
            self._seq += 1
            sent.drone_boot_id, sent.report_seq = self._boot_id, self._seq
        if not sent.correlation:
            sent.correlation = f"w{sent.drone_boot_id % 10 ** 6}-{sent.report_seq}"
        if has_clock and not sent.HasField("time_us"):
            sent.time_us = time.time_ns() // 1000
        return sent


async def deliver(ask: Callable[[v1.Report, float], Awaitable[Answer]], report: v1.Report, patience_s: float) -> Answer:
    """What was said last when patience ends: then it is not known whether it was stored, and it may be sent again."""
    end = time.monotonic() + patience_s
    while True:
        answer = await ask(report, max(0.0, min(ANSWER_S, end - time.monotonic())))
        if answer or isinstance(answer, Wrong):
            return answer
        wait_s = (answer.retry_after_s or 1.0) if isinstance(answer, Late) else 1.0
        if time.monotonic() + wait_s >= end:
            return answer
        await asyncio.sleep(wait_s)
