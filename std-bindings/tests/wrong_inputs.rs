//! The page `docs/wrong-inputs.md`: every test that it names is there, and every public function that can fail is on it.
//!
//! Functions are found by the heading `# Errors` that the documentation of each has.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

type Fallible = Result<(), Box<dyn std::error::Error>>;

/// Documented like public ones, and in modules that are not.
const PRIVATE: [&str; 11] = [
    "Alpha::new",
    "Drawn::new",
    "Gamma::new",
    "Lens::look",
    "Room::new",
    "State::normaliser",
    "State::reread",
    "State::sifted",
    "Sum::begin",
    "length",
    "search",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The cells of each row of the page's tables but the headings.
fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    page.lines().filter(|line| line.starts_with("| `")).map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

/// What a cell has between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The type of a line that begins an `impl`, or the trait of one that declares it.
fn owner(line: &str) -> Option<&str> {
    let behind = match line.strip_prefix("pub trait ") {
        Some(behind) => behind,
        None => {
            let mut depth = 0;
            let generics = |at: char| {
                depth += i32::from(at == '<') - i32::from(at == '>');
                depth == 0 && at != '>'
            };
            let header = line.strip_prefix("impl")?;
            let header = &header[header.find(generics)?..];
            header.split_once(" for ").map_or(header, |(_, of)| of).trim_start()
        }
    };
    behind.split(|at: char| !at.is_alphanumeric()).next()
}

/// The functions of a file whose documentation says when they fail.
fn fallible(source: &str, found: &mut BTreeSet<String>) {
    let (mut of, mut fails) = ("", false);
    for line in source.lines() {
        let code = line.trim_start();
        if line == "}" || (line.starts_with("impl") && line.ends_with(" {}")) {
            of = "";
        } else if let Some(owner) = owner(line) {
            of = owner;
        }
        let function = code.strip_prefix("pub ").unwrap_or(code);
        let function = function.strip_prefix("const ").unwrap_or(function).strip_prefix("fn ");
        match function.and_then(|behind| behind.split(['(', '<']).next()) {
            Some(name) if fails && of.is_empty() => found.insert(name.to_owned()),
            Some(name) if fails => found.insert(format!("{of}::{name}")),
            _ => false,
        };
        fails = code == "/// # Errors" || (fails && (code.starts_with("///") || code.starts_with("#[")));
    }
}

/// Those of a folder.
fn all_fallible(folder: &Path, found: &mut BTreeSet<String>) -> Fallible {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("bin") {
            all_fallible(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            fallible(&fs::read_to_string(&path)?, found);
        }
    }
    Ok(())
}

#[test]
fn every_test_that_the_page_names_is_there() -> Fallible {
    let page = include_str!("../docs/wrong-inputs.md");
    let mut named = 0;
    for row in rows(page) {
        assert_eq!(row.len(), 5, "{row:?}");
        assert!(quoted(row[4]).next().is_some(), "no test: {row:?}");
        for test in quoted(row[4]) {
            let (path, name) = test.split_once("::").ok_or(test)?;
            let source = fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
            assert!(
                source.contains(&format!("#[test]\nfn {name}(")) || source.contains(&format!("#[test]\n    fn {name}(")),
                "no test {test}"
            );
            named += 1;
        }
    }
    assert!(named > 100, "{named}");
    Ok(())
}

#[test]
fn every_function_that_can_fail_is_on_the_page_and_no_other() -> Fallible {
    let page = include_str!("../docs/wrong-inputs.md");
    let on_the_page: BTreeSet<_> = rows(page).flat_map(|row| quoted(row[0]).map(str::to_owned).collect::<Vec<_>>()).collect();
    let mut there = BTreeSet::new();
    for folder in ["core/src", "std-bindings/src"] {
        all_fallible(&root().join(folder), &mut there)?;
    }
    assert!(there.len() > 200, "{}", there.len());
    let private: BTreeSet<_> = PRIVATE.map(str::to_owned).into();
    let gone: Vec<_> = private.difference(&there).collect();
    assert!(gone.is_empty(), "neither private nor public any more: {gone:?}");
    let missing: Vec<_> = there.iter().filter(|name| !private.contains(*name) && !on_the_page.contains(*name)).collect();
    assert!(missing.is_empty(), "not on the page: {missing:#?}");
    // The program's verbs are in lower case, with a blank.
    let strange: Vec<_> = on_the_page.iter().filter(|name| !name.starts_with("basinet ") && !there.contains(*name)).collect();
    assert!(strange.is_empty(), "no such functions: {strange:?}");
    Ok(())
}
