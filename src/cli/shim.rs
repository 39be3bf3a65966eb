//! Stands where `crate::scenario`, `crate::experiment` and `crate::observe::trace` will be: every call is refused. Deleted by the merge.

#![allow(missing_docs, dead_code, unused_variables)]

pub mod scenario {
    use crate::engine::Duration;
    use crate::model::Spec;

    pub struct Source {
        pub name: String,
        pub text: String,
    }
    pub enum Override {
        Set { key: String, value: String },
        Fault(String),
        Seed(String),
    }
    pub struct Scenario {
        pub spec: Spec,
        pub count_from: Duration,
        pub duration: Duration,
    }
    pub struct Diagnostics;
    impl Diagnostics {
        pub fn render(&self, colour: bool) -> String {
            "error: scenario::load is not in this branch\n".to_owned()
        }
    }
    pub fn load(source: &Source, overrides: &[Override]) -> Result<Scenario, Diagnostics> {
        Err(Diagnostics)
    }
    pub fn schema() -> serde_json::Value {
        serde_json::Value::Null
    }
    pub mod catalogue {
        pub fn names() -> Vec<&'static str> {
            Vec::new()
        }
        pub fn find(name: &str) -> Option<&'static str> {
            None
        }
    }
    pub mod import {
        pub struct Input {
            pub name: String,
            pub text: String,
        }
        pub struct Sources {
            pub topics: Option<Input>,
            pub brokers: Vec<Input>,
            pub clients: Vec<(String, Input)>,
            pub quorum: Option<Input>,
            pub racks: Option<String>,
            pub load: Vec<(String, f64)>,
            pub kafka: Option<String>,
        }
        pub struct Imported {
            pub scenario_toml: String,
            pub took: Vec<String>,
            pub assumed: Vec<String>,
            pub not_modelled: Vec<String>,
        }
        pub struct TextError {
            pub line: usize,
            pub column: usize,
            pub length: usize,
            pub message: String,
            pub help: String,
        }
        pub fn import(sources: &Sources) -> Result<Imported, Vec<(String, TextError)>> {
            let message = "scenario::import is not in this branch".to_owned();
            Err(vec![(String::new(), TextError { line: 1, column: 1, length: 1, message, help: String::new() })])
        }
    }
}

pub mod experiment {
    use super::scenario::Scenario;
    use crate::engine::Instant;
    use crate::observe::{Fact, RunRecord};

    pub type Sink<'a> = &'a mut dyn FnMut(Instant, &Fact);
    pub struct RunOptions {
        pub seed: Option<u64>,
        pub max_events: Option<u64>,
    }
    pub fn run(scenario: &Scenario, options: &RunOptions, sink: Option<Sink<'_>>) -> Result<RunRecord, String> {
        Err("experiment::run is not in this branch".to_owned())
    }
    pub fn describe(scenario: &Scenario, at: &str, under_replicated: bool, quorum: bool) -> Result<String, String> {
        Err("the printing of a cluster is not in this branch".to_owned())
    }
}

pub mod trace {
    use crate::engine::Instant;
    use crate::model::Spec;
    use crate::observe::Fact;

    pub fn line(spec: &Spec, origin: Instant, at: Instant, fact: &Fact) -> String {
        String::new()
    }
}
