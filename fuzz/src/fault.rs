//! Fault lines: `at 30s kill broker 1 for 25s`.

use kafkasim::engine::Duration;
use kafkasim::fault::{Known, parse};

/// What is read is printed and read again as the same.
pub fn take(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut known = known();
    for line in text.lines() {
        match parse(line, &known) {
            Err(mistake) => {
                assert!(mistake.span.start <= mistake.span.end && mistake.span.end <= line.len(), "{mistake:?}");
            }
            Ok(fault) => {
                assert_eq!(parse(&fault.to_string(), &known).as_ref(), Ok(&fault), "{fault}");
                known.learn(&fault);
            }
        }
    }
}

fn known() -> Known {
    Known {
        brokers: vec![1, 2, 3],
        controllers: vec![3000, 3001, 3002],
        clients: vec!["app".to_owned(), "readers".to_owned()],
        racks: vec!["a".to_owned(), "b".to_owned()],
        topics: [("orders".to_owned(), 12), ("a-1".to_owned(), 1)].into(),
        end: Duration::from_secs(120),
    }
}
