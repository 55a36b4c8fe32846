"""Measures all peers beside Basinet. Called by `run`, which prepares what it needs."""

import argparse
import resource
import subprocess
import time

import accuracy
import basinet
import data
import measure
import page
import peers


def arguments():
    parser = argparse.ArgumentParser(prog="benches/peers/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, small sizes; figures are rough, and the page stays as it is")
    parser.add_argument("--out", metavar="FILE.csv", help="write the rows there")
    for hidden in ("--library", "--crates", "--page", "--commit"):
        parser.add_argument(hidden, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def recalls(bench, library, shapes, quick):
    """All rows over memories; gives the errors and the retrieving betas."""
    errors, betas = [], []
    for shape in shapes:
        memory = data.Memory(*shape)
        beta = memory.retrieving_beta(library)
        print(f"{shape[0]} x {shape[1]}: retrieving beta {beta:.6g}", flush=True)
        betas.append(f"{beta:.6g} for {shape[0]} x {shape[1]}")
        peers.softmax(bench, library, memory, (1.0, beta), batch=True)
        peers.top(bench, library, memory, beta)
        peers.scores(bench, library, memory)
        for regime in (1.0, beta):
            errors.append(accuracy.largest_errors(library, memory, regime, 4 if quick else 16))
    return errors, betas


def crates(bench, program, rounds, quick):
    """The rows of the crates, from their own program."""
    command = [program, "--rounds", str(rounds), *(["--quick"] if quick else [])]
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    bench.wall += time.monotonic() - begun
    bench.processor += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    for row in page.read_rows(output):
        bench.put(row)


def main():
    begun = time.monotonic()
    asked = arguments()
    peers.use_one_thread()
    library = basinet.Library(asked.library)
    print(f"basinet {library.text('basinet_version')} on {library.text('basinet_backend')}, {measure.cpu()}")
    bench = measure.Bench(rounds=5 if asked.quick else 15, seconds=0.002 if asked.quick else 0.01)
    errors, betas = recalls(bench, library, data.SHAPES[: 2 if asked.quick else 4], asked.quick)
    for count in (4096, 65_536) if asked.quick else (4096, 65_536, 1_048_576):
        for spread in (1,) if asked.quick else (1, 0.01):
            peers.weights(bench, library, count, spread)
    bench.one_thread()
    crates(bench, asked.crates, bench.rounds, asked.quick)
    bench.one_thread()
    print(page.errors(errors))
    if asked.out:
        bench.write(asked.out)
    if not asked.quick:
        backend = library.text("basinet_backend")
        head = f"{bench.rows[0][0]}, commit {asked.commit}, {measure.cpu()}, backend {backend}, one thread,"
        head += f" medians of {bench.rounds} interleaved rounds. Retrieving betas: {', '.join(betas)}."
        page.write(asked.page, {"peers": f"{head}\n\n{page.ratios(bench.rows)}", "accuracy": f"{head}\n\n{page.errors(errors)}"})
    print(f"{len(bench.rows)} rows in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
