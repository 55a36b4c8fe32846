"""Our side in a process of its own, which answers line by line and says how long each recall took, and its peers in this one.

NumPy has all its advantages: `X @ q` into memory that is there already, the weights among the scores that can have one at all, by sorting
those few, and a sum over the support alone where that is less than half of the rows. faiss gives the best row and its score, which is less than a recall.
"""

import contextlib
import dataclasses
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

import faiss
import numpy as np

# How far below the best a score may be, times beta, and have a weight.
REACH = {"softmax": np.inf, "sparsemax": 1.0, "entmax:1.5": 2.0}
# What a recall reads: f32 rows alone, an int8 copy of them first, an int8 copy of their first rotated columns before that.
FORMS = ("plain", "certified", "progressive")
PEERS = ("numpy", "faiss")
AGREE = 1e-5  # times the largest entry of a pattern


@dataclasses.dataclass
class Answer:
    """One recall: seconds, winner, rows with a weight, rows read in f32, bytes read of all."""

    seconds: float
    winner: int
    support: int
    rows: int
    bytes: int


class Ours:
    """The process; `made` has the seconds that each form took to make."""

    def __init__(self, program, front, patterns, queries):
        self.stack = contextlib.ExitStack()
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        np.save(self.folder / "patterns.npy", patterns)
        np.save(self.folder / "queries.npy", queries)
        command = [program, "--answer", front, self.folder / "patterns.npy", self.folder / "queries.npy"]
        self.process = self.stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        self.made = {form: float(self._line()[0]) for form in FORMS}

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        self.process.stdin.close()
        self.stack.__exit__(*fault)

    def _line(self):
        line = self.process.stdout.readline().split()
        if not line:
            raise SystemExit("our side has ended")
        return line

    def recall(self, form, separation, beta, numbers, states=""):
        """Recalls of the queries of these numbers, with their states into a file of this name."""
        print(form, separation, beta, *numbers, states, file=self.process.stdin, flush=True)
        lines = [self._line() for _ in numbers]
        return [Answer(float(seconds), *map(int, rest)) for seconds, *rest in lines]

    def states(self, form, separation, beta, numbers):
        """The same answers, and the states, Q x D."""
        path = self.folder / "states.npy"
        answers = self.recall(form, separation, beta, numbers, path)
        return answers, np.load(path)


class NumPy:
    """The whole recall by NumPy: one product with the matrix, whatever the map."""

    def __init__(self, patterns):
        self.patterns, self.scores = patterns, np.empty(len(patterns), np.float32)

    def recall(self, separation, beta, query):
        """Winner and state."""
        np.matmul(self.patterns, query, out=self.scores)
        best = self.scores.argmax()
        near = np.flatnonzero(self.scores >= self.scores[best] - np.float32(1.001 * REACH[separation] / beta))
        weights = weights_of(separation, beta * (self.scores[near] - self.scores[best]).astype(np.float64))
        support, weights = near[weights > 0], weights[weights > 0].astype(np.float32)
        if 2 * support.size < len(self.patterns):
            return best, weights @ self.patterns[support]
        self.scores.fill(0)
        self.scores[support] = weights
        return best, self.scores @ self.patterns


def weights_of(separation, z):
    """Weights of scores, times beta, less the best; sparse maps by sorting (Martins and Astudillo 2016; Peters et al. 2019, algorithm 2)."""
    if separation == "softmax":
        terms = np.exp(z)
        return terms / terms.sum()
    ranks = np.arange(1, z.size + 1)
    if separation == "sparsemax":
        ordered = np.sort(z)[::-1]
        tau = (np.cumsum(ordered) - 1) / ranks
        return np.maximum(z - tau[np.count_nonzero(ordered > tau) - 1], 0)
    ordered = np.sort(z)[::-1] / 2
    mean, square = np.cumsum(ordered) / ranks, np.cumsum(ordered**2) / ranks
    tau = mean - np.sqrt(np.maximum((1 - ranks * (square - mean**2)) / ranks, 0))
    return np.maximum(z / 2 - tau[np.count_nonzero(tau <= ordered) - 1], 0) ** 2


