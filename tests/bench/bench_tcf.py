"""Decoding a TC string for one purpose and one vendor: every valid string met in the wild.

Each check decodes and verifies the whole string anew, as a request without a cache would.
"""

import json
import statistics
import sys
import time

from hotpath import _tcf_cy, _tcf_py
from hotpath.consent_string import BrokenConsent
from hotpath.gpp import gpp
from tests.bench.report import keep
from tests.engines import HOUSE

RECORDED = HOUSE.parent / "shared/data/tcf_strings.jsonl"
PURPOSE, VENDOR = 1, 755
ROUNDS, CHECKS, SLOW_CHECKS = 25, 400, 20
AT_MOST_US = 2.0


def valid_strings():
    for line in RECORDED.read_text().splitlines():
        text = json.loads(line)["string"]
        try:
            _tcf_py.TcString(text)
        except BrokenConsent:
            continue
        yield text


def took_us(check, text, checks):
    """Return the median over rounds of the CPU time one check took."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.thread_time()
        for _ in range(checks):
            check(text, PURPOSE, VENDOR)
        rounds.append((time.thread_time() - begun) / checks * 1e6)
    return statistics.median(rounds)


def measured(texts):
    compiled = {text: took_us(_tcf_cy.permits, text, CHECKS) for text in texts}
    readable = [took_us(_tcf_py.permits, text, SLOW_CHECKS) for text in texts]
    platform = f"DBACNYA~{texts[0]}~1YNN"
    in_gpp = took_us(lambda text, *_: gpp(text), platform, SLOW_CHECKS)
    mean, slowest = statistics.mean(compiled.values()), max(compiled, key=compiled.get)
    return {
        "what": "TCF decode of one purpose and vendor check, compiled",
        "target": f"{AT_MOST_US:g} µs",
        "seen": f"{mean:.2f} µs, slowest string {compiled[slowest]:.2f} µs",
        "met": mean <= AT_MOST_US,
        "mean_us": round(mean, 3),
        "slowest_us": round(compiled[slowest], 3),
        "slowest_characters": len(slowest),
        "readable_mean_us": round(statistics.mean(readable), 1),
        "gpp_with_two_sections_us": round(in_gpp, 1),
        "strings": len(texts),
    }


def main() -> int:
    if not RECORDED.is_file():
        print("the recorded strings in ../shared/data are not on this machine", file=sys.stderr)
        return 1
    figures = measured(list(valid_strings()))
    keep("tcf", figures)
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
