//! Superpositions: a memory stored, and one recalled, by each kind of features: `cargo bench -p basinet-benches --bench superposition`.
//!
//! The throughput is that of the state: storing reads and writes all of it, recalling reads the half that is not the sums' remainders.

use basinet::{Backend, EluFeatures, Error, Features, PositiveRandomFeatures, ReluRandomFeatures, Superposition, beta, random_rows};
use basinet_benches::data;
use criterion::{Criterion, Throughput};
use std::hint::black_box;
use std::time::Duration;

const DIM: usize = 64;
const COUNT: usize = 256;

fn main() -> Result<(), Error> {
    println!("backend {}, one thread", Backend::current());
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    let rows = random_rows::orthogonal(COUNT, DIM, 1);
    times(&mut criterion, "elu", EluFeatures::new(DIM)?)?;
    times(&mut criterion, "positive", PositiveRandomFeatures::new(&rows[..], DIM, beta!(0.125))?)?;
    times(&mut criterion, "relu", ReluRandomFeatures::new(&rows[..], DIM, beta!(0.125), 1e-3)?)?;
    criterion.final_summary();
    Ok(())
}

fn times<F: Features>(criterion: &mut Criterion, name: &str, features: F) -> Result<(), Error> {
    let count = features.count();
    let numbers = Superposition::<()>::numbers(count, DIM);
    let mut room = vec![0.0; Superposition::<()>::room(count, DIM)];
    let mut memory = Superposition::new(features, DIM, vec![0.0; numbers])?;
    let (pattern, mut out) = (data::numbers(&mut data::generator(1), DIM, 1.0), vec![0.0; DIM]);
    memory.store(&pattern, &pattern, &mut room)?;
    memory.recall(&pattern, &mut out, &mut room)?;
    let mut group = criterion.benchmark_group(format!("superposition/{name}"));
    group.throughput(Throughput::Bytes(8 * numbers as u64));
    group.bench_function("store", |bencher| bencher.iter(|| black_box(memory.store(black_box(&pattern), &pattern, &mut room))));
    group.throughput(Throughput::Bytes(2 * numbers as u64));
    group.bench_function("recall", |bencher| bencher.iter(|| black_box(memory.recall(black_box(&pattern), &mut out, &mut room))));
    group.finish();
    Ok(())
}
