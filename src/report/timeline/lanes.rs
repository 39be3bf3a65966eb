//! The lanes of the picture.

use super::svg::{COLOURS, HEAD, cut, n, time, xml};
use crate::timeline::record::{Client, Kind, Micros, Request, Span, Timeline};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const WIDTH: f64 = 1200.0;
const GUTTER: f64 = 190.0;
const RIGHT: f64 = WIDTH - 12.0;
/// Requests before which a client's sign is drawn on top of another are left out.
const SIGN_APART: f64 = 2.0;
/// Partitions of one client that are drawn as strips.
const STRIPS: usize = 16;

/// A picture in the making, from top to bottom.
pub struct Picture<'a> {
    timeline: &'a Timeline,
    from: Micros,
    to: Micros,
    y: f64,
    top: f64,
    body: String,
    left_out: Vec<String>,
}

impl<'a> Picture<'a> {
    /// An empty picture of this stretch of time.
    pub fn new(timeline: &'a Timeline, from: Micros, to: Micros) -> Self {
        Picture { timeline, from, to, y: 0.0, top: 0.0, body: String::new(), left_out: Vec::new() }
    }

    fn x(&self, at: Micros) -> f64 {
        GUTTER + (at - self.from) as f64 / (self.to - self.from) as f64 * (RIGHT - GUTTER)
    }

    fn end(&self, span: Span) -> Micros {
        span.1.unwrap_or(self.timeline.to)
    }

    fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let _ = writeln!(self.body, "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>", n(x), n(y), xml(text));
    }

    fn heading(&mut self, text: &str) {
        self.y += 10.0;
        self.text("h", 8.0, self.y + 10.0, text);
        self.y += 16.0;
    }

    fn label(&mut self, text: &str, height: f64) {
        self.text("t", 8.0, self.y + height.min(18.0) / 2.0 + 4.0, &cut(text, 26));
    }

    /// A bar cut to what is shown; gives its place and width.
    fn bar(&mut self, class: &str, from: Micros, to: Micros, y: f64, height: f64) -> Option<(f64, f64)> {
        let (from, to) = (from.max(self.from), to.min(self.to));
        if to < from {
            return None;
        }
        let x = self.x(from);
        let width = (self.x(to) - x).max(0.6);
        let (name, value) = if class.starts_with("url") { ("fill", class) } else { ("class", class) };
        let _ =
            writeln!(self.body, "<rect {name}=\"{value}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", n(x), n(y), n(width), n(height));
        Some((x, width))
    }

    fn broker_bar(&mut self, from: Micros, to: Micros, y: f64, height: f64, broker: Option<u32>) {
        let class = broker.map_or_else(|| "none".to_owned(), |b| format!("b{}", b as usize % COLOURS));
        let Some((x, width)) = self.bar(&class, from, to, y, height) else { return };
        if width < 16.0 || height < 10.0 {
            return;
        }
        let id = broker.map_or_else(|| "none".to_owned(), |b| self.timeline.brokers[b as usize].id.to_string());
        if (id.len() as f64) * 6.5 + 4.0 < width {
            // Blue and vermilion are dark: white can be read on them.
            let class = if broker.is_some_and(|b| (b as usize).is_multiple_of(COLOURS)) { "l w" } else { "l" };
            self.text(class, x + 3.0, y + height / 2.0 + 3.5, &id);
        }
    }

    /// The title above all.
    pub fn title(&mut self, title: &str) {
        self.text("big", 8.0, 26.0, &cut(title, 110));
        self.y = 36.0;
        self.top = self.y;
    }

    /// What the scenario did.
    pub fn faults(&mut self) {
        let timeline = self.timeline;
        self.label("Faults", 18.0);
        let (shown, mut free) = (self.from..=self.to, 0.0);
        for fault in timeline.faults.iter().filter(|f| shown.contains(&f.at)) {
            let x = self.x(fault.at);
            let y = self.y;
            let _ = writeln!(
                self.body,
                "<path class=\"badfill\" d=\"M{x:.1} {}l-5 -9h10z\"><title>{}</title></path>",
                n(y + 16.0),
                xml(&fault.text)
            );
            if x > free {
                let next = timeline.faults.iter().map(|f| f.at).filter(|at| *at > fault.at && self.x(*at) > x + 8.0).min();
                let room = (next.map_or(RIGHT, |at| self.x(at).min(RIGHT)) - x - 12.0) / 6.4;
                let text = if room > 4.0 { cut(&fault.text, room as usize) } else { String::new() };
                self.text("t", x + 8.0, y + 13.0, &text);
                free = x + 8.0 + text.chars().count() as f64 * 6.4;
            }
        }
        self.y += 20.0;
    }

    /// Which controller was active.
    pub fn controllers(&mut self) {
        let timeline = self.timeline;
        if timeline.controllers.is_empty() {
            return;
        }
        self.heading("Controllers");
        for controller in &timeline.controllers {
            self.label(&format!("controller {}", controller.id), 16.0);
            let y = self.y + 2.0;
            for span in &controller.down {
                self.bar("url(#dots)", span.0, self.end(*span), y, 12.0);
            }
            for (span, epoch) in &controller.active {
                if let Some((x, width)) = self.bar("ink", span.0, self.end(*span), y, 12.0).filter(|(_, width)| *width > 100.0) {
                    let _ = width;
                    self.text("l g", x + 3.0, y + 9.5, &format!("active, epoch {epoch}"));
                }
            }
            for span in controller.paused.iter().chain(&controller.cut) {
                self.bar("badfill", span.0, self.end(*span), y + 9.0, 3.0);
            }
            self.y += 16.0;
        }
    }

    /// The brokers' lives.
    pub fn brokers(&mut self) {
        let timeline = self.timeline;
        self.heading("Brokers");
        for (i, broker) in timeline.brokers.iter().enumerate() {
            self.label(&format!("broker {}", broker.id), 18.0);
            let y = self.y + 2.0;
            for (k, (at, state)) in broker.states.iter().enumerate() {
                let end = broker.states.get(k + 1).map_or(timeline.to, |next| next.0);
                if end <= self.from || *at > self.to {
                    continue;
                }
                if state == "running" {
                    self.broker_bar(*at, end, y, 14.0, Some(i as u32));
                    continue;
                }
                let class = if state == "not running" { "url(#dots)" } else { "raised" };
                let place = self.bar(class, *at, end, y, 14.0);
                if let Some((x, width)) = place.filter(|(_, width)| *width > 30.0) {
                    self.text("m", x + 3.0, y + 10.5, &cut(state, (width / 6.2) as usize));
                }
            }
            for span in broker.paused.iter().chain(&broker.cut) {
                self.bar("badfill", span.0, self.end(*span), y + 11.0, 3.0);
            }
            self.y += 18.0;
        }
    }

    /// Who leads in truth.
    pub fn partitions(&mut self, room: usize) {
        let timeline = self.timeline;
        self.heading("Partitions: who leads in truth");
        let mut shown: Vec<usize> = (0..timeline.partitions.len()).collect();
        // Those that moved while this is shown come first, if there is no room for all.
        let (from, to) = (self.from, self.to);
        let moved = |i: &usize| timeline.partitions[*i].leaders.iter().any(|l| l.at > from && l.at <= to);
        shown.sort_by_key(|i| (!moved(i), *i));
        let left = timeline.counts.partitions.saturating_sub(room.min(shown.len()) as u64);
        shown.truncate(room);
        shown.sort_unstable();
        for i in shown {
            let partition = &timeline.partitions[i];
            self.label(&partition.name, 16.0);
            let y = self.y + 1.0;
            for (k, leader) in partition.leaders.iter().enumerate() {
                let end = partition.leaders.get(k + 1).map_or(timeline.to, |next| next.at);
                if end > self.from && leader.at <= self.to {
                    self.broker_bar(leader.at, end, y, 12.0, leader.broker);
                }
            }
            for (k, (at, in_sync, of)) in partition.in_sync.iter().enumerate() {
                let end = partition.in_sync.get(k + 1).map_or(timeline.to, |next| next.0);
                if in_sync < of && end > self.from && *at <= self.to {
                    self.bar("ink", *at, end, y + 12.5, 1.5);
                }
            }
            self.y += 16.0;
        }
        if left > 0 {
            self.left_out.push(format!("{left} more partitions"));
        }
    }

    /// What clients believe, and the gap to the truth.
    pub fn clients(&mut self, room: usize) {
        let timeline = self.timeline;
        self.heading("Clients: whom each believes to lead");
        let mut requests: BTreeMap<u32, Vec<&Request>> = BTreeMap::new();
        for request in &timeline.requests {
            requests.entry(request.client).or_default().push(request);
        }
        for (i, client) in timeline.clients.iter().take(room).enumerate() {
            let height =
                if client.beliefs.is_empty() || client.beliefs.len() > STRIPS { self.count_lane(client) } else { self.belief_lane(client) };
            let name = if client.members > 1 { format!("{} ×{}", client.name, client.members) } else { client.name.clone() };
            self.label(&name, height);
            let y = self.y + height + 5.0;
            self.signs(requests.get(&(i as u32)).map_or(&[][..], Vec::as_slice), y);
            self.y += height + 19.0;
        }
        if timeline.clients.len() > room {
            self.left_out.push(format!("{} more clients or groups of them", timeline.clients.len() - room));
        }
    }

    fn belief_lane(&mut self, client: &Client) -> f64 {
        let timeline = self.timeline;
        let each = if client.beliefs.len() <= 4 { 14.0 } else { 6.0 };
        for (row, lane) in client.beliefs.iter().enumerate() {
            let y = self.y + row as f64 * each;
            for (k, belief) in lane.held.iter().enumerate() {
                let end = lane.held.get(k + 1).map_or(timeline.to, |next| next.at);
                if end > self.from && belief.at <= self.to {
                    self.broker_bar(belief.at, end, y, each - 1.0, belief.broker);
                }
            }
            let name = &timeline.partitions[lane.partition as usize].name;
            for stale in client.stale.iter().filter(|s| timeline.names[s.partition as usize] == *name) {
                let end = self.end(stale.span);
                if end < self.from || stale.span.0 > self.to {
                    continue;
                }
                if let Some((x, width)) = self.bar("url(#hatch)", stale.span.0, end, y, each - 1.0) {
                    let _ = writeln!(
                        self.body,
                        "<rect class=\"line\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{} has not been told of the move of {}</title></rect>",
                        n(x),
                        n(y),
                        n(width.max(1.5)),
                        n(each - 1.0),
                        xml(&client.name),
                        xml(name)
                    );
                }
            }
        }
        client.beliefs.len() as f64 * each
    }

    fn count_lane(&mut self, client: &Client) -> f64 {
        let most = client.stale_count.iter().map(|step| step.1).max().unwrap_or(0).max(1);
        let height = 24.0;
        for (k, (at, stale)) in client.stale_count.iter().enumerate() {
            let end = client.stale_count.get(k + 1).map_or(self.timeline.to, |next| next.0);
            let part = height * f64::from(*stale) / f64::from(most);
            if *stale > 0 && end > self.from && *at <= self.to {
                self.bar("badfill", *at, end, self.y + height - part, part);
            }
        }
        let y = self.y;
        self.text(
            "m",
            RIGHT - 150.0,
            y + 10.0,
            &format!("most stale beliefs: {}", if most == 1 && client.stale_count.is_empty() { 0 } else { most }),
        );
        height
    }

    fn signs(&mut self, requests: &[&Request], y: f64) {
        let mut last: BTreeMap<Kind, f64> = BTreeMap::new();
        for request in requests {
            let at = request.taken.or(request.ended).unwrap_or(request.sent);
            let x = self.x(at);
            let near = last.get(&request.kind).is_some_and(|last| (x - last).abs() < SIGN_APART);
            if near || !(self.from..=self.to).contains(&at) {
                continue;
            }
            last.insert(request.kind, x);
            let _ = match request.kind {
                Kind::Stale => writeln!(self.body, "<path class=\"bad\" stroke-width=\"2\" d=\"M{:.1} {y:.1}l8 8m0 -8l-8 8\"/>", x - 4.0),
                Kind::Overtaken => writeln!(self.body, "<path class=\"bad\" stroke-width=\"2\" d=\"M{x:.1} {y:.1}l4 4l-4 4l-4 -4z\"/>"),
                Kind::Leaderless => {
                    writeln!(self.body, "<circle class=\"bad\" stroke-width=\"2\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"3.5\"/>", y + 4.0)
                }
                Kind::Right => writeln!(self.body, "<circle class=\"mark\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"1.5\"/>", y + 4.0),
            };
        }
    }

    /// The axis of time, and its lines through all lanes, behind them.
    pub fn axis(&mut self) {
        self.y += 4.0;
        let step = step(self.to - self.from);
        let mut behind = String::new();
        let mut at = self.from.div_euclid(step) * step;
        while at <= self.to {
            if at >= self.from {
                let x = self.x(at);
                let _ = writeln!(behind, "<path class=\"grid\" d=\"M{x:.1} {}V{}\"/>", n(self.top), n(self.y));
                let text = time(at, step);
                let left = (x - text.chars().count() as f64 * 3.0).min(RIGHT - text.chars().count() as f64 * 6.0);
                self.text("m", left, self.y + 14.0, &text);
            }
            at += step;
        }
        for fault in self.timeline.faults.iter().filter(|f| (self.from..=self.to).contains(&f.at)) {
            let x = self.x(fault.at);
            let _ =
                writeln!(self.body, "<path class=\"bad\" stroke-dasharray=\"2 4\" d=\"M{x:.1} {}V{}\"/>", n(self.top + 18.0), n(self.y));
        }
        self.body.insert_str(0, &behind);
        self.y += 24.0;
    }

    /// What the signs mean.
    pub fn legend(&mut self) {
        let y = self.y;
        let _ = writeln!(
            self.body,
            "<rect class=\"b0\" x=\"8\" y=\"{0}\" width=\"26\" height=\"10\"/><rect fill=\"url(#hatch)\" x=\"8\" y=\"{0}\" width=\"26\" height=\"10\"/>\
             <rect class=\"line\" x=\"8\" y=\"{0}\" width=\"26\" height=\"10\"/>\
             <path class=\"bad\" stroke-width=\"2\" d=\"M420 {0}l8 8m0 -8l-8 8\"/><path class=\"bad\" stroke-width=\"2\" d=\"M540 {0}l4 4l-4 4l-4 -4z\"/>\
             <circle class=\"bad\" stroke-width=\"2\" cx=\"690\" cy=\"{1}\" r=\"3.5\"/><circle class=\"mark\" cx=\"810\" cy=\"{1}\" r=\"1.5\"/>\
             <path class=\"badfill\" d=\"M1000 {2}l-5 -9h10z\"/>",
            n(y),
            n(y + 4.0),
            n(y + 9.0)
        );
        for (x, text) in [
            (40.0, "stale window: the client has not been told of a committed move"),
            (434.0, "stale request"),
            (550.0, "overtaken by a move"),
            (700.0, "found no leader"),
            (818.0, "served, soon after a move"),
            (1010.0, "fault"),
        ] {
            self.text("m", x, y + 9.0, text);
        }
        self.y += 22.0;
    }

    /// What is counted, and what is not in the picture.
    pub fn caption(&mut self) {
        let counts = &self.timeline.counts;
        let mut text = format!(
            "Whole run: {} of {} requests met a stale leader, in {} leader moves. Colours and numbers are brokers.",
            counts.stale, counts.requests, counts.moves
        );
        if counts.moves == 0 {
            text.push_str(" No leader moved: this is the calm.");
        }
        if !self.left_out.is_empty() {
            let _ = write!(text, " Not drawn: {}.", self.left_out.join(", "));
        }
        self.text("m", 8.0, self.y + 10.0, &text);
        self.y += 20.0;
    }

    /// The whole text.
    pub fn finish(self, title: &str) -> String {
        let height = n(self.y);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\n\
             <title>{}</title>\n{HEAD}<rect class=\"g\" width=\"{WIDTH}\" height=\"{height}\"/>\n{}</svg>\n",
            xml(title),
            self.body
        )
    }
}

/// A round step of the axis, so that about eight fit.
fn step(length: Micros) -> Micros {
    let least = (length / 8).max(1);
    let mut power = 1;
    loop {
        if let Some(step) = [1, 2, 5].into_iter().map(|digit| digit * power).find(|step| *step >= least) {
            return step;
        }
        power *= 10;
    }
}
