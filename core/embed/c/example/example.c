/* Recalls damaged digits from a .basin file that is part of the program, and sees wrong files and wrong arguments refused. The same source
 * is a program on a PC (host.c) and firmware without an operating system (../firmware): it needs no C library. */
#include "example.h"

#include "basinet.h"

enum { DIM = 64, COUNT = 40 };

extern const uint8_t digits[], digits_end[], digits_misaligned[];

static float out[DIM], scratch[3 * (COUNT + 2 * DIM)];
enum { ROOM = sizeof scratch / sizeof *scratch };

/* Prints a number. */
static void say_number(uint64_t number) {
    char text[21], *first = text + sizeof text - 1;
    *first = 0;
    do *--first = (char)('0' + number % 10);
    while (number /= 10);
    say(first);
}

/* Prints a line with a number in it. */
static void say_line(const char *before, uint64_t number, const char *behind) {
    say(before);
    say_number(number);
    say(behind);
    say("\n");
}

#define CHECK(what) \
    if (!(what)) return say_line("line ", __LINE__, ": " #what), 1

/* True where the two have the same DIM numbers. */
static int same(const float *a, const float *b) {
    for (int i = 0; i < DIM; i++)
        if (a[i] != b[i]) return 0;
    return 1;
}

/* FNV-1a over the bits of numbers: the same on every machine. */
static uint64_t hash_of(uint64_t hash, const float *numbers, int count) {
    for (int i = 0; i < count; i++) {
        union { float number; uint32_t bits; } as = {numbers[i]};
        for (int byte = 0; byte < 4; byte++) hash = (hash ^ (as.bits >> 8 * byte & 0xff)) * 0x100000001b3u;
    }
    return hash;
}

/* Every separation by its name, from patterns in the program's own arrays. */
static int small_memory(void) {
    static const float patterns[] = {1, -1, 1, -1, 1, 1, -1, -1}, damaged[] = {1, -1, 0, 0}, values[] = {10, 20};
    static const char *const names[] = {"softmax", "softmax1", "sparsemax", "entmax:1.5", "normmax:2", "topk:1", "ksubsets:1", "hardmax"};
    struct basinet_memory memory = {.patterns = patterns, .count = 2, .dim = 4, .beta = 8};
    struct basinet_report report;
    CHECK(basinet_recall_scratch(2, 4) == 18 && basinet_weights_scratch(2) == 6 && basinet_settle_scratch(2, 4) == 30);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int j = 0; j == 0 || names[i][j - 1]; j++) memory.separation[j] = names[i][j];
        CHECK(basinet_recall(&memory, damaged, out, scratch, 18, &report) == BASINET_OK);
        CHECK(report.winner == 0 && report.rows == 2 && report.passes == 1 && report.has_energy == 1);
        CHECK(report.weight > 0.999f && report.weight + report.rest + report.missing < 1.000001f);
        for (int j = 0; j < 4; j++) CHECK(out[j] - patterns[j] < 1e-5f && patterns[j] - out[j] < 1e-5f);
    }
    CHECK(report.is_exact == 1 && out[0] == 1 && out[1] == -1 && out[2] == 1 && out[3] == -1);
    CHECK(basinet_recall(NULL, damaged, out, scratch, 18, NULL) == BASINET_NULL);
    CHECK(basinet_recall(&memory, damaged, scratch, scratch, 18, NULL) == BASINET_OVERLAP);
    CHECK(basinet_recall(&memory, damaged, out, scratch, 11, NULL) == BASINET_SCRATCH);

    float scores[2];
    CHECK(basinet_scores(&memory, damaged, scores) == BASINET_OK && scores[0] == 2 && scores[1] == 0);
    CHECK(basinet_weights("sparsemax", 0.25f, scores, 2, NULL, 0, &report) == BASINET_OK);
    CHECK(report.weight == 0.75f && report.rest == 0.25f && report.gap == 2 && report.support == 2 && report.conjugate > 0);
    CHECK(scores[0] == 0.75f && scores[1] == 0.25f && report.has_threshold == 1 && report.threshold == -0.25);
    CHECK(basinet_weights("topk:0", 0.25f, scores, 2, NULL, 0, NULL) == BASINET_PARAMETER);

    memory.values = values, memory.width = 1;
    CHECK(basinet_recall(&memory, damaged, out, scratch, 9, NULL) == BASINET_OK && out[0] == 10);
    memory.similarity = BASINET_COSINE;
    CHECK(basinet_settle(&memory, out, 9, 0, scratch, ROOM, NULL) == BASINET_SIMILARITY);
    return 0;
}

/* Digits whose lower three eighths are wiped, from the file. */
static int file(void) {
    struct basinet_memory memory;
    struct basinet_report report;
    struct basinet_settled settled;
    uint64_t place, hash = 0xcbf29ce484222325u;
    unsigned at_once = 0, in_the_end = 0;
    size_t length = (size_t)(digits_end - digits);
    CHECK(basinet_open(digits, length, &memory, &place) == BASINET_OK && place == 0);
    CHECK(memory.count == COUNT && memory.dim == DIM && memory.values == NULL && memory.similarity == BASINET_DOT);
    CHECK(basinet_verify(digits, length, NULL) == BASINET_OK);
    say_number(memory.count);
    say(" digits of 8x8 in read-only memory, ");
    say(memory.separation);
    say_line(", beta ", (uint64_t)memory.beta, "");
    for (size_t i = 0; i < memory.count; i++) {
        const float *digit = memory.patterns + i * DIM;
        float damaged[DIM];
        for (int j = 0; j < DIM; j++) damaged[j] = j < 40 ? digit[j] : 0;
        CHECK(basinet_recall(&memory, damaged, out, scratch, ROOM, &report) == BASINET_OK);
        CHECK(!report.is_exact || same(out, memory.patterns + report.winner * DIM));
        at_once += report.is_exact && report.winner == i;
        hash = hash_of(hash, out, DIM);
        CHECK(basinet_settle(&memory, damaged, 20, 0, scratch, ROOM, &settled) == BASINET_OK);
        CHECK(settled.last.energy <= settled.first_energy && settled.largest_rise < 1e-6);
        in_the_end += same(damaged, digit);
        hash = hash_of(hash, damaged, DIM);
    }
    say_line("wiped below: ", at_once, " come back after one step");
    say_line("             ", in_the_end, " when settled");
    CHECK(in_the_end >= at_once && at_once >= COUNT / 2);
    say_line("bits ", hash, "");

    static const uint8_t foreign[] = {'P', 'K', 3, 4, 20, 0, 0, 0};
    const float *untouched = memory.patterns;
    CHECK(basinet_open(digits_misaligned, length, &memory, &place) == BASINET_MISALIGNED && place == 2);
    CHECK(basinet_open(digits, length - 1, &memory, &place) == BASINET_TRUNCATED && place == length);
    CHECK(basinet_open(digits, 0, &memory, &place) == BASINET_TRUNCATED);
    CHECK(basinet_open(foreign, sizeof foreign, &memory, &place) == BASINET_NOT_BASIN);
    CHECK(basinet_open(NULL, length, &memory, &place) == BASINET_NULL && memory.patterns == untouched);
    say("a misaligned, a truncated and a foreign file are refused\n");
    return 0;
}

int example(void) {
    say("basinet ");
    say(basinet_version());
    say(" on ");
    say(basinet_backend());
    say("\n");
    if (small_memory() || file()) return 1;
    return 0;
}
