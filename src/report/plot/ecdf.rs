//! Step curves of the share that has recovered over time, with what was never seen to recover.

use super::axis::{Axis, Quantity, Scale};
use super::canvas::{Canvas, PX};
use super::chart::{self, Chart};
use super::legend::{self, Entry, Sample};
use super::mark::Look;
use super::page::{Page, WIDTH, Words};
use super::ruler::{Ruler, Span};

/// Step curves over time.
#[derive(Debug, Clone, PartialEq)]
pub struct EcdfPlot {
    /// Title, description and caption.
    pub words: Words,
    /// The time; a logarithmic axis begins at the first time above zero, and steps before it stand at its left end.
    pub x: Axis,
    /// What the shares are of: `share of clients that have recovered`.
    pub y_label: String,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The name in the legend.
    pub name: String,
    /// The steps of the estimate (Kaplan-Meier's, if some were censored): the time and the share from then on.
    pub steps: Vec<(f64, f64)>,
    /// The times at which observations ended without the event.
    pub censored: Vec<f64>,
}

const HEIGHT: i32 = 300 * PX;

impl EcdfPlot {
    /// The picture as the text of an SVG file.
    pub fn svg(&self) -> String {
        let y = Axis { label: self.y_label.clone(), scale: Scale::Linear, quantity: Quantity::Share };
        let up = |bottom: i32, top: i32| Ruler::up(&y, Span::over(&y, [0.0, 1.0], true), bottom, top);
        let left = chart::left_edge([&up(HEIGHT, 0)]);
        let span = self.span();
        let across = || Ruler::across(&self.x, span, left, WIDTH - chart::RIGHT);
        let head = chart::label_height(&y, WIDTH);
        let page = Page::new(&self.words, self.entries(), (WIDTH, head + HEIGHT + chart::foot_height(&self.x, &across(), WIDTH)));
        page.svg(|canvas, top| {
            let chart = Chart { x: across(), y: up(top + head + HEIGHT, top + head) };
            chart.draw_columns(canvas);
            chart.draw_upright(canvas, &y, WIDTH);
            chart.draw_foot(canvas, &self.x, WIDTH);
            chart.draw_note_if(canvas, self.curves.iter().all(|curve| curve.in_order().is_empty()));
            for (i, curve) in self.curves.iter().enumerate() {
                curve.draw(canvas, &chart, Look::of(i));
            }
        })
    }

    /// Every time on the curves; a linear axis begins at zero, where all curves begin.
    fn span(&self) -> Span {
        let times = self.curves.iter().flat_map(|curve| curve.steps.iter().map(|step| step.0).chain(curve.censored.iter().copied()));
        let zero = (self.x.scale == Scale::Linear).then_some(0.0);
        Span::over(&self.x, times.chain(zero), true)
    }

    fn entries(&self) -> Vec<Entry> {
        let curves = self.curves.iter().enumerate().map(|(i, curve)| Entry { sample: Sample::Line(Look::of(i)), name: curve.name.clone() });
        let censored = self.curves.iter().any(|curve| !curve.censored.is_empty());
        let note = censored.then(|| Entry { sample: Sample::Censored, name: "still open when its run ended".to_owned() });
        curves.chain(note).collect()
    }
}

impl Curve {
    /// The steps in order of time, without those that are no numbers.
    fn in_order(&self) -> Vec<(f64, f64)> {
        let mut steps: Vec<_> = self.steps.iter().copied().filter(|(time, share)| time.is_finite() && share.is_finite()).collect();
        steps.sort_by(|one, other| one.0.total_cmp(&other.0));
        steps
    }

    fn draw(&self, canvas: &Canvas<'_>, chart: &Chart, look: Look) {
        let steps = self.in_order();
        let censored: Vec<f64> = self.censored.iter().copied().filter(|time| time.is_finite()).collect();
        let share_at = |time: f64| steps.iter().take_while(|step| step.0 <= time).last().map_or(0.0, |step| step.1);
        let (start, end) = chart.x.ends();
        let mut places = vec![(start, chart.y.at(0.0))];
        for (time, share) in &steps {
            let (x, before) = (chart.x.at(*time), places[places.len() - 1].1);
            places.extend([(x, before), (x, chart.y.at(*share))]);
        }
        let (last_x, last_y) = places[places.len() - 1];
        let everyone = steps.last().is_some_and(|step| step.1 >= 1.0);
        let until = censored.iter().map(|time| chart.x.at(*time)).max().unwrap_or(last_x);
        places.push((if everyone { end } else { until.max(last_x) }, last_y));
        places.dedup();
        canvas.line(&places, look.colour, 2 * PX);
        for time in censored {
            legend::censored(canvas, (chart.x.at(time), chart.y.at(share_at(time))), look);
        }
        // A marker at each quarter tells the curves apart where colours do not.
        for quarter in [0.25, 0.5, 0.75] {
            if let Some((time, share)) = steps.iter().find(|step| step.1 >= quarter) {
                look.mark_on_lines(canvas, (chart.x.at(*time), chart.y.at(*share)));
            }
        }
    }
}
