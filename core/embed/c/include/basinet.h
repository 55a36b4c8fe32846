/* Basinet for C: modern Hopfield networks (associative memory).
 *
 * All memory is the caller's. Nothing is allocated and nothing is kept between calls, so any number of threads may call at once, each
 * with memory of its own to write to. No function panics, prints or touches errno.
 *
 *     s = similarity(X, x)     z = beta * s     p = separation(z)     x' = sum_i p_i v_i     (v = X where there are no values)
 *
 * A separation is given by its name, a string that ends with a zero:
 *
 *     softmax  softmax1  sparsemax  entmax:A  normmax:G  topk:K  hardmax  ksubsets:K     (A >= 1, G > 1, K >= 1; entmax:1.5, topk:8)
 *
 * Memory that is written (out, state, scores, scratch, report, place) must not overlap other memory of the same call, and every pointer must
 * be aligned for what it points to; what is wrong is an error number, and then nothing has changed but scratch, report and place (batches:
 * see there). Pointers that are not null must point to as many numbers as the call, or the structure that it is given, says, and nobody else
 * may write to them during the call: no function can see that.
 *
 *     static const float x[] = {1, -1, 1, -1,   1, 1, -1, -1};
 *     struct basinet_memory memory = {.patterns = x, .count = 2, .dim = 4, .beta = 1, .separation = "sparsemax"};
 *     float query[] = {1, -1, 0, 0}, out[4], scratch[18];                                              (3 * (2 + 4))
 *     int error = basinet_recall(&memory, query, out, scratch, 18, NULL);
 *     if (error) puts(basinet_error_text(error));                                                      (out is 1 -1 1 -1)
 *
 * Made by cbindgen from the source: not to be edited.
 */

#ifndef BASINET_H
#define BASINET_H

#include <stddef.h>
#include <stdint.h>

// Bytes of a separation's name with the zero at its end: "normmax:" and the 39 digits of the largest f32 fill them.
#define BASINET_NAME 48

// How a call ended. A number never changes its meaning; later versions may add some. `basinet_error_text` has these lines.
enum basinet_status {
    // no error
    BASINET_OK = 0,
    // a pointer is null
    BASINET_NULL = 1,
    // a pointer is not aligned for what it points to (a file: place: by how many bytes)
    BASINET_MISALIGNED = 2,
    // memory that is written overlaps other memory of the call (the report is not written)
    BASINET_OVERLAP = 3,
    // a size is beyond what can be addressed, or there are more than 2^32 - 1 rows (a file: place: the size)
    BASINET_TOO_LARGE = 4,
    // no such separation: softmax softmax1 sparsemax entmax:A normmax:G topk:K hardmax ksubsets:K
    BASINET_SEPARATION = 5,
    // a parameter of the separation is out of its range: A >= 1, G > 1, K >= 1, all finite
    BASINET_PARAMETER = 6,
    // the inverse temperature beta must be finite and at least 2^-120
    BASINET_BETA = 7,
    // there is nothing to work on: no rows, or an empty list
    BASINET_EMPTY = 8,
    // a length is not what it must be (dim or width is zero)
    BASINET_LENGTH = 9,
    // the scratch memory is too small
    BASINET_SCRATCH = 10,
    // a number of the query is NaN or infinite (place: its index)
    BASINET_QUERY_NOT_FINITE = 11,
    // the score of a row is NaN or infinite: the row holds such a number, or the score overflows (place: the row)
    BASINET_SCORE_NOT_FINITE = 12,
    // the result is not finite: a value that takes part is not, or their sum overflows
    BASINET_OUTPUT_NOT_FINITE = 13,
    // the call failed for another reason
    BASINET_OTHER = 14,
    // no such similarity, or one that has no energy to descend
    BASINET_SIMILARITY = 15,
    // ksubsets:K has fewer than K rows to choose from (place: K)
    BASINET_TOO_FEW_ROWS = 16,
    // the bytes are not a .basin file
    BASINET_NOT_BASIN = 17,
    // the file is cut off (place: the bytes that it needs)
    BASINET_TRUNCATED = 18,
    // a version of the file format that this library does not know (place: the version)
    BASINET_VERSION = 19,
    // the numbers of the file are not in the order of bytes of this machine, or its mark of that order is wrong (place: the mark)
    BASINET_BYTE_ORDER = 20,
    // the file is damaged: a checksum differs (place: 0 for the header, else the kind of section, 1 patterns, 2 values)
    BASINET_CHECKSUM = 21,
    // a field of the file's header or table is not what it must be (place: its value, of a fraction the bits)
    BASINET_FIELD = 22,
    // a section of the file is missing, there twice, or must be understood and is not (place: its kind)
    BASINET_SECTION = 23,
    // a byte between two sections of the file is not zero (place: where it stands)
    BASINET_PADDING = 24,
    // a row of the file is not finite, or its norm (place: the row)
    BASINET_ROW_NOT_FINITE = 25,
    // the largest norm of a pattern is not what the file says (place: the bits of what it is)
    BASINET_MAX_NORM = 26,
};

