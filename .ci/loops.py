#!/usr/bin/env python3
"""Reads the innermost loops of the kernels out of a disassembly, and fails where one holds what a hot loop must not.

Usage: DISASSEMBLER... | .ci/loops.py BACKEND        (see .ci/disassembly, which builds and disassembles)

A loop is what can be reached from itself: the instructions of a function and where each may go next make a graph, and a
strongly connected part of it that holds no other once its entry is taken out is an innermost loop. In none of them may
stand a call, a use of the stack (a spill or its reload), or arithmetic on a single number.
"""

import fnmatch
import re
import sys
from collections import namedtuple

# The kernels that have hot loops, as `core/src/dispatch.rs` names them. Where a name is a pattern there may be none.
KERNELS = """dot scores distances manhattan square_norms superpose weighted_sum weighted_block scale_add divide exp exp_sub max survey lead
    softmax_block log_sum_exp active tally slope above compact retain power power_weights linear_weights square_weights
    active_squares slope_squares byte_scores byte_sum byte_products sign_scores sign_sum sign_products f16_scores f16_sum bf16_scores bf16_sum
    raise panel_*""".split()

Op = namedtuple("Op", "address name operands target")
Set = namedtuple("Set", "version line jump returns vector scalar stack frame call")
Loop = namedtuple("Loop", "size vector stack calls scalar offending")
ROW = "{:<15} {:<8} {:>5} {:>6} {:>6} {:>6} {:>6} {:>6}  {}"

# What is known and kept, and why: for each kernel and backend the most uses of the stack, operations on single numbers and, where
# there are any, calls in all its innermost loops together. A larger number fails; a smaller one should be written here.
REGISTERS = "exp of 16 lanes has more values and constants than there are registers"
F64 = "16 lanes of f64 fill four or eight registers, and ln and exp have many values"
COMPRESS = "lanes are packed by way of memory"
SCALES = "scales of the rows stand beside their sums, and codes being widened: more than there are registers"
LAST = "the last numbers of rows, fewer than a register holds"
ENDS = "rows of fewer than 16 numbers, whose sums are multiplied by two scales in f64 at once"
KNOWN = {
    "exp": (REGISTERS, {"neon": (6, 0)}),
    "exp_sub": (REGISTERS, {"avx2": (4, 0), "neon": (10, 0)}),
    "softmax_block": (REGISTERS, {"avx2": (4, 0), "neon": (10, 0)}),
    "log_sum_exp": (REGISTERS, {"avx2": (10, 0), "neon": (32, 0)}),
    "active": (COMPRESS, {"neon": (5, 0)}),
    "active_squares": (F64, {"avx2": (2, 0), "neon": (17, 0)}),
    "slope_squares": ("one of the sums for the last 16 scores", {"neon": (1, 0)}),
    "compact": (COMPRESS, {"avx2": (6, 0), "neon": (19, 0)}),
    "retain": (COMPRESS, {"avx2": (6, 0), "neon": (19, 0)}),
    # The single numbers of the next three: is the rate zero, asked once for 16 scores; and where the baseline's f64 lanes are
    # left to the compiler, what it made no vectors of. In WASM ln and exp of f64 are functions of one lane, called for each.
    "power": (F64, {"avx2": (101, 2), "avx512": (16, 2), "neon": (140, 2), "simd128": (5, 33, 32)}),
    "power_weights": (F64, {"avx2": (214, 3), "avx512": (17, 3), "neon": (326, 23), "simd128": (0, 147, 96)}),
    "square_weights": (F64, {"simd128": (0, 32)}),
    "byte_scores": (SCALES, {"neon": (3, 0)}),
    "sign_scores": (SCALES, {"neon": (24, 0)}),
    "f16_scores": (SCALES, {"avx2": (50, 0), "neon": (23, 0)}),
    "bf16_scores": (SCALES, {"neon": (3, 0)}),
    "byte_sum": (LAST, {"avx2": (3, 0), "avx512": (1, 0)}),
    "f16_sum": (LAST, {"neon": (5, 2), "simd128": (0, 2)}),
    "byte_products": (ENDS, {"avx2": (0, 2), "avx512": (0, 2)}),
    "sign_products": (ENDS, {"avx2": (2, 4), "avx512": (4, 4)}),
    "panel_softmax": ("which rows lead is looked up lane by lane, where a block has a new winner", {"avx2": (6, 0), "avx512": (3, 0), "neon": (6, 0)}),
}

