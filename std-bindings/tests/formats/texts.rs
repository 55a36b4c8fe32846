//! CSV and JSON lines, as people type them.

use super::{Fallible, fault, read};
use basinet::formats::{Fault, Format};

#[test]
fn csv_has_headings_comments_and_spaces() -> Fallible {
    let rows = (2, vec![1.0, 2.5, -3.0, 0.1]);
    for text in ["1,2.5\n-3,0.1\n", "x,y\r\n1,2.5\r\n-3,0.1", "# two rows\n x , y \n 1 , +2.5 \n-3e0, 1e-1\n\n", "\"1\",\"2.5\"\n-3,.1"] {
        assert_eq!(read(Format::Csv, text.as_bytes(), None)?, rows);
    }
    Ok(())
}

#[test]
fn json_lines_are_lists_or_have_one() -> Fallible {
    let rows = (2, vec![1.0, 2.5, -3.0, 0.1]);
    for text in
        ["[1,2.5]\n[-3,0.1]\n", "\n{\"query\": [1, 2.5]}\n\n{\"state\": [-3, 1e-1], \"winner\": 7}", "{\"pattern\":[1,2.5]}\r\n[-3,0.1]"]
    {
        assert_eq!(read(Format::JsonLines, text.as_bytes(), None)?, rows);
    }
    Ok(())
}

#[test]
fn what_is_wrong_is_named_with_its_place() -> Fallible {
    for (format, text) in [(Format::Csv, "1,2\n3,cat\n"), (Format::JsonLines, "[1,2]\n[3,\"cat\"]\n")] {
        assert!(matches!(fault(format, text.as_bytes())?, Fault::NotANumber { row: 1, column: 1, .. }));
    }
    for (format, text) in [(Format::Csv, "1,2\n3,1e39\n"), (Format::JsonLines, "[1,2]\n[3,1e39]\n")] {
        assert!(matches!(fault(format, text.as_bytes())?, Fault::Overflow { row: 1, column: 1, .. }));
    }
    for (format, text) in [(Format::Csv, "1,2\n3\n"), (Format::JsonLines, "[1,2]\n[3]\n")] {
        assert!(matches!(fault(format, text.as_bytes())?, Fault::RowLength { row: 1, expected: 2, found: 1 }));
    }
    for (format, text) in [(Format::Csv, ""), (Format::Csv, "x,y\n"), (Format::JsonLines, "\n\n"), (Format::JsonLines, "[]\n")] {
        assert!(matches!(fault(format, text.as_bytes())?, Fault::Empty), "{text:?}");
    }
    assert!(matches!(fault(Format::Csv, b"1,2\nnan,4\n")?, Fault::NotFinite { row: 1, column: 0, .. }));
    assert!(matches!(fault(Format::JsonLines, b"[1,2]\n[null,4]\n")?, Fault::NotANumber { row: 1, column: 0, .. }));
    assert!(matches!(fault(Format::JsonLines, b"[1,2]\n[1,2\n")?, Fault::Malformed { .. }));
    // Half a heading is a mistake, and not taken for a heading.
    assert!(matches!(fault(Format::Csv, b"1,y\n2,3\n")?, Fault::NotANumber { row: 0, column: 1, .. }));
    Ok(())
}
