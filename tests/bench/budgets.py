#!/usr/bin/python3
"""Each budget of the design in one line: what was measured, what may be, met or not. ./dev bench budgets

Reads what the other benches kept (--save) in tests/bench/results, and says of each figure when, of which commit and under which
load it was taken; a load far above the cores means that others were at work, and seconds then say little. What
was not measured has no figure. Prints a table and, as the last line, JSON. Status 1 when a budget is not met or not measured.
"""

import json
import sys

import common



def lines(results):
    """(what, measured, budget, unit, whether more is better, bench); measured None: not yet."""
    def get(bench, *path):
        value = results.get(bench)
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def ratio(kind, what="wall_ratio"):
        return get("peers", "summary", kind, what, "median")

    for kind, what, budget in (("first", "first sync, 100,000 students : the script", 1.5), ("again", "the same zip again : COPY", 0.05),
                               ("same", "the same rows in a new zip : COPY", 0.6), ("night", "a night, 0.5 % changed : COPY", 0.75)):
        yield what, ratio(kind), budget, "x", False, "peers"
        yield "  in CPU seconds, which others disturb less", ratio(kind, "cpu_ratio"), budget, "x", False, "peers"
    yield "  its gate, at most", get("peers", "summary", "gate", "most_s"), 1, "s", False, "peers"
    yield "first sync, 1,000,000 students", get("million", "summary", "first", "wall_s"), 600, "s", False, "million"
    yield "growth of a first sync: rows to the power of", get("curves", "exponent"), 1.1, "", False, "curves"
    yield "rosterd-stage, memory, 1,000,000 students", get("million", "rss_mib", "rosterd-stage, without mapped files"), 64, "MiB", False, "million"
    yield "rosterd, memory with 13,000 districts", get("fleet", "rosterd_mib"), 64, "MiB", False, "fleet"
    yield "13,000 drops in 5 minutes", get("fleet", "core_share"), 0.25, "core", False, "fleet"
    yield "idle poll : bare libssh, CPU", get("fetch", "summary", "poll", "ratio"), 1.4, "x", False, "fetch"
    yield "download, 0 ms : sftp", get("fetch", "summary", "download_0_ms", "ratio"), 1, "x", True, "fetch"
    yield "download, 40 ms : sftp", get("fetch", "summary", "download_40_ms", "ratio"), 1, "x", True, "fetch"
    yield "status answer with 13,000 districts, p99", get("fleet", "status_p99_ms"), 10, "ms", False, "fleet"
    yield "loop lag with 13,000 districts, p99", get("fleet", "lag_p99_ms"), 10, "ms", False, "fleet"
    yield "status answer while large districts run, p99", get("many", "status_p99_ms"), 10, "ms", False, "many"
    yield "loop lag while large districts run, p99", get("many", "lag_p99_ms"), 10, "ms", False, "many"
    yield "a small district beside two large first syncs, at most", get("many", "first", "small_most_s"), 60, "s", False, "many"
    yield "a small district beside two large nights, at most", get("many", "night", "small_most_s"), 60, "s", False, "many"


def main():
    results = {name: common.load(name) for name in ("peers", "million", "curves", "fleet", "fetch", "many")}
    out, all_met = [], True
    print(f"  {'':56} {'measured':>10} {'budget':>10}  {'':12} taken")
    for what, measured, budget, unit, more, bench in lines(results):
        is_met = None if measured is None else measured >= budget if more else measured <= budget
        all_met = all_met and bool(is_met)
        word = "not measured" if is_met is None else common.verdict(is_met)
        kept = results[bench]
        taken = f"{bench}: {kept['at'][:16]}, {kept['commit']}, load {kept['machine']['load']}" if kept else ""
        print(f"  {what:56} {'' if measured is None else f'{measured:g}':>10} {'≥' if more else '≤'} {budget:>8g}  {unit:5} {word:12} {taken}")
        out.append({"what": what.strip(), "measured": measured, "budget": budget, "unit": unit, "is_met": is_met, "bench": bench})
    print(json.dumps(out))
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())
