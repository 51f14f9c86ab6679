"""A disk that fills up, and is freed, while the program runs: in a process of its own."""

from __future__ import annotations

import asyncio
import json
import resource
import signal

import pytest

from tests.cli.house import House

pytestmark = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux lets one fill up another's disk"
)


async def test_a_full_disk_is_told_once_nothing_is_answered_and_all_goes_on_when_it_is_freed(
    house: House,
) -> None:
    stage = house.stage
    house.log_in()
    house.write_config(
        '[trigger]\nfrom = "anyone"\nburst_seconds = 0\n'
        "[limits]\nrequests_per_minute = 1000\nanswers_per_hour = 1000\n"
        "[pacing]\nwrites_per_second = 1000\nburst = 1000\n"
    )
    running = await house.start("run", "--json")
    await running.event("ready")
    stage.max.says(stage.group, "/gpt first")
    await running.event("answered")
    sizes = [path.stat().st_size for path in house.session.parent.iterdir()]
    # As if the disk had no room beyond what the largest file takes; the log of the history is it.
    pid = running.process.pid
    assert pid is not None
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (max(sizes), resource.RLIM_INFINITY))
    questions = [stage.max.says(stage.group, f"/gpt {'word ' * 200} {n}") for n in range(8)]
    waiting = await running.event("waiting")
    assert (waiting["reason"], waiting["seconds"]) == ("storage_full", 0)  # nobody knows how long
    assert "disk is full" in waiting["detail"]
    assert "Free some space" in waiting["detail"]
    await asyncio.sleep(1)
    answered = len(stage.max.messages(stage.group))
    await asyncio.sleep(0.5)
    assert len(stage.max.messages(stage.group)) == answered
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    for question in questions:
        assert await stage.max.expects(stage.group, reply_to=question)
    ended = await running.stop(signal.SIGINT)
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [row["reason"] for row in rows if row["event"] == "waiting"].count("storage_full") == 1
    assert not [row for row in rows if row["event"] == "failed"]
    assert len(stage.max.messages(stage.group)) == 1 + 2 * 9
