//! An episode as the text of a scenario: the horizon's own, with the faults, the length and the leaders of the episode.

use crate::engine::Duration;
use crate::fault::{Action, Fault};
use crate::kafka::PartitionIx;
use crate::scenario::{Scenario, Source, load};
use crate::world::World;
use toml::{Table, Value};

/// What all episodes have in common, and who leads what when the next one begins.
#[derive(Clone, Debug)]
pub(super) struct Script {
    name: String,
    table: Table,
}

/// What an episode has for itself.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// What it is called, after the horizon's name.
    pub title: String,
    /// What it shows.
    pub about: String,
    /// Its seed.
    pub seed: u64,
    /// Its faults, by their times from where it begins to count.
    pub faults: Vec<(Duration, Action)>,
    /// How long it is.
    pub length: Duration,
}

/// A scenario is written as TOML, which can be read as TOML.
const OWN: &str = "the canonical text of a scenario is a scenario";

impl Script {
    pub fn new(scenario: &Scenario) -> Script {
        // An episode has a seed of its own, and a seed may be larger than TOML's integers.
        let mut table: Table = scenario.with_seed(0).canonical.parse().expect(OWN);
        // What a horizon is expected to be is not what an episode is expected to be.
        table.retain(|key, _| !["expect", "handbook"].contains(&key));
        table.insert("seasoned".to_owned(), Value::Boolean(true));
        Script { name: scenario.name.clone(), table }
    }

    /// From here on episodes are warm after this long.
    pub fn warm_after(&mut self, count_from: Duration) {
        self.table.insert("count_from".to_owned(), Value::String(count_from.to_string()));
    }

    /// The text of an episode.
    pub fn text(&self, scene: &Scene) -> String {
        let mut table = self.table.clone();
        let lines = scene.faults.iter().map(|(at, action)| Value::String(Fault::At(*at, action.clone()).to_string()));
        let mut set = |key: &str, value: Value| table.insert(key.to_owned(), value);
        set("name", Value::String(format!("{}, {}", self.name, scene.title)));
        set("about", Value::String(scene.about.clone()));
        set("seed", Value::Integer(scene.seed as i64));
        set("duration", Value::String(scene.length.to_string()));
        set("faults", Value::Array(lines.collect()));
        toml::to_string_pretty(&table).expect(OWN)
    }

    /// The scenario of an episode.
    pub fn scenario(&self, scene: &Scene) -> Scenario {
        load(&Source { name: self.name.clone(), text: self.text(scene) }, &[]).expect(OWN)
    }

    /// From here on partitions are led by whom they are led in `world`, with all replicas in sync.
    pub fn go_on_from(&mut self, world: &World) {
        let Some(Value::Array(topics)) = self.table.get_mut("topic") else { return };
        let is_balanced = world.is_balanced();
        for (topic, spec) in topics.iter_mut().filter_map(Value::as_table_mut).zip(&world.spec().topics) {
            topic.retain(|key, _| !["isr", "elr", "last_known_leaders", "leaders"].contains(&key));
            if !is_balanced {
                let leaders = spec.partitions.iter().map(|partition| led_by(*partition, world));
                topic.insert("leaders".to_owned(), Value::Array(leaders.collect()));
            }
        }
    }
}

fn led_by(partition: PartitionIx, world: &World) -> Value {
    Value::Integer(world.leader(partition).map_or(-1, |leader| i64::from(world.spec().brokers[leader.index()].id)))
}
