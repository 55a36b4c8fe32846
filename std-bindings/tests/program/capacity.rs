//! `capacity`: the theory against its table of reference, and advice.

use super::{Fallible, run, said};
use basinet::Sparsemax;
use basinet::capacity::advice::{Damage, Question};
use serde_json::Value;

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/conformance/golden/capacity.json");

#[test]
fn check_holds_the_theory_against_a_file() -> Fallible {
    let folder = tempfile::tempdir()?;
    let said = said(folder.path(), &format!("capacity check {REFERENCE}"), b"")?;
    assert_eq!(said.lines().count(), 25, "{said}");
    // Of each tolerance, as many as the README says, and as near.
    let mut counts = std::collections::BTreeMap::new();
    for line in said.lines() {
        let [.., "held", held, "max-error", error, "tolerance", tolerance] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(line.into());
        };
        let (held, all) = held.split_once('/').ok_or(line)?;
        assert_eq!(held, all, "{line}");
        let (count, worst) = counts.entry(tolerance).or_insert((0, 0.0));
        *count += all.parse::<u32>()?;
        *worst = error.parse::<f64>()?.max(*worst);
    }
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"))?;
    for (tolerance, what) in [("1e-12", "closed forms"), ("1e-6", "values at finite sizes"), ("4e0", "measurements")] {
        let (count, worst) = counts[tolerance];
        let count = if count < 1000 { count.to_string() } else { format!("{},{:03}", count / 1000, count % 1000) };
        let worst = if worst < 1.0 { format!("{worst:e}") } else { worst.to_string() };
        assert!(readme.replace('\n', " ").contains(&format!("{count} {what} within {worst} ")), "{count} {what} within {worst}");
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

/// A number in JSON.
fn number(said: &Value, path: &str) -> Result<f64, String> {
    said.pointer(path).and_then(Value::as_f64).ok_or(format!("{path}: {said}"))
}

#[test]
fn advise_says_what_the_library_says() -> Fallible {
    let folder = tempfile::tempdir()?;
    let line = "capacity advise --dim 40 --patterns 500 --norm 2 --erased 0.3 --failure 0.05";
    let answer = said(folder.path(), line, b"")?;
    for part in [
        "Assumed\n",
        "random directions of 40 numbers, norm 2",
        "mean cosine of 0.8367",
        "one step of sparsemax",
        "but for a probability of 0.05",
        "at any beta: up to ",
        "Typical",
        "Limit",
    ] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    let json: Value = serde_json::from_str(&said(folder.path(), &format!("{line} --json"), b"")?)?;
    let question = Question {
        dim: 40,
        norm: 2.0,
        patterns: Some(500.0),
        beta: None,
        separation: Sparsemax.into(),
        damage: Damage::erased(0.3)?,
        failure: 0.05,
        weight: 0.99,
    };
    let beta = question.smallest_beta()?.ok_or("no beta")?;
    assert_eq!((number(&json, "/advice/beta")?, &json["own"]), (beta, &Value::Null));
    // The beta that is printed is enough, and the damage asked for is the largest.
    let printed = answer.split_once("500 patterns: ").and_then(|(_, rest)| rest.split(' ').next()).ok_or("no beta is said")?;
    let held: Value = serde_json::from_str(&said(folder.path(), &format!("{line} --beta {printed} --json"), b"")?)?;
    assert!(number(&held, "/advice/guaranteed/failure")? <= 0.05);
    assert!(answer.contains("30.0 % of the numbers 0"), "{answer}");
    // What no beta serves needs more dimensions, and is served there.
    let hard = "capacity advise --patterns 500 --erased 0.9 --separation softmax --dim";
    let answer = said(folder.path(), &format!("{hard} 40"), b"")?;
    let dim = answer.split_once("from D = ").and_then(|(_, rest)| rest.split(' ').next()).ok_or("no dimension is said")?;
    assert!(!said(folder.path(), &format!("{hard} {dim}"), b"")?.contains("none is enough"));
    Ok(())
}

#[test]
fn advise_surveys_a_memory() -> Fallible {
    let folder = super::folder()?;
    let json = |line: &str| -> Result<Value, Box<dyn std::error::Error>> {
        Ok(serde_json::from_str(&said(folder.path(), &format!("capacity advise --memory digits.basin --json {line}"), b"")?)?)
    };
    let found = json("--beta 4")?;
    assert_eq!((number(&found, "/advice/assumed/dim")?, number(&found, "/advice/assumed/patterns")?), (64.0, 100.0));
    assert_eq!(number(&found, "/advice/assumed/norm")?, number(&found, "/own/survey/norm")?);
    let exact = |which: &str| number(&found, &format!("/own/survey/recall/exact/{which}"));
    // As `info` says.
    let info: Value = serde_json::from_str(&said(folder.path(), "info digits.basin --beta 4 --json", b"")?)?;
    assert_eq!((exact("predicted")?, exact("measured")?, exact("agreeing")?), (number(&info, "/recallable")?, exact("predicted")?, 100.0));
    assert_eq!((&found["own"]["survey"]["worst"], &found["own"]["survey"]["separations"]), (&info["worst"], &info["separations"]));
    // What is not said on the command line is the file's, and what is said is not.
    said(folder.path(), "store digits.npy -o digits.basin --beta 2.5 --separation hardmax", b"")?;
    let other = json("--dim 20")?;
    let assumed = &other["advice"]["assumed"];
    assert_eq!((&assumed["beta"], &assumed["separation"], &assumed["dim"]), (&2.5.into(), &"hardmax".into(), &20.into()));
    let within = json("--separation softmax --sample 30 --worst 2")?;
    assert_eq!((number(&within, "/own/survey/recall/within/held")?, number(&within, "/own/survey/compared")?), (30.0, 30.0));
    let text = said(folder.path(), "capacity advise --memory digits.basin --sample 30", b"")?;
    for part in [
        "Your own patterns digits.basin: 30 of 100 patterns, evenly spaced",
        "exactly back: predicted",
        "as crowded as random directions of",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    Ok(())
}
