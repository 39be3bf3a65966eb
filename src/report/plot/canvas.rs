//! The sheet that is drawn on: lines, areas, discs and texts. Nothing else knows plotters' back end.

use plotters::coord::Shift;
use plotters::prelude::{Circle, DrawingArea, IntoDrawingArea, IntoFont, PathElement, Polygon, Rectangle, SVGBackend, Text, TextStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, FontTransform, RGBColor, ShapeStyle};

use super::{text, theme};

/// A pixel. plotters counts in whole numbers, so a picture is drawn ten times as large and its view box scales it down: lines and
/// markers stand where they belong to a tenth of a pixel.
pub const PX: i32 = 10;

/// A place on the canvas, in tenths of a pixel from the top left.
pub type Spot = (i32, i32);

const INVARIANT: &str = "writing SVG into a String cannot fail";

/// plotters sets text smaller than asked by this factor.
const FONT_FACTOR: f64 = 1.24;

/// How a text stands.
#[derive(Clone, Copy)]
pub struct Type {
    pub size: i32,
    pub colour: RGBColor,
    pub bold: bool,
    pub across: HPos,
    pub down: VPos,
    /// Read from the bottom to the top.
    pub turned: bool,
}

impl Type {
    /// Text to the right of its place and vertically centred on it.
    pub fn new(size: i32, colour: RGBColor) -> Self {
        Self { size, colour, bold: false, across: HPos::Left, down: VPos::Center, turned: false }
    }

    pub fn across(self, across: HPos) -> Self {
        Self { across, ..self }
    }

    pub fn down(self, down: VPos) -> Self {
        Self { down, ..self }
    }
}

/// The sheet.
pub struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Draws a picture of a size in tenths of a pixel; gives plotters' SVG text.
pub fn draw(size: Spot, picture: impl FnOnce(&Canvas<'_>)) -> String {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (size.0.unsigned_abs(), size.1.unsigned_abs())).into_drawing_area();
        let canvas = Canvas { area };
        picture(&canvas);
        canvas.area.present().expect(INVARIANT);
    }
    svg
}

impl Canvas<'_> {
    /// A line through the places; `thickness` in tenths of a pixel. A line of a series' colour has the series' dashes.
    pub fn line(&self, places: &[Spot], colour: RGBColor, thickness: i32) {
        if places.len() > 1 {
            let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: thickness.unsigned_abs() };
            self.area.draw(&PathElement::new(places, style)).expect(INVARIANT);
        }
    }

    /// A filled polygon.
    pub fn polygon(&self, corners: &[Spot], colour: RGBColor, opacity: f64) {
        if corners.len() > 2 {
            self.area.draw(&Polygon::new(corners, colour.mix(opacity))).expect(INVARIANT);
        }
    }

    /// A filled rectangle between two opposite corners.
    pub fn rectangle(&self, one: Spot, other: Spot, colour: RGBColor) {
        let (start, end) = ((one.0.min(other.0), one.1.min(other.1)), (one.0.max(other.0), one.1.max(other.1)));
        self.area.draw(&Rectangle::new([start, end], colour.filled())).expect(INVARIANT);
    }

    /// A filled disc.
    pub fn disc(&self, centre: Spot, radius: i32, colour: RGBColor) {
        self.area.draw(&Circle::new(centre, radius, colour.filled())).expect(INVARIANT);
    }

    /// A line of text.
    pub fn text(&self, words: &str, place: Spot, look: Type) {
        let words = text::clean(words);
        let weight = if look.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = ("sans-serif", f64::from(look.size) * FONT_FACTOR).into_font().style(weight);
        let font = if look.turned { font.transform(FontTransform::Rotate270) } else { font };
        let style = TextStyle::from(font).color(&look.colour).pos(Pos::new(look.across, look.down));
        self.area.draw(&Text::new(words, place, style)).expect(INVARIANT);
    }

    /// Lines of text, the first one hanging from the place.
    pub fn paragraph(&self, lines: &[String], place: Spot, look: Type) {
        for (i, line) in lines.iter().enumerate() {
            let down = text::line_height(look.size) * i as i32;
            self.text(line, (place.0, place.1 + down), look.down(VPos::Top));
        }
    }

    /// The ground over the whole sheet.
    pub fn ground(&self) {
        let (width, height) = self.area.dim_in_pixel();
        self.rectangle((0, 0), (width as i32, height as i32), theme::GROUND);
    }
}
