//! What was assumed, what is missing, what to look at next as exact commands, and what to do.

use super::Options;
use super::causes::Cause;
use super::clock::shown;
use super::line::Family;
use super::record::{Advice, CauseRecord};
use super::story::Story;

/// What was taken for granted.
pub fn assumed(story: &Story, options: &Options) -> Vec<String> {
    let mut all = Vec::new();
    let logs = || story.evidence.files.iter().filter(|file| file.is_log);
    if logs().any(|file| file.clock.zoneless) {
        let zone = if options.ahead_ms == 0 {
            "UTC (as Kafka's containers have it); give --utc-offset if the machines' clocks have another zone".to_owned()
        } else {
            format!("{:+} min from UTC, as --utc-offset says", options.ahead_ms / 60_000)
        };
        all.push(format!("times without a zone are {zone}"));
    }
    for file in logs().filter(|file| file.clock.dateless) {
        let day = match file.clock.first_day {
            Some(day) if day > 0 => {
                format!("its first line is taken to be of {}, the day on which it lies nearest to the other logs", &shown(day)[..10])
            }
            Some(_) | None => "no other log tells a day".to_owned(),
        };
        all.push(format!("{} prints no dates: {day}", file.name));
    }
    if let Some(text) = apart(story) {
        all.push(text);
    }
    if story.dumps.topics.len() > 1 {
        all.push("the descriptions of topics are in the order of time, as they were given: they hold no time themselves".to_owned());
    }
    if let Some(text) = contradiction(story) {
        all.push(text);
    }
    all.extend(story.dumps.strangers.iter().map(|(name, why)| format!("{name} is of another cluster and was left out: {why}")));
    all.extend(foreign_logs(story));
    if story.evidence.left_out > 0 {
        all.push(format!("{} things were too many to keep one by one, and are in no number of this answer", story.evidence.left_out));
    }
    all
}

/// Logs that do not overlap with the others: another zone, or another day.
fn apart(story: &Story) -> Option<String> {
    let spans: Vec<_> = story.evidence.files.iter().filter_map(|file| Some((file.span?, file))).collect();
    let alone = spans.iter().find(|((first, last), file)| {
        let others = spans.iter().filter(|(_, other)| other.clock.zoneless != file.clock.zoneless);
        let mut others = others.peekable();
        others.peek().is_some() && others.all(|((from, to), _)| last + 1_800_000 < *from || to + 1_800_000 < *first)
    });
    alone.map(|(_, file)| {
        format!(
            "{} does not overlap in time with logs that {} a zone: if they are of the same hour, give --utc-offset",
            file.name,
            if file.clock.zoneless { "print" } else { "lack" }
        )
    })
}

/// Whether the last description agrees with the last states that the logs tell.
fn contradiction(story: &Story) -> Option<String> {
    let last = story.dumps.topics.last()?;
    let differ = last.partitions().into_iter().filter(|(partition, state)| {
        let term = story.evidence.terms.get(partition).and_then(|terms| terms.values().next_back());
        let isr = story.evidence.in_sync.get(partition).and_then(|states| states.values().next_back());
        let set = |ids: &[u32]| ids.iter().copied().collect::<std::collections::BTreeSet<_>>();
        term.is_some_and(|term| term.leader != state.leader) || isr.is_some_and(|now| set(&now.isr) != set(&state.isr))
    });
    let n = differ.count();
    (n > 0).then(|| {
        format!("the last description, {}, does not show the state with which the logs end ({n} partitions differ): it was taken at another time, and the logs count", last.name)
    })
}

/// Logs that name other topic ids than the descriptions do.
fn foreign_logs(story: &Story) -> Option<String> {
    let topics = story.dumps.topics.first()?;
    let other = topics.description.topics.iter().find_map(|topic| {
        let (id, logged) = (topic.header.as_ref()?.id.as_ref()?, story.evidence.topic_ids.get(&topic.name)?);
        (!logged.contains(id)).then_some(&topic.name)
    })?;
    Some(format!(
        "the logs name another id of topic {other} than {} does: they may be of another cluster, or the topic was made anew",
        topics.name
    ))
}

