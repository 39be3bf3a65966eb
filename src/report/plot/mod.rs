//! Pictures for a paper or a design review: data in, the text of an SVG file out, the same bytes for the same data.
//!
//! Each kind of plot is a plain value with one function, `svg`. All of them are total: what cannot be drawn (NaN, infinite, zero on a
//! logarithmic axis) is left out, and a plot of nothing is an empty frame. They are readable in dark and in light, without colours
//! (each series also has its own dashes and markers) and by a screen reader (title and description).

mod axis;
mod canvas;
mod chart;
mod differences;
mod ecdf;
mod heat_map;
mod legend;
mod lines;
mod mark;
mod number;
mod page;
mod pareto;
mod placement;
mod ruler;
mod strip;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod ticks;

pub use axis::{Axis, Point, Quantity, Scale, Series};
pub use differences::{Change, DifferencePlot, DifferenceRow};
pub use ecdf::{Curve, EcdfPlot};
pub use heat_map::{HeatMap, Key};
pub use lines::{LinePlot, Panel};
pub use page::Words;
pub use pareto::{Choice, ParetoPlot};
pub use strip::{StripPlot, StripRow};