X86 = dict(
    line=re.compile(r"^ *([0-9a-f]+):\t(?:(?:rep|lock|bnd|notrack|data16|cs) )*(\S+) *(.*)$"),
    jump=re.compile(r"j\w+$"),
    returns=re.compile(r"(jmp|ret|ud2)q?$"),
    vector=re.compile(r"v?(add|sub|mul|div|sqrt|min|max|cmp\w*|fn?m(add|sub)\d+)p[sd]$|vp(maddwd|dpwssd)$"),
    scalar=re.compile(r"v?(add|sub|mul|div|sqrt|min|max|u?comi|cmp\w*|fn?m(add|sub)\d+)s[sd]$"),
    stack=[r"\(%rsp", r"\(%rbp"],
    frame=re.compile(r"^mov +%rsp,%rbp"),
    call=re.compile(r"call"),
)
SETS = {
    "avx2": Set(version=r"\d+_?\w+_avx2_fma_version", **X86),
    "avx512": Set(version=r"\d+_?\w+_avx2_avx512\w+_version", **X86),
    "neon": Set(
        version="",
        line=re.compile(r"^ *([0-9a-f]+):\t(\S+)\t?(.*)$"),
        jump=re.compile(r"(b|b\..*|cbn?z|tbn?z|br)$"),
        returns=re.compile(r"(b|br|ret|udf|brk)$"),
        vector=re.compile(r"f(add|sub|mul|div|sqrt|min|max|mla|mls|cm..|minnm|maxnm)$|sm(ull|lal)2?$"),
        scalar=re.compile(r"f(add|sub|mul|n?madd|n?msub|div|sqrt|min|max|minnm|maxnm|cmpe?|ccmp)$"),
        stack=[r"\[sp\b", r"\[x29\b"],
        frame=re.compile(r"^(mov|add) +x29, sp"),
        call=re.compile(r"blr?$"),
    ),
    "simd128": Set(
        version="",
        line=re.compile(r"^ ([0-9a-f]+): [0-9a-f ]+\| +(\S+) *(.*)$"),
        jump=re.compile(r"br"),
        returns=re.compile(r"(br|br_table|return|unreachable)$"),
        vector=re.compile(r"f(32x4|64x2)\.(add|sub|mul|div|sqrt|p?min|p?max|lt|gt|le|ge|eq|ne)$|i32x4\.dot_i16x8_s$"),
        scalar=re.compile(r"f(32|64)\.(add|sub|mul|div|sqrt|min|max|lt|gt|le|ge|eq|ne)$"),
        stack=None,
        frame=None,
        call=re.compile(r"call"),
    ),
}


def functions(lines, machine):
    """Each dispatched kernel of this backend: its name and instructions."""
    begins = re.compile(r"^[0-9a-f]+ (?:func\[\d+\] )?<(.*)>:$")
    wanted = re.compile(r"8dispatch10dispatched(\d+)_?([a-z0-9_]+)")
    version = re.compile((machine.version or r"") + r"(?:B\w+)?$")
    name, ops = None, []
    for line in lines:
        if found := begins.match(line):
            if ops:
                yield name, ops
            match = wanted.search(found[1])
            # Names may hold digits: the length says where this one ends, and the version of an instruction set begins.
            kernel, rest = (match[2][: int(match[1])], found[1][match.start(2) + int(match[1]) :]) if match else (None, "")
            name, ops = kernel if kernel and version.match(rest) else None, []
        elif name and (found := machine.line.match(line)):
            operands = found[3].split("#")[0].split("//")[0].strip()
            target = re.search(r"(?:^|, )(?:0x)?([0-9a-f]+) <", operands)
            ops.append(Op(int(found[1], 16), found[2], operands, int(target[1], 16) if target else None))
    if ops:
        yield name, ops


def flat_edges(ops, machine):
    """Where each instruction may go next, by the addresses of jumps. A jump by table may go wherever nothing else goes."""
    at = {op.address: i for i, op in enumerate(ops)}
    following = [[] for _ in ops]
    for i, op in enumerate(ops):
        if machine.jump.match(op.name) and op.target in at:
            following[i].append(at[op.target])
        if not machine.returns.match(op.name) and i + 1 < len(ops):
            following[i].append(i + 1)
    reached = {0} | {j for after in following for j in after}
    orphans = [i for i in range(len(ops)) if i not in reached and ops[i].name not in ("nop", "nopw", "nopl", "int3", "xchg")]
    for i, op in enumerate(ops):
        if machine.jump.match(op.name) and op.target is None:
            following[i].extend(orphans)
    return following


def nested_edges(ops, machine):
    """The same for WebAssembly, whose branches name an enclosing block by its depth."""
    opened, ends, alternative = [], {}, {}
    for i, op in enumerate(ops):
        if op.name in ("block", "loop", "if"):
            opened.append(i)
        elif op.name == "else":
            alternative[opened[-1]] = i
        elif op.name == "end" and opened:
            ends[opened.pop()] = i
    following, opened = [[] for _ in ops], []
    for i, op in enumerate(ops):
        if op.name in ("block", "loop", "if"):
            opened.append(i)
        if op.name == "if":
            following[i].append(alternative.get(i, ends[i]) + 1)
        if op.name.startswith("br"):
            for depth in map(int, re.findall(r"\b\d+\b", op.operands)):
                if depth < len(opened):
                    goal = opened[-1 - depth]
                    following[i].append(goal if ops[goal].name == "loop" else ends[goal])
        if op.name == "else":
            following[i].append(ends[opened[-1]])
        elif not machine.returns.match(op.name) and i + 1 < len(ops):
            following[i].append(i + 1)
        if op.name == "end" and opened:
            opened.pop()
    return following


