//! Lives of broker processes, from server logs and state-change logs: how they start and stop.

use super::clock::Moment;
use super::key::Key;
use super::machines::Machines;
use crate::kafka::text::server_log::ServerLine;

/// One life of one process; what is none is not in the logs.
#[derive(Default, Debug)]
struct Life {
    broker: Option<u32>,
    first_word: Option<Moment>,
    starting: Option<Moment>,
    /// The first registration request leaves.
    registering: Option<Moment>,
    /// It began to load its logs.
    loading: Option<Moment>,
    unclean: Option<bool>,
    first_batch: Option<Moment>,
    unfenced: Option<Moment>,
    accepting: Option<Moment>,
    may_stop: Option<Moment>,
    stopped: Option<Moment>,
}

/// All lives, in the order of the logs.
#[derive(Default)]
pub struct Lives {
    all: Vec<Life>,
    /// The life that the log is in now.
    open: Option<usize>,
}

impl Lives {
    /// Another log begins: which life it is in is not known yet.
    pub fn begin_log(&mut self) {
        self.open = None;
    }

    /// Adds a line. Gives the broker that it is about, where that is known.
    pub fn add(&mut self, at: Moment, line: ServerLine) -> Option<u32> {
        match line {
            ServerLine::FirstWord => self.begin(at, None),
            ServerLine::Starting(id) => self.starting(at, id),
            ServerLine::Registering(id) => self.of(id).registering = Some(at),
            ServerLine::LoadingLogs => {
                if let Some(life) = self.current() {
                    life.loading = Some(at);
                }
            }
            ServerLine::Unfenced(id) => self.of(id).unfenced = Some(at),
            ServerLine::MayStop(id) => self.of(id).may_stop = Some(at),
            ServerLine::Stopped(id) => self.of(id).stopped = Some(at),
            ServerLine::CleanLogs => self.logs(false),
            ServerLine::UncleanLogs => self.logs(true),
            // The first time after being unfenced: a controller in the same process listens earlier.
            ServerLine::Accepting => {
                if let Some(life) = self.current().filter(|life| life.unfenced.is_some() && life.accepting.is_none()) {
                    life.accepting = Some(at);
                }
            }
            ServerLine::Of(id) => _ = self.of(id),
            ServerLine::GroupsLoaded(_) => {}
        }
        self.current().and_then(|life| life.broker)
    }

    /// A broker begins a batch of roles; says whether that is the first of a life that has just loaded its logs.
    pub fn batch(&mut self, broker: u32, at: Moment) -> bool {
        let loading = |life: &&mut Life| {
            let begun = life.loading.is_some_and(|loading| loading <= at);
            life.broker == Some(broker) && begun && life.unfenced.is_none_or(|unfenced| at <= unfenced)
        };
        match self.all.iter_mut().rev().find(loading) {
            Some(life) if life.first_batch.is_none() => {
                life.first_batch = Some(at);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Adds what the lives tell.
    pub fn measure(&self, machines: &mut Machines) {
        for life in &self.all {
            let mut add = |key, from: Option<Moment>, to: Option<Moment>| {
                if let (Some(from), Some(to)) = (from, to) {
                    machines.add_ms(life.broker, key, to - from);
                }
            };
            add(Key::Start, life.first_word, life.registering);
            match life.unclean {
                Some(false) => add(Key::CleanRecovery, life.loading, life.first_batch),
                Some(true) => add(Key::UncleanRecovery, life.loading, life.first_batch),
                // There was no log to load.
                None => {}
            }
            add(Key::Listen, life.unfenced, life.accepting);
            add(Key::Stop, life.may_stop, life.stopped);
        }
    }

    fn current(&mut self) -> Option<&mut Life> {
        self.open.and_then(|open| self.all.get_mut(open))
    }

    fn begin(&mut self, at: Moment, broker: Option<u32>) {
        self.open = Some(self.all.len());
        self.all.push(Life { broker, first_word: Some(at), ..Life::default() });
    }

    /// The second word of a life; where a layout leaves the first word to another file, its first.
    fn starting(&mut self, at: Moment, id: u32) {
        if self.current().is_none_or(|life| life.first_word.is_none() || life.starting.is_some()) {
            self.begin(at, Some(id));
        }
        self.of(id).starting = Some(at);
    }

    /// The life of a broker that the log is in: the one that is open, else the broker's last, else one whose beginning is missing.
    fn of(&mut self, id: u32) -> &mut Life {
        let open = self.open.filter(|open| self.all[*open].broker.is_none_or(|broker| broker == id));
        let at = open.or_else(|| self.all.iter().rposition(|life| life.broker == Some(id))).unwrap_or_else(|| {
            self.all.push(Life::default());
            self.all.len() - 1
        });
        self.open = Some(at);
        self.all[at].broker = Some(id);
        &mut self.all[at]
    }

    fn logs(&mut self, unclean: bool) {
        if let Some(life) = self.current() {
            // One log directory that has to be recovered makes the whole start unclean.
            life.unclean = Some(unclean || life.unclean == Some(true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Duration;

    #[test]
    fn a_broker_that_is_refused_loads_its_logs_meanwhile() {
        let mut lives = Lives::default();
        // The process before was killed: of its end nothing is told.
        for (at, line) in [(0, ServerLine::FirstWord), (10, ServerLine::Starting(2)), (900, ServerLine::Registering(2))] {
            lives.add(at, line);
        }
        for (at, line) in [
            (20_000, ServerLine::FirstWord),
            (20_010, ServerLine::Starting(2)),
            (21_000, ServerLine::Registering(2)),
            (21_100, ServerLine::LoadingLogs),
            (21_101, ServerLine::CleanLogs),
            (21_102, ServerLine::UncleanLogs),
        ] {
            lives.add(at, line);
        }
        assert!(!lives.batch(3, 21_500), "that is another broker");
        assert!(lives.batch(2, 21_500) && !lives.batch(2, 21_600));
        for (at, line) in [(25_000, ServerLine::Accepting), (25_001, ServerLine::Unfenced(2)), (25_021, ServerLine::Accepting)] {
            assert_eq!(lives.add(at, line), Some(2));
        }
        let mut machines = Machines::default();
        lives.measure(&mut machines);
        let found = |key: Key| machines.all.get(&key).map(|samples| (samples.count(), samples.percentile(100.0)));
        assert_eq!(found(Key::Start), Some((2, Duration::from_millis(1000))));
        assert_eq!(found(Key::UncleanRecovery), Some((1, Duration::from_millis(400))), "one log directory of two had to be recovered");
        assert_eq!(found(Key::Listen), Some((1, Duration::from_millis(20))));
        assert_eq!((found(Key::CleanRecovery), found(Key::Stop)), (None, None));
    }

    #[test]
    fn a_start_of_years_is_a_clock_that_was_set() {
        let mut lives = Lives::default();
        let years = 1_000_000_000_000;
        for (at, line) in [(0, ServerLine::FirstWord), (10, ServerLine::Starting(2)), (years, ServerLine::Registering(2))] {
            lives.add(at, line);
        }
        let mut machines = Machines::default();
        lives.measure(&mut machines);
        assert_eq!((machines.all.len(), machines.left_out), (0, 1));
        assert!(machines.note().is_some_and(|note| note.ends_with(": 1")));
    }
}
