//! The look: colours that stay apart for every kind of colour vision, the dark mode, and the frame of the SVG text.

use std::fmt::Write as _;

use plotters::style::RGBColor;

use super::canvas::PX;
use super::text;

/// The ground of the picture.
pub const GROUND: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);
/// Text and axes.
pub const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// What stands back: the caption, choices that are beaten.
pub const MUTED: RGBColor = RGBColor(0x6B, 0x6B, 0x6B);
/// Grid lines.
pub const GRID: RGBColor = RGBColor(0xE2, 0xE2, 0xE2);
/// The line that joins the best choices, behind their intervals.
pub const FRONT: RGBColor = RGBColor(0x9C, 0xC9, 0xE4);
/// Text on light cells of a heat map; the same in the dark.
const ON_LIGHT: RGBColor = RGBColor(0x11, 0x11, 0x11);
/// Text on dark cells of a heat map; the same in the dark.
const ON_DARK: RGBColor = RGBColor(0xFA, 0xFA, 0xFA);

/// Okabe and Ito's palette, the strongest first. Its yellow cannot be seen on white: grey stands for it.
pub const SERIES: [RGBColor; 8] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x00, 0x00, 0x00),
    RGBColor(0x99, 0x99, 0x99),
];

/// The dashes of the line of each colour, in pixels: drawn, left out, drawn, …; none for a solid line.
const DASHES: [&[i32]; 8] = [&[], &[7, 3], &[2, 2], &[9, 3, 2, 3], &[12, 4], &[4, 2, 1, 2], &[5, 5], &[6, 2, 1, 2, 1, 2]];

/// What becomes of the fixed colours in the dark: (in the light, in the dark). Those not named stay.
const DARK: [(RGBColor, &str); 7] = [
    (GROUND, "#15191E"),
    (INK, "#E6E6E6"),
    (MUTED, "#A6ABB2"),
    (GRID, "#343A42"),
    (FRONT, "#2C5B78"),
    (SERIES[0], "#1F8ACD"),
    (SERIES[6], "#FFFFFF"),
];

/// The style sheet. Lines are told apart by their colour's attribute, as plotters writes no dashes.
fn style_sheet() -> String {
    // Converters take a size from any plain rule or style attribute, so the one for browsers stands where only these look.
    let mut css = String::from("@media screen{.plot{max-width:100%;height:auto}}\n.plot polyline{stroke-linejoin:round}\n");
    for (colour, dashes) in SERIES.iter().zip(DASHES).filter(|(_, dashes)| !dashes.is_empty()) {
        let dashes: Vec<String> = dashes.iter().map(|length| (length * PX).to_string()).collect();
        let _ = writeln!(css, ".plot polyline[stroke=\"{}\"]{{stroke-dasharray:{}}}", hex(*colour), dashes.join(" "));
    }
    css.push_str("@media (prefers-color-scheme: dark){\n");
    for (light, dark) in DARK {
        let light = hex(light);
        let _ = writeln!(css, ".plot [fill=\"{light}\"]{{fill:{dark}}}\n.plot [stroke=\"{light}\"]{{stroke:{dark}}}");
    }
    css.push('}');
    css
}

/// How bright a colour is to the eye, of 0 to 1 (WCAG 2.1, relative luminance).
fn luminance(RGBColor(r, g, b): RGBColor) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// How well one colour can be told from another, of 1 to 21 (WCAG 2.1, contrast ratio).
fn contrast(one: RGBColor, other: RGBColor) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The colour of text that can be read on a colour, in the light and in the dark.
pub fn text_on(ground: RGBColor) -> RGBColor {
    if contrast(ON_LIGHT, ground) > contrast(ON_DARK, ground) { ON_LIGHT } else { ON_DARK }
}

fn hex(RGBColor(r, g, b): RGBColor) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

/// The drawing as plotters wrote it, with a head of its own: readable aloud, as wide as its place allows, light or dark.
pub fn dress(drawing: &str, size: (i32, i32), title: &str, description: &str) -> String {
    let (width, height) = size;
    let (_, body) = drawing.split_once('>').expect("plotters opens the svg element first");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\" width=\"{}\" height=\"{}\" \
         viewBox=\"0 0 {width} {height}\">\n\
         <title>{}</title>\n<desc>{}</desc>\n<style>\n{}\n</style>{body}",
        width / PX,
        height / PX,
        text::escape(title),
        text::escape(description),
        style_sheet()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_the_dark(colour: RGBColor) -> RGBColor {
        let Some((_, dark)) = DARK.into_iter().find(|(light, _)| *light == colour) else { return colour };
        let part = |at: usize| u8::from_str_radix(&dark[at..at + 2], 16).unwrap();
        RGBColor(part(1), part(3), part(5))
    }

    #[test]
    fn text_and_series_can_be_seen_in_the_light_and_in_the_dark() {
        for seen in [|colour| colour, in_the_dark] {
            let against_ground = |colour| contrast(seen(colour), seen(GROUND));
            assert!([INK, MUTED].into_iter().all(|text| against_ground(text) >= 4.5));
            // Orange and sky blue are the palest on white; their dashes and markers carry them.
            assert!(SERIES.into_iter().all(|series| against_ground(series) >= 2.0));
        }
    }

    #[test]
    fn the_value_of_a_cell_can_be_read_on_every_shade() {
        for part in 0..=100 {
            let shade = super::super::heat_map::shade(f64::from(part) / 100.0);
            assert!(contrast(text_on(shade), shade) >= 4.0, "{part} %: {}", contrast(text_on(shade), shade));
        }
    }

    #[test]
    fn no_two_of_eight_series_share_their_dashes() {
        for (i, dashes) in DASHES.iter().enumerate() {
            assert!(!DASHES[i + 1..].contains(dashes));
        }
    }
}
