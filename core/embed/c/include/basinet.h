/* Basinet for C: modern Hopfield networks (associative memory).
 *
 * All memory is the caller's. Nothing is allocated and nothing is kept between calls, so any number of threads may call at once, each
 * with memory of its own to write to. No function panics, prints or touches errno.
 *
 *     s = X x     z = beta * s     p = separation(z)     x' = sum_i p_i x_i
 *
 * X: `count` patterns of `dim` numbers each, row-major, one directly behind the other, fewer than 2^32. beta: finite, at least 2^-120,
 * in units of 1/score. A separation is given by its name, a string that ends with a zero:
 *
 *     softmax  softmax1  sparsemax  entmax:A  normmax:G  topk:K  hardmax        (A >= 1, G > 1, K >= 1; entmax:1.5, topk:8)
 *
 * Memory that is written (out, scores, scratch, report) must not overlap other memory of the same call, and every pointer must be aligned
 * for what it points to; what is wrong is an error number, and then nothing has changed but scratch and report (batches: see there).
 * Pointers that are not null must point to as many numbers as the call says: no function can see that.
 *
 *     float x[] = {1, -1, 1, -1,   1, 1, -1, -1}, query[] = {1, -1, 0, 0}, out[4], scratch[18];      (3 * (2 + 4))
 *     int error = basinet_recall(x, 2, 4, "sparsemax", 1.0f, query, out, scratch, 18, NULL);
 *     if (error) puts(basinet_error_text(error));                                                    (out is 1 -1 1 -1)
 */
#ifndef BASINET_H
#define BASINET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a call ended. A number never changes its meaning; later versions may add some. */
enum basinet_status {
    BASINET_OK = 0,
    BASINET_NULL = 1,               /* a pointer is null */
    BASINET_MISALIGNED = 2,         /* a pointer is not aligned for what it points to */
    BASINET_OVERLAP = 3,            /* memory that is written overlaps other memory of the call; the report is not written */
    BASINET_TOO_LARGE = 4,          /* a size is beyond what can be addressed, or 2^32 rows and more */
    BASINET_SEPARATION = 5,         /* no separation has this name */
    BASINET_PARAMETER = 6,          /* its parameter is out of range */
    BASINET_BETA = 7,               /* beta is not finite or below 2^-120 */
    BASINET_EMPTY = 8,              /* no rows, or an empty list */
    BASINET_LENGTH = 9,             /* a length is not what it must be: dim is zero */
    BASINET_SCRATCH = 10,           /* the scratch memory is too small */
    BASINET_QUERY_NOT_FINITE = 11,  /* place: the index in the query */
    BASINET_SCORE_NOT_FINITE = 12,  /* place: the row */
    BASINET_OUTPUT_NOT_FINITE = 13, /* the weighted sum overflows */
    BASINET_OTHER = 14
};

/* What a call says about itself. After an error all fields are zero but `place`. */
struct basinet_report {
    uint64_t winner;        /* the row with the largest score; the lowest of them where several have it */
    uint64_t support;       /* rows with a positive weight; softmax: all */
    uint64_t rows;          /* rows that took part */
    uint64_t place;         /* after an error: the row or index it is about */
    double threshold;       /* sparse maps: tau, in units of z; zero where has_threshold is zero */
    double conjugate;       /* Omega*(z); ln sum exp z for softmax */
    double energy;          /* |x|^2/2 - Omega*(z)/beta of the query; zero where has_energy is zero */
    float weight;           /* the winner's weight */
    float rest;             /* the sum of all other weights, accurate also where it is far below 2^-24 */
    float gap;              /* the winner's score minus the next best; infinite where there is no other row */
    float missing;          /* softmax1: the weight of the empty slot */
    uint32_t passes;        /* times the rows were read: 1, or more where the scratch memory was small */
    uint32_t has_threshold; /* 0 or 1 */
    uint32_t has_energy;    /* 0 or 1 */
    uint32_t is_exact;      /* 1: the winner's weight is one and every other zero, so out is the pattern itself */
};

/* One recall step of `query` (dim numbers) into `out` (dim numbers). Reads the patterns once: O(count * dim).
 *
 * scratch: at least 3 * dim numbers. Each 3 more are room for a candidate of a sparse separation; where they do not suffice the patterns
 * are read again, slower and with the same bits. basinet_recall_scratch numbers always suffice. report may be null.
 * The bits of out are the same on every instruction set. */
int32_t basinet_recall(const float *patterns, size_t count, size_t dim, const char *separation, float beta, const float *query, float *out,
                       float *scratch, size_t scratch_length, struct basinet_report *report);

/* One recall step from each of `number` queries (number x dim, row-major) into `out` (number x dim): several times faster than as many
 * calls, and equal to them within rounding, not in bits. Queries are taken 64 at a time, which share what is read of the patterns: after
 * an error those of earlier 64s have been written. O(number * count * dim).
 *
 * scratch: basinet_batch_scratch(number, dim, candidates) numbers or more, with room for `candidates` rows of a sparse separation for each
 * query (none for softmax; a few hundred where recall is sharp); a query for which that is not enough is recalled by itself. reports: null,
 * or one for each query; after an error the first one holds the place, counted through all queries. */
int32_t basinet_recall_batch(const float *patterns, size_t count, size_t dim, const char *separation, float beta, const float *queries,
                             size_t number, float *out, float *scratch, size_t scratch_length, struct basinet_report *reports);
size_t basinet_batch_scratch(size_t number, size_t dim, size_t candidates);

/* The scores X query of all patterns: count numbers. O(count * dim), twice: the first time to see that all are finite. */
int32_t basinet_scores(const float *patterns, size_t count, size_t dim, const float *query, float *out);

/* Turns `count` scores into weights, in place. O(count). scratch may have any length, also none; see basinet_recall and
 * basinet_weights_scratch. report may be null. */
int32_t basinet_weights(const char *separation, float beta, float *scores, size_t count, float *scratch, size_t scratch_length,
                        struct basinet_report *report);

/* Numbers of scratch that suffice for every separation without a second reading, 3 * (count + dim) and 3 * count; 0 where that is more
 * than size_t holds. */
size_t basinet_recall_scratch(size_t count, size_t dim);
size_t basinet_weights_scratch(size_t count);

/* "0.1.0"; "scalar", "baseline", "avx2" or "avx512"; what a number means. Never null, never to be freed. */
const char *basinet_version(void);
const char *basinet_backend(void);
const char *basinet_error_text(int32_t status);

#ifdef __cplusplus
}
#endif

#endif
