"""The recall of hflayers and that of Basinet on the same arrays: prints the largest difference.

What is compared with is the mathematics of `Hopfield` (hopfield-layers 1.0.2, `functional.py`) with every projection switched off, written
down here in PyTorch: scores `scaling * state @ stored.T`, softmax, the state anew from the stored patterns, at most `update_steps_max` times
and until the association matrix changes by no more than `update_steps_eps`, then the values by the last weights. Given a checkout of the
package, it is called too.
"""

import argparse
import sys

import basinet
import data
import numpy as np
import torch

SHAPES = ((64, 16), (1000, 64), (4096, 128))
BETAS = (0.25, 1.0, 4.0, 16.0)
# `update_steps_max`: one association, four, until it stays.
STEPS = (0, 3, None)
EPS = 1e-4
QUERIES = 32
# Largest difference that is no difference: f32, times the largest entry.
AGREE = 1e-5


def association(stored, state, values, scaling, update_steps_max):
    """`hopfield_core_forward` of one query, one head, identity projections."""
    old, step = None, 0
    while True:
        weights = torch.softmax((state * scaling) @ stored.T, dim=-1)
        stays = old is not None and torch.linalg.vector_norm(old - weights) <= EPS
        if stays or (update_steps_max is not None and step >= update_steps_max):
            return weights @ values, step + 1
        state, old, step = weights @ stored, weights, step + 1


def package(hopfield, stored, state, values):
    """The same by the package."""
    with torch.inference_mode():
        return hopfield((stored[None], state[None, None], values[None]))[0, 0]


def make(hflayers, dim, scaling, update_steps_max):
    """A `Hopfield` that projects and normalizes nothing."""
    parts = ("stored_pattern", "state_pattern", "pattern_projection")
    off = {f"normalize_{part}{affine}": False for part in parts for affine in ("", "_affine")}
    static = {f"{part}_as_static": True for part in parts}
    steps = {"update_steps_max": update_steps_max, "update_steps_eps": EPS}
    return hflayers.Hopfield(input_size=dim, scaling=scaling, disable_out_projection=True, **off, **static, **steps).eval()


def ours(library, stored, query, beta, steps):
    """So many steps by Basinet's softmax."""
    state = query
    for _ in range(steps):
        state = library.recall(stored, state.copy(), "softmax", beta)().copy()
    return state


def exact(stored, query, beta, steps):
    """So many steps of softmax in f64."""
    state = query
    for _ in range(steps):
        state = data.exact(stored, state, beta)
    return state


def main():
    parser = argparse.ArgumentParser(prog="benches/peers/run --hflayers", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--library", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--package", metavar="FOLDER", help="a checkout of hopfield-layers, to call the package too")
    asked = parser.parse_args()
    hflayers = None
    if asked.package:
        sys.path.insert(0, asked.package)
        import hflayers
    library = basinet.Library(asked.library)
    random = np.random.Generator(np.random.PCG64(5))
    worst, wrong = {"mathematics": 0.0, "package": 0.0}, {"Basinet": 0.0, "hflayers' mathematics": 0.0}
    associations = []
    for count, dim in SHAPES:
        stored = random.standard_normal((count, dim), dtype=np.float32)
        stored /= np.linalg.norm(stored, axis=1, keepdims=True)
        noise = random.standard_normal((QUERIES, dim), dtype=np.float32) * np.float32(0.3 / np.sqrt(dim))
        patterns = torch.from_numpy(stored)
        for beta in BETAS:
            for steps in STEPS:
                layer = make(hflayers, dim, beta, steps) if hflayers else None
                for query in stored[:QUERIES] + noise:
                    theirs, taken = association(patterns, torch.from_numpy(query), patterns, beta, steps)
                    associations.append(taken)
                    mine = ours(library, stored, query, beta, taken)
                    scale = np.abs(stored).max()
                    right = exact(stored, query, beta, taken)
                    for who, state in (("Basinet", mine), ("hflayers' mathematics", theirs.numpy())):
                        wrong[who] = max(wrong[who], np.abs(state - right).max() / scale)
                    worst["mathematics"] = max(worst["mathematics"], np.abs(mine - theirs.numpy()).max() / scale)
                    if layer:
                        theirs = package(layer, patterns, torch.from_numpy(query), patterns)
                        worst["package"] = max(worst["package"], np.abs(mine - theirs.numpy()).max() / scale)
    versions = f"PyTorch {torch.__version__}, Basinet {library.text('basinet_version')}"
    print(f"{len(associations)} recalls of 1 to {max(associations)} associations, {versions}")
    for what, difference in worst.items():
        if what != "package" or hflayers:
            print(f"largest difference from hflayers' {what}: {difference:.3g} of the largest entry")
    print("largest errors against f64: " + ", ".join(f"{who} {error:.3g}" for who, error in wrong.items()))
    return int(max(worst.values()) > AGREE)


if __name__ == "__main__":
    sys.exit(main())
