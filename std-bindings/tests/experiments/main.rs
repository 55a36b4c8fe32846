//! The experiments in small: what the pages claim, on fewer seeds, and the same numbers from any number of threads.

mod codes;
mod images;
mod metastable;
mod retrieval;
mod structured;
mod wrong_inputs;

type Fallible = Result<(), Box<dyn std::error::Error>>;

/// Runs on one thread and on three, and gives what both gave.
fn on_any_threads<T: Send + PartialEq + std::fmt::Debug>(run: impl Fn() -> T + Sync + Send) -> Result<T, Box<dyn std::error::Error>> {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let (one, three) = (pool(1)?.install(&run), pool(3)?.install(&run));
    assert_eq!(one, three);
    Ok(three)
}
