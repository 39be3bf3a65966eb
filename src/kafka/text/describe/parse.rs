//! Reads a description of any Kafka from 1.x to 4.x, with all mistakes at once.

use super::{Description, Header, Partition, Reassignment, Topic, is_topic_name};
use crate::kafka::text::{Mistakes, TextError, check_size, column_at, lines, list_of, shown};
use std::collections::{BTreeMap, BTreeSet};

/// Every label that the tool has ever printed. None is the end of another one after a blank, save the two with a blank in them,
/// which are therefore looked for first.
const LABELS: [&str; 14] = [
    "Adding Replicas:",
    "Removing Replicas:",
    "Topic:",
    "TopicId:",
    "PartitionCount:",
    "ReplicationFactor:",
    "Configs:",
    "MarkedForDeletion:",
    "Partition:",
    "Leader:",
    "Replicas:",
    "Isr:",
    "Elr:",
    "LastKnownElr:",
];
const CUT: &str = "the text may have been cut: copy the whole output of `kafka-topics.sh --describe` again";

/// Reads what `kafka-topics.sh --describe` printed, with or without header lines.
///
/// Lines that do not begin with `Topic:` (after blanks) are skipped and counted in a note: log4j warnings, shell prompts.
///
/// # Errors
/// All mistakes: fields missing from a line, duplicates, impossible members, partitions that are not listed, nothing to read at all.
pub fn parse(text: &str) -> Result<Description, Vec<TextError>> {
    check_size(text)?;
    let mut reader = Reader::default();
    for (number, line) in lines(text) {
        reader.line(number, line);
    }
    reader.finish(text.ends_with('\n'))
}

/// One labelled value of a line.
struct Field<'a> {
    label: &'static str,
    value: &'a str,
    /// Byte offset of the value in the line.
    at: usize,
}

/// A line cut into fields.
struct Fields<'a> {
    number: usize,
    line: &'a str,
    fields: Vec<Field<'a>>,
}

impl<'a> Fields<'a> {
    fn of(number: usize, line: &'a str) -> Self {
        let mut starts: Vec<(usize, &'static str)> = Vec::new();
        let mut from = 0;
        let mut after_blank = true;
        for (at, c) in line.char_indices() {
            if after_blank
                && at >= from
                && let Some(label) = LABELS.into_iter().find(|l| line[at..].starts_with(l))
            {
                starts.push((at, label));
                from = at + label.len();
            }
            after_blank = c.is_whitespace();
        }
        let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([line.len()]);
        let fields = starts.iter().zip(ends).map(|(&(start, label), end)| {
            let raw = &line[start + label.len()..end];
            let blank = raw.len() - raw.trim_start().len();
            Field { label, value: raw.trim(), at: start + label.len() + blank }
        });
        Fields { number, line, fields: fields.collect() }
    }

    fn find(&self, label: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|f| f.label == label)
    }

    fn place(&self, field: &Field) -> (usize, usize, usize) {
        (self.number, column_at(self.line, field.at), field.value.chars().count())
    }

    fn end(&self) -> (usize, usize, usize) {
        (self.number, column_at(self.line, self.line.len()), 1)
    }

    /// Reports every label that is not there; whether all are.
    fn require(&self, labels: &[&str], mistakes: &mut Mistakes) -> bool {
        let missing: Vec<&str> = labels.iter().filter(|l| self.find(l).is_none()).map(|l| l.trim_end_matches(':')).collect();
        if missing.is_empty() {
            return true;
        }
        mistakes.add(self.end(), format!("the line has no {}", missing.join(", no ")), CUT);
        false
    }

    fn number(&self, label: &str, mistakes: &mut Mistakes) -> Option<u32> {
        let field = self.find(label)?;
        let number = id(field.value);
        if number.is_none() {
            mistakes.add(self.place(field), format!("{label} `{}` is no number", shown(field.value)), CUT);
        }
        number
    }

    /// A list of broker ids without repetition.
    fn ids(&self, label: &str, mistakes: &mut Mistakes) -> Option<Vec<u32>> {
        let field = self.find(label)?;
        let ids: Option<Vec<u32>> = field.value.split(',').filter(|_| !field.value.is_empty()).map(|part| id(part.trim())).collect();
        let Some(list) = ids else {
            mistakes.add(self.place(field), format!("{label} `{}` is no list of broker ids", shown(field.value)), CUT);
            return None;
        };
        let ascending = sorted(&list);
        if let Some(pair) = ascending.windows(2).find(|pair| pair[0] == pair[1]) {
            mistakes.add(self.place(field), format!("{label} names broker {} twice", pair[0]), "each replica is on its own broker");
            return None;
        }
        Some(list)
    }

    /// A list that may be `N/A`.
    fn supplied_ids(&self, label: &str, mistakes: &mut Mistakes) -> Option<Vec<u32>> {
        match self.find(label)?.value {
            "N/A" => None,
            _ => self.ids(label, mistakes),
        }
    }

    fn marked_for_deletion(&self) -> bool {
        self.find("MarkedForDeletion:").is_some_and(|f| f.value == "true")
    }
}

