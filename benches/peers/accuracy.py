"""How far a softmax recall is from f64: ours, and NumPy's in f32."""

import dataclasses

import data
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


def largest_errors(basinet, memory, beta, queries):
    """Both errors, over the first queries."""
    ours = numpy = 0.0
    for query in memory.queries[:queries]:
        query, right = query.copy(), data.exact(memory.patterns, query, beta)
        ours = max(ours, np.abs(basinet.recall(memory.patterns, query, "softmax", beta)() - right).max())
        numpy = max(numpy, np.abs(peers.numpy_softmax(memory.patterns, query, beta).call() - right).max())
    return Error(memory.patterns.shape, beta, queries, float(ours), float(numpy))
