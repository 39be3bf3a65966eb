//! Random small clusters with one fault each, or none: text of scenarios that follows from a number.

use super::kit::engine::mix;

/// What may have happened, as `triage` names it; `calm` is nothing.
pub const CAUSES: [&str; 10] = [
    "broker-restart",
    "broker-crash",
    "preferred-election",
    "reassignment",
    "stale-metadata",
    "flapping-broker",
    "controller-instability",
    "network-partition",
    "overload",
    "calm",
];

/// Numbers from one seed, each with its purpose.
struct Dice(u64);

impl Dice {
    fn below(&self, purpose: &str, sides: u64) -> u64 {
        purpose.bytes().fold(self.0, |hash, byte| mix(hash, u64::from(byte))) % sides
    }

    fn of<T: Copy>(&self, purpose: &str, choices: &[T]) -> T {
        choices[self.below(purpose, choices.len() as u64) as usize]
    }

    fn between(&self, purpose: &str, least: u64, most: u64) -> u64 {
        least + self.below(purpose, most - least + 1)
    }
}

struct Cluster {
    brokers: u64,
    partitions: u64,
    release: &'static str,
}

/// The scenario of the `number`th run of a cause.
pub fn scenario(cause: &str, number: u64) -> String {
    let dice = Dice(cause.bytes().fold(mix(7, number), |hash, byte| mix(hash, u64::from(byte))));
    let brokers = match cause {
        "reassignment" => dice.between("brokers", 4, 5),
        _any => dice.between("brokers", 3, 5),
    };
    let controllers = if cause == "controller-instability" { 3 } else { dice.of("controllers", &[1, 3]) };
    let partitions = dice.between("partitions", 6, 12);
    let release = dice.of("release", &["3.6", "3.7", "3.9", "4.0", "4.1", "4.3"]);
    let cluster = Cluster { brokers, partitions, release };
    let (faults, seconds) = faults(cause, &cluster, &dice);
    let faults: Vec<String> = faults.iter().map(|fault| format!("{fault:?}")).collect();
    let led_elsewhere = matches!(cause, "preferred-election" | "stale-metadata");
    format!(
        "kafka = \"{}\"\ncount_from = \"5s\"\nduration = \"{seconds}s\"\nseed = {number}\nfaults = [{}]\n\n\
         [cluster]\nbrokers = {brokers}\ncontrollers = {controllers}\n\n[config]\n\"auto.leader.rebalance.enable\" = false\n\n{}{}",
        cluster.release,
        faults.join(", "),
        topic(&cluster, led_elsewhere.then(|| dice.between("idle broker", 1, brokers))),
        clients(cause, &dice),
    )
}

/// Replicas of each partition; if a broker leads nothing, its partitions are led by their second replica.
fn topic(cluster: &Cluster, idle: Option<u64>) -> String {
    let replica = |partition: u64, place: u64| (partition + place) % cluster.brokers + 1;
    let rows: Vec<[u64; 3]> = (0..cluster.partitions).map(|p| [0, 1, 2].map(|place| replica(p, place))).collect();
    let leaders: Vec<u64> = rows.iter().map(|row| if Some(row[0]) == idle { row[1] } else { row[0] }).collect();
    format!("[[topic]]\nname = \"t\"\nassignment = {rows:?}\nleaders = {leaders:?}\nconfig = {{ \"min.insync.replicas\" = 2 }}\n\n")
}

fn clients(cause: &str, dice: &Dice) -> String {
    let mut text = String::new();
    let producers = dice.between("producers", 2, 3);
    for number in 0..producers {
        let profile = dice.of(&format!("profile {number}"), &["java-3.6", "java-3.7", "java-3.9", "java-4.3"]);
        let rate = dice.between(&format!("rate {number}"), 10, 20);
        text += &format!("[[client]]\nname = \"p{number}\"\nprofile = \"{profile}\"\nrate = {rate}\npartitioning = \"round-robin\"\n");
        // Idle until long after the election, with metadata that does not grow old by itself.
        if cause == "stale-metadata" {
            text += "start = \"45s\"\nconfig = { \"metadata.max.age.ms\" = \"1h\" }\n";
        }
        text += "\n";
    }
    if dice.below("consumer", 2) == 0 {
        text += "[[client]]\nname = \"c\"\nprofile = \"java-4.3\"\nrole = \"consumer\"\n\n";
    }
    text
}