@dataclasses.dataclass
class Comparison:
    """All sides of one map and kind of query."""

    answers: dict  # of each form, an answer for each query
    support: list
    seconds: dict  # of each form and peer, a query's in each round
    apart: float  # the largest difference of a state's number, of all forms and NumPy

    def ratio(self, side, form):
        """Seconds of a side / those of a form: median, least and most over the rounds."""
        ratios = [peer / own for peer, own in zip(self.seconds[side], self.seconds[form], strict=True)]
        return tuple(f(ratios) for f in (statistics.median, min, max))

    def median(self, side):
        """Seconds of a query."""
        return statistics.median(self.seconds[side])


class Contest:
    """A memory and its queries on all sides."""

    def __init__(self, ours, patterns, queries):
        self.ours, self.patterns, self.queries = ours, patterns, queries
        self.numpy, self.faiss = NumPy(patterns), faiss.IndexFlatIP(patterns.shape[1])
        self.faiss.add(patterns)
        self.bound = AGREE * float(np.abs(patterns).max())

    def winners(self, numbers, separation, beta):
        """Winners of NumPy and of faiss, and NumPy's states."""
        found = [self.numpy.recall(separation, beta, self.queries[number]) for number in numbers]
        return [best for best, _ in found], self.faiss.search(self.queries[numbers], 1)[1][:, 0].tolist(), np.array([state for _, state in found])

    def agree(self, separation, beta, numbers):
        """What each form answers to each query, and how far states are apart; ends where sides differ."""
        winners, nearest, states = self.winners(numbers, separation, beta)
        if winners != nearest:
            raise SystemExit(f"{separation}: NumPy and faiss have other winners: {winners}, {nearest}")
        answers, apart = {}, 0.0
        for form in FORMS:
            answers[form], found = self.ours.states(form, separation, beta, numbers)
            if [answer.winner for answer in answers[form]] != winners:
                raise SystemExit(f"{separation}, {form}: other winners than NumPy's")
            apart = max(apart, float(np.abs(found - states).max()))
        if not apart <= self.bound:
            raise SystemExit(f"{separation}: states differ by {apart:.3g}, allowed {self.bound:.3g}")
        return answers, apart

    def compare(self, separation, beta, numbers, rounds, each):
        """So many rounds with `each` of the queries of these numbers, the next ones in the next round; every side has the same."""
        answers, apart = self.agree(separation, beta, numbers)
        seconds = {side: [] for side in (*FORMS, *PEERS)}
        for round_ in range(rounds):
            now = [numbers[(round_ * each + i) % len(numbers)] for i in range(each)]
            sides = (*FORMS, *PEERS)
            for turn in range(len(sides)):
                side = sides[(round_ + turn) % len(sides)]
                seconds[side].append(self.timed(side, separation, beta, now))
        return Comparison(answers, [answer.support for answer in answers["plain"]], seconds, apart)

    def timed(self, side, separation, beta, numbers):
        """Seconds of a query."""
        if side in FORMS:
            return statistics.fmean(answer.seconds for answer in self.ours.recall(side, separation, beta, numbers))
        queries = [self.queries[number : number + 1] for number in numbers]
        begun = time.perf_counter()
        for query in queries:
            if side == "numpy":
                self.numpy.recall(separation, beta, query[0])
            else:
                self.faiss.search(query, 1)
        return (time.perf_counter() - begun) / len(numbers)

    def cosines(self, numbers, answers):
        """Of queries and their winners: least and most."""
        winners = [answer.winner for answer in answers]
        found = np.einsum("ij,ij->i", self.patterns[winners], self.queries[numbers], dtype=np.float64)
        return float(found.min()), float(found.max())


@contextlib.contextmanager
def one_thread():
    """What is done inside takes no more processor time than wall time, that of ended processes included."""

    def processor():
        return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])

    wall, before = time.perf_counter(), processor()
    yield
    wall, before = time.perf_counter() - wall, processor() - before
    if before > 1.05 * wall:
        raise SystemExit(f"more than one thread has worked: {before:.1f} s of processor in {wall:.1f} s")
