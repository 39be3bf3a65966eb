//! What single lines say, as the programs print them.

use super::*;
use crate::triage::clue::{Loss, Partition, Party, Refusal, Step, Target};

fn said(line: &str) -> Vec<What> {
    match read(line) {
        Reading::Line(read) => read.says,
        other => panic!("{line}: {other:?}"),
    }
}

fn t(index: u32) -> Partition {
    Partition { topic: "t".to_owned(), index }
}

#[test]
fn clients_of_every_library_say_who_refused_them() {
    let not_leader = |index: u32| vec![What::Refused(Refusal::NotLeader, Some(t(index)))];
    for (line, says) in [
        (
            "16:37:44.2 producer/broker/103 state change to [retrying] on t/10 because kafka server: Tried to send a message to a replica that is not the leader for some partition. Your metadata is out of date",
            not_leader(10),
        ),
        (
            "2026/11/22 16:37:44 producer/broker/103 state change to [closing] because EOF",
            vec![What::Link(Party::Client, Target::Node(103), Loss::Closed)],
        ),
        (
            "16:37:44.2 Failed to connect to broker 10.0.0.2:9092: dial tcp 10.0.0.2:9092: connect: connection refused",
            vec![What::Link(Party::Client, Target::Address("10.0.0.2:9092".to_owned()), Loss::Refused)],
        ),
        (
            "%3|1795365629.623|FAIL|x#producer-1| [thrd:10.0.0.2:9092/102]: 10.0.0.2:9092/102: Connect to ipv4#10.0.0.2:9092 failed: Connection refused (after 0ms in state CONNECT)",
            vec![What::Link(Party::Client, Target::Node(102), Loss::Refused), What::Address(102, "10.0.0.2:9092".to_owned())],
        ),
        (
            "%4|1795365629.623|FAIL|x#producer-1| [thrd:10.0.0.2:9092/102]: 10.0.0.2:9092/102: Connection setup timed out in state CONNECT (after 30029ms in state CONNECT)",
            vec![What::Link(Party::Client, Target::Node(102), Loss::Unreachable), What::Address(102, "10.0.0.2:9092".to_owned())],
        ),
        (
            r#"{"level":"ERROR","timestamp":"2026-11-22T16:38:54.297Z","logger":"kafkajs","message":"[Connection] Connection error: connect ECONNREFUSED 10.0.0.2:9092","broker":"10.0.0.2:9092","clientId":"x"}"#,
            vec![What::Link(Party::Client, Target::Address("10.0.0.2:9092".to_owned()), Loss::Refused)],
        ),
        (
            r#"{"level":"ERROR","timestamp":"2026-11-22T16:38:54.297Z","logger":"kafkajs","message":"[Producer] Failed to send messages: This server is not the leader for that topic-partition","retryCount":0,"retryTime":298}"#,
            vec![What::Refused(Refusal::NotLeader, None)],
        ),
        (
            "[2026-11-22 16:37:43,785] WARN [Producer clientId=a] Got error produce response with correlation id 216 on topic-partition t-1, retrying (5 attempts left). Error: NOT_LEADER_FOR_PARTITION (org.apache.kafka.clients.producer.internals.Sender)",
            not_leader(1),
        ),
        (
            "2026-11-22 16:37:43.785  WARN 1 --- [ad | producer-1] o.a.k.clients.producer.internals.Sender  : [Producer clientId=producer-1] Got error produce response with correlation id 5 on topic-partition t-1, retrying (5 attempts left). Error: NOT_LEADER_OR_FOLLOWER",
            not_leader(1),
        ),
        (
            "[2026-11-22 16:37:43,785] WARN [Producer clientId=a] Got error produce response with correlation id 2 on topic-partition t-1, retrying (5 attempts left). Error: REQUEST_TIMED_OUT. Error Message: Disconnected from node 2 due to timeout (x.Sender)",
            vec![What::Refused(Refusal::Unanswered, Some(t(1)))],
        ),
    ] {
        assert_eq!(said(line), says, "{line}");
    }
    let told = said(
        "16:37:43.8 [INFO] moving producing partition due to kip-951 not_leader_for_partition; topic: t, partition: 4, new_leader: 102, new_leader_epoch: 2, old_leader: 101, old_leader_epoch: 1",
    );
    assert_eq!(told, [What::Told(t(4), 102, 2, 101, 1), What::Refused(Refusal::NotLeader, Some(t(4)))]);
}

#[test]
fn controllers_and_brokers_say_who_comes_and_goes() {
    let line = |text: &str| format!("[2026-11-22 16:40:37,504] INFO {text}");
    for (text, says) in [
        (
            "[QuorumController id=1] Fencing broker 102 at epoch 12 because its session has timed out. (x)",
            vec![What::Life(Some(102), Step::SessionLost)],
        ),
        (
            "[QuorumController id=1] Replayed BrokerRegistrationChangeRecord modifying the registration for broker 102: BrokerRegistrationChangeRecord(brokerId=102, brokerEpoch=12, fenced=-1, inControlledShutdown=0, logDirs=[]) (x)",
            vec![What::Replayed(102, Step::Unfenced)],
        ),
        ("[QuorumController id=1] Periodic task electPreferred generated 4 records in 1119 microseconds. (x)", vec![What::Preferred(4)]),
        ("[QuorumController id=1] maybeBalancePartitionLeaders: generated 4 records in 9 microseconds. (x)", vec![What::Preferred(4)]),
        ("[QuorumController id=1] In the new epoch 5, the leader is 2. (x)", vec![What::ControllerActive(Some(2), 5)]),
        ("[QuorumController id=1] In the new epoch 5, the leader is (none). (x)", vec![What::ControllerTrouble]),
        (
            "[RaftManager id=3000] Completed transition to Leader(localReplicaKey=x, epoch=7, epochStartOffset=9) from Candidate (x)",
            vec![What::ControllerActive(Some(3000), 7)],
        ),
        (
            "[BrokerLifecycleManager id=102] Unable to register broker 102 because the controller returned error DUPLICATE_BROKER_REGISTRATION (x)",
            vec![What::Life(Some(102), Step::Refused)],
        ),
        (
            "Terminating process due to signal SIGTERM (org.apache.kafka.common.utils.LoggingSignalHandler)",
            vec![What::Life(None, Step::Signalled)],
        ),
        ("[Partition t-1 broker=101] Shrinking ISR from 101,102,103 to 101. Leader: (x)", vec![What::Shrink(t(1), vec![102, 103], true)]),
    ] {
        assert_eq!(said(&line(text)), says, "{text}");
    }
    let killed = "Nov 22 16:40:29 host systemd[1]: kafka.service: Main process exited, code=killed, status=9/KILL";
    assert_eq!(said(killed), [What::Life(None, Step::Killed)]);
}

#[test]
fn what_no_kafka_prints_is_not_understood() {
    for line in [
        "hello world",
        "[2026-11-22 16:40:37,504] INFO Something else entirely (com.example.Application)",
        "[2026-11-22 16:40:37,504] INFO [QuorumController id=1] A sentence that no controller says. (org.apache.kafka.controller.QuorumController)",
        r#"{"level":"INFO","message":"[x] of another program"}"#,
        "%9|x|FAIL|",
        "Nov 22 16:40:29 host sshd[1]: Accepted publickey for root",
    ] {
        assert_eq!(read(line), Reading::Foreign, "{line}");
    }
    assert_eq!(read("\tat kafka.server.Foo.bar(Foo.scala:1)"), Reading::Continued);
    assert_eq!(read("java.io.IOException: Connection to 101 was disconnected"), Reading::Continued);
}
