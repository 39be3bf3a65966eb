use super::*;
use crate::kafka::Release;
use crate::kafka::text::TextError;
use proptest::prelude::*;

const HEALTHY: &str = include_str!("../../../../tests/data/describe/4.3.1-healthy.txt");
const DEAD: &str = include_str!("../../../../tests/data/describe/4.3.1-broker-dead.txt");
const UNDER_REPLICATED: &str = include_str!("../../../../tests/data/describe/4.3.1-under-replicated.txt");
const KILLED: &str = include_str!("../../../../tests/data/describe/4.3.1-killed.txt");

fn all() -> PrintOptions {
    PrintOptions::of(Release::V4_3)
}

fn only_error(text: &str) -> TextError {
    let errors = parse(text).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.into_iter().next().unwrap()
}

#[test]
fn what_a_real_tool_printed_is_printed_again_byte_for_byte() {
    for text in [HEALTHY, DEAD, UNDER_REPLICATED, KILLED] {
        let read = parse(text).unwrap();
        assert_eq!(print(&read, all()), text);
        assert_eq!(read.notes, Vec::<String>::new());
    }
}

#[test]
fn the_filter_of_a_dead_broker_prints_what_the_real_filter_printed() {
    let options = PrintOptions { under_replicated_only: true, ..all() };
    assert_eq!(print(&parse(DEAD).unwrap(), options), UNDER_REPLICATED);
    assert_eq!(print(&parse(HEALTHY).unwrap(), options), "");
}

#[test]
fn a_dead_broker_is_read_as_it_stands() {
    let read = parse(DEAD).unwrap();
    let single = &read.topics[0];
    assert_eq!(single.header.as_ref().unwrap().id.as_deref(), Some("pHomPB73TS-FmhM0lcN-Mw"));
    let offline = &single.partitions[1];
    assert_eq!((offline.leader, offline.replicas.as_slice(), offline.isr.as_slice()), (None, [102].as_slice(), [].as_slice()));
    assert_eq!(offline.elr.as_deref(), Some([102].as_slice()));
    assert_eq!(read.topics[1].name, "payments.eu");
}

/// As the code of 1.x to 2.3, 2.4 to 2.7, 2.8 to 3.7, and 3.8 against a broker that does not tell the ELR writes it.
#[test]
fn every_older_layout_is_read() {
    let to_2_3 = "Topic:t\tPartitionCount:2\tReplicationFactor:2\tConfigs:cleanup.policy=compact\tMarkedForDeletion:true\n\
        \tTopic: t\tPartition: 0\tLeader: none\tReplicas: 1,2\tIsr: \tMarkedForDeletion: true\n\
        \tTopic: t\tPartition: 1\tLeader: -1\tReplicas: 2,1\tIsr: \n";
    let to_2_7 =
        "Topic: t\tPartitionCount: 1\tReplicationFactor: 2\tConfigs: \n\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\n";
    let to_3_7 = "Topic: t\tTopicId: LIQPU26fTaybfNaEEyDNDw\tPartitionCount: 1\tReplicationFactor: 2\tConfigs: segment.bytes=1073741824\n\
        \tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2,4\tIsr: 1,2\tAdding Replicas: 4\tRemoving Replicas: \n";
    let in_3_8 = "\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: N/A\tLastKnownElr: N/A\n";

    let old = &parse(to_2_3).unwrap().topics[0];
    let header = old.header.as_ref().unwrap();
    assert!(header.marked_for_deletion && old.partitions[0].marked_for_deletion && header.id.is_none());
    assert_eq!(header.configs, [("cleanup.policy".to_owned(), "compact".to_owned())]);
    assert_eq!((old.partitions[0].leader, old.partitions[1].leader), (None, None));

    assert_eq!(print(&parse(to_2_7).unwrap(), PrintOptions::of(Release::V3_6)), to_2_7);
    let moving = parse(to_3_7).unwrap();
    assert_eq!(print(&moving, PrintOptions::of(Release::V3_7)), to_3_7);
    assert!(!moving.topics[0].partitions[0].is_under_replicated(), "the replica that is being added does not count yet");
    assert_eq!(print(&parse(in_3_8).unwrap(), PrintOptions::of(Release::V3_9)), in_3_8);
}

