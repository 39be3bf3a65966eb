//! What every picture must be, whatever it is given.

use roxmltree::{Document, Node};

use super::*;

const AGES_MS: [f64; 12] = [1e3, 2e3, 5e3, 10e3, 20e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1_800e3, 3_600e3];
const CLIENTS: [&str; 8] = [
    "java 3.9",
    "java 4.1 without hints",
    "java 4.1 with hints",
    "librdkafka 2.6",
    "idle <java>",
    "idle & sparse",
    "1 request per min",
    "wrong hint",
];
const FAULTS: [&str; 6] = [
    "rolling restart",
    "crash of one broker",
    "reassignment of every partition",
    "network partition, controller only",
    "wrong hint",
    "none",
];
const HOSTILE: [f64; 12] =
    [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -1.0, 5e-324, 1e-99, 1e99, 1e308, -1e308, f64::MIN_POSITIVE];

fn words() -> Words {
    Words {
        title: "Stale requests <over> the \"age\" & more\u{0}".to_owned(),
        description: "Rises with the age.".to_owned(),
        caption: "200 seeds, 95 % intervals, kafkasim 0.1.0".to_owned(),
    }
}

fn axis(label: &str, scale: Scale, quantity: Quantity) -> Axis {
    Axis { label: label.to_owned(), scale, quantity }
}

fn named(names: &[&str]) -> Scale {
    Scale::Named(names.iter().map(|name| (*name).to_owned()).collect())
}

/// Series that rise with their x, with intervals of a tenth.
fn series(count: usize, xs: &[f64]) -> Vec<Series> {
    let point = |number: usize, i: usize, x: f64| {
        let y = (number + 2) as f64 * (i + 1) as f64;
        Point { x, y, low: Some(y * 0.9), high: Some(y * 1.1) }
    };
    let points = |number: usize| xs.iter().enumerate().map(|(i, x)| point(number, i, *x)).collect();
    (0..count).map(|number| Series { name: CLIENTS[number].to_owned(), points: points(number) }).collect()
}

fn lines(x: Axis, y: Axis, series: Vec<Series>) -> String {
    LinePlot { words: words(), x, panels: vec![Panel { y, series }] }.svg()
}

fn age(scale: Scale) -> Axis {
    axis("metadata.max.age.ms", scale, Quantity::DurationMs)
}

fn differences(count: usize) -> DifferencePlot {
    let row = |i: usize| DifferenceRow {
        name: format!("stale requests · {}", CLIENTS[i]),
        change: (i != 3).then_some(Change { mean: 0.1 * i as f64 - 0.3, low: 0.1 * i as f64 - 0.42, high: 0.1 * i as f64 - 0.17 }),
        text: format!("−{i}1.2 requests"),
    };
    DifferencePlot { words: words(), x_label: "change, per cent of the base's mean".to_owned(), rows: (0..count).map(row).collect() }
}

fn strips(count: usize, values: usize) -> StripPlot {
    let row = |i: usize| {
        let value = |n: usize| if n.is_multiple_of(3) { 0.0 } else { (n as f64 * 7.3 + i as f64).sin() * 400.0 };
        let interval = Some((-12.0 - i as f64, 30.0));
        StripRow { name: CLIENTS[i].to_owned(), values: (0..values).map(value).collect(), mean: 9.0, interval, text: format!("+{i}.2 s") }
    };
    let x = axis("difference in the stale window p99, seed by seed", Scale::Linear, Quantity::DurationMs);
    StripPlot { words: words(), x, one: "a seed".to_owned(), many: "seeds".to_owned(), rows: (0..count).map(row).collect() }
}

fn recovery(count: usize, scale: Scale) -> EcdfPlot {
    let curve = |number: usize| Curve {
        name: CLIENTS[number].to_owned(),
        steps: (1..=9).map(|i| (300.0 * f64::from(i * i) * (number + 1) as f64, f64::from(i) / 10.0)).collect(),
        censored: vec![9_000.0, 60_000.0],
    };
    let x = axis("time since the crash", scale, Quantity::DurationMs);
    EcdfPlot { words: words(), x, y_label: "share of clients that have recovered".to_owned(), curves: (0..count).map(curve).collect() }
}

