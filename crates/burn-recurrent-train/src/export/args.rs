//! The arguments of `export`.

use std::path::PathBuf;

use burn::tensor::FloatDType;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::CardText;

/// The arguments of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// The run directory of the model
    #[arg(long, value_name = "RUN")]
    pub model: PathBuf,
    /// The folder to make, which must not exist or be empty; its name is the model's
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
    /// What the weights are rounded to; counts of n-grams stay as they are
    #[arg(long = "type", value_enum, default_value_t = WeightsType::F16, value_name = "TYPE")]
    pub numbers: WeightsType,
    /// What a person adds to the card.
    #[command(flatten)]
    pub text: CardText,
}

/// The numbers that weights are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum WeightsType {
    /// Half precision: 11 binary digits, up to 65504
    F16,
    /// The other half precision: 8 binary digits, as large as single precision
    Bf16,
    /// Single precision, as trained
    F32,
}

impl WeightsType {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
        }
    }

    pub(super) fn dtype(self) -> FloatDType {
        match self {
            Self::F16 => FloatDType::F16,
            Self::Bf16 => FloatDType::BF16,
            Self::F32 => FloatDType::F32,
        }
    }
}
