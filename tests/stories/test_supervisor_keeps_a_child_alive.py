"""One child of the supervisor: ready, killed, started again, hopeless, stopped."""

import asyncio
import json
import os
import signal
import sys

import pytest

from ops.child import Child, Spec
from ops.obstacle import Hopeless
from ops.readiness import http
from tests.engines import free_port

SERVES = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""
SERVES_AND_WILL_NOT_STOP = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + SERVES


@pytest.fixture
def child(tmp_path):
    def make(program, *, plain_log=True):
        port = free_port()
        spec = Spec("child", [sys.executable, "-c", program, str(port)], port, http, plain_log)
        log_path = tmp_path / "child.log"
        return Child(spec, environment=os.environ, log_path=log_path, changed=lambda: None)

    return make


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(holds):
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - it is another process that changes it
            await asyncio.sleep(0.01)


async def until_ready(child):
    await asyncio.wait_for(child.ready.wait(), 10)
    return child.status.pid


async def test_a_killed_child_is_started_again_and_says_why(child):
    child = child(SERVES)
    keeping = asyncio.create_task(child.keep())
    first = await until_ready(child)
    os.kill(first, signal.SIGKILL)
    await until(lambda: child.status.pid != first and child.status.state == "ready")
    assert child.status.last_exit == "killed by SIGKILL"
    assert child.status.restarts == 1
    await child.stop(within_s=5)
    await keeping
    assert child.status.state == "stopped"


async def test_a_child_that_ignores_the_request_to_stop_is_killed(child):
    child = child(SERVES_AND_WILL_NOT_STOP)
    keeping = asyncio.create_task(child.keep())
    pid = await until_ready(child)
    await child.stop(within_s=0.2)
    await keeping
    assert not alive(pid)


async def test_what_a_child_started_goes_with_it(child):
    starts = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True)\n"
    child = child(starts + SERVES)
    keeping = asyncio.create_task(child.keep())
    await until_ready(child)
    grandchild = int(json.loads(child.log_path.read_text().splitlines()[0])["event"])
    assert alive(grandchild)
    await child.stop(within_s=5)
    await keeping
    await until(lambda: not alive(grandchild))


async def test_a_misconfigured_child_is_not_started_twice(child):
    child = child("import sys; print('The setting x is wrong.'); sys.exit(78)")
    with pytest.raises(Hopeless, match=r"The setting x is wrong\."):
        await asyncio.wait_for(child.keep(), 10)
    assert child.status.restarts == 0


async def test_lines_of_a_foreign_program_become_json(child):
    child = child("import sys; print('plain words'); sys.exit(78)")
    with pytest.raises(Hopeless):
        await child.keep()
    line = json.loads(child.log_path.read_text())
    assert (line["process"], line["event"]) == ("child", "plain words")
    assert line["timestamp"]
