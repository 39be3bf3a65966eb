//! What the cluster's own metrics showed, as data. All times are milliseconds from the moment from which the scenario counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The cluster's own metrics over the run, and when a page on each would have come.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Gauges {
    /// When a client first lost a connection, or could not open one; null: never.
    pub first_connection_lost_ms: Option<f64>,
    /// When a client first heard of an error: a partition entry of a produce or fetch request was answered with one, or given up. Null:
    /// never.
    pub first_request_error_ms: Option<f64>,
    /// When a record first failed to an application; null: never.
    pub first_record_failed_ms: Option<f64>,
    /// How often the metrics are read, for the pages that are not ideal.
    pub scrape_every_ms: f64,
    /// The metrics that a cluster of this release has, in order.
    pub metrics: Vec<Gauge>,
    /// Metrics that are not told, one sentence each with the reason.
    pub not_told: Vec<String>,
}

/// One metric.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Gauge {
    /// Kafka's name.
    pub name: String,
    /// Where JMX has it: `kafka.server:type=ReplicaManager,name=LeaderCount`; null for `up` and `leader epochs`.
    pub mbean: Option<String>,
    /// How a dashboard makes one number of what the nodes show: `sum over brokers`, `greatest of the controllers`, `sum over controllers`.
    pub total_is: String,
    /// It counts up; what is shown is what came since counting began.
    pub counts_up: bool,
    /// That one number.
    pub total: Course,
    /// Each broker or controller by `node.id`, of a metric that the nodes show each for itself.
    pub nodes: BTreeMap<u32, Course>,
    /// The page that is set on the total, against what it was at rest: `>`, `<` or `!=`.
    pub page_when: String,
    /// When it would have come.
    pub page: Page,
    /// The total as steps: from each moment on it was this much; null while nobody showed it.
    pub steps: Vec<Step>,
    /// Null, or: the steps were too many, so that those closer together than this many ms are one.
    pub steps_thinned_to_ms: Option<f64>,
}

/// How a number went.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Course {
    /// When counting began: what it is at rest. Null: it was not shown then (its process was down or paused).
    pub at_start: Option<u64>,
    /// Least.
    pub least: Option<u64>,
    /// When it was first that low.
    pub least_at_ms: Option<f64>,
    /// Most.
    pub most: Option<u64>,
    /// When it was first that high.
    pub most_at_ms: Option<f64>,
    /// When it first differed from what it was at rest; null: never.
    pub moved_ms: Option<f64>,
    /// Since when it was at rest again; null: it never moved, or was not back when the run ended.
    pub back_ms: Option<f64>,
    /// The longest time for which it was off rest without a break, or until the run ended.
    pub longest_off_ms: f64,
    /// When the run ended; null: not shown.
    pub at_end: Option<u64>,
    /// How often it changed.
    pub changes: u64,
    /// For how long it was not shown.
    pub gap_ms: f64,
}

/// From this moment on, this much.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// When.
    pub at_ms: f64,
    /// How much; null: nobody showed it.
    pub value: Option<u64>,
}

/// When a page would have come.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// By eyes that never close; null: no page.
    pub ideal_ms: Option<f64>,
    /// By scrapes every `scrape_every_ms`, in the middle of all phases that they may have: by then half of the phases have seen it.
    /// Null: fewer than half ever do.
    pub scraped_ms: Option<f64>,
    /// Which share of the phases ever see it.
    pub scraped_share: f64,
    /// How long the ideal page came before the first request error that a client heard of; negative: after it. Null without one of the two.
    pub ideal_lead_ms: Option<f64>,
    /// The same of the scraped page.
    pub scraped_lead_ms: Option<f64>,
}