// How patterns and queries are compared.
enum basinet_similarity {
    // x_i . x
    BASINET_DOT = 0,
    // x_i . x / (|x_i| |x|); 0 for a vector of zeros. Has no energy.
    BASINET_COSINE = 1,
    // -|x_i - x|^2
    BASINET_SQUARED_DISTANCE = 2,
};

// What is recalled, and how: filled by `basinet_open`, or by hand. What is left zero then is right: no values, dot products. It is only
// read, and only points to the numbers.
struct basinet_memory {
    // count x dim numbers, row-major, one row directly behind the other
    const float *patterns;
    // count x width numbers that are read out in place of the patterns; null: the patterns themselves
    const float *values;
    // fewer than 2^32
    size_t count;
    // numbers of a pattern
    size_t dim;
    // numbers of a value; of no meaning where values is null
    size_t width;
    // the inverse temperature, finite, at least 2^-120, in units of 1/score
    float beta;
    // from a file: the largest |x_i|, rounded up, so that 1/2 max_norm^2 is in the constant of the energy; no function here reads it
    float max_norm;
    // a number of `enum basinet_similarity`
    int32_t similarity;
    // the name of a separation, with a zero at its end
    char separation[BASINET_NAME];
};

// What a recall says about itself. After an error all fields are zero but `place`.
struct basinet_report {
    // the row with the largest score; the lowest of them where several have it
    uint64_t winner;
    // rows with a positive weight; softmax: all
    uint64_t support;
    // rows that took part
    uint64_t rows;
    // after an error: the row, index or number it is about, see `enum basinet_status`
    uint64_t place;
    // sparse maps: tau, in units of z; zero where has_threshold is zero
    double threshold;
    // Omega*(z); ln sum exp z for softmax
    double conjugate;
    // of the query, less its constant: |x|^2/2 - Omega*(z)/beta, of squared distances -Omega*(z)/(2 beta); zero where has_energy is zero
    double energy;
    // the winner's weight
    float weight;
    // the sum of all other weights, accurate also where it is far below 2^-24
    float rest;
    // the winner's score minus the next best; infinite where there is no other row
    float gap;
    // softmax1: the weight of the empty slot
    float missing;
    // times the rows were read: 1, or more where the scratch memory was small
    uint32_t passes;
    // 0 or 1
    uint32_t has_threshold;
    // 0 or 1: not where values are read out, and not of cosines
    uint32_t has_energy;
    // 1: the winner's weight is one and every other zero, so out is the pattern (or value) itself
    uint32_t is_exact;
};

