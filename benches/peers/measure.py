"""Interleaved rounds: in each, every side runs once, in turn, so that whatever else the machine does meets all of them."""

import csv
import dataclasses
import datetime
import statistics
import time

import numpy as np

COLUMNS = (
    "date cpu peer peer_version map queries patterns dim threads rounds ratio_median ratio_min ratio_max max_abs_diff".split()
)


def cpu():
    """The processor's name."""
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        return next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "unknown")


@dataclasses.dataclass
class Peer:
    """One way to do the same: `call()` does the work; `result` makes an array of what it gave, outside of the time."""

    name: str
    version: str
    call: object
    result: object = np.asarray

    def numbers(self, shape):
        """The result in f64 and in this shape."""
        return np.asarray(self.result(self.call()), np.float64).reshape(shape)


@dataclasses.dataclass
class Bench:
    """The rows that have been measured."""

    rounds: int
    seconds: float  # of one measurement, at least
    rows: list = dataclasses.field(default_factory=list)
    wall: float = 0.0
    processor: float = 0.0

    def _time(self, call, repeats):
        begun = time.perf_counter()
        for _ in range(repeats):
            call()
        return (time.perf_counter() - begun) / repeats

    def _repeats(self, call):
        call()
        once = max(self._time(call, 1), 1e-7)
        return max(1, round(self.seconds / once))

    def compare(self, label, shape, ours, peers, bound, right=None):
        """Checks that the peers' results are ours within `bound`, times all, and adds a row for each. shape: queries, M, D.

        A peer that differs is not timed, and its row says so. Ours has to agree with `right` or, where that is not given, with some peer.
        """
        result = np.array(ours(), dtype=np.float64)
        apart = {peer.name: float(np.abs(peer.numbers(result.shape) - result).max()) for peer in peers}
        strange = [peer for peer in peers if not apart[peer.name] <= bound]
        off = min(apart.values()) if right is None else float(np.abs(result - right).max())
        if not off <= bound:
            raise SystemExit(f"{label}, {shape}: our result is off by {off:.3g}, allowed {bound:.3g}")
        peers = [peer for peer in peers if apart[peer.name] <= bound]
        for peer in strange:
            self.put([peer.name, peer.version, label, *shape, 1, 0, "", "", "", f"{apart[peer.name]:.2e}"])
        calls = [ours] + [peer.call for peer in peers]
        repeats = [self._repeats(call) for call in calls]
        times = []
        wall, processor = time.perf_counter(), time.process_time()
        for number in range(self.rounds):
            order = range(len(calls)) if number % 2 == 0 else reversed(range(len(calls)))
            taken = {i: self._time(calls[i], repeats[i]) for i in order}
            times.append([taken[i] for i in range(len(calls))])
        self.wall += time.perf_counter() - wall
        self.processor += time.process_time() - processor
        for i, peer in enumerate(peers, 1):
            ratios = [round_[i] / round_[0] for round_ in times]
            self.add(peer, label, shape, ratios, apart[peer.name])
        mine = statistics.median(round_[0] for round_ in times)
        print(f"    ours: {mine * 1e6:.1f} us", flush=True)

    def add(self, peer, label, shape, ratios, apart):
        middle, least, most = (f"{f(ratios):.3f}" for f in (statistics.median, min, max))
        self.put([peer.name, peer.version, label, *shape, 1, len(ratios), middle, least, most, f"{apart:.2e}"])

    def put(self, fields):
        """Adds a row that lacks the date and the processor only."""
        self.rows.append([datetime.date.today().isoformat(), cpu(), *map(str, fields)])
        queries, count, dim = fields[3:6]
        size = f"{queries} x {count} x {dim}"
        found = f"{fields[8]} ({fields[9]} to {fields[10]})" if fields[8] else "not timed"
        print(f"{fields[0]:24} {fields[2]:28} {size:20} {found:>26}, differs by {fields[11]}", flush=True)

    def one_thread(self):
        """All of it took no more processor time than wall time."""
        if self.processor > 1.05 * self.wall:
            raise SystemExit(f"more than one thread has worked: {self.processor:.1f} s of processor in {self.wall:.1f} s")

    def write(self, path):
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([COLUMNS, *self.rows])
