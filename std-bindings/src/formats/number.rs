//! From what stands in a file to a finite f32, or to a fault that says where it stands.

use super::Fault;

/// An f64 as f32, the nearest one.
pub fn narrow(value: f64, row: usize, column: usize) -> Result<f32, Fault> {
    let narrow = value as f32;
    if narrow.is_finite() {
        Ok(narrow)
    } else if value.is_finite() {
        Err(Fault::Overflow { row, column, value })
    } else {
        Err(Fault::NotFinite { row, column, value })
    }
}

/// A number written as text, the f32 nearest to it: not by way of f64, which would round twice.
pub fn parse(text: &str, row: usize, column: usize) -> Result<f32, Fault> {
    let not_a_number = || Fault::NotANumber { row, column, text: text.to_owned() };
    let narrow: f32 = text.parse().map_err(|_| not_a_number())?;
    if narrow.is_finite() {
        return Ok(narrow);
    }
    let value: f64 = text.parse().map_err(|_| not_a_number())?;
    if !value.is_finite() && text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Overflow { row, column, value: f64::MAX.copysign(value) });
    }
    self::narrow(value, row, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_rounded_once() -> Result<(), Fault> {
        // Just above the middle between 1 and the next f32, by less than f64 shows: the nearest is the upper one, and by way of f64 it
        // would be the even one below.
        assert_eq!(parse("1.00000005960464477540", 0, 0)?, 1.0 + f32::EPSILON);
        assert_eq!("1.00000005960464477540".parse::<f64>().map(|wide| wide as f32), Ok(1.0));
        Ok(())
    }

    #[test]
    fn what_is_not_a_finite_number_has_a_name() {
        assert!(matches!(parse("nan", 3, 5), Err(Fault::NotFinite { row: 3, column: 5, .. })));
        assert!(matches!(parse("-inf", 3, 5), Err(Fault::NotFinite { row: 3, column: 5, .. })));
        assert!(matches!(parse("1e39", 3, 5), Err(Fault::Overflow { row: 3, column: 5, .. })));
        assert!(matches!(parse("1e999", 3, 5), Err(Fault::Overflow { row: 3, column: 5, .. })));
        assert!(matches!(parse("cat", 3, 5), Err(Fault::NotANumber { row: 3, column: 5, .. })));
        assert!(matches!(narrow(f64::INFINITY, 3, 5), Err(Fault::NotFinite { .. })));
        assert!(matches!(narrow(-1e39, 3, 5), Err(Fault::Overflow { .. })));
    }
}