fn heat_map(columns: &[&str], scale: Scale) -> HeatMap {
    let key = |label: &str, values: &[&str]| Key { label: label.to_owned(), values: values.iter().map(|v| (*v).to_owned()).collect() };
    let cell = |row: usize, column: usize| (row != column).then_some(10_f64.powi((row + column) as i32));
    let cells = (0..3).map(|row| (0..columns.len()).map(|column| cell(row, column)).collect()).collect();
    let value = axis("unavailable time per run", scale, Quantity::DurationMs);
    HeatMap { words: words(), x: key("fault", columns), y: key("broker.session.timeout.ms", &["3 s", "9 s", "30 s"]), value, cells }
}

fn pareto(count: usize) -> ParetoPlot {
    let choice = |i: usize| {
        let (cost, loss) = (400.0 / (i + 1) as f64, 3.0 * (i + 1) as f64 + if i % 5 == 3 { 9.0 } else { 0.0 });
        let about = |value: f64| Some((value * 0.95, value * 1.05));
        let name = format!("age {} s", AGES_MS[i] / 1e3);
        Choice { name, cost, cost_interval: about(cost), loss, loss_interval: about(loss), on_front: i % 5 != 3 }
    };
    ParetoPlot {
        words: words(),
        cost: axis("metadata requests per second", Scale::Log, Quantity::Plain),
        loss: axis("stale requests per run", Scale::Linear, Quantity::Plain),
        choices: (0..count).map(choice).collect(),
    }
}

/// Pictures as a sweep draws them, with the names that each must hold.
fn usual() -> Vec<(String, Vec<&'static str>)> {
    let stale = || axis("stale requests per run", Scale::Linear, Quantity::Plain);
    let mut pictures = Vec::new();
    for count in [1, 3, 8] {
        for ages in [&AGES_MS[..], &AGES_MS[4..7], &AGES_MS[..1]] {
            for scale in [Scale::Log, Scale::Linear] {
                pictures.push((lines(age(scale), stale(), series(count, ages)), CLIENTS[..count].to_vec()));
            }
        }
        let places: Vec<f64> = (0..FAULTS.len()).map(|i| i as f64).collect();
        let by_fault = lines(axis("fault", named(&FAULTS), Quantity::Plain), stale(), series(count, &places));
        pictures.push((by_fault, [&CLIENTS[..count], &FAULTS].concat()));
        pictures.push((recovery(count, Scale::Log).svg(), CLIENTS[..count].to_vec()));
        pictures.push((recovery(count, Scale::Linear).svg(), CLIENTS[..count].to_vec()));
        pictures.push((differences(count).svg(), Vec::new()));
        pictures.push((strips(count, 12).svg(), CLIENTS[..count].to_vec()));
        pictures.push((strips(count, 400).svg(), CLIENTS[..count].to_vec()));
        pictures.push((pareto(count).svg(), vec!["age 1 s"]));
    }
    pictures.push((heat_map(&FAULTS, Scale::Log).svg(), FAULTS.to_vec()));
    pictures.push((heat_map(&["3.9", "4.1"], Scale::Linear).svg(), vec!["3.9", "4.1", "30 s"]));
    let cost = axis("metadata requests per second", Scale::Log, Quantity::Plain);
    let panels = vec![Panel { y: stale(), series: series(3, &AGES_MS) }, Panel { y: cost, series: series(3, &AGES_MS) }];
    pictures.push((LinePlot { words: words(), x: age(Scale::Log), panels }.svg(), CLIENTS[..3].to_vec()));
    pictures
}

