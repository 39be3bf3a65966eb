//! Markers: the shape and the colour by which a series is known, and the bar of an interval.

use plotters::style::RGBColor;

use super::canvas::{Canvas, PX, Spot};
use super::theme;

/// How a series is drawn; its line's dashes follow from the colour.
#[derive(Clone, Copy)]
pub struct Look {
    pub colour: RGBColor,
    shape: Shape,
}

#[derive(Clone, Copy)]
enum Shape {
    Disc,
    Square,
    Triangle,
    Diamond,
    TriangleDown,
    Cross,
    Plus,
}

const SHAPES: [Shape; 7] = [Shape::Disc, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::TriangleDown, Shape::Cross, Shape::Plus];

const RADIUS: i32 = 4 * PX;

impl Look {
    /// The look of the series with that number: colours repeat after eight, shapes after seven, both together after 56.
    pub fn of(number: usize) -> Self {
        Self { colour: theme::SERIES[number % theme::SERIES.len()], shape: SHAPES[number % SHAPES.len()] }
    }

    /// A disc of a colour.
    pub fn disc(colour: RGBColor) -> Self {
        Self { colour, shape: Shape::Disc }
    }

    /// A square of a colour.
    pub fn square(colour: RGBColor) -> Self {
        Self { colour, shape: Shape::Square }
    }

    /// A diamond of a colour.
    pub fn diamond(colour: RGBColor) -> Self {
        Self { colour, shape: Shape::Diamond }
    }

    /// Draws the marker, set off from the lines that it lies on.
    pub fn mark_on_lines(&self, canvas: &Canvas<'_>, place: Spot) {
        self.shape.fill(canvas, place, RADIUS + PX, theme::GROUND);
        self.mark(canvas, place);
    }

    /// Draws the marker.
    pub fn mark(&self, canvas: &Canvas<'_>, place: Spot) {
        self.shape.fill(canvas, place, RADIUS, self.colour);
    }

    /// Draws the marker as an outline.
    pub fn mark_hollow(&self, canvas: &Canvas<'_>, place: Spot) {
        self.shape.fill(canvas, place, RADIUS, self.colour);
        self.shape.fill(canvas, place, RADIUS * 6 / 10, theme::GROUND);
    }

    /// Draws the bar of an interval between two places of one column or one row, with a cap at each end.
    pub fn bar(&self, canvas: &Canvas<'_>, one: Spot, other: Spot) {
        let (half, cap) = (7 * PX / 10, 4 * PX);
        let (thick, wide) = if one.1 == other.1 { ((0, half), (half, cap)) } else { ((half, 0), (cap, half)) };
        canvas.rectangle((one.0 - thick.0, one.1 - thick.1), (other.0 + thick.0, other.1 + thick.1), self.colour);
        for (x, y) in [one, other] {
            canvas.rectangle((x - wide.0, y - wide.1), (x + wide.0, y + wide.1), self.colour);
        }
    }
}

impl Shape {
    fn fill(self, canvas: &Canvas<'_>, (x, y): Spot, radius: i32, colour: RGBColor) {
        let corners: &[(f64, f64)] = match self {
            Self::Disc => return canvas.disc((x, y), radius, colour),
            Self::Square => &[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
            Self::Triangle => &[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
            Self::TriangleDown => &[(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)],
            Self::Diamond => &[(0.0, -1.3), (1.15, 0.0), (0.0, 1.3), (-1.15, 0.0)],
            Self::Cross => &CROSS,
            Self::Plus => &PLUS,
        };
        let corner =
            |(right, down): &(f64, f64)| (x + (right * f64::from(radius)).round() as i32, y + (down * f64::from(radius)).round() as i32);
        canvas.polygon(&corners.iter().map(corner).collect::<Vec<_>>(), colour, 1.0);
    }
}

/// The corners of a plus, clockwise from its top left.
const PLUS: [(f64, f64); 12] = [
    (-0.4, -1.2),
    (0.4, -1.2),
    (0.4, -0.4),
    (1.2, -0.4),
    (1.2, 0.4),
    (0.4, 0.4),
    (0.4, 1.2),
    (-0.4, 1.2),
    (-0.4, 0.4),
    (-1.2, 0.4),
    (-1.2, -0.4),
    (-0.4, -0.4),
];

/// The plus, turned by an eighth.
const CROSS: [(f64, f64); 12] = [
    (-0.6, -1.1),
    (0.0, -0.5),
    (0.6, -1.1),
    (1.1, -0.6),
    (0.5, 0.0),
    (1.1, 0.6),
    (0.6, 1.1),
    (0.0, 0.5),
    (-0.6, 1.1),
    (-1.1, 0.6),
    (-0.5, 0.0),
    (-1.1, -0.6),
];
