//! `export`: the patterns as source code for a device, or as bare bytes.
//!
//! What is written has the alignment that was asked for, or says that it needs it: loads are fastest from there.

use crate::failure::Failure;
use crate::progress::bar;
use crate::say;
use basinet::formats::{Aside, FileFault};
use basinet::{Patterns, file};
use clap::ValueEnum;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Numbers on a line of source code.
const PER_LINE: usize = 6;

/// What an array cannot be called in C11.
const C_KEYWORDS: [&str; 35] = [
    "alignas", "alignof", "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern",
    "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static",
    "struct", "switch", "typedef", "union", "unsigned", "void", "while",
];

/// Write the patterns of a memory as source code or bytes.
///
/// c: an aligned `const float` array (C11) with its sizes. rust: an aligned
/// `static` with its sizes. raw: the numbers alone, little-endian f32, row by
/// row, to be placed at a multiple of ALIGN. Numbers read back the same, bit
/// for bit. The .basin file itself needs no export: a program includes its bytes
/// as they are (Rust: include_basin!) and has the model and checksums with them.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, after_help = crate::EXIT_CODES)]
pub struct Arguments {
    /// The memory
    #[arg(value_name = "FILE.basin")]
    file: PathBuf,
    /// What to write
    #[arg(long, value_name = "FORM")]
    to: Form,
    /// Where to
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// The values in place of the patterns
    #[arg(long)]
    values: bool,
    /// What the array is called in the source code [default: patterns, or values]
    #[arg(long, value_name = "NAME", value_parser = identifier)]
    name: Option<String>,
    /// Alignment in bytes: a power of two from 4 to 4096
    #[arg(long, value_name = "BYTES", default_value = "64", value_parser = alignment)]
    align: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    C,
    Rust,
    Raw,
}

impl Arguments {
    /// What is written.
    fn what(&self) -> &'static str {
        if self.values { "values" } else { "patterns" }
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.what())
    }
}

fn identifier(text: &str) -> Result<String, String> {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let goes_on = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // What begins with _ and a capital is the compiler's in C.
    let is_reserved = text.strip_prefix('_').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    if !text.bytes().any(|byte| byte != b'_') || is_reserved || C_KEYWORDS.contains(&text) {
        Err("this is no name of an array".to_owned())
    } else if begins && goes_on {
        Ok(text.to_owned())
    } else {
        Err("a name is made of letters, digits and _, and begins with no digit".to_owned())
    }
}

fn alignment(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|align: &usize| align.is_power_of_two() && (4..=4096).contains(align))
        .ok_or("a power of two from 4 to 4096".to_owned())
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    Failure::if_read(&arguments.output, &[&arguments.file])?;
    let mapped = file::open_verified(&arguments.file)?;
    let (basin, map) = mapped.with_map()?;
    let (source, name) = (arguments.file.display().to_string(), arguments.output.display().to_string());
    if map.is_some() && !arguments.values {
        let why = "queries go through a feature map first; include the file itself, which has it, or export its --values";
        return Err(Failure::Refused(format!("{source}: {why}")));
    }
    let rows = match arguments.values {
        false => basin.patterns(),
        true => basin.values().ok_or_else(|| Failure::Refused(format!("{source}: has no values; leave out --values")))?,
    };
    let mut aside = Aside::new(&arguments.output)?;
    let mut out = BufWriter::new(aside.file());
    let written = match arguments.to {
        Form::C => c(&mut out, &rows, arguments),
        Form::Rust => rust(&mut out, &rows, arguments),
        Form::Raw => each_row(&rows, |row| row.iter().try_for_each(|number| out.write_all(&number.to_le_bytes()))),
    };
    let written = written.and_then(|()| out.flush());
    drop(out);
    written.map_err(|error| FileFault::new(&*name, error))?;
    aside.keep()?;
    let what = arguments.what();
    let needs = match arguments.to {
        Form::Raw => format!("; place them at a multiple of {}", arguments.align),
        _ => String::new(),
    };
    say::line(&format!("{name}: {} {what} of {} numbers{needs}", rows.count(), rows.dim()))
}

fn each_row(rows: &Patterns<'_>, mut write: impl FnMut(&[f32]) -> io::Result<()>) -> io::Result<()> {
    let progress = bar("exporting", Some(rows.count()));
    for row in (0..rows.count()).filter_map(|i| rows.row(i)) {
        write(row)?;
        progress.inc(1);
    }
    Ok(())
}

/// The numbers of all rows as literals, a few on a line.
fn literals(out: &mut impl Write, rows: &Patterns<'_>, suffix: &str) -> io::Result<()> {
    each_row(rows, |row| {
        row.chunks(PER_LINE).try_for_each(|numbers| {
            write!(out, "   ")?;
            // The shortest decimal that reads back the same; with an exponent, C takes it for a floating literal.
            numbers.iter().try_for_each(|number| write!(out, " {number:e}{suffix},"))?;
            writeln!(out)
        })
    })
}

fn c(out: &mut impl Write, rows: &Patterns<'_>, arguments: &Arguments) -> io::Result<()> {
    let (name, align) = (arguments.name(), arguments.align);
    let (count, dim, upper) = (rows.count(), rows.dim(), name.to_uppercase());
    writeln!(out, "/* {count} rows of {dim} numbers, row by row. Written by `basinet export`. C11. */")?;
    writeln!(out, "#include <stdalign.h>\n\n#define {upper}_COUNT {count}\n#define {upper}_DIM {dim}\n")?;
    writeln!(out, "alignas({align}) static const float {name}[{upper}_COUNT * {upper}_DIM] = {{")?;
    literals(out, rows, "f")?;
    writeln!(out, "}};")
}

fn rust(out: &mut impl Write, rows: &Patterns<'_>, arguments: &Arguments) -> io::Result<()> {
    let (name, align) = (arguments.name(), arguments.align);
    let (count, dim, upper) = (rows.count(), rows.dim(), name.to_uppercase());
    writeln!(out, "// {count} rows of {dim} numbers, row by row. Written by `basinet export`.")?;
    writeln!(out, "pub const {upper}_COUNT: usize = {count};\npub const {upper}_DIM: usize = {dim};\n")?;
    // `my_digits` is of type `MyDigits`.
    let words = name.split('_').filter_map(|word| word.split_at_checked(1));
    let kind: String = words.map(|(first, rest)| first.to_uppercase() + rest).collect();
    // Which must be a name, and not that of the static.
    let fits = kind.starts_with(|first: char| first.is_ascii_alphabetic()) && kind != upper && kind != "Self";
    let kind = if fits { kind } else { format!("Rows{kind}") };
    writeln!(out, "#[repr(C, align({align}))]\npub struct {kind}(pub [f32; {upper}_COUNT * {upper}_DIM]);\n")?;
    writeln!(out, "#[rustfmt::skip]\npub static {upper}: {kind} = {kind}([")?;
    literals(out, rows, "")?;
    writeln!(out, "]);")
}
