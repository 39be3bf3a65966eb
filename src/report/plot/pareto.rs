//! Cost against loss: every choice with its name, and the front of those that no other beats in both.

use super::axis::{Axis, Point};
use super::canvas::{Canvas, PX, Spot, Type};
use super::chart::{self, Chart};
use super::legend::{Entry, Sample};
use super::mark::Look;
use super::page::{Page, WIDTH, Words};
use super::placement::{self, Place};
use super::ruler::{Ruler, Span};
use super::{text, theme};

/// Choices by their cost and their loss: less is better in both.
#[derive(Debug, Clone, PartialEq)]
pub struct ParetoPlot {
    /// Title, description and caption.
    pub words: Words,
    /// The cost, from left to right.
    pub cost: Axis,
    /// The loss, from the bottom up.
    pub loss: Axis,
    /// The choices.
    pub choices: Vec<Choice>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What was set: `10 s`.
    pub name: String,
    /// What it costs, the estimate.
    pub cost: f64,
    /// The interval of the cost.
    pub cost_interval: Option<(f64, f64)>,
    /// What is lost with it, the estimate.
    pub loss: f64,
    /// The interval of the loss.
    pub loss_interval: Option<(f64, f64)>,
    /// Whether no other choice is better in one and at least as good in the other.
    pub on_front: bool,
}

const HEIGHT: i32 = 360 * PX;

impl ParetoPlot {
    /// The picture as the text of an SVG file.
    pub fn svg(&self) -> String {
        let across_values = self.choices.iter().flat_map(|choice| values(choice.cost, choice.cost_interval, &self.cost));
        let across_span = Span::over(&self.cost, across_values, true);
        let up_values = self.choices.iter().flat_map(|choice| values(choice.loss, choice.loss_interval, &self.loss));
        let up_span = Span::over(&self.loss, up_values, true);
        let up = |bottom: i32, top: i32| Ruler::up(&self.loss, up_span, bottom, top);
        let left = chart::left_edge([&up(HEIGHT, 0)]);
        let widest = text::widest(self.choices.iter().map(|choice| choice.name.as_str()), text::TICK);
        let right = (WIDTH - chart::RIGHT).max(left + widest + 100 * PX);
        let width = right + chart::RIGHT;
        let across = || Ruler::across(&self.cost, across_span, left, right);
        let head = chart::label_height(&self.loss, width);
        let page = Page::new(&self.words, legend(), (width, head + HEIGHT + chart::foot_height(&self.cost, &across(), width)));
        page.svg(|canvas, top| {
            let chart = Chart { x: across(), y: up(top + head + HEIGHT, top + head) };
            chart.draw_columns(canvas);
            chart.draw_upright(canvas, &self.loss, width);
            chart.draw_foot(canvas, &self.cost, width);
            chart.draw_note_if(canvas, self.placed(&chart).next().is_none());
            let mut taken = self.draw_front(canvas, &chart);
            taken.extend(self.draw_bars(canvas, &chart));
            self.draw_choices(canvas, &chart, &taken);
        })
    }

    /// The choices that can be drawn, with their places.
    fn placed<'a>(&'a self, chart: &'a Chart) -> impl Iterator<Item = (&'a Choice, Spot)> {
        let place = |choice: &Choice| Some((chart.x.at(self.cost.drawable(choice.cost)?), chart.y.at(self.loss.drawable(choice.loss)?)));
        self.choices.iter().filter_map(move |choice| Some((choice, place(choice)?)))
    }

    /// Draws the intervals; gives the stretches that they take.
    fn draw_bars(&self, canvas: &Canvas<'_>, chart: &Chart) -> Vec<Place> {
        let mut taken = Vec::new();
        for (choice, (x, y)) in self.placed(chart) {
            let along_x =
                interval(choice.cost, choice.cost_interval, &self.cost).map(|(low, high)| ((chart.x.at(low), y), (chart.x.at(high), y)));
            let along_y =
                interval(choice.loss, choice.loss_interval, &self.loss).map(|(low, high)| ((x, chart.y.at(low)), (x, chart.y.at(high))));
            for (one, other) in along_x.into_iter().chain(along_y) {
                choice.look().bar(canvas, one, other);
                taken.push(along(one, other));
            }
        }
        taken
    }

    /// Draws the front as steps (between two choices only the dearer one's loss is had for its cost); gives the stretches it
    /// takes.
    fn draw_front(&self, canvas: &Canvas<'_>, chart: &Chart) -> Vec<Place> {
        let mut front: Vec<Spot> = self.placed(chart).filter(|(choice, _)| choice.on_front).map(|(_, spot)| spot).collect();
        front.sort_unstable();
        let mut corners: Vec<Spot> = Vec::new();
        for (x, y) in front {
            corners.extend(corners.last().map(|(_, before)| (x, *before)));
            corners.push((x, y));
        }
        canvas.line(&corners, theme::FRONT, 25);
        corners.windows(2).map(|pair| along(pair[0], pair[1])).collect()
    }

    fn draw_choices(&self, canvas: &Canvas<'_>, chart: &Chart, taken: &[Place]) {
        let ((left, right), (bottom, top)) = (chart.x.ends(), chart.y.ends());
        let bounds = Place { left: left + 2 * PX, top, right, bottom: bottom - 2 * PX };
        let labels: Vec<(Spot, &str)> = self.placed(chart).map(|(choice, spot)| (spot, choice.name.as_str())).collect();
        let places = placement::places(&labels, taken, &bounds);
        for ((spot, _), place) in labels.iter().zip(&places) {
            if let Some(end) = place.far_from(*spot) {
                canvas.line(&[*spot, end], theme::MUTED, PX / 2);
            }
        }
        for (choice, spot) in self.placed(chart) {
            if choice.on_front { choice.look().mark(canvas, spot) } else { choice.look().mark_hollow(canvas, spot) }
        }
        for ((_, name), place) in labels.iter().zip(places) {
            canvas.text(name, place.start(), Type::new(text::TICK, theme::INK));
        }
    }
}

/// The stretch of the canvas that a line along an axis takes.
fn along(one: Spot, other: Spot) -> Place {
    Place { left: one.0.min(other.0) - PX, top: one.1.min(other.1) - PX, right: one.0.max(other.0) + PX, bottom: one.1.max(other.1) + PX }
}

fn interval(value: f64, interval: Option<(f64, f64)>, axis: &Axis) -> Option<(f64, f64)> {
    let (low, high) = interval?;
    Point { x: 0.0, y: value, low: Some(low), high: Some(high) }.interval(axis)
}

fn values(value: f64, ends: Option<(f64, f64)>, axis: &Axis) -> impl Iterator<Item = f64> {
    [value].into_iter().chain(interval(value, ends, axis).into_iter().flat_map(|(low, high)| [low, high]))
}

fn legend() -> Vec<Entry> {
    let front =
        Entry { sample: Sample::Mark(Look::disc(theme::SERIES[0])), name: "the front: no other choice is better in both".to_owned() };
    let beaten = Entry { sample: Sample::Hollow(Look::disc(theme::MUTED)), name: "beaten by one on the front".to_owned() };
    vec![front, beaten]
}

impl Choice {
    fn look(&self) -> Look {
        Look::disc(if self.on_front { theme::SERIES[0] } else { theme::MUTED })
    }
}