#[test]
fn windows_line_ends_spaces_for_tabs_and_log_lines_are_borne() {
    let noisy =
        format!("[2026-01-02 10:00:00,001] WARN Couldn't resolve server (org.apache.kafka.clients.ClientUtils)\n\n{HEALTHY}$ exit\n")
            .replace('\n', "\r\n")
            .replace('\t', "    ");
    let read = parse(&noisy).unwrap();
    assert_eq!(print(&read, all()), HEALTHY);
    assert_eq!(read.notes.len(), 1);
    assert!(read.notes[0].starts_with("2 lines do not begin with `Topic:`"), "{}", read.notes[0]);
}

#[test]
fn a_value_with_commas_stays_whole() {
    let text = "Topic: t\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: cleanup.policy=compact,delete,leader.replication.throttled.replicas=0:1,1:1\n\
        \tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n";
    let read = parse(text).unwrap();
    let configs = &read.topics[0].header.as_ref().unwrap().configs;
    assert_eq!(configs[0].1, "compact,delete");
    assert_eq!(configs[1].1, "0:1,1:1");
    assert_eq!(print(&read, PrintOptions::of(Release::V3_6)), text);
}

#[test]
fn a_line_cut_in_the_middle_names_what_is_missing() {
    let cut = only_error("\tTopic: t\tPartition: 0\tLeader: 101\tReplic");
    assert_eq!((cut.line, cut.message.as_str()), (1, "the line has no Replicas, no Isr"));
    let cut = only_error("Topic: t\tTopicId: LIQPU26fTaybfNaEEyDNDw\tPartitionCount: 3\tRep\n");
    assert_eq!(cut.message, "the line has no ReplicationFactor, no Configs");
    let cut = only_error("\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: \tLastKn");
    assert_eq!(cut.message, "the line has no LastKnownElr");
    let cut = only_error("\tTopic: t\tPartition: 0\tLeader: 101\tReplicas: 101,102\tIsr: 101,10");
    assert_eq!((cut.column, cut.length), (59, 6));
    assert!(cut.message.contains("broker 10, which is not among the replicas"), "{}", cut.message);
}

#[test]
fn duplicates_gaps_and_strangers_are_all_reported_at_once() {
    let text = "Topic: t\tPartitionCount: 3\tReplicationFactor: 1\tConfigs: \n\
        \tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n\
        \tTopic: t\tPartition: 2\tLeader: 2\tReplicas: 1,2\tIsr: 1\n\
        Topic: u\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: \n\
        \tTopic: u\tPartition: 4\tLeader: 1\tReplicas: 1\tIsr: 1\n\
        \tTopic: u\tPartition: 4\tLeader: 1\tReplicas: 1\tIsr: 1\n\
        \tTopic: bad name\tPartition: 0\tLeader: 1\tReplicas: 1,1\tIsr: 1\n";
    let errors = parse(text).unwrap_err();
    let messages: Vec<_> = errors.iter().map(|e| (e.line, e.message.as_str())).collect();
    assert_eq!(
        messages,
        [
            (1, "partition 1 of t not listed"),
            (3, "leader 2 is not in the ISR"),
            (5, "partition 4 of u is beyond its PartitionCount 1"),
            (6, "partition u-4 is listed a second time, first on line 5"),
            (7, "`bad name` is no name of a topic"),
        ]
    );
}

#[test]
fn nothing_to_read_is_said_plainly() {
    assert_eq!(only_error("").message, "the text is empty");
    let error = only_error("Error while executing topic command : Timed out\u{1b}[2J\n");
    assert_eq!(error.message, "no line begins with `Topic:`; the first one is `Error while executing topic command : Timed out\\u{1b}[2J`");
    let error = only_error("Topic: t\tPartitionCount: 2000000000\tReplicationFactor: 1\tConfigs: ");
    assert_eq!(error.message, "partitions 0, 1, 2, 3, 4 and 1999999995 more of t not listed");
}

