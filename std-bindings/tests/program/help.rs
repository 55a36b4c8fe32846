//! Help: within 80 columns, with the exit codes, without colours where it is piped.

use super::{Fallible, run, said};
use std::path::Path;

const VERBS: [&str; 12] = [
    "",
    "store",
    "recall",
    "info",
    "export",
    "train",
    "experiment",
    "capacity",
    "capacity advise",
    "capacity check",
    "capacity simulate",
    "completions",
];

#[test]
fn help_fits_eighty_columns() -> Fallible {
    for verb in VERBS {
        for flag in ["-h", "--help"] {
            let help = said(Path::new("."), &format!("{verb} {flag}"), b"")?;
            assert!(help.lines().count() > 8, "{help}");
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{verb} {flag}: {line}");
            }
        }
    }
    Ok(())
}

#[test]
fn help_names_every_verb_and_the_exit_codes() -> Fallible {
    let help = said(Path::new("."), "--help", b"")?;
    assert!(VERBS.iter().filter(|verb| !verb.contains(' ')).all(|verb| help.contains(verb)));
    for verb in VERBS {
        let help = said(Path::new("."), &format!("{verb} --help"), b"")?;
        assert!(help.contains("Exit codes: 0 done; 1 the work failed"), "{verb}");
    }
    Ok(())
}

#[test]
fn help_names_every_separation() -> Fallible {
    for verb in ["store", "recall", "info"] {
        let help = said(Path::new("."), &format!("{verb} --help"), b"")?;
        for name in ["softmax", "softmax1", "sparsemax", "entmax:A", "normmax:G", "topk:K", "hardmax", "ksubsets:K"] {
            assert!(help.contains(name), "{verb}: {name}");
        }
    }
    Ok(())
}

/// An escape sequence begins with this.
const ESCAPE: u8 = 0x1b;

#[test]
fn colours_are_off_in_a_pipe_and_on_where_they_are_asked_for() -> Fallible {
    let folder = super::folder()?;
    for (line, coloured) in [
        ("info digits.basin", false),
        ("--color never info digits.basin", false),
        ("info digits.basin --color always", true),
        ("--help", false),
        ("--help --color=always", true),
        ("store none.npy -o x.basin", false),
        ("store none.npy -o x.basin --color always", true),
        ("nonsense", false),
    ] {
        let output = run(folder.path(), line, b"")?;
        assert_eq!(output.stdout.contains(&ESCAPE) || output.stderr.contains(&ESCAPE), coloured, "{line}");
    }
    Ok(())
}

#[test]
fn no_color_is_heard_before_a_wish_for_colours() -> Fallible {
    let folder = super::folder()?;
    for (variables, coloured) in [(&["CLICOLOR_FORCE"][..], true), (&["CLICOLOR_FORCE", "NO_COLOR"], false)] {
        let mut command = super::basinet(folder.path());
        command.envs(variables.iter().map(|name| (name, "1")));
        assert_eq!(command.args(["info", "digits.basin"]).output()?.stdout.contains(&ESCAPE), coloured, "{variables:?}");
    }
    Ok(())
}

#[test]
fn completions_are_there_for_every_shell() -> Fallible {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(Path::new("."), &format!("completions {shell}"), b"")?;
        assert!(script.contains("recall") && script.contains("certificate"), "{shell}");
    }
    let ask = "source <(\"$0\" completions bash) && complete -p basinet";
    let output = std::process::Command::new("bash").args(["-c", ask, env!("CARGO_BIN_EXE_basinet")]).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
