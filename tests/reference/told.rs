//! Histories that are told on purpose: each leads replication into one of its corners.

/// How a history begins: one partition, one producer that waits for all, one that does not, and a reader.
fn story(kafka: &str, brokers: u32, topic: &str, faults: &[&str]) -> String {
    let faults: String = faults.iter().map(|line| format!("  \"{line}\",\n")).collect();
    format!(
        "kafka = \"{kafka}\"\nseed = 7\ncount_from = \"5s\"\nduration = \"100s\"\nfaults = [\n{faults}]\n\n\
         [cluster]\nbrokers = {brokers}\ncontrollers = 1\n\n\
         [[topic]]\nname = \"t\"\n{topic}\n\n\
         [[client]]\nname = \"careful\"\nprofile = \"java-4.3\"\ntopics = [\"t\"]\nrate = 10\nconfig = {{ acks = \"all\" }}\n\n\
         [[client]]\nname = \"hasty\"\nprofile = \"java-4.3\"\ntopics = [\"t\"]\nrate = 50\nconfig = {{ acks = \"1\", \"enable.idempotence\" = false }}\n\n\
         [[client]]\nname = \"reader\"\nrole = \"consumer\"\nprofile = \"java-4.3\"\ntopics = [\"t\"]\n"
    )
}

/// KIP-279: two leaders are cut off one after the other, each with records that only it has; both come back and must part with them.
pub fn fast_fail_over() -> String {
    let faults = [
        "at 2s cut broker 1 from brokers,controllers for 20s",
        "at 13s cut broker 2 from brokers,controllers for 20s",
        "at 60s elect preferred all",
        "at 70s kill broker 2 for 12s",
    ];
    story("4.3", 3, "partitions = 1\nreplication_factor = 3\nconfig = { \"min.insync.replicas\" = 1 }", &faults)
}

/// Members of the ISR lose what they had not flushed, and before 4.0 stay in it when they are back soon.
pub fn power_off() -> String {
    let faults = ["at 20s power-off broker 1 for 4s", "at 50s power-off broker 2 for 4s", "at 51s power-off broker 3 for 4s"];
    story("3.9", 3, "partitions = 1\nreplication_factor = 3\nconfig = { \"min.insync.replicas\" = 2 }", &faults)
}

/// A follower that has missed records is elected all the same, and the one that had them comes back to a log without them.
pub fn unclean_election() -> String {
    let faults = ["at 2s kill broker 2 for 30s", "at 20s kill broker 1 for 40s"];
    let topic =
        "partitions = 1\nreplication_factor = 2\nconfig = { \"min.insync.replicas\" = 1, \"unclean.leader.election.enable\" = true }";
    story("4.0", 2, topic, &faults)
}

/// A partition moves to other brokers, its leader among those that leave, and part of the way back.
pub fn reassignment() -> String {
    let faults = ["at 5s reassign t-0 to 4,3,2", "at 40s reassign t-0 to 1,4,3", "at 41s kill broker 1 for 20s"];
    story("4.3", 4, "assignment = [[1, 2, 3]]\nconfig = { \"min.insync.replicas\" = 2 }", &faults)
}

/// KIP-966: all members leave the ISR; the one that comes back first had left it cleanly below the minimum, and leads.
pub fn eligible_leaders() -> String {
    let faults = ["at 2s kill broker 3 for 78s", "at 15s stop broker 2 for 30s", "at 25s stop broker 1 for 40s"];
    story("4.3", 3, "partitions = 1\nreplication_factor = 3\nconfig = { \"min.insync.replicas\" = 2 }", &faults)
}
