//! What Kafka's own network client says, in brokers, controllers and Java clients alike.
//! Source: `NetworkClient`, `FetchSessionHandler` (2.0 to 4.3).

use crate::triage::clue::{Loss, Party, Target, What};
use crate::triage::cut::{after, between, number};

/// Ids above this stand for a group's coordinator: its id is counted down from the largest.
const COORDINATORS: u64 = i32::MAX as u64 - 1_000_000;

/// Reads a message after its prefix; none when it is not of the network client. `to` is the node that the prefix names, if any.
pub fn read(text: &str, by: Party) -> Option<Vec<What>> {
    let lost = |loss: Loss, mark: &str| Some(node_after(text, mark).map(|to| What::Link(by, Target::Node(to), loss)).into_iter().collect());
    match text {
        _ if text.starts_with("Node ") && text.contains(" disconnected.") => lost(Loss::Closed, "Node "),
        _ if text.starts_with("Disconnecting from node ") && text.contains("connection setup timeout") => {
            lost(Loss::Unreachable, "from node ")
        }
        _ if text.starts_with("Disconnecting from node ") && text.contains("timeout") => lost(Loss::TimedOut, "from node "),
        _ if text.starts_with("Connection to node ") && text.contains("could not be established") => {
            let mut says: Vec<What> = lost(Loss::Refused, "Connection to node ")?;
            let address = between(text, "(", ")").and_then(|text| text.rsplit('/').next());
            says.extend(
                node_after(text, "Connection to node ").zip(address).map(|(node, address)| What::Address(node, address.to_owned())),
            );
            Some(says)
        }
        _ if text.starts_with("Error connecting to node ") => lost(Loss::Unreachable, "to node "),
        _ if is_beside(text) => Some(Vec::new()),
        _ => None,
    }
}

/// What repeats a loss that another line tells, and what tells nothing of it.
fn is_beside(text: &str) -> bool {
    const BEGIN: [&str; 15] = [
        "Cancelled in-flight ",
        "Client requested ",
        "Bootstrap broker ",
        "Rebootstrapping with",
        "Idle connection to node",
        "Error sending fetch request",
        "The metadata response from the cluster reported a recoverable issue",
        "Error while fetching metadata with correlation id",
        "Uncaught error in request completion",
        "Unexpected error during I/O",
        "Received error ",
        "Connection to node ",
        "Attempting to close NetworkClient",
        "Node ",
        "Disconnecting from node ",
    ];
    BEGIN.iter().any(|begin| text.starts_with(begin)) || text.contains("partitions have leader brokers without a matching listener")
}

/// The node after a mark; none for a bootstrap address, which has no id.
fn node_after(text: &str, mark: &str) -> Option<u32> {
    let id = number(after(text, mark)?)?;
    if id > COORDINATORS {
        return u32::try_from(i32::MAX as u64 - id).ok();
    }
    u32::try_from(id).ok()
}
