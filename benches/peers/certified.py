"""Certified recall of MNIST beside NumPy's full recall and faiss's search, or how its cost grows. Called by `run --certified`."""

import argparse
import csv
import datetime
import pathlib
import subprocess

import answers
import basinet
import data
import faiss
import growth
import measure
import numpy as np
import page
import peers

# Map, beta and kinds of query: beta retrieves, or weights are spread and nearly everything is read.
NOISE, ERASED = "noise", "lower half erased"
CASES = (
    ("sparsemax", 50.0, (NOISE, ERASED)),
    ("entmax:1.5", 50.0, (NOISE, ERASED)),
    ("sparsemax", 0.001, (NOISE,)),
    ("softmax", 0.001, (NOISE,)),
)
# Queries of each kind, and those of a round.
QUERIES, EACH = 24, 4
# An eighth of the pixels' number.
FRONT = "principal:96"
COLUMNS = "date cpu commit map query cosine_min cosine_max patterns dim support_median form rows_median bytes_median".split()
COLUMNS += "rounds form_seconds side side_version ratio_median ratio_min ratio_max max_abs_diff".split()
SIDES = {"plain": "our f32 pass", "numpy": "NumPy", "faiss": "faiss"}


def damaged(pixels, seed=1):
    """Patterns, and queries of both kinds, unit vectors: stored images with noise on their pixels, and others without their lower half."""
    rng = np.random.Generator(np.random.PCG64(seed))
    chosen = rng.choice(len(pixels), 2 * QUERIES, replace=False)
    queries = pixels[chosen].copy()
    queries[:QUERIES] += np.float32(0.3) * rng.standard_normal((QUERIES, pixels.shape[1]), dtype=np.float32)
    queries[QUERIES:, pixels.shape[1] // 2 :] = 0
    return data.normalised(pixels), data.normalised(queries)


def comparisons(contest, rounds):
    """Of each case: the map with its beta, the kind of query, cosines to the winners, what was found."""
    for separation, beta, kinds in CASES:
        for kind in kinds:
            first = QUERIES * (kind == ERASED)
            numbers = list(range(first, first + QUERIES))
            found = contest.compare(separation, beta, numbers, rounds, EACH)
            yield f"{separation}@{beta:g}", kind, contest.cosines(numbers, found.answers["plain"]), found


def rows(contest, commit, rounds):
    """Rows of the CSV file, a side a row, and of the page, a form a row."""
    versions = {"plain": "", "numpy": np.__version__, "faiss": faiss.__version__}
    today, (count, dim) = datetime.date.today().isoformat(), contest.patterns.shape
    numbers, cells = [], []
    for separation, kind, cosines, found in comparisons(contest, rounds):
        support = int(np.median(found.support))
        for form in answers.FORMS[1:]:
            read, bytes_ = (int(np.median([getattr(answer, name) for answer in found.answers[form]])) for name in ("rows", "bytes"))
            ratios = {side: found.ratio(side, form) for side in SIDES}
            head = [today, measure.cpu(), commit, separation, kind, *(f"{cosine:.4f}" for cosine in cosines), count, dim, support]
            head += [form, read, bytes_, rounds, f"{found.median(form):.3e}"]
            numbers += [[*head, side, versions[side], *(f"{x:.3f}" for x in ratio), f"{found.apart:.2e}"] for side, ratio in ratios.items()]
            share = f"{100 * bytes_ / (4 * count * dim):.1f} %"
            line = [separation, kind, "{:.2f} to {:.2f}".format(*cosines), support, form, read, share, f"{found.median(form) * 1e3:.3f}"]
            cells.append(line + ["{:.2f} ({:.2f} to {:.2f})".format(*ratio) for ratio in ratios.values()])
            print(*cells[-1], sep=", ", flush=True)
    return numbers, cells


def write(path, lines):
    """A CSV file."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def backend(asked):
    """What our side computes with."""
    return basinet.Library(asked.library).text("basinet_backend")


def mnist(asked, rounds):
    """The table of MNIST."""
    pixels = data.images(asked.mnist)[: 10_000 if asked.quick else None]
    patterns, queries = damaged(pixels)
    with answers.one_thread(), answers.Ours(asked.crates, FRONT, patterns, queries) as ours:
        print("made in", ", ".join(f"{form} {seconds:.2f} s" for form, seconds in ours.made.items()), flush=True)
        numbers, cells = rows(answers.Contest(ours, patterns, queries), asked.commit, rounds)
        made = ours.made
    if asked.out:
        write(asked.out, [COLUMNS, *numbers])
    if asked.quick:
        return
    heads = ["map", "query", "cosine to the winner", "support", "recall", "rows read in f32", "bytes read, of one f32 pass", "ms a query"]
    heads += [f"{name} / it" for name in SIDES.values()]
    copies = " and ".join(f"{seconds:.2f} s ({form})" for form, seconds in list(made.items())[1:])
    head = f"{datetime.date.today().isoformat()}, commit {asked.commit}, {measure.cpu()}, backend {backend(asked)}, one thread, "
    head += f"{rounds} interleaved rounds of {EACH} queries, {QUERIES} of each kind. NumPy {np.__version__}, faiss {faiss.__version__}. "
    head += f"MNIST, {len(patterns)} x {patterns.shape[1]}; front `{FRONT}`. The copies are made once, in {copies}."
    page.write(asked.page, {"mnist": f"{head}\n\n{page.table(heads, cells)}"})


def grown(asked, rounds):
    """The file, the figure and the table of growth."""
    found = growth.rows(asked, rounds)
    if asked.quick:
        return
    path = pathlib.Path(asked.out or asked.record)
    write(path, [growth.COLUMNS, *found])
    figure = pathlib.Path(asked.page).with_name("certified-growth.svg")
    subprocess.run([asked.crates, "--draw", path, figure], check=True)
    head = f"{datetime.date.today().isoformat()}, commit {asked.commit}, {measure.cpu()}, backend {backend(asked)}, one thread, sparsemax, "
    head += f"medians of {rounds} interleaved rounds of {growth.EACH} queries."
    page.write(asked.page, {"growth": f"{head}\n\n{growth.table(found)}"})


def main():
    parser = argparse.ArgumentParser(prog="benches/peers/run --certified", description=__doc__)
    parser.add_argument("--mnist", metavar="FOLDER", required=True, help="where train-images-idx3-ubyte.gz lies")
    parser.add_argument("--growth", action="store_true", help="time and bytes against the number of patterns and the query's cosine")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds; the page stays as it is")
    parser.add_argument("--out", metavar="FILE.csv", help="write the rows there")
    for hidden in ("--library", "--crates", "--page", "--record", "--commit"):
        parser.add_argument(hidden, required=True, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    peers.use_one_thread()
    rounds = 6 if asked.quick else 18
    (grown if asked.growth else mnist)(asked, rounds)


if __name__ == "__main__":
    main()
