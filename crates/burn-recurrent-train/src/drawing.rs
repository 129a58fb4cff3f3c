//! Helpers that the plots share.

use plotters::style::RGBColor;

/// `strength`, from 0 to 1, of a colour on white.
pub(crate) fn tint(colour: RGBColor, strength: f64) -> RGBColor {
    let mix = |channel: u8| (255.0 - strength * (255.0 - f64::from(channel))).round() as u8;
    RGBColor(mix(colour.0), mix(colour.1), mix(colour.2))
}

/// A name of up to so many characters, cut where it is longer.
pub(crate) fn shortened(name: &str, most: usize) -> String {
    match name.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_string(),
    }
}
