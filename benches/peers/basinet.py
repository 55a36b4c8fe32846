"""Basinet through its C library, by ctypes."""

import ctypes
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_float, c_int32, c_size_t, c_uint32, c_uint64, c_void_p

import numpy as np


class Report(ctypes.Structure):
    """`struct basinet_report`."""

    _fields_ = [
        *[(name, c_uint64) for name in ("winner", "support", "rows", "place")],
        *[(name, c_double) for name in ("threshold", "conjugate", "energy")],
        *[(name, c_float) for name in ("weight", "rest", "gap", "missing")],
        *[(name, c_uint32) for name in ("passes", "has_threshold", "has_energy", "is_exact")],
    ]


class Memory(ctypes.Structure):
    """`struct basinet_memory`."""

    _fields_ = [
        *[(name, c_void_p) for name in ("patterns", "values")],
        *[(name, c_size_t) for name in ("count", "dim", "width")],
        *[(name, c_float) for name in ("beta", "max_norm")],
        *[("similarity", c_int32), ("separation", c_char * 48)],
    ]


ARGUMENTS = {
    "basinet_recall": (POINTER(Memory), c_void_p, c_void_p, c_void_p, c_size_t, POINTER(Report)),
    "basinet_recall_batch": (POINTER(Memory), c_void_p, c_size_t, c_void_p, c_void_p, c_size_t, POINTER(Report)),
    "basinet_scores": (POINTER(Memory), c_void_p, c_void_p),
    "basinet_weights": (c_char_p, c_float, c_void_p, c_size_t, c_void_p, c_size_t, POINTER(Report)),
}
# Rows that a sparse map may keep for each query of a batch.
CANDIDATES = 1024


def numbers(array):
    """The address of an array's numbers, which C takes as they are."""
    assert array.dtype == np.float32 and array.flags.c_contiguous
    return array.ctypes.data


def memory(patterns, separation="softmax", beta=1.0):
    """Patterns, M x D, and how they are recalled."""
    count, dim = patterns.shape
    return Memory(patterns=numbers(patterns), count=count, dim=dim, beta=beta, separation=separation.encode())


class Library:
    """The library's functions, each as a call that is ready to be made again and again: what ctypes needs is prepared before."""

    def __init__(self, path):
        self.c = ctypes.CDLL(path)
        for name, arguments in ARGUMENTS.items():
            getattr(self.c, name).argtypes = arguments
        for name in ("basinet_recall_scratch", "basinet_weights_scratch"):
            getattr(self.c, name).restype = c_size_t
            getattr(self.c, name).argtypes = (c_size_t,) * (2 if "recall" in name else 1)
        for name in ("basinet_version", "basinet_backend", "basinet_error_text"):
            getattr(self.c, name).restype = c_char_p
        self.c.basinet_batch_scratch.restype = c_size_t
        self.c.basinet_batch_scratch.argtypes = (c_size_t,) * 4

    def text(self, name):
        return getattr(self.c, name)().decode()

    def _call(self, name, keep, *arguments):
        function = getattr(self.c, name)

        def call():
            status = function(*arguments)
            if status:
                raise ValueError(self.c.basinet_error_text(c_int32(status)).decode())
            return call.result

        call.keep = keep  # The arrays live as long as the call.
        return call

    def recall(self, patterns, query, separation, beta):
        """One query: the call gives the state; `call.report` is its report."""
        count, dim = patterns.shape
        out, report = np.empty(dim, np.float32), Report()
        scratch = np.empty(self.c.basinet_recall_scratch(count, dim), np.float32)
        where = (byref(memory(patterns, separation, beta)), numbers(query), numbers(out), numbers(scratch), scratch.size)
        call = self._call("basinet_recall", (patterns, query, out, scratch), *where, byref(report))
        call.result, call.report = out, report
        return call

    def recall_batch(self, patterns, queries, separation, beta):
        """Several queries at once, Q x D."""
        (count, dim), number = patterns.shape, len(queries)
        out = np.empty_like(queries)
        scratch = np.empty(self.c.basinet_batch_scratch(number, dim, dim, min(count, CANDIDATES)), np.float32)
        where = (byref(memory(patterns, separation, beta)), numbers(queries), number)
        into = (numbers(out), numbers(scratch), scratch.size, None)
        call = self._call("basinet_recall_batch", (patterns, queries, out, scratch), *where, *into)
        call.result = out
        return call

    def scores(self, patterns, query):
        """The scores of all patterns."""
        out = np.empty(len(patterns), np.float32)
        call = self._call("basinet_scores", (patterns, query, out), byref(memory(patterns)), numbers(query), numbers(out))
        call.result = out
        return call

    def weights(self, scores, separation, beta):
        """Weights of a list of scores, which are copied first: the function works in place."""
        out = np.empty_like(scores)
        scratch = np.empty(self.c.basinet_weights_scratch(scores.size), np.float32)
        where = (separation.encode(), beta, numbers(out), out.size, numbers(scratch), scratch.size, None)
        in_place = self._call("basinet_weights", (scores, out, scratch), *where)
        in_place.result = out

        def call():
            np.copyto(out, scores)
            return in_place()

        return call
