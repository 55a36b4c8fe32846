"""How time and bytes of a recall grow with the number of patterns, and with how far the query is from what is stored."""

import datetime

import answers
import data
import faiss
import measure
import numpy as np
import page

COUNTS = (1000, 10_000, 100_000, 1_000_000)
COSINES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
# Of the sweep over the number of patterns.
COSINE = 0.9
# Queries of each point, and those of a round.
QUERIES, EACH = 12, 4
# The front and beta of random unit vectors of 64 numbers and of images.
RANDOM, IMAGES = ("seeded:16", 32.0), ("principal:96", 50.0)
SIDES = (*answers.FORMS, *answers.PEERS)
COLUMNS = "date cpu commit data patterns dim beta cosine rounds side side_version seconds_median seconds_min seconds_max rows bytes".split()


def sets(asked):
    """Name, unit patterns, numbers of patterns, front and beta."""
    counts = COUNTS[:2] if asked.quick else COUNTS
    rng = np.random.Generator(np.random.PCG64(1))
    yield "random", data.unit(rng, counts[-1], 64), counts, *RANDOM
    images = data.normalised(data.images(asked.mnist)[: counts[-1]])
    yield "MNIST", images, [*(count for count in counts if count < len(images)), len(images)], *IMAGES


def rows(asked, rounds):
    """Rows of the CSV file: a point and side each."""
    versions = {"numpy": np.__version__, "faiss": faiss.__version__}
    found = []
    for name, patterns, counts, front, beta in sets(asked):
        for count in counts:
            cosines = COSINES if count == counts[-1] else (COSINE,)
            rng = np.random.Generator(np.random.PCG64(2))
            right = patterns[rng.integers(0, count, QUERIES)]
            queries = np.concatenate([data.at_cosine(rng, right, cosine) for cosine in cosines])
            with answers.one_thread(), answers.Ours(asked.crates, front, patterns[:count], queries) as ours:
                contest = answers.Contest(ours, patterns[:count], queries)
                for i, cosine in enumerate(cosines):
                    result = contest.compare("sparsemax", beta, list(range(i * QUERIES, (i + 1) * QUERIES)), rounds, EACH)
                    head = [datetime.date.today().isoformat(), measure.cpu(), asked.commit, name, count, patterns.shape[1], beta, cosine, rounds]
                    for side in SIDES:
                        read = [int(np.median([getattr(a, of) for a in result.answers[side]])) if side in answers.FORMS else "" for of in ("rows", "bytes")]
                        times = [f"{f(result.seconds[side]):.3e}" for f in (np.median, min, max)]
                        found.append([*head, side, versions.get(side, ""), *times, *read])
                        print(*found[-1][3:], sep=", ", flush=True)
    return found


def table(found):
    """A line for each point: microseconds of each side, and what part of an f32 pass each of our forms reads."""
    heads = ["patterns", "cosine", *(f"{side}, us" for side in SIDES), *(f"{form}, bytes" for form in answers.FORMS[1:])]
    cells = []
    for i in range(0, len(found), len(SIDES)):
        point = dict(zip(SIDES, found[i : i + len(SIDES)], strict=True))
        name, count, dim, _, cosine = point["plain"][3:8]
        times = [f"{float(point[side][11]) * 1e6:.0f}" for side in SIDES]
        shares = [f"{100 * point[form][15] / (4 * count * dim):.1f} %" for form in answers.FORMS[1:]]
        cells.append([f"{name}, {count} x {dim}", cosine, *times, *shares])
    return page.table(heads, cells)