/// Pictures of nothing, of one value, and of values that cannot be drawn.
fn unusual() -> Vec<String> {
    let mut pictures = vec![LinePlot { words: words(), x: age(Scale::Log), panels: Vec::new() }.svg()];
    let (none, no_names) = (Vec::new(), named(&[]));
    for scale in [Scale::Linear, Scale::Log, no_names, named(&["3.9"])] {
        for quantity in [Quantity::Plain, Quantity::DurationMs, Quantity::Share] {
            let y = || axis("y", scale.clone(), quantity);
            pictures.push(lines(age(scale.clone()), y(), none.clone()));
            pictures.push(lines(age(scale.clone()), y(), series(1, &[1.0, 1.0])));
            for value in HOSTILE {
                let point = Point { x: value, y: value, low: Some(-value), high: Some(value) };
                let ordinary = Point { x: 1.0, y: 2.0, low: None, high: Some(3.0) };
                let hostile = vec![Series { name: String::new(), points: vec![ordinary, point, ordinary, ordinary] }];
                pictures.push(lines(age(scale.clone()), y(), hostile));
                let ends = Some((value, -value));
                let choice =
                    Choice { name: "x".into(), cost: value, cost_interval: ends, loss: 1.0, loss_interval: ends, on_front: value > 0.0 };
                let choices = vec![choice.clone(), Choice { cost: 2.0, ..choice }];
                pictures.push(ParetoPlot { words: words(), cost: y(), loss: age(scale.clone()), choices }.svg());
                let curves = vec![Curve { name: "x".into(), steps: vec![(value, 0.5), (1.0, value)], censored: vec![value] }];
                pictures.push(EcdfPlot { words: words(), x: y(), y_label: String::new(), curves }.svg());
                pictures.push(HeatMap { value: y(), cells: vec![vec![Some(value), Some(1.0)]], ..heat_map(&["a", "b"], Scale::Log) }.svg());
            }
        }
    }
    for value in HOSTILE {
        let row = |change| DifferenceRow { name: "x".into(), change, text: "y".into() };
        let rows = vec![row(Some(Change { mean: value, low: -value, high: value })), row(None)];
        pictures.push(DifferencePlot { rows, ..differences(0) }.svg());
        let row =
            StripRow { name: "x".into(), values: vec![value, -value, 1.0], mean: value, interval: Some((value, -value)), text: "y".into() };
        pictures.push(StripPlot { rows: vec![row], ..strips(0, 0) }.svg());
    }
    let long = "an unusually long name without an end ".repeat(8) + &"w".repeat(150);
    let mut named_long = series(3, &[0.0, 1.0]);
    named_long.iter_mut().for_each(|series| series.name = series.name.repeat(30));
    let everywhere = Words { title: long.clone(), description: long.clone(), caption: long.clone() };
    for x in [axis(&long, named(&[&long, "a"]), Quantity::Plain), age(Scale::Linear)] {
        let panels = vec![Panel { y: axis(&long, Scale::Linear, Quantity::Share), series: named_long.clone() }];
        pictures.push(LinePlot { words: everywhere.clone(), x, panels }.svg());
    }
    pictures.push(HeatMap { value: axis(&long, Scale::Log, Quantity::Share), ..heat_map(&[&long, "b"], Scale::Log) }.svg());
    pictures.extend([
        differences(0).svg(),
        strips(0, 0).svg(),
        strips(2, 0).svg(),
        recovery(0, Scale::Log).svg(),
        pareto(0).svg(),
        heat_map(&[], Scale::Log).svg(),
    ]);
    pictures.push(HeatMap { cells: Vec::new(), ..heat_map(&["a"], Scale::Log) }.svg());
    pictures
}

fn number(node: &Node<'_, '_>, name: &str) -> Option<f64> {
    node.attribute(name).map(|text| text.parse().unwrap_or_else(|_| panic!("{name}=\"{text}\"")))
}

/// A rectangle: left, top, right, bottom.
type Extent = [f64; 4];

/// The room that an element takes, text as wide as its widest font.
fn extent(node: &Node<'_, '_>) -> Option<Extent> {
    let of = |name: &str| number(node, name).unwrap_or_else(|| panic!("{} has no {name}", node.tag_name().name()));
    match node.tag_name().name() {
        "rect" => Some([of("x"), of("y"), of("x") + of("width"), of("y") + of("height")]),
        "circle" => Some([of("cx") - of("r"), of("cy") - of("r"), of("cx") + of("r"), of("cy") + of("r")]),
        "text" => Some(text_extent(node)),
        "polyline" | "polygon" => {
            let numbers = node.attribute("points").unwrap().split([',', ' ']).filter(|part| !part.is_empty());
            let numbers: Vec<f64> = numbers.map(|part| part.parse().unwrap()).collect();
            let ends = |of: usize| numbers.iter().skip(of).step_by(2).fold((f64::MAX, f64::MIN), |(a, b), n| (a.min(*n), b.max(*n)));
            let ((left, right), (top, bottom)) = (ends(0), ends(1));
            Some([left, top, right, bottom])
        }
        "svg" | "title" | "desc" | "style" => None,
        other => panic!("nothing draws a {other}"),
    }
}