/// What happens, and how long the run counts.
fn faults(cause: &str, cluster: &Cluster, dice: &Dice) -> (Vec<String>, u64) {
    let at = dice.between("at", 5, 15);
    let broker = dice.between("broker", 1, cluster.brokers);
    match cause {
        "broker-restart" if dice.below("rolling", 4) == 0 => {
            (vec![format!("at {at}s rolling restart wait urp 0 down {}s", dice.between("down", 2, 8))], 120)
        }
        "broker-restart" => (vec![format!("at {at}s restart broker {broker} down {}s", dice.between("down", 2, 8))], 60),
        "broker-crash" => {
            let verb = dice.of("verb", &["kill", "kill", "power-off"]);
            let back = if dice.below("back", 3) == 0 { String::new() } else { format!(" for {}s", dice.between("for", 3, 30)) };
            (vec![format!("at {at}s {verb} broker {broker}{back}")], 70)
        }
        "preferred-election" => (vec![format!("at {at}s elect preferred all")], 40),
        "stale-metadata" => (vec![format!("at {}s elect preferred all", dice.between("early", 2, 8))], 60),
        "reassignment" => (vec![format!("at {at}s reassign {}", moves(cluster, dice))], 60),
        "flapping-broker" => {
            let every = dice.between("every", 16, 30);
            let times = dice.between("times", 4, 5);
            let way = if dice.below("way", 3) == 0 { "restart" } else { "kill" };
            let nth = |n: u64| at + n * every;
            let line = |n: u64| match way {
                "restart" => format!("at {}s restart broker {broker} down 3s", nth(n)),
                _kill => format!("at {}s kill broker {broker} for {}s", nth(n), dice.between("down", 3, 8)),
            };
            ((0..times).map(line).collect(), at + times * every + 30)
        }
        "controller-instability" => {
            let every = dice.between("every", 12, 20);
            let times = dice.between("times", 2, 5);
            let how = dice.of("how", &["kill", "pause"]);
            ((0..times).map(|n| format!("at {}s {how} controller leader for 8s", at + n * every)).collect(), at + times * every + 20)
        }
        "network-partition" => {
            let from = dice.of("from", &["controllers", "brokers", "everything", "clients"]);
            let one_way = if dice.below("one way", 3) == 0 { " one way" } else { "" };
            (vec![format!("at {at}s cut broker {broker} from {from}{one_way} for {}s", dice.between("for", 35, 50))], 100)
        }
        "overload" => {
            let fault = match dice.below("kind", 2) {
                0 => format!("at {at}s pause broker {broker} for {}s", dice.between("for", 12, 25)),
                _slow => format!("at {at}s slow broker {broker} by {} for 30s", dice.between("by", 5_000, 60_000)),
            };
            (vec![fault], 80)
        }
        _calm => (Vec::new(), 60),
    }
}

/// One to three partitions get a replica elsewhere, and a new leader as often as not.
fn moves(cluster: &Cluster, dice: &Dice) -> String {
    let moved = dice.between("moved", 1, 3);
    let one = |n: u64| {
        let partition = (dice.below("first", cluster.partitions) + n) % cluster.partitions;
        let replica = |place: u64| (partition + place) % cluster.brokers + 1;
        let new = replica(3);
        let replicas = if dice.below("lead", 2) == 0 { [new, replica(1), replica(2)] } else { [replica(0), replica(1), new] };
        format!("t-{partition} to {},{},{}", replicas[0], replicas[1], replicas[2])
    };
    (0..moved).map(one).collect::<Vec<_>>().join("; ")
}
