//! One line of text to a [`Fault`], with the column of what is wrong and the remedy.

use super::action::{Action, Fault, Group, How, Kind, Pace, Partition, Random, Target};
use super::known::{Known, closest};
use super::reader::{Mistake, Reader, Word, count};
use crate::engine::{Duration, parse_duration};
use crate::kafka::config::TopicConfig;
use crate::kafka::text::describe::is_topic_name;
use std::collections::BTreeSet;

const VERBS: [&str; 20] = [
    "kill",
    "stop",
    "power-off",
    "pause",
    "restart",
    "start",
    "resume",
    "rolling",
    "flap",
    "slow",
    "cut",
    "heal",
    "elect",
    "reassign",
    "cancel",
    "configure",
    "create",
    "add",
    "delete",
    "random",
];
/// Most faults of all random lines together, on average.
pub const MOST_RANDOM: f64 = 100_000.0;
/// How long a restarted process stays down unless the line says so.
const DOWN: Duration = Duration::from_secs(5);

/// Reads one fault line.
///
/// # Errors
/// The first mistake of the line: a word that is not understood, a name that does not exist, a time after the end.
pub fn parse(line: &str, known: &Known) -> Result<Fault, Mistake> {
    let mut words = Reader::new(line);
    let first = words.take("a fault")?;
    let fault = match first.text {
        "at" => Fault::At(moment(&mut words, known)?, action(&mut words, known)?),
        "random" => Fault::Random(random(&mut words, known)?),
        other => {
            let help = "a fault line begins with `at TIME`, such as `at 30s kill broker 1`, or with `random`";
            return Err(first.wrong(format!("`{other}` begins no fault"), help));
        }
    };
    words.finish()?;
    Ok(fault)
}

fn moment(words: &mut Reader<'_>, known: &Known) -> Result<Duration, Mistake> {
    let word = words.take("a time")?;
    let help = "times count from the end of the warm-up and look like `30s`";
    let at = parse_duration(word.text).map_err(|message| word.wrong(message, help))?;
    if at <= known.end {
        return Ok(at);
    }
    let help = format!("put it before {}, or set `duration` above {at}", known.end);
    Err(word.wrong(format!("{at} is after the end of the run: {} are counted", known.end), help))
}

fn action(words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    let verb = words.take("what happens")?;
    Ok(match verb.text {
        "kill" => take(How::Kill, words, known)?,
        "stop" => take(How::Stop, words, known)?,
        "power-off" => take(How::PowerOff, words, known)?,
        "pause" => take(How::Pause, words, known)?,
        "restart" => Action::Restart { target: target(words, known)?, down: down(words)?.unwrap_or(DOWN) },
        "start" => Action::Start(target(words, known)?),
        "resume" => Action::Resume(target(words, known)?),
        "rolling" => rolling(words, known)?,
        "flap" => flap(words, known)?,
        "slow" => slow(words, known)?,
        "cut" => cut(words, known)?,
        "heal" => Action::Heal,
        "elect" => elect(words, known)?,
        "reassign" => reassign(words, known)?,
        "cancel" => {
            words.expect("reassignment")?;
            Action::CancelReassignment(partitions(words, known)?)
        }
        "configure" => configure(words, known)?,
        "create" => create(words, known)?,
        "add" => add(words, known)?,
        "delete" => {
            words.expect("topic")?;
            Action::DeleteTopic(topic(words, known)?)
        }
        other => return Err(verb.wrong(format!("`{other}` is no fault"), meant(other, VERBS))),
    })
}