fn text_extent(node: &Node<'_, '_>) -> Extent {
    let size = number(node, "font-size").unwrap();
    let (x, y) = (number(node, "x").unwrap(), number(node, "y").unwrap());
    let width = f64::from(text::width(node.text().unwrap_or_default().trim(), size as i32));
    let before = match node.attribute("text-anchor") {
        Some("start") => 0.0,
        Some("middle") => width / 2.0,
        Some("end") => width,
        other => panic!("{other:?}"),
    };
    let above = if node.attribute("dy") == Some("0.76em") { 0.0 } else { size / 2.0 };
    if node.attribute("transform").is_some() {
        return [x - above, y + before - width, x - above + size, y + before];
    }
    [x - before, y - above, x - before + width, y - above + size]
}

fn view_box(document: &Document<'_>) -> Extent {
    let numbers: Vec<f64> = document.root_element().attribute("viewBox").unwrap().split(' ').map(|n| n.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

fn overlap(one: &Extent, other: &Extent) -> bool {
    one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3]
}

#[test]
fn every_picture_is_xml_that_stays_inside_its_frame() {
    for svg in usual().into_iter().map(|(svg, _)| svg).chain(unusual()) {
        let document = Document::parse(&svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
        let frame = view_box(&document);
        for node in document.descendants().filter(Node::is_element) {
            let Some(extent) = extent(&node) else { continue };
            assert!(extent.iter().all(|n| n.is_finite()));
            let inside = extent[0] >= 0.0 && extent[1] >= 0.0 && extent[2] <= frame[2] && extent[3] <= frame[3];
            assert!(inside, "{:?} of {extent:?} in {frame:?}", &svg[node.range()]);
        }
        for text in document.descendants().filter_map(|node| node.text()).filter(|text| !text.contains('{')) {
            assert!(!["NaN", "inf"].into_iter().any(|bad| text.contains(bad)), "{text}");
        }
    }
}

#[test]
fn a_picture_is_the_same_bytes_for_the_same_data() {
    assert_eq!(usual(), usual());
    assert_eq!(unusual(), unusual());
}

#[test]
fn every_name_stands_in_the_picture_and_no_text_covers_another() {
    for (svg, names) in usual() {
        let document = Document::parse(&svg).unwrap();
        let texts: Vec<Node<'_, '_>> = document.descendants().filter(|node| node.has_tag_name("text")).collect();
        let held = |name: &str| texts.iter().any(|node| node.text().unwrap_or_default().trim() == name);
        assert!(names.iter().all(|name| held(name)), "{names:?} in {svg}");
        for (i, one) in texts.iter().enumerate() {
            for other in &texts[i + 1..] {
                let both = [one, other].map(|node| node.text().unwrap_or_default().trim());
                assert!(!overlap(&text_extent(one), &text_extent(other)), "{both:?} in {svg}");
            }
        }
    }
}

#[test]
fn a_picture_says_what_it_is_to_those_who_do_not_see_it_and_turns_dark() {
    let svg = differences(3).svg();
    let document = Document::parse(&svg).unwrap();
    let text_of = |tag: &str| document.descendants().find(|node| node.has_tag_name(tag)).and_then(|node| node.text()).unwrap();
    assert_eq!(text_of("title"), "Stale requests <over> the \"age\" & more ");
    assert_eq!(text_of("desc"), "Rises with the age.");
    assert!(text_of("style").contains("@media (prefers-color-scheme: dark)"));
}

#[test]
fn a_strip_has_a_disc_for_each_value_and_bars_where_there_are_too_many() {
    let discs = |svg: &str| svg.matches("<circle").count();
    assert_eq!(discs(&strips(2, 12).svg()), 2 * 12 + 1, "and one in the legend");
    let mut many = strips(1, 0);
    many.rows[0].values = [vec![0.0; 40], vec![100.0]].concat();
    assert_eq!(discs(&many.svg()), 0);
    assert!(many.svg().contains("seeds, as high as there are many, up to 40"), "{}", many.svg());
}

#[test]
fn a_line_is_broken_where_a_value_is_missing() {
    let solid_lines = |svg: &str| svg.matches("stroke=\"#0072B2\"").count();
    let mut broken = series(1, &AGES_MS);
    let whole = lines(age(Scale::Log), axis("y", Scale::Linear, Quantity::Plain), broken.clone());
    broken[0].points[6].y = f64::NAN;
    let svg = lines(age(Scale::Log), axis("y", Scale::Linear, Quantity::Plain), broken);
    assert_eq!([solid_lines(&whole), solid_lines(&svg)], [3, 4], "the sample in the legend and the style sheet, then the stretches");
}
