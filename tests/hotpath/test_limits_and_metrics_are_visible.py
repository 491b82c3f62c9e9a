"""What an operator sees: readiness by dependency, counters that add up, limits that bite."""

import re

import pytest

from hotpath.limits import Limits
from tests.hotpath.wire import EXCHANGE_KEY, RunningWorker, Wire, get, request

pytestmark = pytest.mark.engines
PIXEL = "/api/pixel/visit?playerId=p&bannerTag=t"


def samples(hot):
    answer = get(hot.port, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
    return dict(line.rsplit(" ", 1) for line in lines)


def test_every_sample_is_well_formed_and_labelled(nats_url):
    with RunningWorker(nats_url, worker_index=3) as hot:
        hot.ready()
        for name, value in samples(hot).items():
            assert re.fullmatch(r'cx_hot_[a-z_]+\{worker="3"(,[a-z]+="[^"]+")*\}', name), name
            assert float(value) >= 0


def test_answers_latencies_and_batches_add_up(nats_url):
    with RunningWorker(nats_url) as hot:
        hot.ready()
        with Wire(hot.port) as wire:
            wire.send(request(PIXEL) * 10 + request("/api/pixel/visit?bannerTag=t") * 3)
            assert [wire.response().status for _ in range(13)] == [200] * 10 + [400] * 3
            wire.send(request(f"/v1/bid?k={EXCHANGE_KEY}", "POST", body=b"none"))
            assert wire.response().status == 204
        seen = samples(hot)
    worker = 'worker="0"'
    assert seen[f'cx_hot_answers_total{{{worker},kind="visit",status="200"}}'] == "10"
    assert seen[f'cx_hot_answers_total{{{worker},kind="pixel_refused",status="400"}}'] == "3"
    assert seen[f'cx_hot_answers_total{{{worker},kind="bid",status="204"}}'] == "1"
    assert seen[f'cx_hot_latency_seconds_count{{{worker},kind="pixel"}}'] == "10"
    assert seen[f'cx_hot_latency_seconds_bucket{{{worker},kind="pixel",le="+Inf"}}'] == "10"
    assert seen[f'cx_hot_rejected_total{{{worker},reason="playerId_missing"}}'] == "3"
    assert seen[f"cx_hot_rows_durable_total{{{worker}}}"] == "14"
    assert int(seen[f"cx_hot_batches_durable_total{{{worker}}}"]) <= 4
    assert seen[f"cx_hot_batches_in_flight{{{worker}}}"] == "0"


def test_readiness_names_each_dependency(nats_url):
    with RunningWorker(nats_url) as hot:
        hot.ready()
        hot.access.loaded = False
        answer = get(hot.port, "/readyz")
    assert answer.status == 503
    assert answer.body == (
        b'{"status":"not_ready","dependencies":{"nats":"connected","streams":"present",'
        b'"campaign_index":"loaded","access":"loading","door":"open"}}'
    )


def test_without_the_log_readiness_says_why():
    with RunningWorker("nats://127.0.0.1:9") as hot:
        answer = get(hot.port, "/readyz")
        assert answer.status == 503
        assert b'"streams":"unknown"' in answer.body
        pixel = get(hot.port, PIXEL)
    assert (pixel.status, pixel.headers["retry-after"]) == (503, "1")
    assert pixel.problem["code"] == "log_unavailable"


def test_a_lane_that_is_full_declines(nats_url):
    with RunningWorker(nats_url, limits=Limits(lane_bytes_max=1_000)) as hot:
        hot.ready()
        with Wire(hot.port) as wire:
            wire.send(request(PIXEL) * 100)
            statuses = [wire.response().status for _ in range(100)]
            assert set(statuses) == {200, 503}
            assert wire.send(request(PIXEL)).response().status == 200


def test_a_full_batch_is_published_at_once(nats_url):
    with RunningWorker(nats_url, limits=Limits(batch_bytes_max=1_000)) as hot:
        hot.ready()
        with Wire(hot.port) as wire:
            wire.send(request(PIXEL) * 100)
            assert {wire.response().status for _ in range(100)} == {200}
        assert int(samples(hot)['cx_hot_batches_durable_total{worker="0"}']) >= 5
