"""How far a softmax recall is from f64: ours, and NumPy's in f32."""

import dataclasses

import numpy as np
import peers


@dataclasses.dataclass
class Error:
    """The largest error of any number of a state, over the queries."""

    shape: tuple
    beta: float
    queries: int
    ours: float
    numpy: float


def exact(patterns, query, beta):
    """The state in f64, in pieces, as a copy of all patterns would take much memory."""
    pieces = np.array_split(patterns, max(1, patterns.size // 4_000_000))
    sharp = np.float64(np.float32(beta)) * query.astype(np.float64)
    z = np.concatenate([piece.astype(np.float64) @ sharp for piece in pieces])
    p = np.exp(z - z.max())
    p /= p.sum()
    parts = np.split(p, np.cumsum([len(piece) for piece in pieces])[:-1])
    return sum(part @ piece.astype(np.float64) for part, piece in zip(parts, pieces))


def largest_errors(basinet, memory, beta, queries):
    """Both errors, over the first queries."""
    ours = numpy = 0.0
    for query in memory.queries[:queries]:
        query, right = query.copy(), exact(memory.patterns, query, beta)
        ours = max(ours, np.abs(basinet.recall(memory.patterns, query, "softmax", beta)() - right).max())
        numpy = max(numpy, np.abs(peers.numpy_softmax(memory.patterns, query, beta).call() - right).max())
    return Error(memory.patterns.shape, beta, queries, float(ours), float(numpy))
