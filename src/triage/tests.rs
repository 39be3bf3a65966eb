//! Stories: real incidents and small made ones, and what a triage makes of them.

use super::causes::Cause;
use super::record::{CauseRecord, TriageRecord, Verdict};
use super::{Options, Reproduction, Triage};
use crate::kafka::text::log_time::log_time;
use flate2::read::MultiGzDecoder;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The text of a file of the samples, unpacked if need be.
fn text(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let mut text = String::new();
    match path.extension().is_some_and(|extension| extension == "gz") {
        true => MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap(),
        false => bytes.as_slice().read_to_string(&mut text).unwrap(),
    };
    text
}

/// The files of an incident whose names are wanted, logs without dates last.
fn files(incident: &str, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/triage").join(incident);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort_by_key(|path| (path.to_string_lossy().contains("franz") || path.to_string_lossy().contains("sarama"), path.clone()));
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().filter(|path| wanted(&name(path))).map(|path| (name(path), text(path))).collect()
}

fn log(triage: &mut Triage, name: &str, text: &str) {
    triage.begin(name);
    text.split_inclusive('\n').for_each(|line| triage.line(line.trim_end_matches(['\n', '\r']), line.ends_with('\n')));
    triage.end();
}

fn of_files(files: &[(String, String)]) -> (TriageRecord, Reproduction) {
    let mut triage = Triage::new(Options::default());
    for (name, text) in files {
        match name {
            _ if name.starts_with("topics-") => triage.topics(name, text),
            _ if name.starts_with("quorum-") => triage.quorum(name, text),
            _ if name.contains(".log") => log(&mut triage, name, text),
            _ => {}
        }
    }
    triage.finish()
}

/// What is made of logs alone, each given as a name and its lines.
fn of_logs(logs: &[(&str, &str)]) -> TriageRecord {
    let mut triage = Triage::new(Options::default());
    logs.iter().for_each(|(name, text)| log(&mut triage, name, text));
    triage.finish().0
}

fn first(record: &TriageRecord) -> &CauseRecord {
    record.causes.first().expect("a cause")
}

fn cause(record: &TriageRecord, wanted: Cause) -> &CauseRecord {
    record.causes.iter().find(|cause| cause.cause == wanted).expect("it is weighed")
}

fn says(evidence: &[super::record::EvidenceRecord], words: &str) -> bool {
    evidence.iter().any(|evidence| evidence.says.contains(words))
}

#[test]
fn real_incidents_are_judged_as_they_were() {
    for incident in ["elect", "flap", "kill", "restart"] {
        let expect = files(incident, |name| name == "EXPECT").remove(0).1;
        let (verdict, causes) = expect.split_once('\n').unwrap();
        let (record, _) = of_files(&files(incident, |_| true));
        assert_eq!(serde_json::to_value(record.verdict).unwrap(), verdict, "{incident}");
        let found = serde_json::to_value(first(&record).cause).unwrap();
        assert!(causes.split_whitespace().any(|cause| found == cause), "{incident}: {found}");
        for (file, share) in &record.understood {
            assert!(*share >= 0.95, "{incident}: {share} of {file}");
        }
        assert!(record.files.iter().all(|file| file.lines > 0));
    }
}

#[test]
fn each_claim_has_its_line() {
    let (record, _) = of_files(&files("kill", |_| true));
    let best = first(&record);
    let fencing = best.evidence.iter().find(|evidence| evidence.text.contains("Fencing broker 102")).unwrap();
    assert_eq!((fencing.file.as_str(), fencing.line), ("controller-1-controller.log", 1));
    let broker = record.brokers.iter().find(|broker| broker.broker == 102).unwrap();
    assert_eq!((broker.leads_lost, broker.isr_left, broker.isr_joined, broker.outages.len()), (4, 12, 12, 1));
    assert_eq!(broker.outages[0].kind, "crash");
    let flap = of_files(&files("flap", |_| true)).0;
    assert_eq!(flap.brokers.iter().find(|broker| broker.broker == 102).unwrap().outages.len(), 4);
    assert!(flap.why.contains("4 (broker 102), 3 or more"), "{}", flap.why);
    assert!(says(&cause(&flap, Cause::BrokerCrash).against, "one such event does not explain that"));
}

