"""The tables of the page on the peers, between their marks."""

import csv
import re


def table(heads, rows):
    """A Markdown table."""
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [heads, ["---"] * len(heads), *rows])


def ratios(rows):
    """The measured ratios."""
    heads = ["peer", "map", "queries", "patterns", "peer's time / ours", "least to most", "largest difference"]
    return table(heads, [[f"{r[2]} {r[3]}", r[4], r[5], f"{r[6]} x {r[7]}" if r[7] != "0" else r[6], r[10], f"{r[11]} to {r[12]}", r[13]] for r in rows])


def errors(found):
    """The accuracy."""
    heads = ["patterns", "beta", "queries", "largest error, ours", "largest error, NumPy f32", "ours / NumPy"]
    rows = [[f"{e.shape[0]} x {e.shape[1]}", f"{e.beta:.6g}", e.queries, f"{e.ours:.2e}", f"{e.numpy:.2e}", f"{e.ours / e.numpy:.2f}"] for e in found]
    return table(heads, rows)


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
