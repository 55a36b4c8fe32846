//! Files of any size open at once and are recalled from where they lie.

use super::{Fallible, model};
use basinet::basin::Alignment;
use basinet::file::{self, Writer};
use basinet_conformance::generator::SplitMix64;
use std::path::Path;
use std::time::{Duration, Instant};

const DIM: usize = 64;

/// Writes `count` rows, a thousand at a time.
fn write(path: &Path, count: usize) -> Fallible {
    let mut writer = Writer::create(path, model(32.0, "softmax", "dot")?, DIM, Alignment::Bytes64)?;
    let (mut random, mut rows) = (SplitMix64::new(7), vec![0.0; 1000 * DIM]);
    for _ in 0..count / 1000 {
        random.fill(&mut rows, 1.0);
        writer.push(&rows)?;
    }
    Ok(writer.finish()?)
}

/// The first row of the file, which it must give back.
fn first() -> Vec<f32> {
    let mut rows = vec![0.0; DIM];
    SplitMix64::new(7).fill(&mut rows, 1.0);
    rows
}

#[cfg(target_os = "linux")]
#[test]
fn the_patterns_of_a_file_are_its_map_and_no_copy() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("rows.basin");
    write(&path, 3000)?;
    let mapped = file::open(&path)?;
    let row = mapped.basin()?.patterns().row(2999).unwrap_or(&[]).as_ptr().addr();
    let holds = |line: &str| -> Option<bool> {
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        Some((usize::from_str_radix(from, 16).ok()?..usize::from_str_radix(to, 16).ok()?).contains(&row))
    };
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let line = maps.lines().find(|line| holds(line) == Some(true)).unwrap_or("nowhere");
    assert!(line.ends_with("rows.basin") && line.contains(" r--"), "the row is in {line}");
    assert_eq!(mapped.recall(&first())?.state, first());
    Ok(())
}

/// A figure of this process, in KB.
#[cfg(target_os = "linux")]
fn memory(field: &str) -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
    Ok(line.trim_matches([':', ' ', '\t', 'k', 'B']).parse()?)
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "writes 256 MB; measures this process, so runs alone: -- --ignored --exact --nocapture large::a_million_rows_open_at_once"]
fn a_million_rows_open_at_once() -> Fallible {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let path = folder.path().join("million.basin");
    let begun = Instant::now();
    write(&path, 1_000_000)?;
    println!("written in {:?}; VmHWM {} KB", begun.elapsed(), memory("VmHWM")?);
    let (private, mut slowest) = (memory("RssAnon")?, Duration::ZERO);
    for _ in 0..20 {
        let begun = Instant::now();
        let opened = file::open(&path)?;
        let took = begun.elapsed();
        slowest = slowest.max(took);
        drop(opened);
    }
    let mapped = file::open(&path)?;
    let before = (memory("RssFile")?, memory("VmHWM")?);
    let recalled = mapped.recall(&first())?;
    let grown = memory("RssAnon")?.saturating_sub(private);
    println!("slowest of 20 openings {slowest:?}; RssAnon {private} KB before, {grown} KB more after a recall");
    println!("RssFile {} -> {} KB, VmHWM {} -> {} KB", before.0, memory("RssFile")?, before.1, memory("VmHWM")?);
    let begun = Instant::now();
    mapped.verify()?;
    println!("verified in {:?}", begun.elapsed());
    assert_eq!(recalled.state, first());
    assert!(slowest < Duration::from_millis(10), "{slowest:?} to open");
    assert!(grown < 2560, "{grown} KB of the file's 250,000 were copied");
    Ok(())
}
