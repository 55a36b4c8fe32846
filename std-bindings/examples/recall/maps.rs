//! The separations that are compared, each as the library has it.

use std::fmt;

use basinet::{Beta, Certificate, Entmax, Error, Hardmax, Memory, Model, Normmax, Separation, Settled, Softmax, Sparsemax, Stop, TopK};

/// A separation: from scores to weights.
#[derive(Clone, Copy, PartialEq)]
pub enum Map {
    /// Every stored digit gets some weight.
    Softmax,
    /// The softmax of the best few; all others get none.
    TopK(u32),
    /// Between softmax (1) and sparsemax (2).
    Entmax(f32),
    /// Most stored digits get none.
    Sparsemax,
    /// As few as with sparsemax, with weights the more equal the larger the exponent is.
    Normmax(f32),
    /// All to the best.
    Hardmax,
}

impl Map {
    /// In the order of the columns.
    pub const ALL: [Map; 6] = [Map::Softmax, Map::TopK(8), Map::Entmax(1.5), Map::Sparsemax, Map::Normmax(5.0), Map::Hardmax];

    /// The state that the query comes to, the way there, and what is certain about the end of it.
    pub fn settle(self, memory: &Memory, beta: Beta, query: &[f32], stop: Stop) -> Result<(Settled, Certificate), Error> {
        match self {
            Map::Softmax => settle(memory, Model::new(beta, Softmax), query, stop),
            Map::TopK(k) => settle(memory, Model::new(beta, TopK::new(k)?), query, stop),
            Map::Entmax(alpha) => settle(memory, Model::new(beta, Entmax::new(alpha)?), query, stop),
            Map::Sparsemax => settle(memory, Model::new(beta, Sparsemax), query, stop),
            Map::Normmax(gamma) => settle(memory, Model::new(beta, Normmax::new(gamma)?), query, stop),
            Map::Hardmax => settle(memory, Model::new(beta, Hardmax), query, stop),
        }
    }
}

fn settle<S: Separation>(memory: &Memory, model: Model<S>, query: &[f32], stop: Stop) -> Result<(Settled, Certificate), Error> {
    let settled = memory.settle(&model, query, stop)?;
    let certificate = memory.certify(&model, &settled.report.last, &settled.state)?;
    Ok((settled, certificate))
}

impl fmt::Display for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Map::Softmax => f.write_str("softmax"),
            Map::TopK(k) => write!(f, "topk:{k}"),
            Map::Entmax(alpha) => write!(f, "entmax:{alpha}"),
            Map::Sparsemax => f.write_str("sparsemax"),
            Map::Normmax(gamma) => write!(f, "normmax:{gamma}"),
            Map::Hardmax => f.write_str("hardmax"),
        }
    }
}
