//! What may be asked, and what is said when there is nothing to explain.

use super::*;
use crate::explain::{Trouble, partition};

fn refused(question: &Question) -> String {
    match explain(&catalogue("broker-crash"), &[], question) {
        Err(Trouble::Unknown(message)) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_that_there_is_not_is_told_with_the_one_that_was_meant() {
    let client = |name: &str| Question { client: Some(name.to_owned()), ..Question::default() };
    assert_eq!(refused(&client("shopp")), "there is no client `shopp`; did you mean `shop`?");
    assert_eq!(refused(&client("x")), "there is no client `x`; there are billing, shop");
    let of = |topic: &str, index| Question { partition: Some((topic.to_owned(), index)), ..Question::default() };
    assert_eq!(refused(&of("order", 1)), "there is no topic `order`; did you mean `orders`?");
    assert_eq!(refused(&of("orders", 12)), "topic `orders` has 12 partitions, numbered from 0: there is no orders-12");
    assert!(partition("orders").unwrap_err().contains("orders-3"));
    assert_eq!(partition("a-b-7"), Ok(("a-b".to_owned(), 7)));
}

#[test]
fn one_client_and_one_partition_can_be_asked_for() {
    let question =
        Question { client: Some("billing".to_owned()), partition: Some(("orders".to_owned(), 7)), tries: false, ..Question::default() };
    let answer = explained(&catalogue("broker-crash"), &[], &Question { slowest: 100, ..question });
    assert_eq!(answer.recoveries, answer.explained.len() as u64);
    assert!(answer.explained.iter().all(|r| (r.client.as_str(), r.topic.as_str(), r.partition) == ("billing", "orders", 7)));
    assert_eq!(answer.runs, 0);
}

#[test]
fn a_run_in_which_nothing_moves_has_nothing_to_explain() {
    let calm = text("duration = \"10s\"\ncluster = { brokers = 3, controllers = 1 }\n[[topic]]\nname = \"orders\"\npartitions = 3\n");
    let answer = explained(&calm, &[], &Question::default());
    assert_eq!((answer.recoveries, answer.moves, answer.explained.len()), (0, 0, 0));
}

/// Names are foreign text, and a long chain is no reason to fail.
#[test]
fn hostile_and_long_names_are_explained_like_others() {
    let long = "x".repeat(200);
    let toml = format!(
        "duration = \"30s\"\nfaults = [\"at 5s kill broker 2\"]\ncluster = {{ brokers = 3, controllers = 1 }}\n\
         [[topic]]\nname = \"{long}\"\npartitions = 3\n[[client]]\nname = \"<script>alert(1)</script>\"\nprofile = \"java-4.3\"\nrate = 30\n"
    );
    let answer = explained(&text(&toml), &[], &Question { tries: false, ..Question::default() });
    let recovery = &answer.explained[0];
    assert_eq!((recovery.client.as_str(), recovery.topic.as_str()), ("<script>alert(1)</script>", long.as_str()));
}
