"""What is measured on: unit patterns, queries at cosine 0.9 to some of them, the retrieving beta, and the truth in f64. Seeded."""

import numpy as np

SHAPES = ((256, 64), (4096, 128), (100_000, 128), (1_000_000, 64))


def unit(rng, count, dim):
    """Rows of norm 1."""
    rows = rng.standard_normal((count, dim), dtype=np.float32)
    rows /= np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return rows


def exact(patterns, queries, beta):
    """Softmax's states in f64, of one query or of Q as rows; in pieces, as a copy of all patterns would take much memory."""
    pieces = np.array_split(patterns, max(1, patterns.size // 4_000_000))
    sharp = np.float64(np.float32(beta)) * queries.astype(np.float64).T
    z = np.concatenate([piece.astype(np.float64) @ sharp for piece in pieces])
    p = np.exp(z - z.max(axis=0))
    p /= p.sum(axis=0)
    parts = np.split(p, np.cumsum([len(piece) for piece in pieces])[:-1])
    return sum(part.T @ piece.astype(np.float64) for part, piece in zip(parts, pieces))


class Memory:
    """Patterns, and queries with the rows that they are damaged from."""

    def __init__(self, count, dim):
        rng = np.random.Generator(np.random.PCG64(1))
        self.patterns = unit(rng, count, dim)
        self.rows = rng.integers(0, count, 100)
        right = self.patterns[self.rows]
        other = unit(rng, len(right), dim)
        other -= np.einsum("ij,ij->i", other, right)[:, None] * right
        other /= np.sqrt(np.einsum("ij,ij->i", other, other))[:, None]
        self.queries = np.ascontiguousarray(np.float32(0.9) * right + np.float32(0.19**0.5) * other)
        self.largest = float(np.abs(self.patterns).max())

    def retrieving_beta(self, basinet):
        """The smallest 2^(k/2) at which softmax gives the right pattern a weight of at least 0.99 for 99 % of the queries."""
        tried = min(100, max(3, 20_000_000 // self.patterns.size))
        for half in range(40):
            beta, missed = float(np.float32(2 ** (half / 2))), 0
            for row, query in zip(self.rows[:tried], self.queries):
                call = basinet.recall(self.patterns, query, "softmax", beta)
                call()
                missed += call.report.winner != row or call.report.weight < 0.99
            if missed * 100 <= tried:
                return beta
        raise ValueError("no beta retrieves")