/// Ids and counts are Java ints that are not negative.
fn id(text: &str) -> Option<u32> {
    text.parse::<u32>().ok().filter(|n| *n <= i32::MAX as u32)
}

/// Ascending, to look things up in: a hostile line may list hundreds of thousands.
fn sorted(list: &[u32]) -> Vec<u32> {
    let mut list = list.to_vec();
    list.sort_unstable();
    list
}

#[derive(Default)]
struct Reader {
    topics: Vec<Topic>,
    by_name: BTreeMap<String, usize>,
    /// Line of each partition seen.
    seen: BTreeMap<(usize, u32), usize>,
    /// Topics of which a line could not be read: what is missing from them is known already.
    broken: BTreeSet<usize>,
    /// How many lines were skipped, and the first of them.
    skipped: usize,
    first_skipped: Option<(usize, String)>,
    /// The first line with a column `Elr`, and the ends of lines without one.
    with_elr: Option<usize>,
    without_elr: Vec<(usize, usize, usize)>,
    mistakes: Mistakes,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        if !line.trim_start().starts_with("Topic:") {
            self.skipped += 1;
            self.first_skipped.get_or_insert_with(|| (number, shown(line.trim())));
            return;
        }
        let fields = Fields::of(number, line);
        let Some(topic) = self.topic(&fields) else { return };
        let is_header =
            fields.find("Partition:").is_none() && (fields.find("PartitionCount:").is_some() || !line.starts_with(char::is_whitespace));
        let good = if is_header { self.header(topic, &fields) } else { self.partition(topic, &fields) };
        if good.is_none() {
            self.broken.insert(topic);
        }
    }

    /// The place of the line's topic in the list.
    fn topic(&mut self, fields: &Fields) -> Option<usize> {
        let field = fields.find("Topic:")?;
        if !is_topic_name(field.value) {
            let message = format!("`{}` is no name of a topic", shown(field.value));
            self.mistakes.add(fields.place(field), message, "letters, digits, `.`, `_` and `-`, 249 at most");
            return None;
        }
        let next = self.topics.len();
        let index = *self.by_name.entry(field.value.to_owned()).or_insert(next);
        if index == next {
            self.topics.push(Topic { name: field.value.to_owned(), ..Topic::default() });
        }
        Some(index)
    }

    fn header(&mut self, topic: usize, fields: &Fields) -> Option<()> {
        let mistakes = &mut self.mistakes;
        if !fields.require(&["PartitionCount:", "ReplicationFactor:", "Configs:"], mistakes) {
            return None;
        }
        let partition_count = fields.number("PartitionCount:", mistakes);
        let replication_factor = fields.number("ReplicationFactor:", mistakes);
        let configs = fields.find("Configs:")?;
        let Some(pairs) = configs_of(configs.value) else {
            mistakes.add(fields.place(configs), format!("Configs `{}` is no list of key=value", shown(configs.value)), CUT);
            return None;
        };
        let header = Header {
            id: fields.find("TopicId:").map(|f| f.value.to_owned()),
            partition_count: partition_count?,
            replication_factor: replication_factor?,
            configs: pairs,
            marked_for_deletion: fields.marked_for_deletion(),
            line: fields.number,
            configs_column: column_at(fields.line, configs.at),
        };
        let topic = &mut self.topics[topic];
        if let Some(earlier) = &topic.header {
            let message = format!("topic {} is described a second time, first on line {}", topic.name, earlier.line);
            mistakes.add((fields.number, 1, fields.line.chars().count()), message, "give one description of the cluster");
            return None;
        }
        topic.header = Some(header);
        Some(())
    }

    fn partition(&mut self, topic: usize, fields: &Fields) -> Option<()> {
        let mistakes = &mut self.mistakes;
        let mut needed = vec!["Partition:", "Leader:", "Replicas:", "Isr:"];
        if fields.find("Elr:").is_some() {
            needed.push("LastKnownElr:");
        }
        if fields.find("Adding Replicas:").is_some() {
            needed.push("Removing Replicas:");
        }
        if !fields.require(&needed, mistakes) {
            return None;
        }
        let index = fields.number("Partition:", mistakes);
        let leader = leader(fields, mistakes);
        let replicas = fields.ids("Replicas:", mistakes);
        let isr = fields.ids("Isr:", mistakes);
        let partition = Partition {
            index: index?,
            leader: leader?,
            replicas: replicas?,
            isr: isr?,
            elr: fields.supplied_ids("Elr:", mistakes),
            last_known_elr: fields.supplied_ids("LastKnownElr:", mistakes),
            reassignment: fields
                .ids("Adding Replicas:", mistakes)
                .zip(fields.ids("Removing Replicas:", mistakes))
                .map(|(adding, removing)| Reassignment { adding, removing }),
            marked_for_deletion: fields.marked_for_deletion(),
            line: fields.number,
        };
        check_members(&partition, fields, mistakes);
        match fields.find("Elr:") {
            Some(_) => self.with_elr = self.with_elr.or(Some(fields.number)),
            None => self.without_elr.push(fields.end()),
        }
        if let Some(earlier) = self.seen.insert((topic, partition.index), fields.number) {
            let message =
                format!("partition {}-{} is listed a second time, first on line {earlier}", self.topics[topic].name, partition.index);
            mistakes.add((fields.number, 1, fields.line.chars().count()), message, "give one description of the cluster");
            return None;
        }
        self.topics[topic].partitions.push(partition);
        Some(())
    }

    fn finish(mut self, ends_whole: bool) -> Result<Description, Vec<TextError>> {
        if self.topics.is_empty() && self.mistakes.is_empty() {
            return Err(vec![self.nothing()]);
        }
        if let Some(line) = self.with_elr {
            for place in self.without_elr {
                self.mistakes.add(place, format!("the line has no Elr, which line {line} has"), CUT);
            }
        }
        for (index, topic) in self.topics.iter_mut().enumerate() {
            topic.partitions.sort_by_key(|p| p.index);
            check_count(topic, self.broken.contains(&index), &mut self.mistakes);
        }
        let mut notes = Vec::new();
        if let Some((line, text)) = &self.first_skipped {
            let (lines, were) = if self.skipped == 1 { ("line does", "was") } else { ("lines do", "were") };
            notes.push(format!("{} {lines} not begin with `Topic:` and {were} skipped, first line {line}: {text}", self.skipped));
        }
        if !ends_whole {
            notes.push("the text does not end with a line end, as the tool's output does: its last line may be cut".to_owned());
        }
        self.mistakes.result(Description { topics: self.topics, notes })
    }

    fn nothing(&self) -> TextError {
        let (line, message) = match &self.first_skipped {
            None => (1, "the text is empty".to_owned()),
            Some((line, text)) => (*line, format!("no line begins with `Topic:`; the first one is `{text}`")),
        };
        TextError { line, column: 1, length: 1, message, help: "give the output of `kafka-topics.sh --describe`".to_owned() }
    }
}