/// A whole text within the limits, but made to take long.
#[test]
fn a_hostile_line_is_refused_quickly() {
    let ids: Vec<String> = (0..150_000u32).map(|i| i.to_string()).collect();
    let ids = ids.join(",");
    let text = format!("\tTopic: t\tPartition: 0\tLeader: none\tReplicas: 1\tIsr: {ids}\n");
    assert!(only_error(&text).message.contains("broker 0, which is not among the replicas"));
    let blanks = format!("Topic: {}\n", " \t".repeat(500_000));
    assert_eq!(only_error(&blanks).message, "`` is no name of a topic");
}

fn partitions(count: usize) -> impl Strategy<Value = Vec<Partition>> {
    let one = (prop::sample::subsequence((1..8u32).collect::<Vec<_>>(), 1..6).prop_shuffle(), any::<(u8, bool, bool)>(), any::<bool>());
    prop::collection::vec(one, count..=count).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(index, (replicas, (in_sync, led, moving), elr_known))| {
            let isr: Vec<u32> = replicas.iter().enumerate().filter(|(i, _)| in_sync >> i & 1 == 1).map(|(_, id)| *id).collect();
            let elr: Vec<u32> = replicas.iter().copied().filter(|id| !isr.contains(id)).collect();
            Partition {
                index: index as u32,
                leader: isr.last().copied().filter(|_| led),
                reassignment: moving.then(|| Reassignment { adding: replicas[..1].to_vec(), removing: Vec::new() }),
                elr: elr_known.then(|| elr.clone()),
                last_known_elr: elr_known.then_some(Vec::new()),
                replicas,
                isr,
                ..Partition::default()
            }
        })
        .collect()
    })
}

fn topic() -> impl Strategy<Value = Topic> {
    let configs =
        prop::sample::subsequence(vec![("cleanup.policy", "compact,delete"), ("min.insync.replicas", "2"), ("preallocate", "")], 0..=3);
    ("[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,30}", 1..6usize, configs, any::<(bool, bool)>())
        .prop_flat_map(|(name, count, configs, (id, marked))| (Just((name, count, configs, id, marked)), partitions(count)))
        .prop_map(|((name, count, configs, id, marked), partitions)| Topic {
            name,
            header: Some(Header {
                id: id.then(|| "LIQPU26fTaybfNaEEyDNDw".to_owned()),
                partition_count: count as u32,
                replication_factor: 3,
                configs: configs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
                marked_for_deletion: marked,
                ..Header::default()
            }),
            partitions,
        })
}

/// Without the places, which only a text has.
fn unplaced(mut topics: Vec<Topic>) -> Vec<Topic> {
    for topic in &mut topics {
        if let Some(header) = &mut topic.header {
            (header.line, header.configs_column) = (0, 0);
        }
        topic.partitions.iter_mut().for_each(|p| p.line = 0);
    }
    topics
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_it_was(mut topics in prop::collection::vec(topic(), 1..5)) {
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        topics.dedup_by(|a, b| a.name == b.name);
        let text = print(&Description { topics: topics.clone(), notes: Vec::new() }, all());
        prop_assert_eq!(unplaced(parse(&text).unwrap().topics), topics);
    }

    #[test]
    fn no_text_makes_the_reader_fall_over(text in "(\t?Topic:[ \tA-Za-z0-9:,./-]{0,60}\n?){0,4}") {
        if let Ok(read) = parse(&text) {
            prop_assert!(!read.topics.is_empty());
        }
    }
}

#[test]
fn a_cut_anywhere_is_read_or_reported_but_never_misread() {
    let whole = parse(HEALTHY).unwrap();
    for cut in 0..HEALTHY.len() {
        let text = &HEALTHY[..cut];
        let Ok(read) = parse(text) else { continue };
        assert_eq!(read.notes.is_empty(), text.ends_with('\n'), "cut at {cut}");
        for (read, whole) in read.topics.iter().zip(&whole.topics).filter(|_| read.notes.is_empty()) {
            assert_eq!(read.partitions, whole.partitions, "cut at {cut}");
        }
    }
}

/// Found by fuzzing: a piece without a key was read as a key without a value, and as another one when it was printed.
#[test]
fn configs_that_begin_with_no_key_are_a_mistake() {
    let error = only_error("Topic: t\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: min.insy*nc=1,a=b\n");
    assert_eq!((error.line, error.message.as_str()), (1, "Configs `min.insy*nc=1,a=b` is no list of key=value"));
}
