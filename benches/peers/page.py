"""The tables of the page on the peers, between their marks."""

import csv
import re


def table(heads, rows):
    """A Markdown table."""
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [heads, ["---"] * len(heads), *rows])


def ratios(rows):
    """The measured ratios."""
    heads = ["peer", "map", "queries", "patterns", "peer's time / ours", "least to most", "largest difference"]
    cells = []
    for row in rows:
        peer, version, name, queries, count, dim, _, _, middle, least, most, apart = row[2:]
        size = count if dim == "0" else f"{count} x {dim}"
        cells.append([f"{peer} {version}", name, queries, size, middle or "not timed", f"{least} to {most}" if middle else "", apart])
    return table(heads, cells)


def errors(found):
    """The accuracy."""
    heads = ["patterns", "beta", "queries", "largest error, ours", "largest error, NumPy f32", "ours / NumPy"]
    cells = []
    for error in found:
        size, numbers = f"{error.shape[0]} x {error.shape[1]}", (f"{error.ours:.2e}", f"{error.numpy:.2e}")
        cells.append([size, f"{error.beta:.6g}", error.queries, *numbers, f"{error.ours / error.numpy:.2f}"])
    return table(heads, cells)


def write(path, parts):
    """Replaces what stands between the marks of each part, `<!-- NAME -->` and `<!-- end of NAME -->`."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, new in parts.items():
        marked = re.compile(rf"(<!-- {name} -->\n).*(<!-- end of {name} -->)", re.DOTALL)
        text, changed = marked.subn(lambda found, new=new: f"{found[1]}\n{new}\n\n{found[2]}", text)
        if changed != 1:
            raise SystemExit(f"{path}: not one place for {name}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read_rows(text):
    """Rows of a CSV text without heads."""
    return list(csv.reader(text.splitlines()))
