//! Many flights side by side: on all cores, until all numbers are flown, the time is up, or somebody presses Ctrl-C.

use super::super::exit::Failure;
use super::super::terminal;
use crate::swarm::{self, Campaign, Options};
use std::io::Write;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Builder, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Threads of this name fly: their panics are counted, and not explained.
const NAME: &str = "swarm";
/// How often it is asked whether all threads are done.
const LOOKED_EVERY: Duration = Duration::from_millis(20);
/// How often the progress is drawn.
const DRAWN_EVERY: Duration = Duration::from_millis(200);

/// What is to be flown.
pub(super) struct Mission {
    /// The first number.
    pub first: u64,
    /// How many at most.
    pub runs: u64,
    /// No run starts after this.
    pub lasting: Option<Duration>,
    /// How many at a time.
    pub threads: usize,
}

/// What the threads share.
struct Shared {
    next: AtomicU64,
    end: u64,
    failed: AtomicU64,
    stop: Arc<AtomicBool>,
}

/// One thread for each core.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Flies them. The numbers that were begun are a row without gaps, whoever flew them.
///
/// # Errors
/// When Ctrl-C cannot be listened for.
pub(super) fn fly(mission: &Mission) -> Result<Campaign, Failure> {
    let shared = Shared {
        next: AtomicU64::new(mission.first),
        end: mission.first.saturating_add(mission.runs),
        failed: AtomicU64::new(0),
        stop: stop_on_interrupt()?,
    };
    quiet_flights();
    let started = Instant::now();
    let campaigns = thread::scope(|scope| {
        let spawn = |_| Builder::new().name(NAME.to_owned()).spawn_scoped(scope, || one_after_the_other(&shared));
        let threads: Vec<ScopedJoinHandle<'_, Campaign>> = (0..mission.threads).map_while(|i| spawn(i).ok()).collect();
        let watched = terminal::watched();
        let mut drawn_at = started;
        while threads.iter().any(|thread| !thread.is_finished()) {
            thread::sleep(LOOKED_EVERY);
            if mission.lasting.is_some_and(|lasting| started.elapsed() >= lasting) {
                shared.stop.store(true, Ordering::Relaxed);
            }
            if watched && drawn_at.elapsed() >= DRAWN_EVERY {
                drawn_at = Instant::now();
                draw(mission, &shared, started);
            }
        }
        if watched {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
        threads.into_iter().map(|thread| thread.join().expect("panics of flights are caught")).collect::<Vec<_>>()
    });
    let mut all = Campaign::default();
    campaigns.into_iter().for_each(|campaign| all.merge(campaign));
    Ok(all)
}

/// Does something with each item, side by side, and gives the results in the items' order.
pub(super) fn each<T: Sync, R: Send>(items: &[T], does: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let does = &does;
    thread::scope(|scope| {
        let spawn = |item| Builder::new().name(NAME.to_owned()).spawn_scoped(scope, move || does(item));
        let threads: Vec<_> = items.iter().map(|item| spawn(item).expect("a thread can be made")).collect();
        threads.into_iter().map(|thread| thread.join().expect("panics of flights are caught")).collect()
    })
}

fn one_after_the_other(shared: &Shared) -> Campaign {
    let mut campaign = Campaign::default();
    while !shared.stop.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        if number >= shared.end {
            break;
        }
        let flight = swarm::fly(number, &Options::default());
        if let Some(complaint) = flight.complaints.first() {
            shared.failed.fetch_add(1, Ordering::Relaxed);
            // Told at once: a campaign of hours may be ended at any time.
            let _ = writeln!(std::io::stderr(), "number {number}: {}", complaint.text);
        }
        campaign.add(flight);
    }
    campaign
}

fn draw(mission: &Mission, shared: &Shared, started: Instant) {
    let begun = shared.next.load(Ordering::Relaxed).min(shared.end) - mission.first;
    let of = if mission.lasting.is_none() { format!(" of {}", mission.runs) } else { String::new() };
    let (failed, seconds) = (shared.failed.load(Ordering::Relaxed), started.elapsed().as_secs_f64());
    // A terminal that cannot be written to is no reason to stop.
    let _ = write!(std::io::stderr(), "\r{begun}{of} clusters, {failed} failed, {:.0} a second", begun as f64 / seconds.max(0.001));
}

/// True from the first Ctrl-C on; the second ends the process.
fn stop_on_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let handler = move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| Failure::new(format!("Ctrl-C cannot be listened for: {error}")))?;
    Ok(stop)
}

/// A panic of a flight is a complaint, and is told as one.
fn quiet_flights() {
    let explain = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if thread::current().name() != Some(NAME) {
            explain(panic);
        }
    }));
}
