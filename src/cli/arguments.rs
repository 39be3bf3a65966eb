//! Arguments that several verbs share: which scenario, with which changes, or from which files of a real cluster.

use super::api::{self, Scenario};
use super::exit::Failure;
use super::input;
use clap::Args;

/// What is changed in a scenario before it runs.
#[derive(Args, Clone, Default)]
pub struct Changes {
    /// Seed of all chance in the run; the same seed gives the same run [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub settings: Settings,
}

/// What is changed in a scenario, whatever its seed.
#[derive(Args, Clone, Default)]
pub struct Settings {
    /// Costs of your machines, as `kafkasim calibrate` writes them; in place of the scenario's [costs]
    #[arg(long, value_name = "FILE")]
    pub costs: Option<String>,
    /// Set a key of the scenario, or a Kafka configuration key (may be repeated)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// Add a fault, e.g. "at 30s kill broker 2 for 25s" (may be repeated)
    #[arg(long, value_name = "TEXT")]
    pub fault: Vec<String>,
}

/// Files of a real cluster.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Files of a real cluster")]
pub struct Sources {
    /// Output of `kafka-topics.sh --describe`
    #[arg(long, value_name = "FILE")]
    pub topics: Option<String>,
    /// A broker's server.properties (may be repeated)
    #[arg(long, value_name = "FILE", requires = "topics")]
    pub broker: Vec<String>,
    /// A client and its producer.properties (may be repeated)
    #[arg(long, value_name = "NAME=FILE", value_parser = pair, requires = "topics")]
    pub client: Vec<(String, String)>,
    /// Output of `kafka-metadata-quorum.sh describe --status`
    #[arg(long, value_name = "FILE", requires = "topics")]
    pub quorum: Option<String>,
    /// Racks of the brokers, e.g. "101=a,102=b,103=c"
    #[arg(long, value_name = "TEXT", requires = "topics")]
    pub racks: Option<String>,
    /// Records a second that are sent to a topic (may be repeated; assumed where not given)
    #[arg(long, value_name = "TOPIC=RATE", value_parser = rate, requires = "topics")]
    pub load: Vec<(String, f64)>,
    /// Kafka release of the brokers and controllers, e.g. 3.9
    #[arg(long, value_name = "RELEASE", requires = "topics")]
    pub kafka: Option<String>,
}

/// A file of a real cluster that has been read.
#[derive(Clone)]
pub struct Text {
    /// The path as it was given.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// [`Sources`] with all files read.
#[derive(Default)]
pub struct SourceTexts {
    /// Output of `kafka-topics.sh --describe`.
    pub topics: Option<Text>,
    /// Each `server.properties`.
    pub brokers: Vec<Text>,
    /// Each client's name and `producer.properties`.
    pub clients: Vec<(String, Text)>,
    /// Output of `kafka-metadata-quorum.sh describe --status`.
    pub quorum: Option<Text>,
    /// Racks of the brokers.
    pub racks: Option<String>,
    /// Records a second by topic.
    pub load: Vec<(String, f64)>,
    /// Kafka release.
    pub kafka: Option<String>,
}

impl Sources {
    /// Reads all the files.
    ///
    /// # Errors
    /// With every file that cannot be read.
    pub fn read(&self) -> Result<SourceTexts, Failure> {
        let text = |name: &String| input::read(name).map(|text| Text { name: name.clone(), text });
        Ok(SourceTexts {
            topics: self.topics.as_ref().map(text).transpose()?,
            brokers: self.broker.iter().map(text).collect::<Result<_, _>>()?,
            clients: self.client.iter().map(|(name, file)| Ok((name.clone(), text(file)?))).collect::<Result<_, Failure>>()?,
            quorum: self.quorum.as_ref().map(text).transpose()?,
            racks: self.racks.clone(),
            load: self.load.clone(),
            kafka: self.kafka.clone(),
        })
    }

    /// These options as words of a command.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        self.topics.iter().for_each(|file| option("--topics", file.clone()));
        self.broker.iter().for_each(|file| option("--broker", file.clone()));
        self.client.iter().for_each(|(name, file)| option("--client", format!("{name}={file}")));
        self.quorum.iter().for_each(|file| option("--quorum", file.clone()));
        self.racks.iter().for_each(|racks| option("--racks", racks.clone()));
        self.load.iter().for_each(|(topic, rate)| option("--load", format!("{topic}={rate}")));
        self.kafka.iter().for_each(|release| option("--kafka", release.clone()));
        words
    }
}

impl SourceTexts {
    /// The text that was read from the file of this name.
    pub fn named(&self, name: &str) -> Option<&Text> {
        let clients = self.clients.iter().map(|(_, text)| text);
        self.topics.iter().chain(&self.brokers).chain(clients).chain(&self.quorum).find(|text| text.name == name)
    }
}

impl Changes {
    /// These options as words of a command, with the seed that was used.
    pub fn words(&self, seed: u64) -> Vec<String> {
        let mut words = vec!["--seed".to_owned(), seed.to_string()];
        words.extend(self.settings.words());
        words
    }
}

impl Settings {
    /// These options as words of a command.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        self.costs.iter().for_each(|file| words.extend(["--costs".to_owned(), file.clone()]));
        self.set.iter().for_each(|(key, value)| words.extend(["--set".to_owned(), format!("{key}={value}")]));
        self.fault.iter().for_each(|fault| words.extend(["--fault".to_owned(), fault.clone()]));
        words
    }
}

/// Loads a scenario by its path, its name in the catalogue, or `-` for standard input.
///
/// # Errors
/// When there is none, or with every mistake in it.
pub fn scenario(name: &str, changes: &Changes) -> Result<Scenario, Failure> {
    api::load(&scenario_text(name)?, changes)
}

/// The text of a scenario. A name of the catalogue comes before a file of that name, which can be given as `./NAME`.
///
/// # Errors
/// When there is none.
pub fn scenario_text(name: &str) -> Result<Text, Failure> {
    if let Some(text) = api::catalogue_text(name) {
        return Ok(Text { name: name.to_owned(), text: text.to_owned() });
    }
    let named_like_the_catalogue = name != "-" && !name.contains('.');
    if named_like_the_catalogue && !std::path::Path::new(name).exists() {
        return Err(unknown_scenario(name));
    }
    Ok(Text { name: name.to_owned(), text: input::read(name)? })
}

fn unknown_scenario(name: &str) -> Failure {
    let names = api::catalogue_names();
    let nearest = names.iter().map(|known| (strsim::jaro_winkler(name, known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match nearest {
        Some((likeness, known)) if likeness > 0.8 => format!("; did you mean `{known}`?"),
        _ => "; `kafkasim list` shows the scenarios, and a file is given by its path".to_owned(),
    };
    Failure::new(format!("there is no scenario and no file `{name}`{hint}"))
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("a name, `=` and a value are needed".to_owned()),
    }
}

fn rate(text: &str) -> Result<(String, f64), String> {
    let (topic, rate) = text.rsplit_once('=').ok_or("a topic, `=` and a rate are needed, e.g. orders=200")?;
    let rate: f64 = rate.trim().parse().map_err(|_| format!("`{rate}` is no number of records a second"))?;
    if !rate.is_finite() || rate < 0.0 {
        return Err(format!("`{rate}` is no number of records a second"));
    }
    Ok((topic.trim().to_owned(), rate))
}