/// `none` is the tool's word for no leader; old brokers and other tools print -1.
fn leader(fields: &Fields, mistakes: &mut Mistakes) -> Option<Option<u32>> {
    match fields.find("Leader:")?.value {
        "none" | "-1" => Some(None),
        _ => fields.number("Leader:", mistakes).map(Some),
    }
}

/// What no Kafka can answer: a leader or in-sync replica that is no replica, a leader outside the ISR.
fn check_members(p: &Partition, fields: &Fields, mistakes: &mut Mistakes) {
    if p.replicas.is_empty() {
        mistakes.add(fields.end(), "the partition has no replicas", CUT);
        return;
    }
    let replicas = sorted(&p.replicas);
    for (label, list) in [("Isr:", Some(&p.isr)), ("Elr:", p.elr.as_ref())] {
        let stranger = list.and_then(|l| l.iter().find(|id| replicas.binary_search(id).is_err()));
        if let (Some(id), Some(field)) = (stranger, fields.find(label)) {
            mistakes.add(fields.place(field), format!("{label} names broker {id}, which is not among the replicas"), CUT);
        }
    }
    let (Some(leader), Some(field)) = (p.leader, fields.find("Leader:")) else { return };
    if !p.isr.contains(&leader) {
        mistakes.add(
            fields.place(field),
            format!("leader {leader} is not in the ISR"),
            "a leader is always in its ISR: was the line edited?",
        );
    }
}

/// Exactly the partitions 0 to PartitionCount - 1.
fn check_count(topic: &Topic, broken: bool, mistakes: &mut Mistakes) {
    let Some(header) = &topic.header else { return };
    if header.partition_count == 0 {
        mistakes.add((header.line, 1, 1), format!("topic {} has no partitions", topic.name), CUT);
    }
    let beyond = topic.partitions.iter().find(|p| p.index >= header.partition_count);
    if let Some(p) = beyond {
        let message = format!("partition {} of {} is beyond its PartitionCount {}", p.index, topic.name, header.partition_count);
        mistakes.add((p.line, 1, 1), message, "count from 0; were two descriptions mixed?");
        return;
    }
    let total = header.partition_count as usize - topic.partitions.len();
    if broken || total == 0 {
        return;
    }
    let listed: BTreeSet<u32> = topic.partitions.iter().map(|p| p.index).collect();
    let missing = list_of((0..header.partition_count).filter(|i| !listed.contains(i)), total);
    let what = if total == 1 { "partition" } else { "partitions" };
    mistakes.add((header.line, 1, 1), format!("{what} {missing} of {} not listed", topic.name), CUT);
}

/// `k=v` joined by commas, where a value may hold commas itself: a piece without a key belongs to the value before it.
fn configs_of(text: &str) -> Option<Vec<(String, String)>> {
    let is_key = |k: &str| !k.is_empty() && k.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_'));
    let mut configs: Vec<(String, String)> = Vec::new();
    for piece in text.split(',').filter(|_| !text.is_empty()) {
        match (piece.split_once('='), configs.last_mut()) {
            (Some((key, value)), _) if is_key(key) => configs.push((key.to_owned(), value.to_owned())),
            (_, Some((_, value))) => {
                value.push(',');
                value.push_str(piece);
            }
            (_, None) => return None,
        }
    }
    Some(configs)
}
