//! Where `unsafe` stands: in the few places that the contract names, each block with the reason why it is sound.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The files and folders that may hold it, from the root of the repository.
const PLACES: [&str; 5] = [
    // Loads, stores and instructions.
    "core/src/simd/",
    "core/src/kernels/",
    // Entry points that switch instruction sets on.
    "core/src/dispatch.rs",
    // Other machines' start-up code and exports.
    "core/embed/",
    // The one mapping call.
    "std-bindings/src/file",
];

/// How many lines above a block its reason may end.
const NEAR: usize = 4;

/// Rust files below `folder`, build outputs left out.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "target" && name != ".git" {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The code with every comment, string and character replaced by spaces; lines stay where they are.
fn code_of(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let starts = |i: usize, with: &str| bytes[i..].starts_with(with.as_bytes());
    let mut i = 0;
    while i < bytes.len() {
        let begin = i;
        if starts(i, "//") {
            while i < bytes.len() && at(i) != b'\n' {
                i += 1;
            }
        } else if starts(i, "/*") {
            let mut depth = 0;
            loop {
                if starts(i, "/*") {
                    (depth, i) = (depth + 1, i + 2);
                } else if starts(i, "*/") {
                    (depth, i) = (depth - 1, i + 2);
                } else {
                    i += 1;
                }
                if depth == 0 || i >= bytes.len() {
                    break;
                }
            }
        } else if at(i) == b'"' || (at(i) == b'r' && (at(i + 1) == b'"' || at(i + 1) == b'#') && !is_word(at(i.wrapping_sub(1)))) {
            let raw = at(i) == b'r';
            let hashes = bytes[i + usize::from(raw)..].iter().take_while(|&&b| b == b'#').count();
            let open = i + usize::from(raw) + hashes;
            if at(open) != b'"' {
                i += 1; // A raw identifier.
                continue;
            }
            let close = format!("\"{}", "#".repeat(hashes));
            i = open + 1;
            while i < bytes.len() && !starts(i, &close) {
                i += if at(i) == b'\\' && !raw { 2 } else { 1 };
            }
            i += close.len();
        } else if at(i) == b'\'' && (at(i + 1) == b'\\' || at(i + 2) == b'\'') {
            i += if at(i + 1) == b'\\' { 3 } else { 2 };
            while i < bytes.len() && at(i) != b'\'' {
                i += 1;
            }
            i += 1;
        } else {
            i += 1;
            continue;
        }
        let end = i.min(code.len());
        code[begin..end].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
    }
    String::from_utf8_lossy(&code).into_owned()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What follows each `unsafe` in the code: its line, and whether it opens a block.
fn uses(code: &str) -> Vec<(usize, bool)> {
    let bytes = code.as_bytes();
    let whole = |&(i, word): &(usize, &str)| {
        let (before, after) = (i.checked_sub(1).map_or(b' ', |i| bytes[i]), bytes.get(i + word.len()).copied().unwrap_or(b' '));
        !is_word(before) && !is_word(after)
    };
    let opens = |i: usize| code[i + "unsafe".len()..].trim_start().starts_with('{');
    code.match_indices("unsafe").filter(whole).map(|(i, _)| (code[..i].matches('\n').count(), opens(i))).collect()
}

/// Every file's path from the root, its text, and its code.
fn files() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut paths = Vec::new();
    for folder in ["core", "std-bindings", "benches", "fuzz", ".ci"] {
        sources(&root.join(folder), &mut paths);
    }
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).map(|(n, t)| (n, t.clone(), code_of(&t))).collect()
}

#[test]
fn unsafe_stands_only_where_the_contract_allows_it() {
    let files = files();
    assert!(files.iter().any(|(name, ..)| name == "core/src/lib.rs"), "the source tree was not found");
    let elsewhere: Vec<String> = files
        .iter()
        .filter(|(name, ..)| !PLACES.iter().any(|place| name.starts_with(place)))
        .flat_map(|(name, _, code)| uses(code).into_iter().map(move |(line, _)| format!("{name}:{}", line + 1)))
        .collect();
    assert!(elsewhere.is_empty(), "unsafe outside its places: {elsewhere:#?}");
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    let mut silent = Vec::new();
    for (name, text, code) in files() {
        let lines: Vec<&str> = text.lines().collect();
        for (line, _) in uses(&code).into_iter().filter(|&(_, opens)| opens) {
            let near = &lines[line.saturating_sub(NEAR)..=line];
            if !near.iter().any(|line| line.contains("SAFETY:")) {
                silent.push(format!("{name}:{}", line + 1));
            }
        }
    }
    assert!(silent.is_empty(), "no SAFETY: comment within {NEAR} lines above: {silent:#?}");
}

#[test]
fn comments_strings_and_longer_words_do_not_count() {
    let hidden =
        "// unsafe {\n/* unsafe /* unsafe */ unsafe */ let s = \"unsafe \\\" unsafe\"; r#\"unsafe\" unsafe\"#; '\"'; b'\\''; unsafe_code";
    assert_eq!(uses(&code_of(hidden)), []);
    assert_eq!(uses(&code_of("let a: &'static str = \"\";\nunsafe { b() } unsafe fn c<'a>() {}")), [(1, true), (1, false)]);
}
