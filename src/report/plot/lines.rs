//! Lines over a varied key, with their intervals: one panel, or several stacked over one x axis.

use super::axis::{Axis, Point, Scale, Series};
use super::canvas::{Canvas, PX};
use super::chart::{self, Chart};
use super::legend::{Entry, Sample};
use super::mark::Look;
use super::page::{Page, WIDTH, Words};
use super::ruler::{Ruler, Span};

/// Lines over one varied key.
#[derive(Debug, Clone, PartialEq)]
pub struct LinePlot {
    /// Title, description and caption.
    pub words: Words,
    /// The varied key.
    pub x: Axis,
    /// What was measured, from top to bottom. Two measures that do not share a unit are two panels, never two y axes.
    pub panels: Vec<Panel>,
}

/// One measure over the varied key.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What was measured.
    pub y: Axis,
    /// Series of the same name look the same in every panel.
    pub series: Vec<Series>,
}

const ALONE: i32 = 300 * PX;
const STACKED: i32 = 190 * PX;
const BETWEEN: i32 = 18 * PX;
/// The least width of the data.
const LEAST: i32 = 300 * PX;
/// The least room of one series within a category.
const ASIDE: i32 = 10 * PX;

impl LinePlot {
    /// The picture as the text of an SVG file.
    pub fn svg(&self) -> String {
        let height = if self.panels.len() > 1 { STACKED } else { ALONE };
        let rulers_at = |top: i32| self.panels.iter().map(|panel| panel.ruler(top + height, top)).collect::<Vec<_>>();
        let left = chart::left_edge(&rulers_at(0));
        let xs = self.panels.iter().flat_map(|panel| panel.series.iter().flat_map(|series| series.points.iter().map(|point| point.x)));
        let x_span = Span::over(&self.x, xs, false);
        let names = self.names();
        let right = (WIDTH - chart::RIGHT).max(left + LEAST).max(left + self.columns() * names.len() as i32 * ASIDE);
        let x_ruler = || Ruler::across(&self.x, x_span, left, right);
        let width = x_ruler().ends().1 + chart::RIGHT;
        let heads: i32 = self.panels.iter().map(|panel| chart::label_height(&panel.y, width) + height + BETWEEN).sum();
        let body_height = heads - BETWEEN + chart::foot_height(&self.x, &x_ruler(), width);
        let entry = |(i, name): (usize, &&str)| Entry { sample: self.sample(Look::of(i)), name: (*name).to_owned() };
        let page = Page::new(&self.words, names.iter().enumerate().map(entry).collect(), (width, body_height.max(ALONE / 4)));
        page.svg(|canvas, top| {
            let mut top = top;
            for (i, panel) in self.panels.iter().enumerate() {
                top += chart::label_height(&panel.y, width);
                let chart = Chart { x: x_ruler(), y: panel.ruler(top + height, top) };
                chart.draw_columns(canvas);
                chart.draw_upright(canvas, &panel.y, width);
                if i + 1 == self.panels.len() {
                    chart.draw_foot(canvas, &self.x, width);
                }
                self.draw(canvas, &chart, panel, &names);
                top += height + BETWEEN;
            }
        })
    }

