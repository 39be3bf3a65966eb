//! Variants: the ways in which a scenario is run.

use super::vary::{Values, Vary};
use crate::scenario::Override;

/// More variants than this are refused: nobody reads so many rows.
pub const MOST_VARIANTS: u64 = 10_000;

/// One way to run a scenario.
#[derive(Clone, PartialEq, Debug)]
pub struct Variant {
    /// What it is called; its settings, where nobody named it.
    pub name: String,
    /// What it sets, in order: key and value.
    pub settings: Vec<(String, String)>,
}

impl Variant {
    /// Named after its settings; without any it is the scenario as it is.
    pub fn of(settings: Vec<(String, String)>) -> Variant {
        let words: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let name = if words.is_empty() { "as it is".to_owned() } else { words.join(" ") };
        Variant { name, settings }
    }

    /// Reads `NAME:KEY=VALUE,KEY=VALUE,…`; a name alone is the scenario as it is.
    ///
    /// # Errors
    /// What is wrong, and what to write.
    pub fn parse(text: &str) -> Result<Variant, String> {
        let form = "write NAME:KEY=VALUE,KEY=VALUE";
        let (name, settings) = text.split_once(':').unwrap_or((text, ""));
        if name.is_empty() || name.contains('=') {
            return Err(format!("`{text}` has no name: {form}"));
        }
        let mut parsed: Vec<(String, String)> = Vec::new();
        // A comma within a value is followed by something that sets nothing.
        for part in settings.split(',').filter(|part| !part.trim().is_empty()) {
            match (part.split_once('='), parsed.last_mut()) {
                (Some((key, value)), _) => parsed.push((key.trim().to_owned(), value.trim().to_owned())),
                (None, Some((_, value))) => *value = format!("{value},{part}"),
                (None, None) => return Err(format!("`{part}` sets nothing: {form}")),
            }
        }
        Ok(Variant { name: name.trim().to_owned(), settings: parsed })
    }

    /// What it sets a key to.
    pub fn value(&self, key: &str) -> Option<&String> {
        self.settings.iter().rev().find(|(own, _)| own == key).map(|(_, value)| value)
    }

    /// As changes of a scenario. Keys joined by `+` take the same value: libraries call the same thing differently.
    pub fn overrides(&self) -> impl Iterator<Item = Override> {
        let each = |(keys, value): &(String, String)| keys.split('+').map(|key| (key.trim().to_owned(), value.clone())).collect::<Vec<_>>();
        self.settings.iter().flat_map(each).map(|(key, value)| Override::Set { key, value })
    }
}

/// Every combination of the values; the last key varies fastest.
///
/// # Errors
/// When there are too many, with their count and the remedy, or when a range is not cut into steps.
pub fn grid(keys: &[Vary]) -> Result<Vec<Variant>, String> {
    let count = keys.iter().map(steps).fold(1_u64, u64::saturating_mul);
    if count > MOST_VARIANTS {
        return Err(format!("the grid has {count} variants and {MOST_VARIANTS} are the most: give fewer values, or draw from them with --sample 200"));
    }
    let mut all = vec![Vec::new()];
    for vary in keys {
        let values = vary.all()?;
        let longer = |settings: &Vec<(String, String)>| {
            let settings = settings.clone();
            values.clone().into_iter().map(move |value| [settings.clone(), vec![(vary.key.clone(), value)]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    Ok(all.into_iter().map(Variant::of).collect())
}

/// A Latin hypercube: so many variants, in which the values of each key are spread evenly over its whole range.
/// `points` holds for each variant and key a place between 0 and 1.
pub fn sample(keys: &[Vary], points: &[Vec<f64>]) -> Vec<Variant> {
    let settings = |point: &Vec<f64>| keys.iter().zip(point).map(|(vary, place)| (vary.key.clone(), vary.at(*place))).collect();
    points.iter().map(settings).map(Variant::of).collect()
}

fn steps(vary: &Vary) -> u64 {
    match &vary.values {
        Values::List(values) => values.len() as u64,
        Values::Range(range) => u64::from(range.steps().unwrap_or(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vary(text: &str) -> Vary {
        Vary::parse(text).unwrap()
    }

    #[test]
    fn a_grid_has_every_combination_and_the_last_key_varies_fastest() {
        let names: Vec<String> = grid(&[vary("kafka=3.9,4.1"), vary("linger.ms=0,5")]).unwrap().into_iter().map(|v| v.name).collect();
        assert_eq!(names, ["kafka=3.9 linger.ms=0", "kafka=3.9 linger.ms=5", "kafka=4.1 linger.ms=0", "kafka=4.1 linger.ms=5"]);
        assert_eq!(grid(&[]).unwrap()[0].name, "as it is");
    }

    #[test]
    fn a_grid_of_a_thousand_million_is_refused_with_its_count_and_the_remedy() {
        let why = grid(&[vary("a=1..9 x1000"), vary("b=1..9 x1000"), vary("c=1..9 x1000")]).unwrap_err();
        assert!(why.contains("1000000000 variants") && why.contains("--sample"), "{why}");
    }

    #[test]
    fn keys_joined_by_a_plus_take_the_same_value() {
        let variant = &grid(&[vary("metadata.max.age.ms+topic.metadata.refresh.interval.ms=1s,5m")]).unwrap()[1];
        let set = |key: &str| Override::Set { key: key.to_owned(), value: "5m".to_owned() };
        assert_eq!(variant.overrides().collect::<Vec<_>>(), [set("metadata.max.age.ms"), set("topic.metadata.refresh.interval.ms")]);
    }

    #[test]
    fn a_named_variant_sets_keys_and_a_value_may_hold_commas() {
        let variant = Variant::parse("short:metadata.max.age.ms=10s, linger.ms=0").unwrap();
        assert_eq!(variant.name, "short");
        assert_eq!(variant.settings.len(), 2);
        let listed = Variant::parse("one:bootstrap.servers=101,102").unwrap();
        assert_eq!(listed.settings, [("bootstrap.servers".to_owned(), "101,102".to_owned())]);
        assert_eq!(Variant::parse("base").unwrap().settings, []);
        assert!(Variant::parse("linger.ms=0").unwrap_err().contains("NAME:KEY=VALUE"));
        assert!(Variant::parse("short:linger.ms").unwrap_err().contains("sets nothing"));
    }
}
