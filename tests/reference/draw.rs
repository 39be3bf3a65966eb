//! Draws a scenario from a number: a cluster, its clients, a stretch of faults, and a calm in which everything is made good. It is the
//! reference's own: what the swarm draws may change without its histories changing.

use kafkasim::engine::mix;
use std::fmt::Write;

/// How the clients of other libraries and the consumers are called.
const OTHER: &str = "o";
/// See above.
const READER: &str = "r";
/// Separates their draws from those of the cluster.
const OTHERS: u64 = 0x5eed_0000_0000;
/// Stands in every line of the calm.
const CALM_MARK: &str = "# calm";
/// Faults happen for this long, in seconds; then all is healed.
const STORM: u64 = 60;
/// The run ends this long after the start of counting.
const END: u64 = 200;
/// When processes are started again in the calm; some give up or end late, and need it more than once.
const RESTARTS: [u64; 4] = [62, 75, 95, 110];

/// Stands for the growth of t0, by one each time.
const GROW: &str = "grow";

struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.thrown += 1;
        mix(mix(self.seed, 0x5a7e), self.thrown) % n
    }

    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len() as u64) as usize]
    }
}

/// What the lines of faults must know of the cluster.
struct Shape {
    brokers: u64,
    controllers: u64,
    combined: bool,
    partitions: u64,
    replication: u64,
    /// `min.insync.replicas` of t0.
    min_isr: u64,
    clients: u64,
}

impl Shape {
    fn controller(&self, ordinal: u64) -> u64 {
        if self.combined { 1 + ordinal } else { 3000 + ordinal }
    }

    fn process(&self, dice: &mut Dice) -> String {
        match dice.below(10) {
            0..=6 => format!("broker {}", dice.between(1, self.brokers)),
            7 | 8 => format!("controller {}", self.controller(dice.below(self.controllers))),
            _ => "controller leader".to_owned(),
        }
    }

    fn side(&self, dice: &mut Dice) -> String {
        match dice.below(8) {
            0..=3 => format!("broker {}", dice.between(1, self.brokers)),
            4 => format!("controller {}", self.controller(dice.below(self.controllers))),
            5 => "controllers".to_owned(),
            6 => format!("client c{}", dice.below(self.clients)),
            _ => "everything".to_owned(),
        }
    }

    /// Distinct brokers, the first one the preferred leader. Not fewer than the minimum: a replica that leaves while the ISR is below it
    /// would stay in the ELR for ever, and keep others from leading (`PartitionChangeBuilder` does not take it out).
    fn replicas(&self, dice: &mut Dice) -> String {
        let mut left: Vec<u64> = (1..=self.brokers).collect();
        let count = dice.between(self.min_isr, self.replication);
        let list: Vec<String> = (0..count).map(|_| left.remove(dice.below(left.len() as u64) as usize).to_string()).collect();
        list.join(",")
    }
}

/// The scenario of a number, as TOML.
pub fn scenario(number: u64) -> String {
    let mut dice = Dice { seed: number, thrown: 0 };
    let controllers = [1, 1, 3, 3, 5][dice.below(5) as usize];
    let combined = dice.chance(35);
    let brokers = if combined { dice.between(controllers, 6) } else { dice.between(1, 6) };
    let replication = dice.between(1, brokers.min(4));
    let (partitions, min_isr, clients) = (dice.between(1, 8), dice.between(1, replication), dice.between(1, 4));
    let shape = Shape { brokers, controllers, combined, partitions, replication, min_isr, clients };
    let mut text = String::new();
    let kafka = dice.pick(&["3.6", "3.9", "4.0", "4.1", "4.3", "4.3"]);
    let ties = dice.pick(&["fifo", "fifo", "shuffled"]);
    let _ = write!(text, "kafka = \"{kafka}\"\nseed = {number}\nties = \"{ties}\"\ncount_from = \"5s\"\nduration = \"{END}s\"\n");
    let _ = write!(text, "faults = [\n{}]\n\n", faults(&shape, &mut dice));
    let _ = write!(text, "[cluster]\nbrokers = {brokers}\ncontrollers = {controllers}\ncombined = {combined}\n\n");
    config(&mut text, &mut dice);
    for (topic, min_isr) in [("t0", min_isr), ("t1", dice.between(1, replication))] {
        let unclean = dice.chance(25);
        let _ = write!(
            text,
            "[[topic]]\nname = \"{topic}\"\npartitions = {}\nreplication_factor = {replication}\n\
             config = {{ \"min.insync.replicas\" = {min_isr}, \"unclean.leader.election.enable\" = {unclean} }}\n\n",
            shape.partitions
        );
    }
    (0..shape.clients).for_each(|i| client(&mut text, i, &mut dice));
    // From a stream of their own: the clusters of older campaigns stay the same but for these.
    let mut dice = Dice { seed: number ^ OTHERS, thrown: 0 };
    (0..dice.below(4)).for_each(|i| other(&mut text, i, &mut dice));
    text
}

