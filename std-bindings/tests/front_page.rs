//! The first page: the repository's README and the documentation's show the same ten lines.

/// The first block of code of a page.
fn example(page: &str) -> Option<&str> {
    let (_, block) = page.split_once("```")?;
    let (_, code) = block.split_once('\n')?;
    Some(code.split_once("```")?.0)
}

#[test]
fn both_first_pages_show_the_same_lines() {
    let (readme, rustdoc) = (example(include_str!("../../README.md")), example(include_str!("../README.md")));
    assert_eq!(readme, rustdoc);
    let lines = readme.unwrap_or("").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    assert_eq!(lines.count(), 10);
}
