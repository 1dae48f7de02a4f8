//! Colours, and whether they can be told apart: contrast as WCAG 2.2 defines it, and lightness in OKLCH, where changing it
//! leaves the hue as people see it.

use std::fmt;
use std::str::FromStr;

use palette::color_difference::Wcag21RelativeContrast as _;
use palette::convert::FromColorUnclamped as _;
use palette::{FromColor as _, LinSrgb, Mix as _, Oklch, Srgb};

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(Srgb<u8>);

/// A colour as people see it.
#[derive(Clone, Copy, Debug)]
pub struct Perceived(Oklch<f64>);

impl Color {
    /// White.
    pub const WHITE: Self = Self::new(0xff, 0xff, 0xff);

    /// A colour by its red, green and blue.
    #[must_use]
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self(Srgb::new(red, green, blue))
    }

    /// The contrast ratio of WCAG 2.2, from 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        self.0.into_format::<f64>().relative_contrast(other.0.into_format())
    }

    /// This colour as a veil over another one: 0 shows the other one only, 1 this one only.
    #[must_use]
    pub fn over(self, ground: Self, share: f64) -> Self {
        Self(ground.0.into_format::<f64>().mix(self.0.into_format(), share).into_format())
    }

    /// How people see it.
    #[must_use]
    pub fn perceived(self) -> Perceived {
        Perceived(Oklch::from_color(self.0.into_linear::<f64>()))
    }
}

impl Perceived {
    /// From 0, black, to 1, white.
    #[must_use]
    pub fn lightness(self) -> f64 {
        self.0.l
    }

    /// The same hue with another lightness, as colourful as a screen can show it and at most as before.
    #[must_use]
    pub fn with_lightness(self, lightness: f64) -> Color {
        let with = |chroma| Oklch { l: lightness.clamp(0.0, 1.0), chroma, ..self.0 };
        if let Some(color) = on_screen(with(self.0.chroma)) {
            return color;
        }
        let (mut least, mut most) = (0.0, self.0.chroma);
        for _ in 0..16 {
            let chroma = f64::midpoint(least, most);
            if on_screen(with(chroma)).is_some() {
                least = chroma;
            } else {
                most = chroma;
            }
        }
        Color(Srgb::from_linear(LinSrgb::from_color(with(least))))
    }
}

/// `None` for what no screen can show.
fn on_screen(color: Oklch<f64>) -> Option<Color> {
    /// Rounding must not put white and the purest colours off the screen.
    const SLACK: f64 = 0.000_5;
    let linear = LinSrgb::from_color_unclamped(color);
    let parts: [f64; 3] = linear.into();
    parts.iter().all(|part| (-SLACK..=1.0 + SLACK).contains(part)).then(|| Color(Srgb::from_linear(linear)))
}

impl fmt::Display for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{:x}", self.0)
    }
}

impl FromStr for Color {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "expected a colour as # and six hexadecimal digits, for example #0a6b5d";
        let digits = text.trim().strip_prefix('#').ok_or(expected)?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(expected);
        }
        digits.parse().map(Self).map_err(|_| expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        text.parse().unwrap()
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((color("#000000").contrast(Color::WHITE) - 21.0).abs() < 0.001);
        assert!((color("#777777").contrast(Color::WHITE) - 4.48).abs() < 0.01);
        assert!((color("#767676").contrast(Color::WHITE) - 4.54).abs() < 0.01);
        assert!((color("#ff0000").contrast(color("#0000ff")) - 2.15).abs() < 0.01);
    }

    #[test]
    fn lightness_is_that_of_oklch() {
        for (text, lightness, chroma) in
            [("#ffffff", 1.0, 0.0), ("#000000", 0.0, 0.0), ("#ff0000", 0.628, 0.258), ("#0000ff", 0.452, 0.313)]
        {
            let perceived = color(text).perceived();
            assert!((perceived.lightness() - lightness).abs() < 0.001, "{text}: {perceived:?}");
            assert!((perceived.0.chroma - chroma).abs() < 0.001, "{text}: {perceived:?}");
        }
    }

    #[test]
    fn a_colour_that_keeps_its_lightness_stays_the_same() {
        for text in ["#ffffff", "#000000", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#0a6b5d", "#808080"] {
            let perceived = color(text).perceived();
            assert_eq!(perceived.with_lightness(perceived.lightness()).to_string(), text);
        }
    }

    #[test]
    fn a_lighter_colour_keeps_its_hue() {
        let blue = color("#1d4ed8").perceived();
        let lighter = blue.with_lightness(0.8).perceived();
        assert!((lighter.lightness() - 0.8).abs() < 0.01, "{lighter:?}");
        assert!((lighter.0.hue - blue.0.hue).into_radians().abs() < 0.05, "{lighter:?}");
    }

    #[test]
    fn a_colour_is_a_sharp_sign_and_six_digits() {
        assert_eq!(color(" #0A6b5D").to_string(), "#0a6b5d");
        for bad in ["", "#", "0a6b5d", "#0a6b5", "#0a6b5d0", "#+a6b5d", "#0a6b5g", "green", "#äöü", "rgb(1, 2, 3)"] {
            assert!(bad.parse::<Color>().is_err(), "{bad} was accepted");
        }
    }
}
