//! Disks that are full, processes that are killed or save at once, files that shrink under their readers, callers that panic: under its name
//! a file is whole, the old one or the new one.
//!
//! What must happen to another process happens to this program, started again for one of its tests: in it, that test does the child's part.

use super::writing::{names, writer};
use super::{Fallible, numbers};
use basinet::file::{self, ErrorKind};
use basinet::{KernelMemory, LinearMap, Memory, PairedMemory};
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The path that a child works on, and the number that says how.
const PATH: &str = "BASINET_TEST_PATH";
const NUMBER: &str = "BASINET_TEST_NUMBER";

/// What a child is to do, in a child.
fn part() -> Option<(PathBuf, usize)> {
    let number = std::env::var(NUMBER).ok()?.parse().ok()?;
    Some((PathBuf::from(std::env::var_os(PATH)?), number))
}

/// This program for one of its tests, as a child that works on `path`, after `before` in a shell.
fn child(before: &str, test: &str, path: &Path, number: usize) -> Result<Command, io::Error> {
    let mut command = Command::new("sh");
    let line = OsString::from(format!("{before}; exec \"$0\" --exact faults::{test} --nocapture --test-threads 1"));
    command.arg("-c").arg(line).arg(std::env::current_exe()?).env(PATH, path).env(NUMBER, number.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// Waits for a child that must succeed.
fn succeeds(child: Child) -> Fallible {
    let output = child.wait_with_output()?;
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    if output.status.success() { Ok(()) } else { Err(format!("{}\n{}", output.status, said.concat()).into()) }
}

const DIM: usize = 16;

/// A memory that is known by its number of rows.
fn version(number: usize) -> Result<Memory, basinet::Error> {
    Memory::from_rows(DIM, &numbers(number as u64, DIM * 1000 * number))
}

/// Saves patterns, pairs and features, so many rows, where files may have `room` bytes, or up to `most`.
fn save_each(path: &Path, rows: usize, (room, most): (usize, usize)) -> Fallible {
    let memory = Memory::from_rows(DIM, &numbers(5, DIM * rows))?;
    let pairs = PairedMemory::from_memories(memory.clone(), memory.clone())?;
    let kernel = KernelMemory::from_rows(LinearMap::new(numbers(6, DIM * DIM), DIM, None)?, &numbers(5, DIM * rows))?;
    let check = |sections: usize, saved: &dyn Fn() -> Result<(), file::Error>| -> Fallible {
        let old = fs::read(path)?;
        match saved() {
            Ok(()) => {
                file::open_verified(path)?;
                assert!(fs::metadata(path)?.len() <= most as u64, "saved without room");
            }
            Err(error) => {
                // Head, map and what lies between the sections take less than 2048 bytes.
                assert!(sections * 4 * DIM * rows + 2048 > room, "{error} with room for {room} bytes");
                let full =
                    matches!(error.kind(), ErrorKind::System { doing: "write it", error } if error.kind() == io::ErrorKind::FileTooLarge);
                assert!(full && error.path() == path, "{error:?}");
                assert!(fs::read(path)? == old, "the old file was changed");
            }
        }
        assert_eq!(names(path.parent().ok_or("no folder")?)?, ["memory.basin"], "something was left behind");
        Ok(())
    };
    check(1, &|| memory.save(path, model()))?;
    check(2, &|| pairs.save(path, model()))?;
    check(2, &|| kernel.save(path, model()))
}

fn model() -> basinet::Model<basinet::Sparsemax> {
    basinet::Model::new(basinet::beta!(1.0), basinet::Sparsemax)
}

#[test]
fn a_disk_that_is_full_leaves_the_old_file_and_nothing_beside_it() -> Fallible {
    if let Some((path, blocks)) = part() {
        // Blocks have 512 bytes, or 1024: so says the shell. What fits in the writer's buffer, and what does not.
        let (room, most) = (blocks * 512, blocks * 1024);
        return [30, 700].into_iter().try_for_each(|rows| save_each(&path, rows, (room, most)));
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    Memory::from_rows(DIM, &numbers(4, DIM))?.save(&path, model())?;
    for blocks in [0, 1, 2, 3, 4, 5, 7, 12, 30, 60, 100, 1000] {
        let limit = format!("trap '' XFSZ; ulimit -f {blocks}");
        succeeds(child(&limit, "a_disk_that_is_full_leaves_the_old_file_and_nothing_beside_it", &path, blocks)?.spawn()?)?;
    }
    // With room for everything, everything was saved.
    assert_eq!(file::open_verified(&path)?.with_map()?.0.patterns().count(), 700);
    Ok(())
}

#[test]
fn a_process_that_is_killed_while_it_saves_leaves_one_of_two_whole_files() -> Fallible {
    if let Some((path, _)) = part() {
        let (one, two, begun) = (version(1)?, version(2)?, Instant::now());
        println!("\nsaving");
        // Nobody may be there to kill it.
        while begun.elapsed() < Duration::from_secs(20) {
            one.save(&path, model())?;
            two.save(&path, model())?;
        }
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    let whole = versions(folder.path())?;
    for number in 0..20 {
        let mut child = child(":", "a_process_that_is_killed_while_it_saves_leaves_one_of_two_whole_files", &path, 0)?.spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let began = lines.map_while(Result::ok).any(|line| line == "saving");
        std::thread::sleep(Duration::from_micros(700 * number));
        child.kill()?;
        child.wait()?;
        assert!(began, "the child did not save");
        assert!(whole.contains(&fs::read(&path)?), "after {number} x 0.7 ms: neither of the two");
        file::open_verified(&path)?;
        let strange = names(folder.path())?
            .into_iter()
            .find(|name| name != "memory.basin" && !(name.starts_with(".basinet-") && name.ends_with(".tmp")));
        assert_eq!(strange, None);
    }
    // What the killed have left beside it is in nobody's way.
    version(1)?.save(&path, model())?;
    assert!(fs::read(&path)? == whole[0]);
    Ok(())
}

/// The bytes of both versions, the second of which is saved as `memory.basin`.
fn versions(folder: &Path) -> Result<[Vec<u8>; 2], Box<dyn std::error::Error>> {
    let path = folder.join("memory.basin");
    version(1)?.save(&path, model())?;
    let one = fs::read(&path)?;
    version(2)?.save(&path, model())?;
    Ok([one, fs::read(&path)?])
}

#[test]
fn two_processes_that_save_at_once_both_succeed_and_every_reader_has_a_whole_file() -> Fallible {
    if let Some((path, number)) = part() {
        let memory = version(number)?;
        return (0..25).try_for_each(|_| Ok(memory.save(&path, model())?));
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    let whole = versions(folder.path())?;
    let begin =
        |number| child(":", "two_processes_that_save_at_once_both_succeed_and_every_reader_has_a_whole_file", &path, number)?.spawn();
    let mut children = [begin(1)?, begin(2)?];
    loop {
        let done = children[0].try_wait()?.is_some() && children[1].try_wait()?.is_some();
        assert!(whole.contains(&fs::read(&path)?), "neither of the two");
        file::open_verified(&path)?;
        if done {
            break;
        }
    }
    children.into_iter().try_for_each(succeeds)?;
    assert_eq!(names(folder.path())?, ["memory.basin"], "something was left behind");
    Ok(())
}

/// What `file::open` warns of, and why files are replaced here and never written to in their place.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[test]
fn a_file_that_is_cut_off_in_place_stops_its_reader_by_a_signal() -> Fallible {
    use std::os::unix::process::ExitStatusExt;
    const SIGBUS: i32 = 7;
    if let Some((path, _)) = part() {
        let open = file::open(&path)?;
        fs::OpenOptions::new().write(true).open(&path)?.set_len(0)?;
        println!("{:?}", open.recall(&[0.5; DIM]));
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    version(1)?.save(&path, model())?;
    let output = child("ulimit -c 0", "a_file_that_is_cut_off_in_place_stops_its_reader_by_a_signal", &path, 0)?.output()?;
    assert_eq!(output.status.signal(), Some(SIGBUS), "{output:?}");
    Ok(())
}

#[test]
fn a_caller_that_panics_leaves_the_old_file_and_nothing_beside_it() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    let [_, whole] = versions(folder.path())?;
    let mut writer = writer(&path, DIM)?;
    let mut rows = (0..).map(|number| if number < 5 { numbers(number, DIM * 1000) } else { panic!("no more rows") });
    let unwound = catch_unwind(AssertUnwindSafe(move || rows.try_for_each(|rows| writer.push(&rows))));
    assert!(unwound.is_err());
    assert!(fs::read(&path)? == whole);
    assert_eq!(names(folder.path())?, ["memory.basin"], "something was left behind");

    // The checksums of a reader of its own, too.
    let open = file::open(&path)?;
    let recalled = open.recall(&[0.5; DIM])?;
    let basin = open.basin()?;
    assert!(catch_unwind(AssertUnwindSafe(|| basin.verify_with(|_| panic!("no checksum")))).is_err());
    assert_eq!(open.recall(&[0.5; DIM])?, recalled);
    Ok(())
}
