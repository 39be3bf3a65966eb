//! Broken histories: what the simulator tells, with one lie in it. The reference must notice each.

use super::history::{Told, telling};
use super::told;
use kafkasim::engine::{Duration, Instant};
use kafkasim::kafka::{BrokerIx, ErrorCode, LeaderEpoch, Offset, PartitionEpoch, Replicas};
use kafkasim::observe::Fact;
use kafkasim::observe::fact::Why;

type Facts = Vec<(Instant, Fact)>;

/// A lie: what it is, how it is told, and words of the complaint that it must raise.
struct Lie {
    what: &'static str,
    tell: fn(&mut Facts),
    complaint: &'static str,
}

/// Where the first fact of this kind stands.
fn first(facts: &Facts, wanted: impl Fn(&Fact) -> bool) -> usize {
    facts.iter().position(|(_, fact)| wanted(fact)).expect("the history has such a fact")
}

/// Where the first one after that stands.
fn next(facts: &Facts, from: usize, wanted: impl Fn(&Fact) -> bool) -> usize {
    from + 1 + facts[from + 1..].iter().position(|(_, fact)| wanted(fact)).expect("the history has such a fact")
}

/// Tells a fact once more, changed, at another place.
fn repeat(facts: &mut Facts, at: usize, before: usize, change: impl Fn(&mut Fact)) {
    let mut copy = facts[at].clone();
    copy.0 = facts[before].0;
    change(&mut copy.1);
    facts.insert(before, copy);
}

fn is_truncation(fact: &Fact) -> bool {
    matches!(fact, Fact::Truncated { from, to, .. } if to < from)
}

fn is_append(fact: &Fact) -> bool {
    matches!(fact, Fact::Appended { .. })
}

/// A commit that changes the leader.
fn is_move(fact: &Fact) -> bool {
    matches!(fact, Fact::PartitionCommitted { old_leader: Some(old), leader: Some(new), .. } if old != new)
}

/// Changes the first commit that moves the leader.
fn in_move(facts: &mut Facts, change: impl Fn(&mut Option<BrokerIx>, &mut LeaderEpoch, &mut PartitionEpoch, &mut Replicas)) {
    let at = first(facts, is_move);
    if let Fact::PartitionCommitted { leader, leader_epoch, partition_epoch, isr, .. } = &mut facts[at].1 {
        change(leader, leader_epoch, partition_epoch, isr);
    }
}

fn truncate_to(facts: &mut Facts, change: fn(u64) -> u64) {
    let at = first(facts, is_truncation);
    if let Fact::Truncated { to, .. } = &mut facts[at].1 {
        *to = Offset(change(to.0));
    }
}

