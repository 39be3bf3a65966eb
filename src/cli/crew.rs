//! Numbered work on all cores: threads do it, and the main thread hears of each piece as it is done.

use super::exit::Failure;
use super::stop::Stop;
use std::any::Any;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

/// Threads of this name work: their panics are told by whoever hears of them, and not explained.
const NAME: &str = "crew";
/// How often the main thread looks up while nothing is done.
const LOOKED_UP_EVERY: Duration = Duration::from_millis(50);

/// Threads that work side by side.
pub struct Crew {
    /// How many.
    pub threads: usize,
    /// Nothing new is begun from when an end is asked for.
    pub stop: Stop,
}

/// A piece of work that is done.
pub struct Done<T> {
    /// Its number.
    pub number: u64,
    /// How long it took.
    pub took: Duration,
    /// What came of it, or the text of its panic.
    pub result: Result<T, String>,
}

impl Crew {
    /// So many threads, or one for each core; Ctrl-C asks for an end.
    ///
    /// # Errors
    /// When Ctrl-C cannot be listened for.
    pub fn new(threads: Option<u16>) -> Result<Crew, Failure> {
        leave_panics_to_the_hearer();
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Crew { threads: threads.map_or_else(cores, usize::from), stop: Stop::on_interrupt()? })
    }

    /// Does the work of each number. `hear` is told of each as it is done, in whatever order, and of nothing now and then. What was begun
    /// when an end is asked for is done, and heard of. Threads wait for `hear`: however much work there is, it takes no more memory.
    ///
    /// # Errors
    /// That of `hear`, after which nothing more is begun or heard of.
    pub fn work<T: Send>(
        &self,
        numbers: impl Iterator<Item = u64> + Send,
        does: impl Fn(u64) -> T + Sync,
        hear: impl FnMut(Option<Done<T>>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let numbers = Mutex::new(numbers);
        let (report, reports) = mpsc::sync_channel(self.threads);
        thread::scope(|scope| {
            for thread in 0..self.threads {
                let (report, numbers, does) = (report.clone(), &numbers, &does);
                let spawned =
                    Builder::new().name(NAME.to_owned()).spawn_scoped(scope, move || self.one_after_the_other(numbers, does, &report));
                match spawned {
                    Ok(_) => {}
                    // Fewer threads than asked for do the same work.
                    Err(_) if thread > 0 => break,
                    Err(error) => return Err(Failure::new(format!("no thread can be started: {error}"))),
                }
            }
            drop(report);
            listen(reports, hear)
        })
    }

    /// Does something with each item and gives the results in the items' order, whatever is asked for meanwhile.
    ///
    /// # Errors
    /// When no thread can be started.
    ///
    /// # Panics
    /// When `does` panics.
    pub fn each<I: Sync, R: Send>(&self, items: &[I], does: impl Fn(&I) -> R + Sync) -> Result<Vec<R>, Failure> {
        let crew = Crew { threads: self.threads, stop: Stop::default() };
        let mut results: Vec<(u64, R)> = Vec::new();
        crew.work(
            0..items.len() as u64,
            |number| does(&items[number as usize]),
            |done| {
                results.extend(done.map(|done| (done.number, done.result.unwrap_or_else(|panic| panic!("{panic}")))));
                Ok(())
            },
        )?;
        results.sort_by_key(|(number, _)| *number);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    fn one_after_the_other<T>(&self, numbers: &Mutex<impl Iterator<Item = u64>>, does: &impl Fn(u64) -> T, report: &SyncSender<Done<T>>) {
        while !self.stop.asked() {
            let Some(number) = numbers.lock().expect("nothing panics that holds it").next() else { return };
            let started = Instant::now();
            // What a panic leaves behind is dropped with it.
            let result = catch_unwind(AssertUnwindSafe(|| does(number))).map_err(|panic| said(&*panic));
            if report.send(Done { number, took: started.elapsed(), result }).is_err() {
                return;
            }
        }
    }
}

/// The threads end when nobody listens any longer.
fn listen<T>(reports: Receiver<Done<T>>, mut hear: impl FnMut(Option<Done<T>>) -> Result<(), Failure>) -> Result<(), Failure> {
    loop {
        match reports.recv_timeout(LOOKED_UP_EVERY) {
            Ok(done) => hear(Some(done))?,
            Err(RecvTimeoutError::Timeout) => hear(None)?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a word").to_owned()
}

fn leave_panics_to_the_hearer() {
    let explain = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if thread::current().name() != Some(NAME) {
            explain(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crew(threads: usize) -> Crew {
        Crew { threads, stop: Stop::default() }
    }

    #[test]
    fn all_is_done_once_and_each_panic_is_heard_of() {
        let mut heard = Vec::new();
        let work = |number| if number == 7 { panic!("seven") } else { number * 2 };
        let hear = |done: Option<Done<u64>>| {
            heard.extend(done.map(|done| (done.number, done.result)));
            Ok(())
        };
        assert!(crew(3).work(0..20, work, hear).is_ok());
        heard.sort_by_key(|(number, _)| *number);
        let expected: Vec<_> = (0..20).map(|n| (n, if n == 7 { Err("seven".to_owned()) } else { Ok(n * 2) })).collect();
        assert_eq!(heard, expected);
    }

    #[test]
    fn nothing_is_begun_after_an_end_was_asked_for_and_what_was_begun_is_heard_of() {
        let crew = crew(2);
        let mut heard = Vec::new();
        let hear = |done: Option<Done<()>>| {
            heard.extend(done.map(|done| done.number));
            crew.stop.ask();
            Ok(())
        };
        assert!(crew.work(0..1_000_000, |_| (), hear).is_ok());
        heard.sort_unstable();
        assert!(!heard.is_empty() && heard.len() < 100, "{}", heard.len());
        assert_eq!(heard, (0..heard.len() as u64).collect::<Vec<_>>(), "without gaps");
    }

    #[test]
    fn who_cannot_keep_what_is_done_ends_the_work() {
        let failed = crew(2).work(0..u64::MAX, |_| (), |_| Err(Failure::new("the disk is full")));
        assert!(matches!(failed, Err(Failure::Message(text)) if text == "the disk is full"));
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..50).rev().collect();
        assert_eq!(crew(4).each(&items, |item| item + 1).ok(), Some((1..51).rev().collect()));
    }
}