/// What tools saw as they were run: who could be reached, who differs, who listens.
pub fn observed(story: &Story) -> Vec<String> {
    let mut all = Vec::new();
    for (address, (id, error, _)) in &story.dumps.reached {
        if let Some(error) = error {
            let whom = id.map_or_else(|| address.clone(), |id| format!("broker {id} ({address})"));
            all.push(format!("kafka-broker-api-versions.sh did not reach {whom}: {error}"));
        }
    }
    let mut kinds: Vec<(u64, Vec<String>)> = Vec::new();
    for (id, abilities) in &story.dumps.abilities {
        match kinds.iter_mut().find(|(kind, _)| kind == abilities) {
            Some((_, ids)) => ids.push(id.to_string()),
            None => kinds.push((*abilities, vec![id.to_string()])),
        }
    }
    if kinds.len() > 1 {
        let groups: Vec<String> = kinds.into_iter().map(|(_, ids)| ids.join(", ")).collect();
        all.push(format!("brokers offer different versions of requests, as during an upgrade: {}", groups.join(" against ")));
    }
    if let Some((ports, file)) = &story.dumps.listening {
        let name = story.evidence.files.get(*file).map_or("", |file| file.name.as_str());
        let shown: Vec<String> = ports.iter().take(20).map(u16::to_string).collect();
        all.push(format!("{name}: somebody listens on port {}", if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }));
        let known = story.evidence.addresses.keys().filter_map(|address| address.rsplit(':').next()?.parse::<u16>().ok());
        let known: std::collections::BTreeSet<u16> = known.collect();
        if !known.is_empty() && known.is_disjoint(ports) {
            let wanted: Vec<String> = known.iter().map(u16::to_string).collect();
            all.push(format!("{name}: nobody listens on any port that a broker is known to have ({})", wanted.join(", ")));
        }
    }
    all
}

/// What is missing, and what it would tell.
pub fn missing(story: &Story) -> Vec<String> {
    let mut all = Vec::new();
    let evidence = story.evidence;
    if !evidence.has(Family::Controller) {
        all.push(
            "the active controller's controller.log: it tells who was fenced and why, who asked to be shut down, and who elected leaders"
                .to_owned(),
        );
    }
    let owners: std::collections::BTreeSet<u32> =
        evidence.files.iter().filter(|f| f.families.contains_key(&Family::Server)).filter_map(super::evidence::File::owner).collect();
    let without: Vec<String> = story.brokers().into_iter().filter(|id| !owners.contains(id)).map(|id| id.to_string()).collect();
    if owners.is_empty() {
        all.push("the brokers' server.log: it tells stops, starts, lost connections and changes of in-sync replicas".to_owned());
    } else if !without.is_empty() && without.len() <= 12 {
        all.push(format!("server.log of broker {}", without.join(", ")));
    }
    if !evidence.has(Family::StateChange) {
        all.push("the brokers' state-change.log: it tells each change of a leader with its epoch".to_owned());
    }
    if !evidence.has_clients() {
        all.push("the clients' logs: without them it is not told whether anybody was harmed".to_owned());
    }
    match story.dumps.topics.len() {
        0 => all.push("`kafka-topics.sh --describe`, twice: it tells the preferred leaders and the state now".to_owned()),
        1 => {
            all.push("a second `kafka-topics.sh --describe`, half a minute after the first: it tells whether leaders still move".to_owned())
        }
        _ => {}
    }
    if story.dumps.quorums.is_empty() {
        all.push(
            "`kafka-metadata-quorum.sh describe --status`, twice: a leader epoch that rises tells of controllers that change".to_owned(),
        );
    }
    all
}

fn advice(what: &str, command: Option<&str>) -> Advice {
    Advice { what: what.to_owned(), command: command.map(str::to_owned) }
}

/// The broker that stands in the middle of it.
fn suspect(story: &Story) -> Option<u32> {
    story.outages.iter().max_by_key(|(broker, outages)| (outages.len(), std::cmp::Reverse(**broker))).map(|(broker, _)| *broker)
}

/// What to look at next: the commands that tell the likeliest causes apart, or show whether it is over.
pub fn next(story: &Story, causes: &[CauseRecord]) -> Vec<Advice> {
    let mut all = Vec::new();
    let Some(first) = causes.first() else { return all };
    let unsure = causes.get(1).is_some_and(|second| first.score - second.score < 0.15) || first.cause == Cause::Unknown;
    all.push(advice(
        "Is anything still wrong? Partitions with replicas out of sync (none: it is over)",
        Some("kafka-topics.sh --bootstrap-server HOST:9092 --describe --under-replicated-partitions"),
    ));
    all.push(advice(
        "Does every partition have a leader?",
        Some("kafka-topics.sh --bootstrap-server HOST:9092 --describe --unavailable-partitions"),
    ));
    let broker = suspect(story).map_or_else(|| "ID".to_owned(), |id| id.to_string());
    match first.cause {
        Cause::FlappingBroker | Cause::BrokerCrash | Cause::BrokerRestart | Cause::Unknown => {
            let unit = format!("journalctl -u kafka --since \"30 min ago\" | grep -E 'oom|killed|SIGTERM|Main process exited'   # on the machine of broker {broker}");
            all.push(advice("Who ended the process: an operator, an orchestrator, the kernel?", Some(&unit)));
            all.push(advice("Does it listen now?", Some("ss -ltnp | grep -E ':9092|:9093'")));
        }
        Cause::PreferredElection => all.push(advice(
            "Does the controller rebalance by itself, and how often?",
            Some("kafka-configs.sh --bootstrap-server HOST:9092 --describe --entity-type brokers --all | grep -E 'auto.leader.rebalance.enable|leader.imbalance'"),
        )),
        Cause::Reassignment => all.push(advice(
            "What is being moved, and is it done?",
            Some("kafka-reassign-partitions.sh --bootstrap-server HOST:9092 --list"),
        )),
        Cause::ControllerInstability => {
            all.push(advice(
                "Twice, half a minute apart: does LeaderEpoch rise, do followers lag?",
                Some("kafka-metadata-quorum.sh --bootstrap-server HOST:9092 describe --replication"),
            ));
        }
        Cause::NetworkPartition => {
            all.push(advice("Which brokers can be reached from here?", Some("kafka-broker-api-versions.sh --bootstrap-server HOST:9092 | grep -- '->'")));
            let command = format!("ss -tnoi '( dport = :9092 or dport = :9093 )'   # on broker {broker} and a peer: retransmissions tell of lost packets");
            all.push(advice("Are packets lost between the machines?", Some(&command)));
        }
        Cause::Overload => {
            all.push(advice("Did the process stand still? Pauses of the collector", Some(&format!("grep -E 'Pause (Full|Young)' kafkaServer-gc.log | tail   # on broker {broker}"))));
            all.push(advice("Is the disk or the processor at its end?", Some("iostat -x 5 3; pidstat -u -d -p $(pgrep -f kafka.Kafka) 5 3")));
        }
        Cause::StaleMetadata => all.push(advice(
            "Does the broker that clients ask know the leaders? Compare what each broker says, one after the other",
            Some("kafka-topics.sh --bootstrap-server BROKER:9092 --describe --topic TOPIC"),
        )),
    }
    if unsure {
        all.push(advice("The likeliest causes lie close together: the files listed as missing tell them apart", None));
    }
    all
}

