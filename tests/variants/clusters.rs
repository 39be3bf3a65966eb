//! The clusters of the stories.

/// Three brokers, one controller, a topic with all orders of replicas, a producer with acks=all.
/// Broker 2 leads orders-1 and orders-4 and follows the others.
pub const THREE_BROKERS: &str = r#"
count_from = "5s"
duration = "40s"
[cluster]
brokers = 3
controllers = 1
[config]
"auto.leader.rebalance.enable" = false
[[topic]]
name = "orders"
assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 3, 2], [2, 1, 3], [3, 2, 1]]
config = { "min.insync.replicas" = 2 }
[[client]]
name = "app"
profile = "java-4.3"
rate = 120
partitioning = "round-robin"
"#;

/// The same with three controllers.
pub const THREE_VOTERS: &str = r#"
count_from = "5s"
duration = "50s"
[cluster]
brokers = 3
controllers = 3
[config]
"auto.leader.rebalance.enable" = false
[[topic]]
name = "orders"
assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2]]
config = { "min.insync.replicas" = 2 }
[[client]]
name = "app"
profile = "java-4.3"
rate = 30
partitioning = "round-robin"
"#;

/// Five controllers without pre-vote: several stand at once.
pub const FIVE_VOTERS: &str = r#"
kafka = "3.9"
count_from = "5s"
duration = "90s"
[cluster]
brokers = 3
controllers = 5
[[topic]]
name = "orders"
assignment = [[1, 2, 3]]
[[client]]
name = "app"
profile = "java-3.9"
rate = 5
"#;

/// One partition on two brokers, and producers whose records mix.
pub const TWO_REPLICAS: &str = r#"
count_from = "5s"
duration = "70s"
[cluster]
brokers = 2
controllers = 1
[config]
"auto.leader.rebalance.enable" = false
[[topic]]
name = "orders"
assignment = [[2, 1]]
config = { "min.insync.replicas" = 1 }
[[client]]
name = "app"
profile = "java-4.3"
rate = 100
[[client]]
name = "other"
profile = "java-4.3"
rate = 100
"#;

/// Two partitions without copies.
pub const LONE_REPLICAS: &str = r#"
count_from = "5s"
duration = "50s"
[cluster]
brokers = 2
controllers = 1
[[topic]]
name = "orders"
assignment = [[1], [2]]
[[client]]
name = "app"
profile = "java-4.3"
rate = 20
partitioning = "round-robin"
"#;

/// A producer and a consumer of three partitions.
pub const READER: &str = r#"
count_from = "5s"
duration = "20s"
[cluster]
brokers = 3
controllers = 1
[config]
"auto.leader.rebalance.enable" = false
[[topic]]
name = "orders"
assignment = [[1, 2, 3], [2, 3, 1], [3, 1, 2]]
config = { "min.insync.replicas" = 2 }
[[client]]
name = "app"
profile = "java-4.3"
rate = 5
partitioning = "round-robin"
[[client]]
name = "reader"
role = "consumer"
profile = "java-4.3"
"#;

/// One partition on two brokers where any replica may be elected, and a consumer.
pub const UNCLEAN_READER: &str = r#"
count_from = "5s"
duration = "80s"
[cluster]
brokers = 2
controllers = 1
[config]
"auto.leader.rebalance.enable" = false
[[topic]]
name = "orders"
assignment = [[1, 2]]
config = { "min.insync.replicas" = 1, "unclean.leader.election.enable" = true }
[[client]]
name = "app"
profile = "java-4.3"
rate = 50
[[client]]
name = "reader"
role = "consumer"
profile = "java-4.3"
"#;

/// A group of two, whose partition of the offsets topic broker 2 leads.
pub const GROUP: &str = r#"
count_from = "10s"
duration = "60s"
[cluster]
brokers = 3
controllers = 1
[config]
"auto.leader.rebalance.enable" = false
[[topic]]
name = "orders"
assignment = [[1, 3], [3, 1], [1, 3], [3, 1]]
[[client]]
name = "app"
rate = 60
partitioning = "round-robin"
[[client]]
name = "one"
role = "consumer"
group = "my-group"
topics = ["orders"]
config = { "session.timeout.ms" = 10000, "auto.commit.interval.ms" = 1000 }
[[client]]
name = "two"
role = "consumer"
group = "my-group"
topics = ["orders"]
start = "40s"
config = { "session.timeout.ms" = 10000, "auto.commit.interval.ms" = 1000 }
"#;
