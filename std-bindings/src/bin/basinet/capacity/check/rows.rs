//! Rows of a file of reference: numbers as numbers or as decimal strings, null for what does not exist.

use basinet::capacity::Ensemble;
use serde_json::{Map, Value};
use std::fmt;

/// A row.
pub struct Row<'v>(&'v Map<String, Value>);

/// Why a row cannot be checked.
#[derive(Debug)]
pub struct Fault(String);

impl Fault {
    pub fn new(why: &str) -> Self {
        Self(why.to_owned())
    }

    pub fn in_row(self, number: usize) -> Self {
        Self(format!("row {number} (from 0): {}", self.0))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<basinet::capacity::Error> for Fault {
    fn from(error: basinet::capacity::Error) -> Self {
        Self(error.to_string())
    }
}

/// A value, what it should be, and the unit that errors are measured in.
pub struct Pair {
    key: String,
    found: Option<f64>,
    expected: Option<f64>,
    unit: f64,
}

impl Pair {
    /// In units of what is expected.
    pub fn relative(key: &str, found: Option<f64>, expected: Option<f64>) -> Self {
        let unit = expected.map_or(1.0, f64::abs);
        Self { key: key.to_owned(), found, expected, unit: if unit == 0.0 { 1.0 } else { unit } }
    }

    /// In units of a standard error, or of what is allowed.
    pub fn within(key: &str, found: f64, expected: f64, unit: f64) -> Result<Self, Fault> {
        if !(unit > 0.0 && unit.is_finite()) {
            return Err(Fault(format!("the standard error of {key} is {unit}")));
        }
        Ok(Self { key: key.to_owned(), found: Some(found), expected: Some(expected), unit })
    }

    /// Infinite where only one of the two exists.
    pub fn error(&self) -> f64 {
        match (self.found, self.expected) {
            (None, None) => 0.0,
            (Some(found), Some(expected)) if found == expected => 0.0,
            (Some(found), Some(expected)) => (found - expected).abs() / self.unit,
            _ => f64::INFINITY,
        }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |number: Option<f64>| number.map_or_else(|| "none".to_owned(), |number| number.to_string());
        write!(f, "{} is {}, not {}", self.key, number(self.found), number(self.expected))
    }
}

impl<'v> Row<'v> {
    pub fn new(value: &'v Value) -> Result<Self, Fault> {
        value.as_object().map(Self).ok_or_else(|| Fault("is no object".to_owned()))
    }

    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    fn get(&self, key: &str) -> Result<&'v Value, Fault> {
        self.0.get(key).ok_or_else(|| Fault(format!("has no {key}")))
    }

    /// A number; none where it is null.
    pub fn perhaps(&self, key: &str) -> Result<Option<f64>, Fault> {
        let number = match self.get(key)? {
            Value::Null => return Ok(None),
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number.map(Some).ok_or_else(|| Fault(format!("{key} is no number")))
    }

    pub fn number(&self, key: &str) -> Result<f64, Fault> {
        self.perhaps(key)?.ok_or_else(|| Fault(format!("{key} is null")))
    }

    /// Yes or no, as 1 or 0.
    pub fn flag(&self, key: &str) -> Result<f64, Fault> {
        self.get(key)?.as_bool().map(f64::from).ok_or_else(|| Fault(format!("{key} is neither true nor false")))
    }

    pub fn whole(&self, key: &str) -> Result<usize, Fault> {
        let number = self.get(key)?.as_u64().and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| Fault(format!("{key} is no whole number")))
    }

    pub fn ensemble(&self) -> Result<Ensemble, Fault> {
        match self.get("ensemble")?.as_str() {
            Some("spherical") => Ok(Ensemble::Spherical),
            Some("gaussian" | "gaussian_unit") => Ok(Ensemble::Gaussian),
            _ => Err(Fault("ensemble is neither spherical, gaussian nor gaussian_unit".to_owned())),
        }
    }

    /// Each of these with what the row has for it, relative.
    pub fn relative<const N: usize>(&self, found: [(&str, Option<f64>); N]) -> Result<Vec<Pair>, Fault> {
        found.into_iter().map(|(key, found)| Ok(Pair::relative(key, found, self.perhaps(key)?))).collect()
    }
}