#[test]
fn an_election_after_a_restart_is_its_consequence_and_not_the_cause() {
    let (record, _) = of_files(&files("restart", |_| true));
    assert_eq!(first(&record).cause, Cause::BrokerRestart);
    assert!(says(&cause(&record, Cause::PreferredElection).against, "had been away before"));
    assert!(record.assumed.iter().any(|text| text.contains("does not show the state with which the logs end")), "{:?}", record.assumed);
}

#[test]
fn clients_alone_do_not_tell_why_a_broker_was_away() {
    let clients = ["franz", "java", "kafkajs", "librdkafka", "sarama"];
    let (record, _) = of_files(&files("kill", |name| clients.iter().any(|client| name.starts_with(client))));
    assert_eq!((record.verdict, first(&record).cause), (Verdict::Transient, Cause::Unknown));
    let [crash, restart] = [Cause::BrokerCrash, Cause::BrokerRestart].map(|wanted| cause(&record, wanted).score);
    assert_eq!(crash, restart, "a refused connection tells neither");
    assert!(record.missing.iter().any(|text| text.contains("controller.log")));
    assert!(record.brokers.iter().any(|broker| broker.broker == 102 && broker.lost_connections["refused"] > 50), "{:?}", record.brokers);
}

#[test]
fn two_descriptions_alone_show_an_election() {
    let (record, _) = of_files(&files("elect", |name| name.starts_with("topics-0") || name.starts_with("topics-1")));
    assert_eq!((record.verdict, first(&record).cause), (Verdict::Transient, Cause::PreferredElection), "{:?}", record.causes);
    let (record, _) = of_files(&files("kill", |name| name.starts_with("topics-0") || name.starts_with("topics-1")));
    assert_eq!(first(&record).cause, Cause::Unknown);
    assert!(cause(&record, Cause::BrokerCrash).summary.contains("broker 102 left the in-sync replicas"));
}

#[test]
fn calm_files_show_nothing() {
    let (record, _) = of_files(&files("restart", |name| name.starts_with("topics-0") || name.starts_with("quorum-0")));
    assert_eq!((record.verdict, record.causes.len()), (Verdict::Nothing, 0));
    let calm = "[2026-11-22 16:38:08,164] INFO [QuorumController id=1] Periodic task electPreferred generated 0 records in 15 microseconds. (org.apache.kafka.controller.PeriodicTaskControlManager)\n\
                [2026-11-22 16:39:08,164] INFO [QuorumController id=1] In the last 60000 ms period, 432 controller events were completed, which took an average of 10.10 ms each. The slowest event was completeActivation[1](573234614), which took 149.85 ms. (org.apache.kafka.controller.EventPerformanceMonitor)\n";
    let record = of_logs(&[("controller.log", calm)]);
    assert_eq!((record.verdict, record.understood["controller.log"]), (Verdict::Nothing, 1.0));
}

#[test]
fn the_order_of_files_changes_nothing() {
    let mut all = files("kill", |name| name.starts_with("broker") || name.starts_with("controller") || name.starts_with("java"));
    let forward = of_files(&all).0;
    all.reverse();
    let backward = of_files(&all).0;
    assert_eq!((forward.verdict, &forward.causes, &forward.brokers), (backward.verdict, &backward.causes, &backward.brokers));
    assert_eq!(forward.bursts, backward.bursts);
}

#[test]
fn prefixes_and_line_ends_of_others_change_nothing() {
    let plain = files("kill", |name| name.ends_with("controller.log") || name.contains("102-state"));
    let expected = of_files(&plain).0;
    let prefixed = |prefix: &str, end: &str| {
        let wrap = |(name, text): &(String, String)| (name.clone(), text.lines().map(|line| format!("{prefix}{line}{end}")).collect());
        of_files(&plain.iter().map(wrap).collect::<Vec<_>>()).0
    };
    for (prefix, end) in [
        ("", "\r\n"),
        ("Nov 22 16:40:37 host-1 kafka[1234]: ", "\n"),
        ("2026-11-22T16:40:37+0000 host-1 kafka-server-start.sh[77]: ", "\n"),
        ("1795365637.504123 host-1 kafka[1]: ", "\n"),
        ("broker-102-1  | ", "\n"),
        ("2026-11-22T16:40:37.504123456Z ", "\n"),
    ] {
        let record = prefixed(prefix, end);
        assert_eq!(
            (record.verdict, first(&record).score, &record.bursts),
            (expected.verdict, first(&expected).score, &expected.bursts),
            "{prefix}"
        );
    }
}