/// `did you mean …`, or all that there is.
fn meant<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match closest(word, candidates.clone()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("there are {}", candidates.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

fn ids(all: &[u32]) -> String {
    all.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

fn id(words: &mut Reader<'_>, what: &str, all: &[u32]) -> Result<u32, Mistake> {
    let word = words.take(&format!("the id of a {what}"))?;
    match word.text.parse::<u32>() {
        Ok(id) if all.contains(&id) => Ok(id),
        Ok(_) | Err(_) => Err(word.wrong(format!("there is no {what} {}", word.text), format!("the {what}s are {}", ids(all)))),
    }
}

fn target(words: &mut Reader<'_>, known: &Known) -> Result<Target, Mistake> {
    let word = words.take("a target")?;
    match word.text {
        "broker" => Ok(Target::Broker(id(words, "broker", &known.brokers)?)),
        "controller" if words.accept("leader") => Ok(Target::ControllerLeader),
        "controller" => Ok(Target::Controller(id(words, "controller", &known.controllers)?)),
        other => Err(word.wrong(format!("`{other}` is no target"), "write `broker 1`, `controller 3000` or `controller leader`")),
    }
}

fn down(words: &mut Reader<'_>) -> Result<Option<Duration>, Mistake> {
    if words.accept("down") { words.duration("the time that it is down").map(Some) } else { Ok(None) }
}

fn lasting(words: &mut Reader<'_>) -> Result<Option<Duration>, Mistake> {
    words.optional("for", "the length of a fault")
}

fn take(how: How, words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    Ok(Action::Take { how, target: target(words, known)?, back: lasting(words)? })
}

fn rolling(words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    words.expect("restart")?;
    let brokers = if words.accept("brokers") { words.list(|w| id(w, "broker", &known.brokers))? } else { Vec::new() };
    let (mut pace, mut controllers_last, mut stays_down) = (Pace::UnderReplicatedZero, false, DOWN);
    loop {
        match words.peek() {
            "wait" => {
                words.expect("wait")?;
                words.expect("urp")?;
                words.expect("0")?;
            }
            "pause" => {
                words.expect("pause")?;
                pace = Pace::Pause(words.duration("the pause")?);
            }
            "controllers" => {
                words.expect("controllers")?;
                words.expect("last")?;
                controllers_last = true;
            }
            "down" => stays_down = down(words)?.unwrap_or(DOWN),
            _ => return Ok(Action::Rolling { brokers, pace, down: stays_down, controllers_last }),
        }
    }
}

fn flap(words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    let target = target(words, known)?;
    words.expect("every")?;
    let every = words.span_of_time("the time between two kills")?;
    words.expect("down")?;
    let down = words.duration("the time that it is down")?;
    words.expect("times")?;
    Ok(Action::Flap { target, every, down, times: words.count("number of times")? })
}

fn slow(words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    let disk = words.accept("disk");
    if disk {
        words.expect("of")?;
    }
    let target = target(words, known)?;
    words.expect("by")?;
    let (factor, lasting) = (words.factor()?, lasting(words)?);
    Ok(if disk { Action::SlowDisk { target, factor, lasting } } else { Action::Slow { target, factor, lasting } })
}

fn cut(words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    let from = words.list(|w| group(w, known))?;
    words.expect("from")?;
    let to = words.list(|w| group(w, known))?;
    let one_way = words.accept("one");
    if one_way {
        words.expect("way")?;
    }
    Ok(Action::Cut { from, to, one_way, lasting: lasting(words)? })
}

fn group(words: &mut Reader<'_>, known: &Known) -> Result<Group, Mistake> {
    let word = match words.peek() {
        "broker" | "controller" => return target(words, known).map(Group::One),
        _ => words.take("one side of the cut")?,
    };
    match word.text {
        "brokers" => Ok(Group::Brokers),
        "controllers" => Ok(Group::Controllers),
        "clients" => Ok(Group::Clients),
        "everything" => Ok(Group::Everything),
        "client" => name(words, "client", &known.clients).map(Group::Client),
        "rack" => name(words, "rack", &known.racks).map(Group::Rack),
        other => {
            let help = "write broker N, brokers, controller N, controllers, clients, client NAME, rack NAME or everything";
            Err(word.wrong(format!("`{other}` is no side of a cut"), help))
        }
    }
}

fn name(words: &mut Reader<'_>, what: &str, all: &[String]) -> Result<String, Mistake> {
    let word = words.take(&format!("the name of a {what}"))?;
    if all.iter().any(|n| n == word.text) {
        return Ok(word.text.to_owned());
    }
    let help = if all.is_empty() { format!("no {what} has a name here") } else { meant(word.text, all.iter().map(String::as_str)) };
    Err(word.wrong(format!("there is no {what} `{}`", word.text), help))
}

fn topic(words: &mut Reader<'_>, known: &Known) -> Result<String, Mistake> {
    let word = words.take("the name of a topic")?;
    check_topic(&word, word.text, known)?;
    Ok(word.text.to_owned())
}

fn check_topic(word: &Word<'_>, topic: &str, known: &Known) -> Result<u32, Mistake> {
    let found = known.topics.get(topic).copied();
    found.ok_or_else(|| word.wrong(format!("there is no topic `{topic}`"), meant(topic, known.topics.keys().map(String::as_str))))
}

fn partition(words: &mut Reader<'_>, known: &Known) -> Result<Partition, Mistake> {
    let word = words.take("a partition")?;
    let parts = word.text.rsplit_once('-').and_then(|(topic, index)| Some((topic, index.parse::<u32>().ok()?)));
    let Some((topic, index)) = parts else {
        return Err(word.wrong(format!("`{}` is no partition", word.text), "write topic and index, such as `orders-3`"));
    };
    let count = check_topic(&word, topic, known)?;
    if index < count {
        return Ok((topic.to_owned(), index));
    }
    Err(word.wrong(format!("topic `{topic}` has no partition {index}"), format!("its partitions are 0 to {}", count.saturating_sub(1))))
}

/// `all`, nothing, or a list of partitions; the first two give an empty list.
fn partitions(words: &mut Reader<'_>, known: &Known) -> Result<Vec<Partition>, Mistake> {
    if words.accept("all") || words.peek().is_empty() {
        return Ok(Vec::new());
    }
    let mut named = BTreeSet::new();
    words.list(|w| once(w, known, &mut named))
}

/// A partition that the line has not named yet.
fn once(words: &mut Reader<'_>, known: &Known, named: &mut BTreeSet<Partition>) -> Result<Partition, Mistake> {
    let written = words.clone_next();
    let partition = partition(words, known)?;
    if !named.insert(partition.clone()) {
        return Err(written.wrong(format!("{}-{} stands twice in one line", partition.0, partition.1), "name each partition once"));
    }
    Ok(partition)
}

fn elect(words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    let word = words.take("`preferred` or `unclean`")?;
    let unclean = match word.text {
        "preferred" => false,
        "unclean" => true,
        other => return Err(word.wrong(format!("`{other}` is no election"), "write `elect preferred` or `elect unclean`")),
    };
    Ok(Action::Elect { unclean, partitions: partitions(words, known)? })
}

fn reassign(words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    let (mut moves, mut named) = (Vec::new(), BTreeSet::new());
    loop {
        let partition = once(words, known, &mut named)?;
        words.expect("to")?;
        let mut replicas: Vec<u32> = Vec::new();
        words.list(|w| {
            let word = w.take("the id of a broker")?;
            let id = word.text.parse().ok().filter(|id| known.brokers.contains(id));
            let id = id.ok_or_else(|| {
                word.wrong(format!("there is no broker {}", word.text), format!("the brokers are {}", ids(&known.brokers)))
            })?;
            if replicas.contains(&id) {
                return Err(word.wrong(format!("broker {id} stands twice in one replica list"), "name each broker once"));
            }
            replicas.push(id);
            Ok(())
        })?;
        moves.push((partition, replicas));
        if !words.accept(";") {
            return Ok(Action::Reassign(moves));
        }
    }
}

/// `key=value`, and the word that it stood in.
fn pair<'a>(words: &mut Reader<'a>, what: &str) -> Result<(Word<'a>, &'a str, &'a str), Mistake> {
    let word = words.take(what)?;
    match word.text.split_once('=') {
        Some((key, value)) => Ok((word, key, value)),
        None => Err(word.wrong(format!("`{}` is no {what}", word.text), format!("write {what}, without spaces"))),
    }
}

fn configure(words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    words.expect("topic")?;
    let topic = topic(words, known)?;
    let settings = words.list(|w| {
        let (word, key, value) = pair(w, "key=value")?;
        if TopicConfig::key(key).is_none() {
            let help =
                format!("the topic keys of the model are {}", TopicConfig::KEYS.iter().map(|k| k.name).collect::<Vec<_>>().join(", "));
            return Err(word.wrong(format!("`{key}` is no topic key that the model knows"), help));
        }
        let set = TopicConfig::default().set(key, value);
        set.map_err(|e| word.wrong(e.to_string(), "give the value in the key's own unit, as Kafka does"))?;
        Ok((key.to_owned(), value.to_owned()))
    })?;
    Ok(Action::Configure { topic, settings })
}

fn create(words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    words.expect("topic")?;
    let name = words.take("the name of the new topic")?;
    if known.topics.contains_key(name.text) {
        return Err(name.wrong(format!("topic `{}` is there already", name.text), "take another name, or `add partitions to` it"));
    }
    if !is_topic_name(name.text) {
        return Err(name.wrong(format!("`{}` is no name of a topic", name.text), "letters, digits, `.`, `_` and `-`, 249 at most"));
    }
    let (word, key, value) = pair(words, "partitions=N")?;
    if key != "partitions" {
        return Err(word.wrong(format!("`{key}` stands where `partitions` should"), "write `partitions=3 replication_factor=3`"));
    }
    let partitions = count(&word, value, "number of partitions")?;
    let (word, key, value) = pair(words, "replication_factor=N")?;
    if key != "replication_factor" {
        return Err(word.wrong(format!("`{key}` stands where `replication_factor` should"), "write `partitions=3 replication_factor=3`"));
    }
    let replication_factor = count(&word, value, "replication factor")?;
    if replication_factor as usize > known.brokers.len() {
        let help = format!("there are {} brokers; each holds one replica at most", known.brokers.len());
        return Err(word.wrong(format!("a replication factor of {replication_factor} needs as many brokers"), help));
    }
    Ok(Action::CreateTopic { topic: name.text.to_owned(), partitions, replication_factor })
}

fn add(words: &mut Reader<'_>, known: &Known) -> Result<Action, Mistake> {
    for word in ["partitions", "to"] {
        words.expect(word)?;
    }
    let topic = topic(words, known)?;
    for word in ["up", "to"] {
        words.expect(word)?;
    }
    let word = words.take("a number of partitions")?;
    let up_to = count(&word, word.text, "number of partitions")?;
    let now = known.topics.get(&topic).copied().unwrap_or(0);
    if up_to <= now {
        return Err(
            word.wrong(format!("topic `{topic}` has {now} partitions already"), "Kafka only adds partitions; write a larger number")
        );
    }
    Ok(Action::AddPartitions { topic, up_to })
}

fn random(words: &mut Reader<'_>, known: &Known) -> Result<Random, Mistake> {
    let kinds = words.list(|w| {
        let word = w.take("a kind of fault")?;
        match word.text {
            "kill" => Ok(Kind::Take(How::Kill)),
            "stop" => Ok(Kind::Take(How::Stop)),
            "pause" => Ok(Kind::Take(How::Pause)),
            "power-off" => Ok(Kind::Take(How::PowerOff)),
            "cut" => Ok(Kind::Cut),
            other => Err(word.wrong(format!("`{other}` is no random fault"), meant(other, ["kill", "stop", "pause", "power-off", "cut"]))),
        }
    })?;
    words.expect("of")?;
    let word = words.take("`brokers` or `controllers`")?;
    let controllers = match word.text {
        "brokers" => false,
        "controllers" => true,
        other => return Err(word.wrong(format!("`{other}` is no group of processes"), "write `brokers` or `controllers`")),
    };
    words.expect("every")?;
    let mean = words.clone_next();
    let every = words.span_of_time("the mean time between faults")?;
    if known.end.as_secs_f64() / every.as_secs_f64() > MOST_RANDOM {
        let help = format!("for {} write {} or more", known.end, known.end.scale(1.0 / MOST_RANDOM));
        return Err(mean.wrong(format!("a fault every {every} would be more than {MOST_RANDOM} of them"), help));
    }
    words.expect("for")?;
    let lasting = words.span_of_time("the mean length of a fault")?;
    let from = if words.accept("from") { Some(moment(words, known)?) } else { None };
    let mut to = None;
    if words.accept("to") {
        let word = words.clone_next();
        let last = moment(words, known)?;
        if from.is_some_and(|from| from >= last) {
            return Err(
                word.wrong(format!("the faults end at {last}, before they begin"), "put the time after `to` above that after `from`")
            );
        }
        to = Some(last);
    }
    Ok(Random { kinds, controllers, every, lasting, from, to, overlapping: words.accept("overlapping") })
}

#[cfg(test)]
#[path = "grammar_tests.rs"]
mod tests;
