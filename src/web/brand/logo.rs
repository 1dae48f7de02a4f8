//! The logo: an SVG or PNG file that is read once, when the server starts.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use roxmltree::{Document, ParsingOptions};

use crate::config::BadSetting;

/// The largest file, in bytes: everybody's first page waits for it.
const LARGEST: usize = 64 * 1024;

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What a logo file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Logo {
    /// The file as it is.
    pub content: Vec<u8>,
    /// What it is.
    pub format: Format,
    /// Its width divided by its height.
    pub ratio: f64,
}

/// The formats that every browser shows sharp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Scalable Vector Graphics.
    Svg,
    /// Portable Network Graphics.
    Png,
}

impl Logo {
    /// Reads a logo file.
    ///
    /// # Errors
    /// When it cannot be read, is too large, or is no image.
    pub fn read(path: &Path) -> Result<Self, BadSetting> {
        let bad = |why: &str| BadSetting(format!("--logo: the file {} {why}", path.display()));
        let unreadable = |error: std::io::Error| bad(&format!("cannot be read: {error}"));
        let mut content = Vec::new();
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
        File::open(path).map_err(unreadable)?.take(limit).read_to_end(&mut content).map_err(unreadable)?;
        if content.len() > LARGEST {
            return Err(bad("is too large: expected at most 64 KiB"));
        }
        let (format, size) = match std::str::from_utf8(&content) {
            Ok(text) => (Format::Svg, svg_size(text)),
            Err(_) => (Format::Png, png_size(&content)),
        };
        let (width, height) = size.ok_or_else(|| {
            bad("is no image that can be used: expected PNG, or SVG whose first element is svg with its xmlns and a \
                 viewBox, or a width and a height")
        })?;
        Ok(Self { content, format, ratio: width / height })
    }
}

fn png_size(content: &[u8]) -> Option<(f64, f64)> {
    let header = content.strip_prefix(PNG_SIGNATURE)?.get(4..16)?.strip_prefix(b"IHDR")?;
    let (width, height) = header.split_at(4);
    let number = |bytes: &[u8]| Some(f64::from(u32::from_be_bytes(bytes.try_into().ok()?)));
    positive(number(width)?, number(height)?)
}

fn svg_size(text: &str) -> Option<(f64, f64)> {
    // A document type is common in SVG files; entities of its own are not, and no browser needs them for a logo.
    let options = ParsingOptions { allow_dtd: !text.contains("<!ENTITY"), ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).ok()?;
    let root = document.root_element();
    if !root.has_tag_name(("http://www.w3.org/2000/svg", "svg")) {
        return None;
    }
    let pixels = |name| root.attribute(name).and_then(|value| value.trim_end_matches("px").parse().ok());
    let from_box = || {
        let numbers: Vec<f64> = root
            .attribute("viewBox")?
            .split([' ', ',', '\n', '\t'])
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().ok())
            .collect::<Option<_>>()?;
        let [_, _, width, height] = numbers[..] else { return None };
        Some((width, height))
    };
    let (width, height) = pixels("width").zip(pixels("height")).or_else(from_box)?;
    positive(width, height)
}

fn positive(width: f64, height: f64) -> Option<(f64, f64)> {
    (width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0).then_some((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 24"><path d="M0 0h96v24z"/></svg>"#;

    fn png(width: u32, height: u32) -> Vec<u8> {
        [PNG_SIGNATURE, &[0, 0, 0, 13], b"IHDR", &width.to_be_bytes(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat()
    }

    fn read(content: &[u8]) -> Result<Logo, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logo");
        std::fs::write(&path, content).unwrap();
        Logo::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn the_shape_of_an_svg_is_that_of_its_size_or_view_box() {
        let prolog = "\u{feff}<?xml version=\"1.0\"?>\n<!-- <svg> -->\n<!DOCTYPE svg>\n";
        for (text, ratio) in [
            (SVG.to_owned(), 4.0),
            (format!("{prolog}{SVG}"), 4.0),
            (SVG.replace("viewBox", "width='48px' height = '24' viewBox"), 2.0),
            (SVG.replace("viewBox", "width='100%' height='100%' viewBox"), 4.0),
            (SVG.replace("0 0 96 24", "0,0,\n72.0,24"), 3.0),
        ] {
            let logo = read(text.as_bytes()).unwrap();
            assert_eq!(logo.format, Format::Svg);
            assert!((logo.ratio - ratio).abs() < 0.001, "{text}: {}", logo.ratio);
        }
    }

    #[test]
    fn the_shape_of_a_png_is_in_its_header() {
        let logo = read(&png(300, 100)).unwrap();
        assert_eq!(logo.format, Format::Png);
        assert!((logo.ratio - 3.0).abs() < 0.001);
    }

    #[test]
    fn what_is_no_image_is_refused_with_what_was_expected() {
        for bad in [
            b"".as_slice(),
            b"<html><svg></svg></html>",
            b"<svg viewBox='0 0 1 1'></svg>",
            b"<svg xmlns='http://www.w3.org/2000/svg'></svg>",
            b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 0 1'></svg>",
            b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 NaN 1'></svg>",
            b"<svg xmlns='http://www.w3.org/2000/svg' viewBox=",
            b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'></svg>",
            b"<!-- endless",
            b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><path></svg>",
            b"GIF89a\xff",
            b"\xff\xd8\xff\xe0",
            PNG_SIGNATURE,
            &png(0, 100),
        ] {
            let refused = read(bad).unwrap_err();
            assert!(refused.contains("expected PNG, or SVG"), "{refused}");
        }
        let padded = SVG.replace("<path", &format!("<!--{}--><path", " ".repeat(LARGEST)));
        assert!(read(padded.as_bytes()).unwrap_err().contains("expected at most 64 KiB"));
        assert!(Logo::read(Path::new("/nowhere/logo.svg")).unwrap_err().to_string().contains("/nowhere/logo.svg"));
    }
}
