//! Lines of a broker's `state-change.log`: which roles it takes, and when it begins a batch of them.
//! Source: `Partition.makeLeader`, `makeFollower`; `ReplicaManager.applyLocalLeadersDelta`, `applyLocalFollowersDelta` (3.6 to 4.3).

/// A line about one broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateChange<'a> {
    /// `node.id` of the broker.
    pub broker: u32,
    /// What it says.
    pub what: What<'a>,
}

/// What a line says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What<'a> {
    /// A batch of leader roles begins.
    Leaders,
    /// A batch of follower roles begins.
    Followers,
    /// A partition that this process did not host so far.
    New(Replica<'a>),
    /// The broker leads in a new leader epoch.
    Leads(Replica<'a>),
    /// The broker follows in a new leader epoch; whom, if there is a leader.
    Follows(Replica<'a>, Option<u32>),
    /// Anything else: an ISR change, fetchers that stop or start.
    Other,
}

/// A partition, as these lines name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replica<'a> {
    /// Its topic's name.
    pub topic: &'a str,
    /// Its topic's id, where the line tells it.
    pub topic_id: Option<&'a str>,
    /// Its number.
    pub partition: u32,
}

/// Reads a line; none when it is not about a broker.
///
/// # Errors
/// In words, when it is about one and cannot be read.
pub fn parse(line: &str) -> Option<Result<StateChange<'_>, String>> {
    let start = line.find("[Broker id=")? + "[Broker id=".len();
    let Some((id, text)) = line[start..].split_once("] ") else { return Some(Err("the line is cut off".to_owned())) };
    let Ok(broker) = id.parse() else { return Some(Err(format!("`{id}` is no broker id"))) };
    Some(what(text).map(|what| StateChange { broker, what }))
}

fn what(text: &str) -> Result<What<'_>, String> {
    let cut = || "the line is cut off".to_owned();
    if text.starts_with("Transitioning ") {
        return match text {
            _ if text.contains(" local leaders") => Ok(What::Leaders),
            _ if text.contains(" local followers") => Ok(What::Followers),
            _ => Err(cut()),
        };
    }
    if let Some(text) = text.strip_prefix("Creating new partition ") {
        return replica(text).map(What::New).ok_or_else(cut);
    }
    if let Some(text) = text.strip_prefix("Leader ").filter(|text| text.contains(" starts at leader epoch ")) {
        return replica(text).map(What::Leads).ok_or_else(cut);
    }
    if let Some(text) = text.strip_prefix("Follower ").filter(|text| text.contains(" starts at leader epoch ")) {
        let (_, leader) = text.split_once("Current leader is ").ok_or_else(cut)?;
        let end = leader.find(['.', ' ']).ok_or_else(cut)?;
        return replica(text).map(|replica| What::Follows(replica, leader[..end].parse().ok())).ok_or_else(cut);
    }
    Ok(What::Other)
}

/// `orders-3 with topic id Some(xyz) …`.
fn replica(text: &str) -> Option<Replica<'_>> {
    let (name, rest) = text.split_once(' ')?;
    let (topic, partition) = name.rsplit_once('-')?;
    let id = rest.strip_prefix("with topic id ").map(|id| id.strip_prefix("Some(").unwrap_or(id));
    let topic_id = id.map(|id| &id[..id.find([')', ' ', '.', ',']).unwrap_or(id.len())]).filter(|id| *id != "None");
    Some(Replica { topic, topic_id, partition: partition.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> What<'_> {
        let change = parse(text).unwrap().unwrap();
        assert_eq!(change.broker, 102);
        change.what
    }

    #[test]
    fn roles_are_told_with_their_partition() {
        let leads =
            "INFO [Broker id=102] Leader my-topic-4 with topic id Some(_qS36r6OR3-xr0H5JxuIbQ) starts at leader epoch 1 from offset 116";
        let replica = Replica { topic: "my-topic", topic_id: Some("_qS36r6OR3-xr0H5JxuIbQ"), partition: 4 };
        assert_eq!(read(leads), What::Leads(replica));
        let new = "INFO [Broker id=102] Creating new partition my-topic-4 with topic id _qS36r6OR3-xr0H5JxuIbQ. (state.change.logger)";
        assert_eq!(read(new), What::New(replica));
        let follows = "INFO [Broker id=102] Follower t-1 starts at leader epoch 1 from offset 118 with partition epoch 1 and high watermark 117. \
                       Current leader is 103. Previous leader Some(102) and previous leader epoch was 0. (state.change.logger)";
        assert_eq!(read(follows), What::Follows(Replica { topic: "t", topic_id: None, partition: 1 }, Some(103)));
        assert_eq!(read("INFO [Broker id=102] Transitioning 12 partition(s) to local followers. (state.change.logger)"), What::Followers);
        assert_eq!(read("INFO [Broker id=102] Skipped the become-leader state change for t-3"), What::Other);
    }

    #[test]
    fn a_cut_line_is_an_error_and_another_none() {
        assert_eq!(parse("INFO [Controller id=1 epoch=3] Changed partition"), None);
        assert!(parse("INFO [Broker id=102] Transitioning 12 partit").unwrap().is_err());
        assert!(parse("INFO [Broker id=102] Follower t-1 starts at leader epoch 1 from").unwrap().is_err());
        assert!(parse("INFO [Broker id=1").unwrap().is_err());
    }
}
