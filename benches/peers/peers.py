"""The peers written for Python, each by its best documented call, f32, one thread."""

import importlib.metadata

import data
import entmax
import faiss
import numkong
import numpy as np
import threadpoolctl
import torch
from measure import Peer

AGREE = 1e-5  # times the largest entry of a pattern


def use_one_thread():
    """Sets one thread everywhere, and sees that it is so."""
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    faiss.omp_set_num_threads(1)
    pools = threadpoolctl.threadpool_info()
    found = [torch.get_num_threads(), faiss.omp_get_max_threads(), *[pool["num_threads"] for pool in pools]]
    if not pools or set(found) != {1}:
        raise SystemExit(f"more than one thread: {found}")


def numpy_softmax(patterns, queries, beta):
    """`X @ q`, a shifted exponential in place, `p @ X`: no temporary but the scores. One query, or Q of them as rows."""
    scores = np.empty((*queries.shape[:-1], len(patterns)), np.float32)
    out = np.empty_like(queries)
    sharp = np.empty_like(queries)

    def call():
        np.multiply(queries, np.float32(beta), out=sharp)
        if queries.ndim == 1:
            np.matmul(patterns, sharp, out=scores)
        else:
            np.matmul(sharp, patterns.T, out=scores)
        np.subtract(scores, scores.max(axis=-1, keepdims=True), out=scores)
        np.exp(scores, out=scores)
        np.matmul(scores, patterns, out=out)
        np.divide(out, scores.sum(axis=-1, keepdims=True), out=out)
        return out

    return Peer("numpy", np.__version__, call)


def torch_matmul(patterns, queries, beta):
    """`softmax(beta q X^T) X` by matmul and softmax."""
    x, q = torch.from_numpy(patterns), torch.from_numpy(queries)

    @torch.inference_mode()
    def call():
        return torch.softmax(torch.matmul(q * beta, x.T), -1) @ x

    return Peer("torch matmul+softmax", torch.__version__, call)


def torch_attention(patterns, queries, beta):
    """scaled_dot_product_attention with the patterns as keys and as values."""
    x, q = torch.from_numpy(patterns)[None, None], torch.from_numpy(np.atleast_2d(queries))[None, None]

    @torch.inference_mode()
    def call():
        return torch.nn.functional.scaled_dot_product_attention(q, x, x, scale=beta)

    return Peer("torch sdpa", torch.__version__, call)


def softmax(bench, basinet, memory, betas, batch):
    """Softmax of one query, and of 64 at once where `batch` says so."""
    sides = (numpy_softmax, torch_matmul, torch_attention)
    for beta in betas:
        for count in (1, 64) if batch else (1,):
            queries = memory.queries[0].copy() if count == 1 else memory.queries[:count].copy()
            recall = basinet.recall if count == 1 else basinet.recall_batch
            ours = recall(memory.patterns, queries, "softmax", beta)
            peers = [side(memory.patterns, queries, beta) for side in sides]
            right = data.exact(memory.patterns, queries, beta)
            shape, bound = (count, *memory.patterns.shape), AGREE * memory.largest
            bench.compare(f"softmax@{beta:.6g}", shape, ours, peers, bound, right)


def weights(bench, basinet, count, spread):
    """Weights of scores of this spread by the package entmax, sorting all and as it advises, the 100 largest first."""
    scores = np.random.Generator(np.random.PCG64(2)).standard_normal(count, dtype=np.float32) * np.float32(spread)
    tensor = torch.from_numpy(scores)
    version = numbered("entmax")
    for name, function in (("sparsemax", entmax.sparsemax), ("entmax:1.5", entmax.entmax15)):
        peers = []
        for title, k in (("entmax", None), ("entmax k=100", 100)):

            @torch.inference_mode()
            def call(function=function, k=k):
                return function(tensor, dim=-1, k=k)

            peers.append(Peer(title, version, call))
        bench.compare(f"{name} weights@{spread:g}", (1, count, 0), basinet.weights(scores, name, 1.0), peers, AGREE)


def top(bench, basinet, memory, beta, k=8):
    """The k best rows by faiss's flat index, which gives their numbers and scores; ours gives the softmax mean of them too."""
    count, dim = memory.patterns.shape
    index = faiss.IndexFlatIP(dim)
    index.add(memory.patterns)

    def mean(found):
        scores, rows = found
        p = np.exp(beta * (scores.astype(np.float64) - scores.max(axis=-1, keepdims=True)))
        return np.einsum("qk,qkd->qd", p / p.sum(axis=-1, keepdims=True), memory.patterns[rows])

    for number in (1, 64):
        queries = memory.queries[:number].copy()
        if number == 1:
            ours = basinet.recall(memory.patterns, queries[0].copy(), f"topk:{k}", beta)
        else:
            ours = basinet.recall_batch(memory.patterns, queries, f"topk:{k}", beta)

        def search(queries=queries):
            return index.search(queries, k)

        peer = Peer("faiss IndexFlatIP", faiss.__version__, search, mean)
        bench.compare(f"topk:{k}@{beta:.6g}", (number, count, dim), ours, [peer], AGREE * memory.largest)


def scores(bench, basinet, memory):
    """The scores alone, by NumKong, whose sums are f64."""
    query = memory.queries[0].copy()
    out = np.empty(len(memory.patterns), np.float32)

    def call():
        numkong.dot(memory.patterns, query, out=out)
        return out

    peer = Peer("numkong dot", numbered("numkong"), call)
    bench.compare("scores", (1, *memory.patterns.shape), basinet.scores(memory.patterns, query), [peer], AGREE)


def numbered(package):
    """The version of an installed package."""
    return importlib.metadata.version(package)
