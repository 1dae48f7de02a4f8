//! The tones of the accent: as near to the colour that the instance chose as its contrast on every ground allows.

use crate::color::Color;

/// The least contrast of text (WCAG 2.2, 1.4.3), which is more than that of controls and of the focus (1.4.11).
pub const TEXT_CONTRAST: f64 = 4.5;

/// How far lightness moves in one step.
const STEP: f64 = 0.005;

/// How much lighter or darker what is pointed at becomes.
const POINTED_AT: f64 = 0.08;

/// The same for what can become no lighter or no darker that anybody would see.
const POINTED_AT_EXTREMES: f64 = 0.2;

/// What the accent stands on, as `tokens.css` has it.
#[derive(Clone, Copy, Debug)]
pub struct Scheme {
    /// The page, what lies on it, and what is sunk into it.
    grounds: [Color; 3],
    /// Text and quieter text.
    inks: [Color; 2],
    /// Text on the accent.
    on_accent: Color,
    /// How much of the accent is in its soft tone.
    softness: f64,
    /// The direction in which contrast grows.
    away: f64,
    /// Where an accent is looked for that cannot be taken as it is: the least that can be read is dull in the dark.
    from: f64,
}

/// The light colour scheme.
pub const LIGHT: Scheme = Scheme {
    grounds: [Color::new(0xf6, 0xf7, 0xf9), Color::WHITE, Color::new(0xef, 0xf1, 0xf4)],
    inks: [Color::new(0x1a, 0x21, 0x29), Color::new(0x57, 0x61, 0x6e)],
    on_accent: Color::WHITE,
    softness: 0.08,
    away: -1.0,
    from: 1.0,
};

/// The dark colour scheme.
pub const DARK: Scheme = Scheme {
    grounds: [Color::new(0x0f, 0x13, 0x18), Color::new(0x17, 0x1c, 0x22), Color::new(0x20, 0x26, 0x2e)],
    inks: [Color::new(0xe8, 0xec, 0xf1), Color::new(0xa5, 0xaf, 0xba)],
    on_accent: Color::new(0x0f, 0x13, 0x18),
    softness: 0.12,
    away: 1.0,
    from: 0.74,
};

/// The tones of an accent in one colour scheme.
#[derive(Clone, Copy, Debug)]
pub struct Tones {
    /// Links, main buttons, and the focus.
    pub accent: Color,
    /// The same, pointed at.
    pub strong: Color,
    /// The ground of what belongs to the accent.
    pub soft: Color,
    /// Text on the first two.
    pub on_accent: Color,
}

impl Tones {
    /// The tones of an accent.
    #[must_use]
    pub fn of(accent: Color, scheme: &Scheme) -> Self {
        let perceived = accent.perceived();
        let nearest = perceived.lightness().clamp(0.0, 1.0);
        let mut lightness = if scheme.away < 0.0 { nearest.min(scheme.from) } else { nearest.max(scheme.from) };
        let mut tones = Self::around(accent, scheme);
        while !tones.can_be_read(scheme) && (0.0..=1.0).contains(&lightness) {
            lightness += scheme.away * STEP;
            tones = Self::around(perceived.with_lightness(lightness), scheme);
        }
        tones
    }

    fn around(accent: Color, scheme: &Scheme) -> Self {
        let perceived = accent.perceived();
        let beyond = perceived.lightness() + scheme.away * POINTED_AT;
        let strong = if (0.1..=1.0).contains(&beyond) {
            beyond
        } else {
            perceived.lightness() - scheme.away * POINTED_AT_EXTREMES
        };
        Self {
            accent,
            strong: perceived.with_lightness(strong),
            soft: accent.over(scheme.grounds[1], scheme.softness),
            on_accent: scheme.on_accent,
        }
    }

    fn can_be_read(&self, scheme: &Scheme) -> bool {
        self.pairs(scheme).all(|(text, ground)| text.contrast(ground) >= TEXT_CONTRAST)
    }

