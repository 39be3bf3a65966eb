use super::super::known::Known;
use super::*;
use proptest::prelude::*;

fn known() -> Known {
    Known {
        brokers: vec![101, 102, 103],
        controllers: vec![1, 2],
        clients: vec!["app".to_owned()],
        racks: vec!["a".to_owned()],
        topics: [("t".to_owned(), 12), ("dash-ed".to_owned(), 3)].into(),
        end: Duration::from_secs(120),
    }
}

/// The message, what the caret stands under, and the remedy.
fn mistake(line: &str) -> (String, String, String) {
    let mistake = parse(line, &known()).expect_err(line);
    (mistake.message, line[mistake.span].to_owned(), mistake.help.unwrap_or_default())
}

#[test]
fn the_lines_of_the_manual_are_understood_and_printed_as_they_stand() {
    for line in [
        "at 0ms kill broker 102 for 25s",
        "at 30s stop controller leader",
        "at 2m power-off controller 1",
        "at 1.5s pause broker 101 for 20s",
        "at 0ms restart broker 102 down 5s",
        "at 0ms start broker 102",
        "at 0ms resume broker 102",
        "at 0ms rolling restart brokers 103,101 wait urp 0 down 10s controllers last",
        "at 0ms rolling restart pause 30s down 5s",
        "at 0ms flap broker 101 every 20s down 2s times 5",
        "at 0ms slow broker 101 by 10 for 30s",
        "at 0ms slow disk of broker 101 by 2.5",
        "at 0ms cut broker 102 from everything for 25s",
        "at 0ms cut broker 101,broker 102,client app from controllers,rack a,clients,brokers,controller leader one way",
        "at 10s heal",
        "at 0ms elect preferred t-1,dash-ed-2",
        "at 0ms elect unclean",
        "at 0ms reassign t-1 to 103,101; t-4 to 102,101,103",
        "at 0ms cancel reassignment t-1",
        "at 0ms configure topic t min.insync.replicas=1,unclean.leader.election.enable=true",
        "at 0ms create topic x partitions=3 replication_factor=3",
        "at 0ms add partitions to t up to 24",
        "at 0ms delete topic dash-ed",
        "random kill,stop,pause,power-off,cut of brokers every 5m for 30s",
        "random kill of controllers every 10s for 1s from 5s to 1m overlapping",
    ] {
        let fault = parse(line, &known()).unwrap_or_else(|m| panic!("{line}: {m:?}"));
        let printed = fault.to_string();
        assert_eq!(printed.replace(", ", ","), line);
        assert_eq!(parse(&printed, &known()), Ok(fault));
    }
}

#[test]
fn a_name_that_does_not_exist_is_pointed_at() {
    let (message, at, help) = mistake("at 0s kill broker 4");
    assert_eq!((message.as_str(), at.as_str(), help.as_str()), ("there is no broker 4", "4", "the brokers are 101, 102, 103"));
    assert_eq!(mistake("at 0s elect preferred t-12").0, "topic `t` has no partition 12");
    assert_eq!(mistake("at 0s cut client ap from brokers").2, "did you mean `app`?");
    assert_eq!(mistake("at 0s reassign t-1 to 101,104").1, "104");
    assert_eq!(mistake("at 0s reassign t-1 to 101; t-1 to 102").0, "t-1 stands twice in one line");
    assert_eq!(mistake("at 0s reassign t-1 to 101,101").0, "broker 101 stands twice in one replica list");
}

#[test]
fn a_time_that_cannot_be_is_pointed_at() {
    let (message, at, help) = mistake("at 5m kill broker 101");
    assert_eq!(message, "5m is after the end of the run: 2m are counted");
    assert_eq!(at, "5m");
    assert_eq!(help, "put it before 2m, or set `duration` above 5m");
    assert!(mistake("at -5s kill broker 101").0.contains("negative"));
    assert!(mistake("at 0s kill broker 101 for 99999d").0.contains("longer than a year"));
    assert!(mistake("at 0s kill broker 101 for 0s").0.contains("does nothing"));
    assert_eq!(mistake("random kill of brokers every 5m for 30s from 60s to 30s").1, "30s");
    assert_eq!(mistake("random kill of brokers every 1us for 30s").2, "for 2m write 1.2ms or more");
    assert_eq!(mistake("at 10 kill broker 101").0, "`10` has no unit; write \"10ms\" or \"10s\"");
}

