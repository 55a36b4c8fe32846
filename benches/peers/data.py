"""What is measured on: unit patterns, queries at a cosine to some of them, images and damage to them, the retrieving beta, and the truth
in f64. Seeded."""

import gzip
import pathlib
import struct

import numpy as np

SHAPES = ((256, 64), (4096, 128), (100_000, 128), (1_000_000, 64))


def unit(rng, count, dim):
    """Rows of norm 1."""
    rows = rng.standard_normal((count, dim), dtype=np.float32)
    rows /= np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return rows


def at_cosine(rng, right, cosine):
    """Unit vectors at this cosine to the rows of `right`, which are unit vectors too."""
    other = unit(rng, *right.shape)
    other -= np.einsum("ij,ij->i", other, right)[:, None] * right
    other /= np.sqrt(np.einsum("ij,ij->i", other, other))[:, None]
    return np.ascontiguousarray(np.float32(cosine) * right + np.float32((1 - cosine**2) ** 0.5) * other)


def images(folder):
    """The training images of MNIST, M x 784, pixels from 0 to 1: `train-images-idx3-ubyte.gz` in this folder, as it is downloaded."""
    with gzip.open(pathlib.Path(folder, "train-images-idx3-ubyte.gz")) as file:
        kind, count, height, width = struct.unpack(">4I", file.read(16))
        pixels = np.frombuffer(file.read(), np.uint8)
    if kind != 0x803 or pixels.size != count * height * width:
        raise SystemExit(f"{folder}: not MNIST's training images")
    return pixels.reshape(count, height * width).astype(np.float32) / np.float32(255)


def normalised(rows):
    """The rows divided by their norms."""
    return np.ascontiguousarray(rows / np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))[:, None], np.float32)


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
        self.queries = at_cosine(rng, right, 0.9)
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