const FAIL_OVER: &[Lie] = &[
    Lie {
        what: "a follower keeps records that its leader does not have (KIP-101)",
        tell: |facts| drop(facts.remove(first(facts, is_truncation))),
        complaint: "it must truncate first",
    },
    Lie { what: "a follower throws away one record too many", tell: |facts| truncate_to(facts, |to| to - 1), complaint: "truncates from" },
    Lie { what: "a follower keeps one record too many", tell: |facts| truncate_to(facts, |to| to + 1), complaint: "truncates from" },
    Lie {
        what: "a follower truncates though it agrees with its leader",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::Replicated { .. }));
            let Fact::Replicated { broker, partition, end } = facts[at].1 else { return };
            facts.insert(at + 1, (facts[at].0, Fact::Truncated { broker, partition, from: end, to: Offset(end.0 - 1) }));
        },
        complaint: "truncates from",
    },
    Lie {
        what: "the high watermark moves before the followers have fetched (KIP-101, KIP-497)",
        tell: |facts| {
            let at = first(facts, is_append);
            let Fact::Appended { broker, partition, leader_epoch, end, .. } = facts[at].1 else { return };
            facts.insert(at + 1, (facts[at].0, Fact::HighWatermarkMoved { broker, partition, leader_epoch, high_watermark: end }));
        },
        complaint: "at most",
    },
    Lie {
        what: "the high watermark falls in a term",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::HighWatermarkMoved { .. }));
            repeat(facts, at, at + 1, |copy| {
                if let Fact::HighWatermarkMoved { high_watermark, .. } = copy {
                    *high_watermark = Offset(high_watermark.0 - 1);
                }
            });
        },
        complaint: "only rises in a term",
    },
    Lie {
        what: "a follower has not fetched what the high watermark passes",
        tell: |facts| drop(facts.remove(first(facts, |f| matches!(f, Fact::Replicated { .. })))),
        complaint: "at most",
    },
    Lie {
        what: "a follower has more than its leader",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::Replicated { .. }));
            if let Fact::Replicated { end, .. } = &mut facts[at].1 {
                *end = Offset(end.0 + 1);
            }
        },
        complaint: "whole batches up to",
    },
    Lie {
        what: "another member of the ISR is elected than the first in the order of the replicas",
        tell: |facts| in_move(facts, |leader, _, _, isr| *leader = isr.iter().copied().find(|b| Some(*b) != *leader)),
        complaint: "it may be",
    },
    Lie {
        what: "a leader from outside the ISR is elected",
        tell: |facts| in_move(facts, |leader, _, _, isr| isr.retain(|b| Some(*b) != *leader)),
        complaint: "it may be",
    },
    Lie {
        what: "the leader epoch is not raised",
        tell: |facts| in_move(facts, |_, epoch, _, _| *epoch = LeaderEpoch(epoch.0 - 1)),
        complaint: "it may be",
    },
    Lie {
        what: "the partition epoch is raised twice",
        tell: |facts| in_move(facts, |_, _, epoch, _| *epoch = epoch.next()),
        complaint: "it may be",
    },
    Lie {
        what: "the broker that is fenced stays in the ISR (KIP-841)",
        tell: |facts| in_move(facts, |_, _, _, isr| isr.push(BrokerIx(0))),
        complaint: "it may be",
    },
    Lie {
        what: "the ISR grows by more than was proposed (KIP-497)",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::PartitionCommitted { why: Why::AlterPartition, .. }));
            if let Fact::PartitionCommitted { isr, replicas, .. } = &mut facts[at].1 {
                let new = replicas.iter().copied().find(|b| !isr.contains(b)).expect("one is not in sync");
                isr.push(new);
            }
        },
        complaint: "it may be",
    },
    Lie {
        what: "a follower is proposed for the ISR before it has caught up",
        tell: |facts| {
            let proposed = first(facts, |f| matches!(f, Fact::IsrProposed { .. }));
            let Fact::IsrProposed { isr, .. } = &facts[proposed].1 else { return };
            let new = *isr.last().expect("an ISR has members");
            let took = |f: &Fact| matches!(f, Fact::FollowerRoleTaken { broker, .. } if *broker == new);
            let follows = (0..proposed).rev().find(|i| took(&facts[*i].1)).expect("it follows");
            repeat(facts, proposed, follows + 1, |_| {});
        },
        complaint: "is needed",
    },
    Lie {
        what: "two brokers lead in one epoch",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::LeaderRoleTaken { leader_epoch: LeaderEpoch(1), .. }));
            repeat(facts, at, at + 1, |copy| {
                if let Fact::LeaderRoleTaken { broker, .. } = copy {
                    *broker = BrokerIx(if broker.0 == 1 { 2 } else { 1 });
                }
            });
        },
        complaint: "it has read no registration",
    },
    Lie {
        what: "a leader takes its role before it can have heard of it",
        tell: |facts| {
            let commit = first(facts, is_move);
            let took = next(facts, commit, |f| matches!(f, Fact::LeaderRoleTaken { .. }));
            let early = facts.remove(took).1;
            facts.insert(commit + 1, (facts[commit].0, early));
        },
        complaint: "it has read no registration",
    },
    Lie {
        what: "a new leader begins with a high watermark that it cannot have learned",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::LeaderRoleTaken { leader_epoch: LeaderEpoch(1), .. }));
            if let Fact::LeaderRoleTaken { high_watermark, log_end, .. } = &mut facts[at].1 {
                *high_watermark = Offset(log_end.0 + 1);
            }
        },
        complaint: "it had learned of",
    },
    Lie {
        what: "acks=all is answered before the high watermark has passed the batch",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::Appended { sequence: Some(_), .. }));
            let Fact::Appended { batch: wanted, .. } = facts[at].1 else { return };
            let sent = first(facts, |f| matches!(f, Fact::EntrySent { batch: Some(batch), .. } if *batch == wanted));
            let Fact::EntrySent { entry: wanted, .. } = facts[sent].1 else { return };
            let answered = next(facts, at, |f| matches!(f, Fact::EntryAnswered { entry, .. } if *entry == wanted));
            let early = facts.remove(answered).1;
            facts.insert(at + 1, (facts[at].0, early));
        },
        complaint: "acknowledges batch",
    },
    Lie {
        what: "a batch that was sent again is appended again (KIP-98)",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::Appended { sequence: Some(1..), .. }));
            repeat(facts, at, at + 1, |copy| {
                if let Fact::Appended { base, end, .. } = copy {
                    (*base, *end) = (*end, Offset(end.0 + end.0 - base.0));
                }
            });
        },
        complaint: "its last one in this log is",
    },
    Lie {
        what: "a consumer is given a record above the high watermark",
        tell: |facts| {
            let at = first(facts, is_append);
            let Fact::Appended { batch, partition, base, end, client, .. } = facts[at].1 else { return };
            facts.insert(at + 1, (facts[at].0, Fact::Delivered { client, partition, batch: Some(batch), base, end }));
        },
        complaint: "no leader had that below its high watermark",
    },
    Lie {
        what: "a leader refuses a batch as if it did not lead",
        tell: |facts| {
            let sent = first(facts, |f| matches!(f, Fact::EntrySent { batch: Some(_), .. }));
            let Fact::EntrySent { entry: wanted, .. } = facts[sent].1 else { return };
            let answered = next(facts, sent, |f| matches!(f, Fact::EntryAnswered { entry, .. } if *entry == wanted));
            if let Fact::EntryAnswered { error, .. } = &mut facts[answered].1 {
                *error = ErrorCode::NotLeaderOrFollower;
            }
        },
        complaint: "refuses a batch with NOT_LEADER_OR_FOLLOWER",
    },
    Lie {
        what: "the controller refuses a member that is well (KIP-841)",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::IsrAnswered { .. }));
            if let Fact::IsrAnswered { error, .. } = &mut facts[at].1 {
                *error = ErrorCode::IneligibleReplica;
            }
        },
        complaint: "nothing was committed that says so",
    },
    Lie {
        what: "a leader appends in an epoch that is not its own",
        tell: |facts| {
            let at = first(facts, is_append);
            if let Fact::Appended { leader_epoch, .. } = &mut facts[at].1 {
                *leader_epoch = leader_epoch.next();
            }
        },
        complaint: "it leads in",
    },
    Lie {
        what: "a broker that was killed still fetches",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::ProcessEnded { .. }));
            let fetched = (0..at).rev().find(|i| matches!(facts[*i].1, Fact::Replicated { broker: BrokerIx(1), .. }));
            repeat(facts, fetched.expect("it followed before"), at + 1, |_| {});
        },
        complaint: "its process is paused, or ended",
    },
];

