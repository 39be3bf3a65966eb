//! Machine costs from an operator's own logs: lines in, a profile of costs out.
//!
//! The files are given one after the other, line by line: metadata dumps first, then server logs, state-change logs and request logs,
//! each kind in the order of time. What is kept does not grow with the logs, but for the changes of leaders in the metadata dump.

mod clock;
mod commits;
mod file;
mod key;
mod lives;
mod machines;
mod profile;
mod requests;
mod roles;
mod samples;
mod write;

pub use clock::{Window, Zone};
pub use file::{File, Kind};
pub use key::Key;
pub use profile::{Comparison, Profile};
pub use samples::{FEW, Samples};

use crate::engine::Duration;
use crate::kafka::text::log_time::log_time;
use crate::kafka::text::server_log::ServerLine;
use crate::kafka::text::{metadata_dump, request_log, server_log, state_change};
use clock::{Clock, Moment};
use commits::Commits;
use lives::Lives;
use machines::Machines;
use requests::Requests;
use roles::{Against, Roles};

/// What the logs do not say and the user may.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the profile.
    pub name: String,
    /// The part of the logs that counts.
    pub window: Window,
    /// The zone of times that are printed without one.
    pub zone: Zone,
    /// `controller.quorum.append.linger.ms`: for so long the raft leader lets a batch collect.
    pub linger: Duration,
    /// `num.io.threads`: request handlers of a broker.
    pub handlers: u32,
}

/// A calibration under way.
pub struct Calibration {
    options: Options,
    files: Vec<File>,
    clock: Clock,
    commits: Commits,
    lives: Lives,
    roles: Roles,
    requests: Requests,
    machines: Machines,
}

impl Calibration {
    /// Nothing was read yet.
    pub fn new(options: Options) -> Calibration {
        Calibration {
            options,
            files: Vec::new(),
            clock: Clock::default(),
            commits: Commits::default(),
            lives: Lives::default(),
            roles: Roles::default(),
            requests: Requests::default(),
            machines: Machines::default(),
        }
    }

    /// The next file begins.
    pub fn begin(&mut self, kind: Kind, name: &str, broker: Option<u32>) {
        self.files.push(File::new(name, kind, broker));
        self.clock = Clock::new(self.options.zone);
        self.lives.begin_log();
    }

    /// A line of the file that was begun last; or why it is none.
    pub fn line(&mut self, line: Result<&str, String>) {
        let Some(mut file) = self.files.pop() else { return };
        file.lines += 1;
        match line {
            Ok(line) => {
                if let Err(why) = self.read(&mut file, line) {
                    file.bad(why, line);
                }
            }
            Err(why) => file.bad(why, ""),
        }
        self.files.push(file);
    }

    /// The file that was begun last has ended.
    ///
    /// # Errors
    /// In words, when too much of it could not be read, nothing of use is in it, or the window does not fit its times.
    pub fn end(&mut self) -> Result<(), String> {
        self.requests.end_of_log();
        let Some(file) = self.files.last_mut() else { return Ok(()) };
        file.undated = self.clock.undated;
        file.judge()?;
        if file.kind != Kind::MetadataDump && !self.options.window.fits(file.undated) {
            let form = if file.undated { "HH:MM:SS, as its lines do" } else { "with their date, as its lines do" };
            return Err(format!("`{}`: write --from and --to {form}", file.name));
        }
        Ok(())
    }

    fn read(&mut self, file: &mut File, line: &str) -> Result<(), String> {
        if file.kind == Kind::MetadataDump {
            let Some(read) = metadata_dump::parse(line) else { return Ok(()) };
            self.commits.add(read?);
            file.used += 1;
            return Ok(());
        }
        let Some((time, text)) = log_time(line) else { return untimed(file.kind, line) };
        let at = self.clock.read(time);
        let counts = self.options.window.holds(time, self.options.zone);
        let of_use = match file.kind {
            Kind::MetadataDump => false,
            Kind::ServerLog => self.server_line(at, text, counts),
            Kind::StateChangeLog => self.state_change(at, text, counts)?,
            Kind::RequestLog => self.request(file.broker, at, text, counts)?,
        };
        match (of_use, counts) {
            (true, true) => file.used += 1,
            (true, false) => file.outside += 1,
            (false, _) => {}
        }
        Ok(())
    }

    fn server_line(&mut self, at: Moment, text: &str, counts: bool) -> bool {
        let Some(line) = server_log::parse(text) else { return false };
        if counts {
            let broker = self.lives.add(at, line);
            if let ServerLine::GroupsLoaded(time) = line {
                self.machines.add(broker, Key::GroupLoad, time);
            }
        }
        !matches!(line, ServerLine::Of(_))
    }

