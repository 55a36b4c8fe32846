/* Recalls a damaged pattern by every separation, and sees wrong arguments refused. Prints one line and ends with 0 where all is right. */
#include "basinet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const float patterns[] = {1, -1, 1, -1, 1, 1, -1, -1};
static const float damaged[] = {1, -1, 0, 0};

#define CHECK(what) \
    if (!(what)) return fprintf(stderr, "line %d: %s\n", __LINE__, #what), 1

int main(void) {
    const char *names[] = {"softmax", "softmax1", "sparsemax", "entmax:1.5", "normmax:2", "topk:1", "hardmax"};
    float out[4], scratch[18], scores[2];
    struct basinet_report report;
    CHECK(basinet_recall_scratch(2, 4) == 18 && basinet_weights_scratch(2) == 6);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK(basinet_recall(patterns, 2, 4, names[i], 8.0f, damaged, out, scratch, 18, &report) == BASINET_OK);
        CHECK(report.winner == 0 && report.rows == 2 && report.passes == 1 && report.has_energy == 1);
        CHECK(fabsf(report.weight + report.rest + report.missing - 1) < 1e-6f);
        for (int j = 0; j < 4; j++) CHECK(fabsf(out[j] - patterns[j]) < 1e-5f);
    }
    CHECK(report.is_exact == 1 && !memcmp(out, patterns, sizeof out));
    CHECK(basinet_scores(patterns, 2, 4, damaged, scores) == BASINET_OK && scores[0] == 2 && scores[1] == 0);
    CHECK(basinet_weights("sparsemax", 0.25f, scores, 2, NULL, 0, &report) == BASINET_OK);
    CHECK(report.weight == 0.75f && report.rest == 0.25f && report.gap == 2 && report.support == 2 && report.conjugate > 0);
    CHECK(scores[0] == 0.75f && scores[1] == 0.25f && report.has_threshold == 1 && report.threshold == -0.25);
    CHECK(basinet_recall(NULL, 2, 4, "softmax", 1.0f, damaged, out, scratch, 18, NULL) == BASINET_NULL);
    CHECK(basinet_recall(patterns, 2, 4, "softmax", 1.0f, damaged, scratch, scratch, 18, NULL) == BASINET_OVERLAP);
    CHECK(basinet_recall(patterns, 2, 4, "topk:0", 1.0f, damaged, out, scratch, 18, NULL) == BASINET_PARAMETER);
    CHECK(strstr(basinet_error_text(BASINET_BETA), "beta"));
    printf("basinet %s on %s\n", basinet_version(), basinet_backend());
    return 0;
}
