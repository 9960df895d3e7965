"""What has been slow goes to a lane of its own, and delays nothing else."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from monitor import lanes as lanes_module
from monitor.errors import WorkerCrashedError, WorkerTimeoutError
from monitor.lanes import Lanes
from monitor.workers import Workers


@pytest.fixture
def quick_s(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(lanes_module, "QUICK_S", 0.2)
    return 0.2


async def with_lanes(work: object) -> None:
    quick, slow = Workers(1), Workers(1)
    try:
        await work(Lanes(quick, slow))  # type: ignore[operator]
    finally:
        quick.close()
        slow.close()


def test_an_origin_that_was_slow_is_served_by_the_other_pool(quick_s: float) -> None:
    async def work(lanes: Lanes) -> None:
        first = await lanes.run("good", os.getpid, deadline_s=5)
        with pytest.raises(WorkerTimeoutError):
            await lanes.run("bad", time.sleep, 60, deadline_s=0.5)
        own = await lanes.run("bad", os.getpid, deadline_s=5)
        assert own not in {first, await lanes.run("good", os.getpid, deadline_s=5)}

    asyncio.run(with_lanes(work))


def test_good_work_ends_while_hostile_work_waits_in_the_slow_lane(quick_s: float) -> None:
    async def work(lanes: Lanes) -> None:
        for number in range(3):
            lanes.mark_slow(f"bad{number}")
        hostile = [
            asyncio.create_task(lanes.run(f"bad{number}", time.sleep, 60, deadline_s=60))
            for number in range(3)
        ]
        done = [await lanes.run("good", os.getpid, deadline_s=5) for _ in range(20)]
        assert len(done) == 20
        assert not any(task.done() for task in hostile)
        for task in hostile:
            task.cancel()
        await asyncio.gather(*hostile, return_exceptions=True)

    asyncio.run(with_lanes(work))


def test_a_crash_is_not_tried_again_and_marks_its_origin(quick_s: float) -> None:
    async def work(lanes: Lanes) -> None:
        usual = await lanes.run("good", os.getpid, deadline_s=5)
        with pytest.raises(WorkerCrashedError):
            await lanes.run("bad", os.abort, deadline_s=5)
        assert await lanes.run("bad", os.getpid, deadline_s=5) != usual

    asyncio.run(with_lanes(work))


def test_a_deadline_shorter_than_quick_is_kept(quick_s: float) -> None:
    async def work(lanes: Lanes) -> None:
        with pytest.raises(WorkerTimeoutError):
            await lanes.run("bad", time.sleep, 60, deadline_s=0.1)

    asyncio.run(with_lanes(work))