const POWER_OFF: &[Lie] = &[
    Lie {
        what: "a log that lost its tail is whole again",
        tell: |facts| drop(facts.remove(first(facts, |f| matches!(f, Fact::UnflushedLost { .. })))),
        complaint: "the reference: at",
    },
    Lie {
        what: "a broker loses records while its machine is well",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::Replicated { .. }));
            let Fact::Replicated { broker, partition, end } = facts[at].1 else { return };
            facts.insert(at + 1, (facts[at].0, Fact::UnflushedLost { broker, partition, from: end, to: Offset(end.0 - 1) }));
        },
        complaint: "its machine lost power: false",
    },
    Lie {
        what: "the high watermark moves while the ISR is below its minimum (KAFKA-15583)",
        tell: |facts| {
            let alone = first(facts, |f| matches!(f, Fact::PartitionCommitted { isr, .. } if isr.len() == 1));
            let appended = next(facts, alone, is_append);
            let Fact::Appended { broker, partition, leader_epoch, end, .. } = facts[appended].1 else { return };
            facts.insert(
                appended + 1,
                (facts[appended].0, Fact::HighWatermarkMoved { broker, partition, leader_epoch, high_watermark: end }),
            );
        },
        complaint: "at most",
    },
];

const UNCLEAN: &[Lie] = &[
    Lie {
        what: "an unclean election is told as a clean one",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::PartitionCommitted { unclean: true, .. }));
            if let Fact::PartitionCommitted { unclean, .. } = &mut facts[at].1 {
                *unclean = false;
            }
        },
        complaint: "it may be",
    },
    Lie {
        what: "who comes back keeps what the unclean leader never had",
        tell: |facts| drop(facts.remove(first(facts, is_truncation))),
        complaint: "it must truncate first",
    },
];