def parts(nodes, following):
    """The strongly connected parts of the graph on `nodes` that hold a cycle (Tarjan's, without recursion)."""
    number, low, stack, on_stack = {}, {}, [], set()
    for root in nodes:
        path = [] if root in number else [(root, iter(following[root]))]
        if path:
            number[root] = low[root] = len(number)
            stack.append(root)
            on_stack.add(root)
        while path:
            node, after = path[-1]
            for to in after:
                if to not in nodes:
                    continue
                if to not in number:
                    number[to] = low[to] = len(number)
                    stack.append(to)
                    on_stack.add(to)
                    path.append((to, iter(following[to])))
                    break
                if to in on_stack:
                    low[node] = min(low[node], number[to])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == number[node]:
                    part = set()
                    while node not in part:
                        part.add(stack.pop())
                    on_stack -= part
                    if len(part) > 1 or node in following[node]:
                        yield part


def innermost(nodes, following, counts):
    """The innermost loops among `nodes`, with what `counts` says of them. The entry of a part is taken out, and what still goes
    round is a loop within it. A loop without arithmetic, such as one over the bits of a mask, belongs to the one around it."""
    for part in parts(nodes, following):
        entries = {to for node in nodes - part for to in following[node]} & part
        inner = list(innermost(part - {min(entries or part)}, following, counts))
        inner = [loop for loop in inner if loop.vector or loop.scalar]
        yield from inner or [counts(part)]


def counter(ops, machine):
    """A function that counts what is in a loop of this function."""
    if machine is SETS["simd128"]:
        # The stack is in memory; what points to it is set as the function begins.
        pairs = zip(ops, ops[1:])
        frame = {a.operands for a, b in pairs if a.name == "local.tee" and b.name == "global.set"}
        on_stack = lambda op: op.name == "local.get" and op.operands in frame
    else:
        # Without a frame pointer its register is one like the others.
        framed = any(machine.frame.search(f"{op.name} {op.operands}") for op in ops[:20])
        stack = re.compile("|".join(machine.stack[: 1 + framed]))
        on_stack = lambda op: bool(stack.search(op.operands))

    def counts(loop):
        uses = dict(vector=0, stack=0, calls=0, scalar=0)
        offending = []
        for op in (ops[i] for i in sorted(loop)):
            single = re.match(r"[sdh]\d", op.operands)
            if on_stack(op):
                kind = "stack"
            elif machine.call.match(op.name):
                kind = "calls"
            elif machine.vector.match(op.name) and not single:
                kind = "vector"
            elif machine.scalar.match(op.name):
                kind = "scalar"
            else:
                continue
            uses[kind] += 1
            if kind != "vector":
                offending.append(f"{op.address:x}: {op.name} {op.operands}")
        return Loop(len(loop), *uses.values(), offending)

    return counts


def judge(backend, kernel, ops):
    """Prints the line of a kernel; true where its loops hold nothing that they must not."""
    machine = SETS[backend]
    following = nested_edges(ops, machine) if machine is SETS["simd128"] else flat_edges(ops, machine)
    counts = counter(ops, machine)
    # A kernel whose few rounds the compiler wrote out has no loop, and is looked at as a whole.
    loops = list(innermost(set(range(len(ops))), following, counts)) or [counts(set(range(len(ops))))]
    hottest = max(loops, key=lambda loop: loop.vector)
    stack, calls, scalar = (sum(getattr(loop, kind) for loop in loops) for kind in ("stack", "calls", "scalar"))
    why, known = KNOWN.get(kernel, ("", {}))
    most_stack, most_scalar, most_calls = (*known.get(backend, (0, 0)), 0)[:3]
    good = hottest.vector > 0 and stack <= most_stack and calls <= most_calls and scalar <= most_scalar
    verdict = (why if stack + scalar + calls else "") if good else f"FAILED (known: {most_stack}, {most_scalar} and {most_calls})"
    row = (kernel, backend, len(loops), hottest.size, hottest.vector, stack, calls, scalar, verdict)
    print(ROW.format(*row).rstrip())
    if not good:
        for loop in loops:
            for line in loop.offending[:8]:
                print("    " + line)
    return good


def main():
    backend = sys.argv[1]
    found = dict(functions(sys.stdin, SETS[backend]))
    passed = failed = 0
    for pattern in KERNELS:
        kernels = fnmatch.filter(sorted(found), pattern)
        if not kernels and "*" not in pattern:
            print(f"{pattern} {backend}: FAILED, there is no such function")
            failed += 1
        for kernel in kernels:
            if judge(backend, kernel, found[kernel]):
                passed += 1
            else:
                failed += 1
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    if sys.argv[1] == "heading":
        print(ROW.format("kernel", "backend", "loops", "size", "vector", "stack", "calls", "scalar", ""))
        sys.exit()
    sys.exit(main())
