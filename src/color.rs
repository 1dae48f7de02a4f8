//! Colours, and whether they can be told apart: contrast as WCAG 2.2 defines it, and lightness in OKLCH, where changing it
//! leaves the hue as people see it.

use std::fmt;
use std::str::FromStr;

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

/// A colour as people see it.
#[derive(Clone, Copy, Debug)]
pub struct Perceived {
    /// From 0, black, to 1, white.
    pub lightness: f64,
    chroma: f64,
    /// In radians.
    hue: f64,
}

impl Color {
    /// White.
    pub const WHITE: Self = Self([0xff; 3]);

    /// A colour by its red, green and blue.
    #[must_use]
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// The relative luminance of WCAG 2.2.
    #[must_use]
    pub fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast ratio of WCAG 2.2, from 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// This colour as a veil over another one: 0 shows the other one only, 1 this one only.
    #[must_use]
    pub fn over(self, ground: Self, share: f64) -> Self {
        let mixed = |index: usize| f64::from(self.0[index]) * share + f64::from(ground.0[index]) * (1.0 - share);
        Self([0, 1, 2].map(|index| to_byte(mixed(index) / 255.0)))
    }

    /// How people see it.
    #[must_use]
    pub fn perceived(self) -> Perceived {
        let [red, green, blue] = self.linear();
        let long = (0.412_221_47 * red + 0.536_332_54 * green + 0.051_445_99 * blue).cbrt();
        let middle = (0.211_903_5 * red + 0.680_699_55 * green + 0.107_396_96 * blue).cbrt();
        let short = (0.088_302_46 * red + 0.281_718_84 * green + 0.629_978_7 * blue).cbrt();
        let a = 1.977_998_5 * long - 2.428_592_2 * middle + 0.450_593_7 * short;
        let b = 0.025_904_04 * long + 0.782_771_77 * middle - 0.808_675_77 * short;
        let lightness = 0.210_454_26 * long + 0.793_617_8 * middle - 0.004_072_05 * short;
        Perceived { lightness, chroma: a.hypot(b), hue: b.atan2(a) }
    }

    fn linear(self) -> [f64; 3] {
        self.0.map(|byte| {
            let part = f64::from(byte) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        })
    }
}

impl Perceived {
    /// The same hue with another lightness, as colourful as a screen can show it and at most as before.
    #[must_use]
    pub fn with_lightness(self, lightness: f64) -> Color {
        let lightness = lightness.clamp(0.0, 1.0);
        let (mut least, mut most) = (0.0, self.chroma);
        if let Some(color) = (Self { lightness, ..self }).on_screen() {
            return color;
        }
        for _ in 0..16 {
            let chroma = f64::midpoint(least, most);
            if (Self { lightness, chroma, ..self }).on_screen().is_some() {
                least = chroma;
            } else {
                most = chroma;
            }
        }
        let grey = to_byte(encoded(lightness.powi(3)));
        Self { lightness, chroma: least, ..self }.on_screen().unwrap_or(Color([grey; 3]))
    }

    fn on_screen(self) -> Option<Color> {
        /// Rounding must not put white and the purest colours off the screen.
        const SLACK: f64 = 0.000_5;
        let (a, b) = (self.chroma * self.hue.cos(), self.chroma * self.hue.sin());
        let long = (self.lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
        let middle = (self.lightness - 0.105_561_35 * a - 0.063_854_17 * b).powi(3);
        let short = (self.lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
        let linear = [
            4.076_741_7 * long - 3.307_711_6 * middle + 0.230_969_93 * short,
            -1.268_438 * long + 2.609_757_4 * middle - 0.341_319_4 * short,
            -0.004_196_09 * long - 0.703_418_6 * middle + 1.707_614_7 * short,
        ];
        linear
            .iter()
            .all(|part| (-SLACK..=1.0 + SLACK).contains(part))
            .then(|| Color(linear.map(|part| to_byte(encoded(part)))))
    }
}

fn encoded(linear: f64) -> f64 {
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn to_byte(part: f64) -> u8 {
    (part * 255.0).round().clamp(0.0, 255.0) as u8
}

impl fmt::Display for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([red, green, blue]) = self;
        write!(formatter, "#{red:02x}{green:02x}{blue:02x}")
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
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| expected)?.to_be_bytes();
        Ok(Self([red, green, blue]))
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
            assert!((perceived.lightness - lightness).abs() < 0.001, "{text}: {perceived:?}");
            assert!((perceived.chroma - chroma).abs() < 0.001, "{text}: {perceived:?}");
        }
    }

    #[test]
    fn a_colour_that_keeps_its_lightness_stays_the_same() {
        for text in ["#ffffff", "#000000", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#0a6b5d", "#808080"] {
            let perceived = color(text).perceived();
            assert_eq!(perceived.with_lightness(perceived.lightness).to_string(), text);
        }
    }

    #[test]
    fn a_lighter_colour_keeps_its_hue() {
        let blue = color("#1d4ed8").perceived();
        let lighter = blue.with_lightness(0.8).perceived();
        assert!((lighter.lightness - 0.8).abs() < 0.01, "{lighter:?}");
        assert!((lighter.hue - blue.hue).abs() < 0.05, "{lighter:?}");
    }

    #[test]
    fn a_colour_is_a_sharp_sign_and_six_digits() {
        assert_eq!(color(" #0A6b5D").to_string(), "#0a6b5d");
        for bad in ["", "#", "0a6b5d", "#0a6b5", "#0a6b5d0", "#+a6b5d", "#0a6b5g", "green", "#äöü", "rgb(1, 2, 3)"] {
            assert!(bad.parse::<Color>().is_err(), "{bad} was accepted");
        }
    }
}