    /// The names of the series in the order in which they first appear: the number of a name decides its look.
    fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for series in self.panels.iter().flat_map(|panel| &panel.series) {
            if !names.contains(&series.name.as_str()) {
                names.push(&series.name);
            }
        }
        names
    }

    /// The number of categories, of which a key of numbers has one.
    fn columns(&self) -> i32 {
        match &self.x.scale {
            Scale::Linear | Scale::Log => 1,
            Scale::Named(names) => names.len().max(1) as i32,
        }
    }

    fn sample(&self, look: Look) -> Sample {
        match self.x.scale {
            Scale::Linear | Scale::Log => Sample::Line(look),
            Scale::Named(_) => Sample::Mark(look),
        }
    }

    fn draw(&self, canvas: &Canvas<'_>, chart: &Chart, panel: &Panel, names: &[&str]) {
        let number = |series: &Series| names.iter().position(|name| *name == series.name).unwrap_or(0);
        let strokes: Vec<Stroke<'_>> =
            panel.series.iter().map(|series| Stroke { chart, x: &self.x, y: &panel.y, series, look: Look::of(number(series)) }).collect();
        chart.draw_note_if(canvas, strokes.iter().all(|stroke| stroke.stretches().next().is_none()));
        match &self.x.scale {
            Scale::Linear | Scale::Log => {
                let opacity = if strokes.len() > 3 { 0.10 } else { 0.18 };
                strokes.iter().for_each(|stroke| stroke.draw_band(canvas, opacity));
                strokes.iter().for_each(|stroke| stroke.draw_line(canvas));
            }
            // Between categories lies nothing: no line leads from one to the next, and the series stand side by side.
            Scale::Named(_) => {
                let (left, right) = chart.x.ends();
                let room = (right - left) / self.columns() / names.len().max(1) as i32;
                let step = (room * 85 / 100).min(16 * PX);
                for (stroke, series) in strokes.iter().zip(&panel.series) {
                    stroke.draw_bars(canvas, step * (2 * number(series) as i32 + 1 - names.len() as i32) / 2);
                }
            }
        }
    }
}

impl Panel {
    fn ruler(&self, bottom: i32, top: i32) -> Ruler {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let ends = points().filter_map(|point| point.interval(&self.y)).flat_map(|(low, high)| [low, high]);
        Ruler::up(&self.y, Span::over(&self.y, points().map(|point| point.y).chain(ends), true), bottom, top)
    }
}

/// One series on its chart.
struct Stroke<'a> {
    chart: &'a Chart,
    x: &'a Axis,
    y: &'a Axis,
    series: &'a Series,
    look: Look,
}

impl Stroke<'_> {
    /// The stretches of points that can be drawn: the line is broken where one cannot.
    fn stretches(&self) -> impl Iterator<Item = &[Point]> {
        let missing = |point: &Point| self.x.drawable(point.x).is_none() || self.y.drawable(point.y).is_none();
        self.series.points.split(missing).filter(|stretch| !stretch.is_empty())
    }

    fn draw_band(&self, canvas: &Canvas<'_>, opacity: f64) {
        for known in self.stretches().flat_map(|stretch| stretch.split(|point| point.interval(self.y).is_none())) {
            if let [alone] = known {
                self.draw_bar(canvas, alone, 0);
                continue;
            }
            let ends: Vec<_> = known.iter().filter_map(|point| Some((self.chart.x.at(point.x), point.interval(self.y)?))).collect();
            let lower = ends.iter().map(|(x, (low, _))| (*x, self.chart.y.at(*low)));
            let upper = ends.iter().rev().map(|(x, (_, high))| (*x, self.chart.y.at(*high)));
            canvas.polygon(&lower.chain(upper).collect::<Vec<_>>(), self.look.colour, opacity);
        }
    }

    fn draw_line(&self, canvas: &Canvas<'_>) {
        for stretch in self.stretches() {
            let places: Vec<_> = stretch.iter().map(|point| (self.chart.x.at(point.x), self.chart.y.at(point.y))).collect();
            canvas.line(&places, self.look.colour, 2 * PX);
            places.into_iter().for_each(|place| self.look.mark_on_lines(canvas, place));
        }
    }

    fn draw_bars(&self, canvas: &Canvas<'_>, aside: i32) {
        for point in self.stretches().flatten() {
            self.draw_bar(canvas, point, aside);
            self.look.mark(canvas, (self.chart.x.beside(point.x, aside), self.chart.y.at(point.y)));
        }
    }

    fn draw_bar(&self, canvas: &Canvas<'_>, point: &Point, aside: i32) {
        if let Some((low, high)) = point.interval(self.y) {
            let x = self.chart.x.beside(point.x, aside);
            self.look.bar(canvas, (x, self.chart.y.at(low)), (x, self.chart.y.at(high)));
        }
    }
}
