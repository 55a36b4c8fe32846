//! The model, as the command line chooses it and as files name it.

use basinet::{AnyModel, AnySeparation, AnySimilarity, Beta};

/// How separations are spelled.
pub const SEPARATIONS: &str = "softmax, softmax1, sparsemax, entmax:A, normmax:G, topk:K, hardmax, ksubsets:K";

/// Parts of the model that shall be others than the file's.
#[derive(clap::Args)]
pub struct Overrides {
    /// Inverse temperature in place of the file's
    #[arg(long, value_name = "B", value_parser = beta)]
    beta: Option<Beta>,
    /// Separation in place of the file's: softmax, softmax1, sparsemax,
    /// entmax:A, normmax:G, topk:K, hardmax, ksubsets:K
    #[arg(long, value_name = "NAME", value_parser = separation)]
    separation: Option<AnySeparation>,
    /// Similarity in place of the file's: dot, cosine, squared-distance
    #[arg(long, value_name = "NAME", value_parser = similarity)]
    similarity: Option<AnySimilarity>,
}

impl Overrides {
    /// The file's model with these parts.
    pub fn over(&self, model: AnyModel) -> AnyModel {
        AnyModel {
            beta: self.beta.unwrap_or(model.beta),
            separation: self.separation.unwrap_or(model.separation),
            similarity: self.similarity.unwrap_or(model.similarity),
        }
    }
}

pub fn beta(text: &str) -> Result<Beta, String> {
    let number: f32 = text.parse().map_err(|_| "beta is a positive number, as in 0.5 or 8".to_owned())?;
    Beta::new(number).map_err(|error| error.to_string())
}

pub fn separation(text: &str) -> Result<AnySeparation, String> {
    let with_parameter = |name: &str| matches!(name, "entmax" | "normmax" | "topk" | "ksubsets");
    text.parse().map_err(|error: basinet::Error| match text.split_once(':') {
        None if with_parameter(text) => format!("{text} needs its parameter, as in {text}:2"),
        Some((name, _)) if with_parameter(name) => error.to_string(),
        _ => format!("one of {SEPARATIONS}"),
    })
}

pub fn similarity(text: &str) -> Result<AnySimilarity, String> {
    text.parse().map_err(|error: basinet::Error| error.to_string())
}

/// A model in words: `sparsemax at beta 8, dot`.
pub fn in_words(model: &AnyModel) -> String {
    format!("{} at beta {}, {}", model.separation, model.beta.get(), model.similarity)
}