    fn state_change(&mut self, at: Moment, text: &str, counts: bool) -> Result<bool, String> {
        let Some(change) = state_change::parse(text) else { return Ok(false) };
        let change = change?;
        if counts {
            let linger_ms = linger_ms(&self.options);
            let (lives, commits, machines) = (&mut self.lives, &mut self.commits, &mut self.machines);
            self.roles.add(at, &change, &mut Against { lives, commits, machines, linger_ms });
        }
        Ok(true)
    }

    fn request(&mut self, broker: Option<u32>, at: Moment, text: &str, counts: bool) -> Result<bool, String> {
        let Some(request) = request_log::parse(text) else { return Ok(false) };
        let request = request?;
        if counts {
            self.requests.add(broker, at, &request, &mut self.machines);
        }
        Ok(true)
    }

    /// All files were read: what they tell.
    ///
    /// # Errors
    /// In words, when they tell nothing.
    pub fn finish(mut self) -> Result<Profile, String> {
        self.lives.measure(&mut self.machines);
        self.roles.measure_cold(&mut self.machines);
        if self.machines.all.is_empty() {
            let window = self.options.window.from.or(self.options.window.to).is_some();
            let why = if window {
                "nothing between --from and --to tells a cost; the times are those of the logs' own clock"
            } else {
                "these files tell no cost"
            };
            return Err(format!("{why}; see docs/CALIBRATING.md for what is needed"));
        }
        let notes = self.notes();
        Ok(Profile::new(self.options.name, self.files, self.machines, notes))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.files.iter().filter_map(File::note).collect();
        notes.extend(self.requests.note(self.options.handlers));
        notes.extend(self.machines.note());
        if self.requests.left_out > 0 {
            notes.push(format!(
                "{} requests are of kinds that the model does not have, or are fetches of the metadata log: left out",
                self.requests.left_out
            ));
        }
        if self.requests.answering.count() > 0 {
            let (median, most) = (self.requests.answering.percentile(50.0), self.requests.answering.percentile(99.0));
            notes.push(format!("until an answer was written it took p50 {median}, p99 {most} more (responseQueueTimeMs and sendTimeMs): no cost of the model, see network_thread"));
        }
        if self.roles.created > 0 {
            notes.push(format!("{} roles of partitions that are new on their broker are left out: they create a log", self.roles.created));
        }
        if self.roles.waited > 0 {
            notes.push(format!(
                "{} batches of roles waited for the batch before and are left out of metadata_apply: the model makes that wait itself",
                self.roles.waited
            ));
        }
        notes.extend(self.unmatched());
        notes
    }

    /// Why role changes have no commit in the dump.
    fn unmatched(&self) -> Vec<String> {
        let unmatched = self.commits.unmatched;
        if unmatched == 0 || self.commits.is_empty() {
            return Vec::new();
        }
        let mut notes = vec![format!(
            "{unmatched} batches of roles have no commit in the metadata dump within the 30 s before them and are left out of metadata_apply"
        )];
        if let Some(ahead) = self.commits.other_zone() {
            let ahead = ahead + self.options.zone.ahead_ms;
            let (sign, minutes) = (if ahead < 0 { '-' } else { '+' }, ahead.abs() / 60_000);
            notes.push(format!(
                "they would have one if the logs' clock were UTC{sign}{0:02}:{1:02}: give --utc-offset={sign}{0:02}:{1:02}",
                minutes / 60,
                minutes % 60
            ));
        }
        let early = self.commits.before_their_commit(5_000);
        if early > 0 {
            notes.push(format!(
                "{early} of them stand shortly before their commit: the clocks of controller and broker differ; do not trust metadata_apply"
            ));
        }
        notes
    }
}

fn linger_ms(options: &Options) -> i64 {
    i64::try_from(options.linger.as_millis()).unwrap_or(i64::MAX)
}

/// A line without a time: of a stack trace or another message of several lines, or a line that lost its head.
fn untimed(kind: Kind, line: &str) -> Result<(), String> {
    let of_use = match kind {
        Kind::MetadataDump | Kind::ServerLog => false,
        Kind::StateChangeLog => state_change::parse(line).is_some(),
        Kind::RequestLog => request_log::parse(line).is_some(),
    };
    if of_use { Err("it does not begin with a time".to_owned()) } else { Ok(()) }
}