const CUT: &str = "\
[2026-11-22 10:00:20,000] INFO [QuorumController id=1] Fencing broker 102 because its session has timed out. (org.apache.kafka.controller.ReplicationControlManager)
[2026-11-22 10:00:40,000] INFO [QuorumController id=1] The request from broker 102 to unfence has been granted because it has caught up with the offset of its register broker record 9. (org.apache.kafka.controller.BrokerHeartbeatManager)
";

#[test]
fn a_broker_that_lived_and_reached_nobody_was_cut_off_and_one_that_says_nothing_may_have_stood_still() {
    let own = "\
[2026-11-22 10:00:13,000] INFO [RaftManager id=102] Disconnecting from node 1 due to request timeout. (org.apache.kafka.clients.NetworkClient)
[2026-11-22 10:00:15,500] INFO [NodeToControllerChannelManager id=102 name=heartbeat] Disconnecting from node 1 due to request timeout. (org.apache.kafka.clients.NetworkClient)
[2026-11-22 10:00:20,000] INFO [BrokerLifecycleManager id=102] Unable to send a heartbeat because the RPC got timed out before it could be sent. (kafka.server.BrokerLifecycleManager)
";
    let record = of_logs(&[("controller.log", CUT), ("server.log", own)]);
    assert_eq!((record.verdict, first(&record).cause), (Verdict::Transient, Cause::NetworkPartition));
    assert!(says(&cause(&record, Cause::Overload).against, "worked on in that time"));
    let awake = "\
[2026-11-22 09:59:00,000] INFO [RaftManager id=102] Node 1 disconnected. (org.apache.kafka.clients.NetworkClient)
[2026-11-22 10:00:40,100] INFO [NodeToControllerChannelManager id=102 name=heartbeat] Disconnecting from node 1 due to request timeout. (org.apache.kafka.clients.NetworkClient)
";
    let record = of_logs(&[("controller.log", CUT), ("server.log", awake)]);
    assert_eq!(first(&record).cause, Cause::Overload, "what times out as it goes on is no sign of a cut: {:?}", record.causes);
    let refused = "[2026-11-22 10:00:21,000] WARN [Producer clientId=a] Connection to node 102 (/10.0.0.2:9092) could not be established. Node may not be available. (org.apache.kafka.clients.NetworkClient)\n";
    let record = of_logs(&[("controller.log", CUT), ("server.log", own), ("a.log", refused)]);
    assert!(says(&cause(&record, Cause::NetworkPartition).against, "were refused"));
}

#[test]
fn replicas_that_lag_again_and_again_are_a_sustained_overload() {
    let shrink = |minute: u32| {
        format!(
            "[2026-11-22 10:{minute:02}:00,000] INFO [Partition t-1 broker=101] Shrinking ISR from 101,102,103 to 101,103. Leader: (highWatermark: 5, endOffset: 9). Out of sync replicas: (brokerId: 102, endOffset: 5, lastCaughtUpTimeMs: 1). (kafka.cluster.Partition)\n\
             [2026-11-22 10:{minute:02}:00,050] INFO [Partition t-1 broker=101] ISR updated to 101,103  and version updated to {} (kafka.cluster.Partition)\n\
             [2026-11-22 10:{minute:02}:20,000] INFO [Partition t-1 broker=101] ISR updated to 101,103,102  and version updated to {} (kafka.cluster.Partition)\n",
            2 * minute,
            2 * minute + 1
        )
    };
    let twice = of_logs(&[("server.log", &(shrink(1) + &shrink(3)))]);
    assert_eq!((twice.verdict, first(&twice).cause), (Verdict::Transient, Cause::Overload));
    let often = of_logs(&[("server.log", &(shrink(1) + &shrink(3) + &shrink(5)))]);
    assert_eq!((often.verdict, first(&often).cause), (Verdict::Sustained, Cause::Overload));
    let broker = often.brokers.iter().find(|broker| broker.broker == 102).unwrap();
    assert_eq!((broker.isr_left, broker.isr_joined), (2, 3), "what was before the first line is not told");
}

