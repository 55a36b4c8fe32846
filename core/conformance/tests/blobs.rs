//! What must be said to bytes in flash: on this machine, with an operating system. The same runs on every other target.
#![allow(clippy::expect_used, reason = "a test may fail")]

use basinet_conformance::basin::blobs;

#[test]
fn blobs_are_recalled_or_refused_as_they_must_be() {
    let checks = blobs().expect("core was mistaken");
    assert!(checks > 1000, "{checks} only");
}
