//! Errors of conversion.

use core::fmt::Display;

/// An option of a module that the other crate's module does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{from} with {option} = {value} has no counterpart in {to}: {reason}")]
#[non_exhaustive]
pub struct NoCounterpart {
    /// The module that was to be converted, such as `burn::nn::Gru`.
    pub from: &'static str,
    /// Its option, as the module's own configuration calls it.
    pub option: &'static str,
    /// The option's value.
    pub value: String,
    /// The module that it was to become.
    pub to: &'static str,
    /// Why there is none, or what to do.
    pub reason: &'static str,
}

/// The two modules of a conversion, which errors name.
#[derive(Clone, Copy)]
pub(super) struct Conversion {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

impl Conversion {
    /// Refuses the option unless it fits.
    pub(super) fn check(
        self,
        fits: bool,
        option: &'static str,
        value: impl Display,
        reason: &'static str,
    ) -> Result<(), NoCounterpart> {
        match fits {
            true => Ok(()),
            false => Err(self.refuse(option, value, reason)),
        }
    }

    pub(super) fn refuse(
        self,
        option: &'static str,
        value: impl Display,
        reason: &'static str,
    ) -> NoCounterpart {
        NoCounterpart {
            from: self.from,
            option,
            value: value.to_string(),
            to: self.to,
            reason,
        }
    }
}