/// A producer of any other library or a consumer, with the library's defaults but for acks.
fn other(text: &mut String, ordinal: u64, dice: &mut Dice) {
    let topic = dice.pick(&["t0", "t0", "t1"]);
    if dice.chance(50) {
        let profile =
            dice.pick(&["java-3.6", "java-3.9", "java-4.3", "librdkafka-2.5", "librdkafka-2.16", "franz-go-1.16", "franz-go-1.22"]);
        let profile = if dice.chance(40) { dice.pick(&["sarama-1.48", "sarama-1.61", "kafkajs-2.2", "kafka-go-0.4"]) } else { profile };
        let group = if profile.starts_with("java") && dice.chance(40) { "group = \"g\"\n" } else { "" };
        let _ = write!(
            text,
            "[[client]]\nname = \"{READER}{ordinal}\"\nrole = \"consumer\"\nprofile = \"{profile}\"\ntopics = [\"{topic}\"]\n{group}\n"
        );
        return;
    }
    let (profile, acks) = match dice.below(8) {
        0 => ("librdkafka-2.3", "acks = \"all\""),
        1 => ("librdkafka-2.16", "\"enable.idempotence\" = true"),
        2 => ("franz-go-1.16", ""),
        3 => ("franz-go-1.22", ""),
        4 => ("sarama-1.61", "\"Producer.RequiredAcks\" = \"WaitForAll\""),
        5 => ("kafkajs-2.2", ""),
        6 => ("kafka-go-0.4", "RequiredAcks = \"all\", BatchTimeout = \"20ms\""),
        _ => ("kafka-python-3.0", ""),
    };
    let rate = [2, 5, 20][dice.below(3) as usize];
    let _ = write!(
        text,
        "[[client]]\nname = \"{OTHER}{ordinal}\"\nprofile = \"{profile}\"\ntopics = [\"{topic}\"]\nrate = {rate}\nconfig = {{ {acks} }}\n\n"
    );
}

fn config(text: &mut String, dice: &mut Dice) {
    text.push_str("[config]\n");
    let mut maybe = |key: &str, values: &[&str]| {
        if dice.chance(30) {
            let value = dice.pick(values);
            let _ = writeln!(text, "\"{key}\" = {value}");
        }
    };
    maybe("leader.imbalance.check.interval.seconds", &["10", "30"]);
    maybe("auto.leader.rebalance.enable", &["false", "true"]);
    maybe("replica.lag.time.max.ms", &["5000", "10000"]);
    maybe("broker.session.timeout.ms", &["6000", "18000"]);
    maybe("replica.fetch.backoff.ms", &["100", "2000"]);
    maybe("num.replica.fetchers", &["2", "4"]);
    maybe("num.io.threads", &["1", "2"]);
    maybe("replica.fetch.wait.max.ms", &["100", "1000"]);
    maybe("controller.quorum.fetch.timeout.ms", &["1000", "4000"]);
    maybe("controller.quorum.election.timeout.ms", &["500", "2000"]);
    maybe("controlled.shutdown.enable", &["false"]);
    text.push('\n');
}