const REASSIGNMENT: &[Lie] = &[
    Lie {
        what: "a broker deletes a replica that it holds still",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::ReplicaDeleted { .. }));
            let early = facts.remove(at).1;
            let warm = first(facts, is_append);
            facts.insert(warm, (facts[warm].0, early));
        },
        complaint: "it has read no registration without it",
    },
    Lie {
        what: "replicas leave and the leader epoch is not raised",
        tell: |facts| {
            let at =
                first(facts, |f| matches!(f, Fact::PartitionCommitted { why: Why::AlterPartition, leader_epoch: LeaderEpoch(1..), .. }));
            if let Fact::PartitionCommitted { leader_epoch, .. } = &mut facts[at].1 {
                *leader_epoch = LeaderEpoch(leader_epoch.0 - 1);
            }
        },
        complaint: "it may be",
    },
    Lie {
        what: "a proposal is granted that nobody committed",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::IsrProposed { .. }));
            let Fact::IsrProposed { broker, partition, .. } = facts[at].1 else { return };
            facts.insert(at + 1, (facts[at].0, Fact::IsrAnswered { broker, partition, error: ErrorCode::None, shrink: false }));
        },
        complaint: "nothing of it is committed",
    },
];

const ELIGIBLE: &[Lie] = &[
    Lie {
        what: "a broker leads that was in neither ISR nor ELR (KIP-966)",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::PartitionCommitted { old_leader: None, leader: Some(_), why: Why::Unfenced, .. }));
            if let Fact::PartitionCommitted { leader, isr, .. } = &mut facts[at].1 {
                *leader = Some(BrokerIx(2));
                *isr = [BrokerIx(2)].into_iter().collect();
            }
        },
        complaint: "it may be",
    },
    Lie {
        what: "the last member leaves the ISR and leads on",
        tell: |facts| {
            let at = first(facts, |f| matches!(f, Fact::PartitionCommitted { leader: None, .. }));
            if let Fact::PartitionCommitted { leader, old_leader, isr, .. } = &mut facts[at].1 {
                *leader = *old_leader;
                *isr = leader.iter().copied().collect();
            }
        },
        complaint: "it may be",
    },
];

/// Every fact below a high watermark is taken out of the last half minute: nothing of it is wrong, but nothing is committed any more.
#[test]
fn records_that_are_never_committed_are_noticed_in_the_calm() {
    let Told { scenario, mut facts } = telling("power-off", &told::power_off()).expect("it can be told");
    let end = Instant::ZERO + scenario.count_from + scenario.duration;
    let silent = |at: Instant| at + Duration::from_secs(30) > end;
    let of_commitment = |f: &Fact| matches!(f, Fact::HighWatermarkMoved { .. } | Fact::EntryAnswered { .. } | Fact::Delivered { .. });
    let complaints = |facts: &Facts| {
        let mut reference = super::Reference::new(&scenario);
        facts.iter().for_each(|(at, fact)| reference.on_fact(*at, fact));
        reference.ends_in_calm(end);
        reference.complaints().join("\n")
    };
    assert_eq!(complaints(&facts), "");
    facts.retain(|(at, fact)| !(silent(*at) && of_commitment(fact)));
    assert!(complaints(&facts).contains("was appended long ago"), "not noticed");
}

/// The true history raises no complaint; with one lie in it, it raises the right one.
fn holds(name: &str, text: &str, lies: &[Lie]) {
    let Told { scenario, facts } = telling(name, text).expect("it can be told");
    assert_eq!(super::complaints(&scenario, &facts), Vec::<String>::new(), "{name}");
    for lie in lies {
        let mut told = facts.clone();
        (lie.tell)(&mut told);
        assert!(told != facts, "{name}: {}: nothing was changed", lie.what);
        let complaints = super::complaints(&scenario, &told).join("\n");
        assert!(complaints.contains(lie.complaint), "{name}: {}: not noticed, or not as `{}`: {complaints}", lie.what, lie.complaint);
    }
}

#[test]
fn a_fast_fail_over_and_whoever_tells_it_wrongly() {
    holds("fast-fail-over", &told::fast_fail_over(), FAIL_OVER);
}

#[test]
fn lost_power_and_whoever_tells_it_wrongly() {
    holds("power-off", &told::power_off(), POWER_OFF);
}

#[test]
fn an_unclean_election_and_whoever_tells_it_wrongly() {
    holds("unclean-election", &told::unclean_election(), UNCLEAN);
}

#[test]
fn a_reassignment_and_whoever_tells_it_wrongly() {
    holds("reassignment", &told::reassignment(), REASSIGNMENT);
}

#[test]
fn eligible_leaders_and_whoever_tells_it_wrongly() {
    holds("eligible-leaders", &told::eligible_leaders(), ELIGIBLE);
}
