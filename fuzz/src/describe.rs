//! `kafka-topics.sh --describe`.

use super::words::{check_mistakes, check_shown};
use kafkasim::kafka::text::describe::{Description, PrintOptions, parse, print};

/// What is read is printed and read again as the same.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text) {
        Err(mistakes) => check_mistakes(text, &mistakes),
        Ok(read) => {
            read.notes.iter().for_each(|note| check_shown(note));
            let mut partitions = read.topics.iter().flat_map(|t| &t.partitions);
            let elr = partitions.any(|p| p.elr.is_some() || p.last_known_elr.is_some());
            let printed = print(&read, PrintOptions { under_replicated_only: false, elr });
            let again = parse(&printed).unwrap_or_else(|mistakes| panic!("{mistakes:?} in what was printed:\n{printed}"));
            assert_eq!(without_places(again), without_places(read));
        }
    }
}

/// Where things stood, and what was skipped, is not printed.
fn without_places(mut read: Description) -> Description {
    read.notes.clear();
    for topic in &mut read.topics {
        topic.partitions.iter_mut().for_each(|p| p.line = 0);
        if let Some(header) = &mut topic.header {
            (header.line, header.configs_column) = (0, 0);
        }
    }
    read
}