#[test]
fn a_reassignment_is_told_by_its_replicas() {
    let leads = "[2026-11-22 10:00:00,000] INFO [Broker id=104] Leader t-1 with topic id Some(x) starts at leader epoch 3 from offset 5 with partition epoch 7, high watermark 5, ISR [102,103,104], adding replicas [104] and removing replicas [102] . Previous leader Some(102) and previous leader epoch was 2. (state.change.logger)\n";
    let record = of_logs(&[("state-change.log", leads)]);
    assert_eq!((record.verdict, first(&record).cause), (Verdict::Transient, Cause::Reassignment));
    assert!(says(&cause(&record, Cause::PreferredElection).against, "reassignment was under way"));
    let asked = "[2026-11-22 10:00:00,000] INFO [QuorumController id=1] Successfully altered 3 out of 3 partition reassignment(s). (org.apache.kafka.controller.ReplicationControlManager)\n";
    assert_eq!(first(&of_logs(&[("controller.log", asked)])).cause, Cause::Reassignment);
}

#[test]
fn controllers_that_elect_each_other_are_told_by_their_epochs() {
    let active = |second: u32, epoch: u32| {
        format!(
            "[2026-11-22 10:00:{second:02},000] INFO [QuorumController id=1] Becoming the active controller at epoch {epoch}, next write offset 9. (org.apache.kafka.controller.QuorumController)\n"
        )
    };
    let once = of_logs(&[("controller.log", &active(0, 5))]);
    assert_eq!((once.verdict, first(&once).cause), (Verdict::Transient, Cause::ControllerInstability));
    let often: String = (0..4).map(|n| active(10 * n, 5 + n)).collect();
    let record = of_logs(&[("controller.log", &often)]);
    assert_eq!((record.verdict, first(&record).cause), (Verdict::Sustained, Cause::ControllerInstability));
    // A broker that starts learns who leads: nobody was elected.
    let learns = "[2026-11-22 10:00:00,000] INFO [RaftManager id=102] Completed transition to FollowerState(fetchTimeoutMs=2000, epoch=1, leader=1, leaderEndpoints=x) from Unattached (org.apache.kafka.raft.QuorumState)\n";
    assert_eq!(of_logs(&[("server.log", learns)]).verdict, Verdict::Nothing);
}

#[test]
fn refusals_long_after_a_change_are_of_old_metadata_by_either_name_of_the_error() {
    let moved = "[2026-11-22 10:00:00,000] INFO [Broker id=102] Leader t-1 with topic id Some(x) starts at leader epoch 3 from offset 5 with partition epoch 7, high watermark 5, ISR [101,102], adding replicas [] and removing replicas [] . Previous leader Some(101) and previous leader epoch was 2. (state.change.logger)\n";
    for error in ["NOT_LEADER_OR_FOLLOWER", "NOT_LEADER_FOR_PARTITION"] {
        let refused = |at: &str| {
            format!(
                "[2026-11-22 10:{at},000] WARN [Producer clientId=a] Got error produce response with correlation id 4 on topic-partition t-1, retrying (2147483646 attempts left). Error: {error} (org.apache.kafka.clients.producer.internals.Sender)\n"
            )
        };
        let late = of_logs(&[("state-change.log", moved), ("a.log", &refused("01:00"))]);
        assert_eq!(first(&late).cause, Cause::StaleMetadata, "{:?}", late.causes);
        let soon = of_logs(&[("state-change.log", moved), ("a.log", &refused("00:01"))]);
        assert_eq!(first(&soon).cause, Cause::Unknown, "one leader that changes, and no word of who is preferred: {:?}", soon.causes);
        assert!(cause(&soon, Cause::PreferredElection).score > 0.0);
        assert!(soon.causes.iter().all(|cause| cause.cause != Cause::StaleMetadata));
        let going_on: String = (0..50).map(|second| refused(&format!("00:{second:02}"))).collect();
        assert_eq!(of_logs(&[("state-change.log", moved), ("a.log", &going_on)]).verdict, Verdict::Sustained);
    }
}

