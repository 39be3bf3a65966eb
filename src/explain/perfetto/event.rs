//! Events of the Trace Event Format: <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>.

use serde_json::{Map, Value, json};

/// One event.
#[derive(Clone, PartialEq, Debug)]
pub struct Event(Map<String, Value>);

impl Event {
    fn new(ph: &str, pid: u64, tid: u64, name: &str, ts: f64) -> Event {
        let mut fields = Map::new();
        fields.insert("ph".to_owned(), json!(ph));
        fields.insert("pid".to_owned(), json!(pid));
        fields.insert("tid".to_owned(), json!(tid));
        fields.insert("name".to_owned(), json!(name));
        fields.insert("ts".to_owned(), json!(ts));
        Event(fields)
    }

    fn with(mut self, key: &str, value: Value) -> Event {
        self.0.insert(key.to_owned(), value);
        self
    }

    /// As JSON.
    pub fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// More about it, for the viewer's details.
    pub fn args(self, args: Value) -> Event {
        self.with("args", args)
    }

    /// The name of a process.
    pub fn process(pid: u64, name: &str) -> Event {
        Event::new("M", pid, 0, "process_name", 0.0).args(json!({ "name": name }))
    }

    /// Where a process stands among the others.
    pub fn rank(pid: u64, rank: u64) -> Event {
        Event::new("M", pid, 0, "process_sort_index", 0.0).args(json!({ "sort_index": rank }))
    }

    /// The name of a thread.
    pub fn thread(pid: u64, tid: u64, name: &str) -> Event {
        Event::new("M", pid, tid, "thread_name", 0.0).args(json!({ "name": name }))
    }

    /// A slice of a thread: slices of one thread do not overlap.
    pub fn slice(pid: u64, tid: u64, category: &str, name: &str, from: f64, to: f64) -> Event {
        Event::new("X", pid, tid, name, from).with("dur", json!((to - from).max(0.0))).with("cat", json!(category))
    }

    /// A moment, shown on a thread, or across everything.
    pub fn moment(pid: u64, tid: u64, name: &str, at: f64, everywhere: bool) -> Event {
        Event::new("i", pid, tid, name, at).with("s", json!(if everywhere { "g" } else { "t" })).with("cat", json!("moment"))
    }

    /// A slice that may overlap others begins.
    pub fn open(pid: u64, category: &str, id: u64, name: &str, at: f64) -> Event {
        Event::new("b", pid, 0, name, at).with("cat", json!(category)).with("id", json!(format!("{id:#x}")))
    }

    /// It ends.
    pub fn close(pid: u64, category: &str, id: u64, name: &str, at: f64) -> Event {
        Event::new("e", pid, 0, name, at).with("cat", json!(category)).with("id", json!(format!("{id:#x}")))
    }

    /// A number that changed.
    pub fn counter(pid: u64, name: &str, at: f64, value: u64) -> Event {
        Event::new("C", pid, 0, name, at).args(json!({ "value": value }))
    }

    /// An arrow leaves the slice of the thread at this moment.
    pub fn leaves(pid: u64, tid: u64, id: u64, at: f64) -> Event {
        Event::new("s", pid, tid, "because", at).with("cat", json!("critical path")).with("id", json!(id))
    }

    /// It arrives at the slice of the thread at this moment.
    pub fn arrives(pid: u64, tid: u64, id: u64, at: f64) -> Event {
        Event::new("f", pid, tid, "because", at).with("cat", json!("critical path")).with("id", json!(id)).with("bp", json!("e"))
    }
}
