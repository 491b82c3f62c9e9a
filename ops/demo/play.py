"""`cx demo`: starts the platform, plays the story, prints the report, and stays or goes."""

import asyncio
import signal

import aiohttp
import msgspec

from ops.child import python_module
from ops.demo.browsers import PixelRefused
from ops.demo.cast import cast
from ops.demo.installation import Installation, installed
from ops.demo.market import NoticeRefused
from ops.demo.marketing import Unexpected
from ops.demo.report import Report
from ops.demo.story import Story, StoryBroken
from ops.demo.wire import Unanswered, Wire
from ops.output import tell
from ops.settings import Settings

BROKEN = (StoryBroken, NoticeRefused, PixelRefused, Unexpected, Unanswered)


def play(settings: Settings, *, once: bool, as_json: bool) -> int:
    """Play the story; return 0 when every step went as told."""
    return asyncio.run(_play(settings, once=once, as_json=as_json))


async def _play(settings: Settings, *, once: bool, as_json: bool) -> int:
    report = Report(as_json=as_json)
    stop = _interrupted()
    async with installed(settings) as installation:
        telling = asyncio.create_task(_tell(installation, settings, report))
        await asyncio.wait({telling, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not telling.done():
            telling.cancel()
            return 130
        code = telling.result()
        if not once:
            keys = installation.credentials
            tell(f"\nThe console: {keys.api_url}/  key: {keys.admin_key}\nCtrl-C stops everything.")
            ended = asyncio.create_task(installation.process.wait())
            await asyncio.wait({ended, stop}, return_when=asyncio.FIRST_COMPLETED)
        return code


async def _tell(installation: Installation, settings: Settings, report: Report) -> int:
    try:
        await _steps(installation, settings, report)
    except BROKEN as broken:
        report.show()
        tell(f"\nThe demo failed. {broken}")
        return 1
    report.show()
    return 0


async def _steps(installation: Installation, settings: Settings, report: Report) -> None:
    after_s = await installation.wait_ready()
    report.step(f"engines and processes are ready after {after_s:.1f} s")
    async with aiohttp.ClientSession() as session:
        wire = Wire(session)
        keys = await cast(installation, wire, settings)
        story = Story(installation, wire, keys, report)
        await story.people_exist()
        await story.campaign_goes_live()
        await story.requests_are_answered()
        await story.players_arrive()
        await story.everything_is_killed()
        await story.budget_runs_out()
        await story.figures_agree()
        await _audit(story, report)


async def _audit(story: Story, report: Report) -> None:
    """Step 7: the record replays the campaign's history, and knows it as it was."""
    stream, directory = f"campaign-{story.campaign}", str(story.installation.directory.root)
    asked = ("audit", "show", stream, "--tenant", story.keys.tenant, "--data-dir", directory)
    said = await _cx(*asked)
    report.chapter(f"cx audit show {stream}", said)
    version = str(story.version_in_review)
    then = await _cx(*asked, "--at-version", version, "--json")
    if msgspec.json.decode(then)["state"]["stage"] != "in_review":
        raise StoryBroken(f"At version {version} the campaign was not in review: {then}")
    report.step(f"as of version {version} the record shows the campaign in review")
    report.chapter("cx audit verify", await _cx("audit", "verify", "--data-dir", directory))


async def _cx(*arguments: str) -> str:
    """Return what a `cx` command prints; raises `StoryBroken` when it fails."""
    process = await asyncio.create_subprocess_exec(
        *python_module("ops.cli", *arguments), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise StoryBroken(f"cx {' '.join(arguments)} ended with {process.returncode}.")
    return said.decode()


def _interrupted() -> asyncio.Task[bool]:
    """Return a task that ends when Ctrl-C or SIGTERM arrives."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return asyncio.create_task(stop.wait())