#[test]
fn a_rolling_restart_is_transient_however_many_brokers_there_are() {
    let one = |broker: u32, minute: u32| {
        let line = |second: u32, text: &str| {
            format!(
                "[2026-11-22 10:{minute:02}:{second:02},000] INFO [QuorumController id=1] {text} (org.apache.kafka.controller.BrokerHeartbeatManager)\n"
            )
        };
        line(0, &format!("Unfenced broker {broker} has requested and been granted a controlled shutdown."))
            + &line(
                9,
                &format!(
                    "Registering a new incarnation of broker {broker}. Previous incarnation ID was a; new incarnation ID is b. Generated 0 record(s) to clean up previous incarnations. Broker epoch will become 9."
                ),
            )
            + &line(
                12,
                &format!(
                    "The request from broker {broker} to unfence has been granted because it has caught up with the offset of its register broker record 9."
                ),
            )
    };
    let all: String = (0..12).map(|n| one(101 + n, n)).collect();
    let record = of_logs(&[("controller.log", &all)]);
    assert_eq!((record.verdict, first(&record).cause), (Verdict::Transient, Cause::BrokerRestart));
    let same: String = (0..3).map(|n| one(101, n)).collect();
    assert_eq!(of_logs(&[("controller.log", &same)]).verdict, Verdict::Sustained);
}

#[test]
fn a_description_of_another_cluster_is_told_apart() {
    let mut all = files("kill", |name| name.starts_with("topics-0"));
    let other = files("flap", |name| name.starts_with("topics-1")).remove(0).1;
    all.push(("topics-other.txt".to_owned(), other));
    let (record, _) = of_files(&all);
    assert_eq!(record.verdict, Verdict::Nothing);
    assert!(record.assumed.iter().any(|text| text.contains("topics-other.txt is of another cluster")), "{:?}", record.assumed);
}

#[test]
fn only_the_time_that_is_asked_for_counts() {
    let mut triage = Triage::new(Options { until: log_time("2026-11-22 16:42:20").map(|(time, _)| time), ..Options::default() });
    files("flap", |name| name.starts_with("controller")).iter().for_each(|(name, text)| log(&mut triage, name, text));
    let record = triage.finish().0;
    assert_eq!((record.verdict, first(&record).cause), (Verdict::Transient, Cause::BrokerCrash));
    assert!(record.files[0].notes.iter().any(|note| note.contains("outside of the time")));
}

#[test]
fn a_file_that_is_still_written_is_read_to_its_last_whole_line() {
    let mut triage = Triage::new(Options::default());
    log(&mut triage, "controller.log", &(CUT.to_owned() + "[2026-11-22 10:0"));
    let record = triage.finish().0;
    assert_eq!(record.understood["controller.log"], 1.0);
    assert!(record.files[0].notes[0].contains("line 3, the last, is not finished"), "{:?}", record.files[0].notes);
}

#[test]
fn the_suspected_cause_becomes_a_scenario_of_the_described_cluster() {
    for (incident, fault) in [("kill", "kill broker 102 for "), ("restart", "restart broker 102 down 5s"), ("elect", "elect preferred all")]
    {
        let (_, reproduction) = of_files(&files(incident, |_| true));
        let (toml, _) = reproduction.toml().unwrap();
        assert!(toml.contains(fault), "{toml}");
        let source = crate::scenario::Source { name: incident.to_owned(), text: toml };
        crate::scenario::load(&source, &[]).unwrap_or_else(|wrong| panic!("{incident}: {}", wrong.render(false)));
    }
    let (_, reproduction) = of_files(&files("flap", |_| true));
    assert_eq!(reproduction.toml().unwrap().0.matches("kill broker 102").count(), 4);
    let (_, without) = of_files(&files("kill", |name| name.ends_with("controller.log")));
    assert!(without.toml().unwrap_err().contains("--topics"));
}

