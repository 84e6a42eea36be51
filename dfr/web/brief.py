"""The brief of the plan as edited, to be printed from the browser (`brief_endpoint`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dfr.plan.verdict import verdict_of
from dfr.report.brief import BriefedRun, brief_html
from dfr.web.page_data import PageData

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A brief is one file with its own styles; it runs no script and loads nothing."""


def brief_endpoint(pages: PageData) -> Callable[[Request], Any]:
    """The endpoint that answers with the brief, on two pages when printed."""

    async def answer_brief(_request: Request) -> Response:
        html = await run_in_threadpool(_make_brief, pages)
        return HTMLResponse(html, headers={"content-security-policy": POLICY})

    return answer_brief


def _make_brief(pages: PageData) -> str:
    """The brief of the plan now, with the figures of its newest simulation where there is one."""
    step = pages.require_editor().step
    runs = [run for run in pages.runs.finished if run.plan is step.plan]
    summary = runs[-1].summary if runs else None
    scenario = step.world.scenario
    verdict = verdict_of(scenario, step.plan, now=datetime.now(tz=UTC))
    seed = scenario.study.seed if summary is None else summary.seed
    return brief_html(
        BriefedRun(world=step.world, plan=step.plan, verdict=verdict, seed=seed, summary=summary)
    )
