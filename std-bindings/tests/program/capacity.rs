//! `capacity`: the theory against its table of reference.

use super::{Fallible, run, said};

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/conformance/golden/capacity.json");

#[test]
fn check_holds_the_theory_against_a_file() -> Fallible {
    let folder = tempfile::tempdir()?;
    let said = said(folder.path(), &format!("capacity check {REFERENCE}"), b"")?;
    assert_eq!(said.lines().count(), 25, "{said}");
    // Of each tolerance, as many as the README says.
    let mut counts = std::collections::BTreeMap::new();
    for line in said.lines() {
        let [.., "held", held, "max-error", _, "tolerance", tolerance] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(line.into());
        };
        let (held, all) = held.split_once('/').ok_or(line)?;
        assert_eq!(held, all, "{line}");
        *counts.entry(tolerance).or_insert(0) += all.parse::<u32>()?;
    }
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"))?;
    for (tolerance, what) in [("1e-12", "closed forms"), ("1e-6", "values at finite sizes"), ("4e0", "measurements")] {
        let count = counts[tolerance];
        let count = if count < 1000 { count.to_string() } else { format!("{},{:03}", count / 1000, count % 1000) };
        assert!(readme.replace('\n', " ").contains(&format!("{count} {what}")), "{count} {what}");
    }
    Ok(())
}

#[test]
fn the_gallery_is_what_its_points_give() -> Fallible {
    let folder = tempfile::tempdir()?;
    let gallery = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/figures"));
    let page = std::fs::read_to_string(gallery.join("README.md"))?;
    std::fs::write(folder.path().join("page.md"), &page)?;
    let points = gallery.join("points.csv");
    said(folder.path(), &format!("capacity figures --points {} --out . --page page.md", points.display()), b"")?;
    assert!(std::fs::read_to_string(folder.path().join("page.md"))? == page, "run std-bindings/docs/figures/run");
    for name in ["thresholds", "crossovers", "basins", "phases", "rates", "nearest"] {
        let png = format!("capacity-{name}.png");
        assert!(std::fs::read(folder.path().join(&png))? == std::fs::read(gallery.join(&png))?, "{png}: run std-bindings/docs/figures/run");
        assert!(page.contains(&format!("]({png})")), "{png}");
    }
    // Without points there are lines, and no tables.
    assert_eq!(said(folder.path(), "capacity figures --out lines", b"")?, "");
    assert!(std::fs::read_to_string(folder.path().join("lines/capacity-basins.svg"))?.contains("<polyline"));
    Ok(())
}

#[test]
fn check_names_what_is_not_held() -> Fallible {
    let folder = tempfile::tempdir()?;
    let check = |text: &str| -> Result<(Option<i32>, String, String), Box<dyn std::error::Error>> {
        std::fs::write(folder.path().join("a.json"), text)?;
        let output = run(folder.path(), "capacity check a.json", b"")?;
        Ok((output.status.code(), String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?))
    };
    let table = |rate: &str| format!(r#"{{"gaussian": {{"rate": [{{"eps": "0.5", "s_rho1": {rate}, "s_rho0.5": "0.25"}}]}}}}"#);
    let (code, out, _) = check(&table("\"0.125\""))?;
    assert_eq!((code, out.as_str()), (Some(0), "gaussian.rate held 2/2 max-error 0.0e0 tolerance 1e-12\n"));
    let (code, out, errors) = check(&table("\"0.126\""))?;
    assert!(code == Some(1) && out.starts_with("gaussian.rate held 1/2 "), "{out}");
    assert!(errors.contains("gaussian.rate, row 0 (from 0): s_rho1 is 0.125, not 0.126"), "{errors}");
    // What exists on one side only is not held.
    assert!(check(&table("null"))?.2.contains("s_rho1 is 0.125, not none"));
    for (text, why) in [
        (table("true").as_str(), "gaussian.rate: row 0 (from 0): s_rho1 is no number"),
        (r#"{"gaussian": {"rate": [{}]}}"#, "has no eps"),
        (r#"{"gaussian": {"rate": [1]}}"#, "is no object"),
        ("{}", "has none of the tables"),
        ("{", "a.json: EOF"),
    ] {
        let (code, _, errors) = check(text)?;
        assert!(code == Some(1) && errors.contains(why), "{text}: {errors}");
    }
    Ok(())
}