#[test]
fn a_word_that_is_wrong_is_pointed_at() {
    let (message, at, help) = mistake("at 0s kil broker 101");
    assert_eq!((message.as_str(), at.as_str(), help.as_str()), ("`kil` is no fault", "kil", "did you mean `kill`?"));
    assert_eq!(mistake("at 0s kill broker 101 fro 5s").1, "fro 5s");
    assert_eq!(mistake("at 0s kill").0, "the line ends where a target should follow");
    assert!(mistake("kill broker 101 at 0s").2.contains("at TIME"));
    assert_eq!(mistake("at 0s slow broker 101 by -2").0, "`-2` is no factor");
    assert!(mistake("at 0s configure topic t retention.ms=1").2.contains("min.insync.replicas"));
    assert!(mistake("at 0s create topic t partitions=1 replication_factor=1").0.contains("there already"));
    assert!(mistake("at 0s create topic x partitions=1 replication_factor=4").2.contains("3 brokers"));
    assert!(mistake("at 0s add partitions to t up to 12").0.contains("12 partitions already"));
    assert!(mistake("").0.contains("the line ends"));
}

fn duration() -> impl Strategy<Value = Duration> {
    (1_u64..120_000_000).prop_map(Duration::from_micros)
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![(101_u32..=103).prop_map(Target::Broker), (1_u32..=2).prop_map(Target::Controller), Just(Target::ControllerLeader)]
}

fn group() -> impl Strategy<Value = Group> {
    prop_oneof![
        target().prop_map(Group::One),
        Just(Group::Brokers),
        Just(Group::Controllers),
        Just(Group::Clients),
        Just(Group::Everything),
        Just(Group::Client("app".to_owned())),
        Just(Group::Rack("a".to_owned())),
    ]
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![Just(How::Kill), Just(How::Stop), Just(How::PowerOff), Just(How::Pause)]
}

fn any_action() -> impl Strategy<Value = Action> {
    let partitions =
        || proptest::collection::btree_set(0_u32..12, 0..4).prop_map(|all| all.into_iter().map(|p| ("t".to_owned(), p)).collect());
    prop_oneof![
        (how(), target(), proptest::option::of(duration())).prop_map(|(how, target, back)| Action::Take { how, target, back }),
        (target(), duration()).prop_map(|(target, down)| Action::Restart { target, down }),
        (any::<bool>(), duration(), proptest::option::of(duration())).prop_map(|(controllers_last, down, pause)| Action::Rolling {
            brokers: if controllers_last { vec![102] } else { Vec::new() },
            pace: pause.map_or(Pace::UnderReplicatedZero, Pace::Pause),
            down,
            controllers_last
        }),
        (target(), duration(), duration(), 1_u32..9).prop_map(|(target, every, down, times)| Action::Flap { target, every, down, times }),
        (target(), 0.001_f64..1000.0, proptest::option::of(duration())).prop_map(|(target, factor, lasting)| Action::Slow {
            target,
            factor,
            lasting
        }),
        (
            proptest::collection::vec(group(), 1..4),
            proptest::collection::vec(group(), 1..4),
            any::<bool>(),
            proptest::option::of(duration())
        )
            .prop_map(|(from, to, one_way, lasting)| Action::Cut { from, to, one_way, lasting }),
        (any::<bool>(), partitions()).prop_map(|(unclean, partitions)| Action::Elect { unclean, partitions }),
        partitions().prop_map(Action::CancelReassignment),
        (0_u32..12).prop_map(|p| Action::Reassign(vec![(("t".to_owned(), p), vec![103, 101])])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_fault_is_read_back_from_what_it_prints(at in duration(), action in any_action()) {
        let fault = Fault::At(at, action);
        prop_assert_eq!(parse(&fault.to_string(), &known()), Ok(fault));
    }

    #[test]
    fn no_line_makes_the_reader_fall_over(line in "(at|random)? ?[a-z0-9,; =-]{0,40}") {
        if let Err(mistake) = parse(&line, &known()) {
            prop_assert!(mistake.span.end <= line.len() && !mistake.message.is_empty());
        }
    }
}

#[test]
fn a_topic_is_made_only_under_a_name_that_kafka_takes() {
    let (message, under, _) = mistake("at 0ms create topic a/b partitions=1 replication_factor=1");
    assert_eq!((message.as_str(), under.as_str()), ("`a/b` is no name of a topic", "a/b"));
}