/// What to do.
pub fn actions(story: &Story, causes: &[CauseRecord]) -> Vec<Advice> {
    let Some(first) = causes.first() else { return Vec::new() };
    let broker = suspect(story).map_or_else(|| "ID".to_owned(), |id| id.to_string());
    let mut all = match first.cause {
        Cause::FlappingBroker => vec![
            advice(
                &format!("Keep broker {broker} down until it is known why it ends: every return moves leaders and in-sync replicas again"),
                Some("systemctl stop kafka"),
            ),
            advice(
                "Look for a supervisor that restarts it faster than its session lasts: a broker that comes back before broker.session.timeout.ms is refused until then",
                None,
            ),
        ],
        Cause::BrokerCrash => vec![
            advice(
                &format!("If broker {broker} is not back: start it; its replicas catch up by themselves"),
                Some("systemctl start kafka"),
            ),
            advice(
                "When all replicas are in sync again, give leadership back",
                Some("kafka-leader-election.sh --bootstrap-server HOST:9092 --election-type preferred --all-topic-partitions"),
            ),
        ],
        Cause::BrokerRestart => vec![
            advice(
                "Nothing, if it was meant: clients find the new leaders by themselves. For the next one wait until no partition is under-replicated before the next broker is stopped",
                None,
            ),
            advice(
                "If leadership has not come back by itself (auto.leader.rebalance.enable)",
                Some("kafka-leader-election.sh --bootstrap-server HOST:9092 --election-type preferred --all-topic-partitions"),
            ),
        ],
        Cause::PreferredElection => vec![advice(
            "Nothing: the errors are how clients learn of the new leaders. To have fewer of them at once, elect topic by topic instead of all",
            Some("kafka-leader-election.sh --bootstrap-server HOST:9092 --election-type preferred --path-to-json-file some.json"),
        )],
        Cause::Reassignment => vec![
            advice(
                "Let it finish; throttle it if it slows producers down",
                Some(
                    "kafka-reassign-partitions.sh --bootstrap-server HOST:9092 --reassignment-json-file plan.json --execute --throttle 50000000",
                ),
            ),
            advice(
                "When it is done, verify: that also takes the throttles off",
                Some("kafka-reassign-partitions.sh --bootstrap-server HOST:9092 --reassignment-json-file plan.json --verify"),
            ),
        ],
        Cause::ControllerInstability => vec![advice(
            "Find out why the active controller loses its followers: slow disks (its log is flushed), long collections, a lossy network. Do not restart brokers meanwhile: no leader can be elected without it",
            None,
        )],
        Cause::NetworkPartition => {
            vec![advice("Mend the network first; restarting brokers that cannot be reached moves leaders once more", None)]
        }
        Cause::Overload => {
            vec![advice("Take load off the slow machine: move its leads away, throttle what copies, find what fills disk or memory", None)]
        }
        Cause::StaleMetadata => vec![advice(
            "Renew the clients' metadata: lower metadata.max.age.ms (Java), topic.metadata.refresh.interval.ms (librdkafka), metadataMaxAge (kafkajs), Metadata.RefreshFrequency (sarama); restart a client that does not recover",
            None,
        )],
        Cause::Unknown => vec![advice("Collect what is missing before anything is changed; see docs/TRIAGE.md", None)],
    };
    if !story.leaderless().is_empty() {
        all.insert(0, advice("Some partitions have no leader: start a broker that is in their ISR or ELR. Only an unclean election helps else, and it loses records", None));
    }
    all
}
