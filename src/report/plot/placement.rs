//! Where labels go that stand at points: beside their point, clear of the other labels and points.

use super::canvas::{PX, Spot};
use super::text;

/// A rectangle: left, top, right, bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Place {
    fn overlap(&self, other: &Self) -> i64 {
        let across = self.right.min(other.right) - self.left.max(other.left);
        let down = self.bottom.min(other.bottom) - self.top.max(other.top);
        i64::from(across.max(0)) * i64::from(down.max(0))
    }

    /// The middle of its left edge, where a text begins.
    pub fn start(&self) -> Spot {
        (self.left, i32::midpoint(self.top, self.bottom))
    }

    /// Its point that is nearest to a spot, where that is too far away to see at once what the place belongs to.
    pub fn far_from(&self, (x, y): Spot) -> Option<Spot> {
        let nearest = (x.clamp(self.left, self.right), y.clamp(self.top, self.bottom));
        ((nearest.0 - x).abs().max((nearest.1 - y).abs()) > 2 * CLEAR).then_some(nearest)
    }

    /// The place moved so that it lies inside another.
    fn inside(&self, bounds: &Self) -> Self {
        let right = (bounds.right - self.right).min(0).max(bounds.left - self.left);
        let down = (bounds.bottom - self.bottom).min(0).max(bounds.top - self.top);
        Self { left: self.left + right, top: self.top + down, right: self.right + right, bottom: self.bottom + down }
    }
}

/// The half of a marker's width that labels keep clear of.
const CLEAR: i32 = 6 * PX;
const DIRECTIONS: [(i32, i32); 8] = [(1, 0), (1, -1), (1, 1), (0, -1), (0, 1), (-1, -1), (-1, 0), (-1, 1)];

/// A place for each label: the first free one, near before far, or the one that hides least where none is free.
/// `taken` are places that labels should not cover.
pub fn places(labels: &[(Spot, &str)], taken: &[Place], bounds: &Place) -> Vec<Place> {
    let markers = labels.iter().map(|((x, y), _)| Place { left: x - CLEAR, top: y - CLEAR, right: x + CLEAR, bottom: y + CLEAR });
    let mut occupied: Vec<Place> = markers.chain(taken.iter().copied()).collect();
    let mut found = Vec::new();
    for (spot, words) in labels {
        let hidden = |place: &Place| occupied.iter().map(|other| place.overlap(other)).sum::<i64>();
        let candidates = (0..4).flat_map(|ring| DIRECTIONS.map(|direction| candidate(*spot, words, direction, ring).inside(bounds)));
        // The first of equals is the nearest.
        if let Some(place) = candidates.min_by_key(hidden) {
            occupied.push(place);
            found.push(place);
        }
    }
    found
}

fn candidate((x, y): Spot, words: &str, (across, down): (i32, i32), ring: i32) -> Place {
    let (width, height) = (text::width(words, text::TICK), text::line_height(text::TICK));
    let away = CLEAR + PX + ring * height;
    let left = match across {
        1 => x + if down == 0 { away } else { CLEAR },
        0 => x - width / 2,
        _ => x - width - if down == 0 { away } else { CLEAR },
    };
    let top = y - height / 2 + down * (away + height / 2);
    Place { left, top, right: left + width, bottom: top + height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_points_side_by_side_do_not_meet() {
        let bounds = Place { left: 0, top: 0, right: 4000, bottom: 3000 };
        let labels = [((1000, 1000), "age = 1 s"), ((1100, 1010), "age = 5 s"), ((1200, 1000), "age = 10 s"), ((3990, 2990), "age = 1 h")];
        let found = places(&labels, &[], &bounds);
        assert_eq!(found.len(), labels.len());
        for (i, place) in found.iter().enumerate() {
            assert!(found[i + 1..].iter().all(|other| place.overlap(other) == 0), "{found:?}");
            assert_eq!(*place, place.inside(&bounds));
        }
    }
}