fn client(text: &mut String, ordinal: u64, dice: &mut Dice) {
    let profile = dice.pick(&["java-3.6.0", "java-3.6", "java-3.9", "java-4.3", "java-4.3"]);
    let topic = dice.pick(&["t0", "t0", "t1"]);
    let partitioning = dice.pick(&["round-robin", "sticky", "keyed(20)"]);
    let rate = [2, 5, 20, 50][dice.below(4) as usize];
    let _ = write!(
        text,
        "[[client]]\nname = \"c{ordinal}\"\nprofile = \"{profile}\"\ntopics = [\"{topic}\"]\nrate = {rate}\npartitioning = \"{partitioning}\"\n"
    );
    let acks = dice.pick(&["all", "all", "all", "1", "0"]);
    let mut keys = vec![format!("acks = \"{acks}\"")];
    if acks == "all" && dice.chance(30) {
        keys.push("\"enable.idempotence\" = false".to_owned());
    }
    if dice.chance(40) {
        keys.push("\"request.timeout.ms\" = 4000, \"delivery.timeout.ms\" = 15000".to_owned());
    }
    if dice.chance(30) {
        keys.push(format!("\"linger.ms\" = {}", dice.pick(&["0", "50"])));
    }
    if dice.chance(20) {
        keys.push("\"max.in.flight.requests.per.connection\" = 1".to_owned());
    }
    if dice.chance(30) {
        keys.push("\"metadata.max.age.ms\" = 5000".to_owned());
    }
    if dice.chance(20) {
        keys.push("\"connections.max.idle.ms\" = 9000".to_owned());
    }
    let _ = write!(text, "config = {{ {} }}\n\n", keys.join(", "));
}

fn faults(shape: &Shape, dice: &mut Dice) -> String {
    let mut lines: Vec<(u64, String)> = Vec::new();
    for _ in 0..dice.between(2, 14) {
        let at = dice.below(STORM * 1000);
        lines.push((at, fault(shape, dice)));
    }
    lines.sort();
    let mut text = String::new();
    let mut partitions = shape.partitions;
    for (at, line) in lines {
        if line == GROW {
            partitions += 1;
        }
        let line = line.replace(GROW, &format!("add partitions to t0 up to {partitions}"));
        let _ = writeln!(text, "  \"at {at}ms {line}\",");
    }
    calm(shape, &mut text);
    text
}

fn fault(shape: &Shape, dice: &mut Dice) -> String {
    let lasting = format!("{}ms", [300, 2_000, 8_000, 25_000][dice.below(4) as usize] + dice.below(3_000));
    let partition = dice.below(shape.partitions);
    match dice.below(24) {
        0..=3 => format!("kill {} for {lasting}", shape.process(dice)),
        4..=6 => format!("stop {} for {lasting}", shape.process(dice)),
        7..=8 => format!("power-off {} for {lasting}", shape.process(dice)),
        9..=11 => format!("pause {} for {lasting}", shape.process(dice)),
        12 => format!("restart {} down {lasting}", shape.process(dice)),
        13..=16 => {
            let one_way = if dice.chance(40) { " one way" } else { "" };
            format!("cut {} from {}{one_way} for {lasting}", shape.side(dice), shape.side(dice))
        }
        17 => format!("elect {} all", dice.pick(&["preferred", "unclean"])),
        18..=19 => format!("reassign t0-{partition} to {}", shape.replicas(dice)),
        20 => format!("slow {} by {} for {lasting}", shape.process(dice), dice.pick(&["3", "20"])),
        21 => GROW.to_owned(),
        22 => format!("create topic x{} partitions=3 replication_factor={}", dice.below(1000), shape.replication),
        _ => dice.pick(&["cancel reassignment", "heal", "elect preferred all"]).to_owned(),
    }
}

/// All cuts end, everything goes on and is started.
fn calm(shape: &Shape, text: &mut String) {
    let _ = writeln!(text, "  \"at {STORM}s heal\", {CALM_MARK}");
    let brokers = (1..=shape.brokers).map(|id| format!("broker {id}"));
    let controllers = (0..shape.controllers).map(|c| format!("controller {}", shape.controller(c)));
    for process in brokers.chain(controllers) {
        let _ = writeln!(text, "  \"at {STORM}s resume {process}\", {CALM_MARK}");
        for at in RESTARTS {
            let _ = writeln!(text, "  \"at {at}s start {process}\", {CALM_MARK}");
        }
    }
}