/// Numbers that look random, and are the same each time.
fn noise(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}

#[test]
fn rubbish_is_told_as_such_and_harms_nothing() {
    let mut next = noise(7);
    let bytes: Vec<u8> = (0..200_000).map(|_| next() as u8).collect();
    let record = of_logs(&[("rubbish", &String::from_utf8_lossy(&bytes)), ("controller.log", CUT)]);
    assert!(record.understood["rubbish"] < 0.01, "{}", record.understood["rubbish"]);
    assert_eq!(record.understood["controller.log"], 1.0);
    assert_eq!(record.verdict, Verdict::Transient);
}

#[test]
fn lines_cut_or_spoilt_anywhere_are_read_or_left() {
    let mut next = noise(11);
    let all: Vec<String> =
        ["elect", "kill"].iter().flat_map(|incident| files(incident, |name| name.contains(".log"))).map(|(_, text)| text).collect();
    let lines: Vec<&str> = all.iter().flat_map(|text| text.lines()).collect();
    let mut triage = Triage::new(Options::default());
    triage.begin("spoilt");
    for line in &lines {
        let cut = next() as usize % (line.len() + 1);
        triage.line(&String::from_utf8_lossy(&line.as_bytes()[..cut]), true);
        triage.line(&String::from_utf8_lossy(&line.as_bytes()[cut..]), true);
        let mut bytes = line.as_bytes().to_vec();
        let n = bytes.len();
        if n > 0 {
            bytes[next() as usize % n] = next() as u8;
            bytes[next() as usize % n] = b'9';
        }
        triage.line(&String::from_utf8_lossy(&bytes), true);
    }
    let (record, reproduction) = triage.finish();
    assert!(record.files[0].lines > lines.len() as u64);
    let _ = reproduction.toml();
}

#[test]
fn what_happens_a_million_times_is_counted_and_not_kept() {
    let mut triage = Triage::new(Options::default());
    triage.begin("a.log");
    for n in 0..100_000u32 {
        let (hour, minute, second) = (n / 3600 % 24, n / 60 % 60, n % 60);
        triage.line(
            &format!("[2026-11-22 {hour:02}:{minute:02}:{second:02},000] WARN [Producer clientId=a] Got error produce response with correlation id 4 on topic-partition t-{n}, retrying (5 attempts left). Error: NOT_LEADER_OR_FOLLOWER (x.Sender)"),
            true,
        );
    }
    let record = triage.finish().0;
    assert_eq!(record.bursts.iter().map(|burst| burst.not_leader).sum::<u64>(), 100_000);
    assert!(record.partitions_touched <= 4_000 && record.partitions.len() <= 200);
}

#[test]
fn what_tools_saw_is_said() {
    let mut triage = Triage::new(Options::default());
    let one = |id: u32, most: u32| {
        format!(
            "10.0.0.{id}:9092 (id: {id} rack: null isFenced: false) -> (\n\tProduce(0): 0 to {most} [usable: {most}],\n\tFetch(1): 4 to 17 [usable: 17]\n)\n"
        )
    };
    let text = one(1, 11)
        + &one(2, 11)
        + &one(3, 13)
        + "10.0.0.4:9092 (id: 4 rack: null isFenced: true) -> ERROR: org.apache.kafka.common.errors.DisconnectException\n";
    triage.api_versions("api.txt", &text);
    triage.sockets("ss.txt", "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nLISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=1,fd=3))\n");
    triage.topics("topics.txt", "Topic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\n");
    let record = triage.finish().0;
    let observed = record.observed.join("\n");
    assert!(observed.contains("did not reach broker 4 (10.0.0.4:9092): org.apache.kafka"), "{observed}");
    assert!(observed.contains("1, 2 against 3"), "{observed}");
    assert!(observed.contains("nobody listens on any port that a broker is known to have (9092)"), "{observed}");
    assert!(record.understood.values().all(|share| *share == 1.0), "{:?}", record.understood);
}