    /// Every text with every ground it stands on.
    fn pairs(&self, scheme: &Scheme) -> impl Iterator<Item = (Color, Color)> {
        let texts = [self.accent, self.strong];
        let grounds = scheme.grounds.into_iter().chain([self.soft, self.on_accent]);
        grounds.flat_map(move |ground| texts.map(|text| (text, ground))).chain(scheme.inks.map(|ink| (ink, self.soft)))
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    const TOKENS: &str = include_str!("../../../static/css/tokens.css");

    /// The least contrast of controls and of the focus (WCAG 2.2, 1.4.11).
    const CONTROL_CONTRAST: f64 = 3.0;

    /// What a token is in both colour schemes.
    fn token(name: &str) -> [Color; 2] {
        let (_, value) = TOKENS.split_once(&format!("--{name}: light-dark(")).unwrap_or_else(|| panic!("no --{name}"));
        let (light, rest) = value.split_once(", ").unwrap();
        [light, rest.split_once(')').unwrap().0].map(|color| color.parse().unwrap())
    }

    fn many_colors() -> Vec<Color> {
        let parts = [0x00, 0x24, 0x49, 0x6d, 0x92, 0xb6, 0xdb, 0xff];
        let mut colors: Vec<_> = parts
            .iter()
            .flat_map(|red| parts.iter().map(move |green| (red, green)))
            .flat_map(|(red, green)| parts.iter().map(move |blue| Color::new(*red, *green, *blue)))
            .collect();
        let mut rng = StdRng::seed_from_u64(22);
        colors.extend((0..200).map(|_| Color::new(rng.random(), rng.random(), rng.random())));
        colors
    }

    #[test]
    fn whatever_accent_is_chosen_can_be_read_on_every_ground() {
        let softs = ["danger-soft", "warning-soft", "good-soft"].map(token);
        for chosen in many_colors() {
            for (index, scheme) in [LIGHT, DARK].iter().enumerate() {
                let tones = Tones::of(chosen, scheme);
                for (text, ground) in tones.pairs(scheme) {
                    let contrast = text.contrast(ground);
                    assert!(contrast >= 4.5, "{chosen} as {tones:?}: {text} on {ground} has {contrast:.2}");
                }
                for ground in softs.map(|soft| soft[index]) {
                    let contrast = tones.accent.contrast(ground);
                    assert!(contrast >= CONTROL_CONTRAST, "the focus of {chosen}: {contrast:.2} on {ground}");
                }
                let control = token("line-strong")[index].contrast(tones.soft);
                assert!(control >= CONTROL_CONTRAST, "a control in a notice of {chosen}: {control:.2}");
            }
        }
    }

    #[test]
    fn an_accent_that_can_be_read_is_taken_as_it_is() {
        let petrol = Color::new(0x15, 0x5e, 0x75);
        assert_eq!(Tones::of(petrol, &LIGHT).accent, petrol);
        let sky = Color::new(0x7c, 0xc7, 0xdd);
        assert_eq!(Tones::of(sky, &DARK).accent, sky);
    }

    #[test]
    fn what_is_pointed_at_looks_different() {
        for chosen in many_colors() {
            for scheme in [LIGHT, DARK] {
                let tones = Tones::of(chosen, &scheme);
                assert!(tones.strong.contrast(tones.accent) > 1.05, "{chosen}: {tones:?}");
            }
        }
    }

    #[test]
    fn the_grounds_and_inks_are_those_of_the_style_sheet() {
        for (index, scheme) in [LIGHT, DARK].iter().enumerate() {
            assert_eq!(scheme.grounds, ["paper", "surface", "sunken"].map(|name| token(name)[index]));
            assert_eq!(scheme.inks, ["ink", "ink-muted"].map(|name| token(name)[index]));
        }
    }

    #[test]
    fn the_colours_of_the_style_sheet_can_be_read_on_their_grounds() {
        let all = ["paper", "surface", "sunken"];
        let pairs = [
            ("ink", &["paper", "surface", "sunken", "danger-soft", "warning-soft", "good-soft"][..]),
            ("ink-muted", &["paper", "surface", "sunken", "danger-soft", "warning-soft"]),
            ("surface", &["ink"]),
            ("danger", &["paper", "surface", "sunken", "danger-soft"]),
            ("on-danger", &["danger", "danger-strong"]),
            ("warning", &["surface", "warning-soft"]),
            ("good", &["surface", "sunken", "good-soft"]),
        ];
        for (text, grounds) in pairs {
            for ground in grounds {
                for (text_color, ground_color) in token(text).into_iter().zip(token(ground)) {
                    let contrast = text_color.contrast(ground_color);
                    assert!(contrast >= TEXT_CONTRAST, "--{text} on --{ground}: {contrast:.2}");
                }
            }
        }
        for ground in all {
            for (line, ground_color) in token("line-strong").into_iter().zip(token(ground)) {
                let contrast = line.contrast(ground_color);
                assert!(contrast >= CONTROL_CONTRAST, "--line-strong on --{ground}: {contrast:.2}");
            }
        }
    }
}