// What settling says about itself. After an error all fields are zero but `last.place`.
struct basinet_settled {
    // the last state's own weights, and its energy
    struct basinet_report last;
    // steps taken
    uint64_t steps;
    // size of the metastable state: weights above 0.01, or for a sparse map all that are not zero
    uint64_t metastable;
    // |x' - x| of the last step: the norm of the energy's gradient there
    double residual;
    // the energy of the first state, less its constant as in a report
    double first_energy;
    // the largest rise of the energy in one step: rounding, or zero
    double largest_rise;
    // 1: the state stays, as `state_change` says; 0: the steps came to their end before
    uint32_t converged;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Reads a .basin file where it lies, in flash or anywhere else, at an address that is a multiple of 4 (recall is fastest from one of 64):
// `memory` points into `bytes` afterwards, nothing is copied, and the model is the file's. Bytes behind the end of the file are not
// looked at. The header is checked, by its checksum too, and that every section is where it must be; O(1) in the size of the data.
//
// place: null, or set to what an error is about, see `enum basinet_status`; zero without one. After an error memory is as it was.
int32_t basinet_open(const void *bytes, size_t length, struct basinet_memory *memory, uint64_t *place);

// Looks at all bytes of a .basin file: what `basinet_open` looks at, the checksums of the data, that every number and norm is finite, and
// that max_norm is right. O(length), about 2 ns a byte on a PC. place: as there.
int32_t basinet_verify(const void *bytes, size_t length, uint64_t *place);

// One recall step of `query` (dim numbers) into `out` (dim numbers; width where memory has values). Reads the patterns once:
// O(count * dim).
//
// scratch: 3 numbers at least for each number of out. Each 3 more are room for a candidate of a sparse separation; where they do not
// suffice the patterns are read again, slower and with the same bits. `basinet_recall_scratch` numbers always suffice. report may be null.
// The bits of out are the same on every instruction set.
int32_t basinet_recall(const struct basinet_memory *memory,
                       const float *query,
                       float *out,
                       float *scratch,
                       size_t scratch_length,
                       struct basinet_report *report);

// One recall step from each of `number` queries (number x dim, row-major) into `out` (number x dim or width): several times faster than as
// many calls, and equal to them within rounding, not in bits. Queries are taken 64 at a time, which share what is read of the patterns:
// after an error those of earlier 64s have been written. O(number * count * dim). Stack: some 8 KB.
//
// scratch: `basinet_batch_scratch` numbers or more, with room for some candidates of a sparse separation for each query (none for softmax;
// a few hundred where recall is sharp); a query for which that is not enough is recalled by itself. reports: null, or one for each query;
// after an error the first one holds the place, counted through all queries.
int32_t basinet_recall_batch(const struct basinet_memory *memory,
                             const float *queries,
                             size_t number,
                             float *out,
                             float *scratch,
                             size_t scratch_length,
                             struct basinet_report *reports);

// Steps from `state` (dim numbers) until it stays, and leaves the last state there: |x' - x| at most state_change |x'| (2^-20 is a good
// one; 0: until it does not change at all), or `steps` of them. Values are not looked at: the state becomes a pattern, or a mean of some.
// The energy never rises but for rounding (by squared distances: where the weights sum to one, so not with softmax1, nor with ksubsets of
// more than one); similarities without one are an error. O(count * dim) a step and for the report.
//
// scratch: 6 * dim numbers at least, and more as for `basinet_recall`; `basinet_settle_scratch` numbers always suffice. report may be null.
// After an error state is as it was.
int32_t basinet_settle(const struct basinet_memory *memory,
                       float *state,
                       size_t steps,
                       float state_change,
                       float *scratch,
                       size_t scratch_length,
                       struct basinet_settled *report);

// The scores of all patterns, by the memory's similarity: count numbers. O(count * dim), twice: the first time to see that all are finite.
int32_t basinet_scores(const struct basinet_memory *memory, const float *query, float *out);

// Turns `count` scores into weights, in place. O(count). scratch may have any length, also none: each 3 numbers are room for a candidate,
// as for `basinet_recall`; `basinet_weights_scratch` numbers always suffice. report may be null.
int32_t basinet_weights(const char *separation,
                        float beta,
                        float *scores,
                        size_t count,
                        float *scratch,
                        size_t scratch_length,
                        struct basinet_report *report);

// Numbers of scratch that suffice for every separation without a second reading: 3 * (count + out), out the numbers of a result (dim, or
// width where there are values); 0 where that is more than size_t holds.
size_t basinet_recall_scratch(size_t count, size_t out);

// The same for a batch of `number` queries with room for `candidates` of each; of that only the first 64 queries count.
size_t basinet_batch_scratch(size_t number, size_t dim, size_t out, size_t candidates);

// The same for settling: 3 * (count + 2 * dim).
size_t basinet_settle_scratch(size_t count, size_t dim);

// The same for weights: 3 * count.
size_t basinet_weights_scratch(size_t count);

// "0.1.0". Never null, never to be freed; nor are the next two.
const char *basinet_version(void);

// The instruction set in use: "scalar", "baseline", "avx2" or "avx512".
const char *basinet_backend(void);

// What a number of `enum basinet_status` means, also one that means nothing.
const char *basinet_error_text(int32_t status);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* BASINET_H */
