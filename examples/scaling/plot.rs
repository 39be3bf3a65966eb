//! The picture: milliseconds against size, both on logarithmic axes, one panel for each thing that grows.

use crate::Series;
use plotters::prelude::*;

const PANEL: (u32, u32) = (300, 260);
/// Below this the difference of two timings says nothing.
const LEAST_MS: f64 = 0.1;

pub fn svg(all: &[Series]) -> String {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (PANEL.0 * all.len() as u32, PANEL.1)).into_drawing_area();
        area.fill(&WHITE).expect("a picture in memory takes everything");
        for (panel, series) in area.split_evenly((1, all.len())).iter().zip(all) {
            let (first, last) = (series.points[0].0, series.points[series.points.len() - 1].0);
            let mut chart = ChartBuilder::on(panel)
                .margin(12)
                .x_label_area_size(34)
                .y_label_area_size(44)
                .build_cartesian_2d((f64::from(first)..f64::from(last)).log_scale(), (LEAST_MS..1_000.0).log_scale())
                .expect("the axes are not empty");
            chart
                .configure_mesh()
                .light_line_style(TRANSPARENT)
                .x_desc(series.name)
                .y_desc("ms for 100 moves")
                .x_labels(4)
                .x_label_formatter(&|size| format!("{size:.0}"))
                .y_label_formatter(&|ms| format!("{ms}"))
                .draw()
                .expect("a picture in memory takes everything");
            let points: Vec<(f64, f64)> = series.points.iter().map(|(size, ms)| (f64::from(*size), ms.max(LEAST_MS))).collect();
            let line = LineSeries::new(points.iter().copied(), BLUE.stroke_width(2));
            chart.draw_series(line).expect("a picture in memory takes everything");
            let dots = points.iter().map(|point| Circle::new(*point, 4, BLUE.filled()));
            chart.draw_series(dots).expect("a picture in memory takes everything");
        }
    }
    text
}
