"""A step of training beside PyTorch's: the pairs' loss of U-Hop+ at tau 0.1 by gradient steps, from the same weights. Called by `run --training`.

PyTorch has it twice: by its autograd, and with the gradient written by hand in place, as its users might if they knew it. Both keep the
M x M cosines. Ours runs in a process of its own, in turn with them, and says how long its steps took.
"""

import argparse
import datetime
import pathlib
import statistics
import subprocess
import tempfile
import time

import measure
import numpy as np
import page
import peers
import torch

# Patterns, numbers of each, features, steps of a round.
SHAPES = ((100, 64, 64, 200), (1000, 784, 200, 10), (4000, 784, 200, 2))
TAU, RATE = 0.1, 0.5
# Losses are within -1 and 1.
AGREE = 1e-5


def loss_of(cosines):
    """`tau ln mean exp(cos/tau)` over pairs; the diagonal is minus infinity, and each pair is there twice."""
    count = len(cosines)
    return TAU * (torch.logsumexp(cosines.flatten() / TAU, 0) - np.log(count * (count - 1)))


def autograd(rows, start, steps):
    """Steps by automatic differentiation; gives the losses before each."""
    weights = start.clone().requires_grad_()
    itself, losses = torch.eye(len(rows), dtype=torch.bool), []
    for _ in range(steps):
        units = torch.nn.functional.normalize(rows @ weights.T)
        loss = loss_of((units @ units.T).masked_fill(itself, -torch.inf))
        (gradient,) = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            weights -= RATE * gradient
        losses.append(loss.item())
    return losses


@torch.inference_mode()
def by_hand(rows, start, steps):
    """Steps with the gradient of the loss written down."""
    weights, losses = start.clone(), []
    for _ in range(steps):
        units = rows @ weights.T
        norms = torch.linalg.vector_norm(units, dim=1, keepdim=True)
        units /= norms
        cosines = units @ units.T
        cosines.fill_diagonal_(-torch.inf)
        most = cosines.max()
        cosines.sub_(most).div_(TAU).exp_()
        total = cosines.sum()
        count = len(rows)
        losses.append((most + TAU * torch.log(total / (count * (count - 1)))).item())
        gradient = (cosines @ units).mul_(2 / total)
        gradient -= units * (units * gradient).sum(1, keepdim=True)
        gradient /= norms
        weights -= RATE * (gradient.T @ rows)
    return losses


def timed(call, steps):
    begun = time.perf_counter()
    losses = call(steps)
    return (time.perf_counter() - begun) / steps, losses


def compare(program, shape, rounds):
    """Seconds of a step: ours, and the ratios to it of the peers, after the losses have been seen to agree."""
    count, dim, features, steps = shape
    rng = np.random.Generator(np.random.PCG64(1))
    rows = rng.standard_normal((count, dim), dtype=np.float32)
    start = rng.standard_normal((features, dim), dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "numbers")
        file.write_bytes(rows.tobytes() + start.tobytes())

        def ours(steps):
            command = [program, "--training", file, *(str(number) for number in (count, dim, features, steps, TAU, RATE))]
            printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
            return float(printed[0]), [float(loss) for loss in printed[1:]]

        tensors = torch.from_numpy(rows), torch.from_numpy(start)
        calls = [lambda steps: timed(lambda n: autograd(*tensors, n), steps), lambda steps: timed(lambda n: by_hand(*tensors, n), steps)]
        expected = ours(steps)[1]
        apart = [max(abs(a - b) for a, b in zip(call(steps)[1], expected, strict=True)) for call in calls]
        if not max(apart) <= AGREE:
            raise SystemExit(f"{shape}: losses differ by {apart}, allowed {AGREE}")
        times = []
        for number in range(rounds):
            order = (ours, *calls) if number % 2 == 0 else (*calls, ours)
            taken = [call(steps)[0] for call in order]
            times.append(taken if number % 2 == 0 else [taken[2], *taken[:2]])
    ratios = [[round_[i] / round_[0] for round_ in times] for i in (1, 2)]
    return statistics.median(round_[0] for round_ in times), ratios, apart


def main():
    parser = argparse.ArgumentParser(prog="benches/peers/run --training", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="few rounds; the page stays as it is")
    for hidden in ("--crates", "--page", "--commit"):
        parser.add_argument(hidden, required=True, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    peers.use_one_thread()
    rounds, rows = 3 if asked.quick else 15, []
    for shape in SHAPES:
        ours, ratios, apart = compare(asked.crates, shape, rounds)
        for name, ratio, differs in zip(("autograd", "by hand"), ratios, apart, strict=True):
            middle, least, most = (f"{f(ratio):.3f}" for f in (statistics.median, min, max))
            size = f"{shape[0]} x {shape[1]}"
            rows.append([f"torch {torch.__version__} {name}", size, shape[2], f"{ours * 1e3:.2f}", middle, f"{least} to {most}", f"{differs:.1e}"])
            print(*rows[-1], sep=", ", flush=True)
    if not asked.quick:
        heads = ["peer", "patterns", "features", "ours, ms a step", "peer's time / ours", "least to most", "largest difference of losses"]
        head = f"{datetime.date.today().isoformat()}, commit {asked.commit}, {measure.cpu()}, one thread, medians of {rounds} interleaved rounds."
        page.write(asked.page, {"training": f"{head}\n\n{page.table(heads, rows)}"})


if __name__ == "__main__":
    main()
