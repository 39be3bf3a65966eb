//! What a scenario expects of its answer.

use crate::fault::closest;
use crate::observe::record::RunRecord;
use serde_json::Value;

/// One `expect` line: a number of the answer, compared with a number.
#[derive(Clone, PartialEq, Debug)]
pub struct Expect {
    /// As written.
    pub text: String,
    /// Dotted path into the JSON answer, such as `clients.app.latency_ms.p99`.
    pub path: String,
    /// The comparison.
    pub op: Op,
    /// What it is compared with.
    pub number: f64,
}

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

const OPS: [(&str, Op); 7] =
    [("<=", Op::AtMost), (">=", Op::AtLeast), ("!=", Op::NotEqual), ("==", Op::Equal), ("=", Op::Equal), ("<", Op::Less), (">", Op::More)];

impl Op {
    /// Splits a comparison into what stands before its operator, the operator, and what stands after it; none when there is no operator.
    pub fn split(text: &str) -> Option<(&str, Op, &str)> {
        let first = text.find(['<', '>', '!', '='])?;
        let (sign, op) = OPS.iter().find(|(sign, _)| text[first..].starts_with(sign))?;
        Some((text[..first].trim(), *op, text[first + sign.len()..].trim()))
    }

    /// Whether `found` stands so to `number`. A tolerance would hide what is expected: the comparison is exact.
    pub fn holds(self, found: f64, number: f64) -> bool {
        match self {
            Op::Equal => found == number,
            Op::NotEqual => found != number,
            Op::Less => found < number,
            Op::AtMost => found <= number,
            Op::More => found > number,
            Op::AtLeast => found >= number,
        }
    }
}

impl Expect {
    /// Reads a line such as `requests.stale <= 40`.
    ///
    /// # Errors
    /// What is wrong and what to do, when there is no operator, no number, or no such path in an answer.
    pub fn parse(text: &str) -> Result<Expect, (String, String)> {
        let form = || "write path, operator and number: `requests.stale <= 40`".to_owned();
        let (path, op, number) = Op::split(text).ok_or_else(|| (format!("`{text}` compares nothing"), form()))?;
        let number = number.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(|| (format!("`{number}` is no number"), form()))?;
        check_path(path)?;
        Ok(Expect { text: text.to_owned(), path: path.to_owned(), op, number })
    }

    /// The number of the answer that is compared; none when it is not there or null.
    pub fn find(&self, answer: &Value) -> Option<f64> {
        find(answer, &self.path)
    }
}

/// The number of an answer at a dotted path; none when it is not there or null.
///
/// Names of clients have dots: the longest key that fits is taken.
pub fn find(value: &Value, path: &str) -> Option<f64> {
    if path.is_empty() {
        return value.as_f64().or_else(|| value.as_array().map(|a| a.len() as f64)).or_else(|| value.as_bool().map(f64::from));
    }
    let fields = value.as_object()?;
    let mut keys: Vec<&String> = fields.keys().filter(|k| rest(path, k).is_some()).collect();
    keys.sort_by_key(|k| std::cmp::Reverse(k.len()));
    keys.into_iter().find_map(|key| find(&fields[key], rest(path, key)?))
}

/// What follows `key` in `path`.
fn rest<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(key)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

/// Holds a path against the schema of the answer, so that a misspelt one is found before the run.
pub(super) fn check_path(path: &str) -> Result<(), (String, String)> {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<RunRecord>().to_value();
    let mut at = &schema;
    let mut words = path.split('.').peekable();
    while let Some(word) = words.next() {
        if let Some(fields) = at["properties"].as_object().filter(|f| !f.is_empty()) {
            let Some(inner) = fields.get(word) else {
                let help = match closest(word, fields.keys().map(String::as_str)) {
                    Some(candidate) => format!("did you mean `{candidate}`?"),
                    None => format!("here are {}", fields.keys().cloned().collect::<Vec<_>>().join(", ")),
                };
                return Err((format!("an answer has no `{path}`: `{word}` is not there"), help));
            };
            at = inner;
        } else if at["additionalProperties"].is_object() {
            // The name of a client may hold dots: go on where a field of the inner schema comes.
            at = &at["additionalProperties"];
            let known = |word: &&str| at["properties"].get(*word).is_some();
            while words.peek().is_some_and(|next| !known(next) && at["properties"].is_object()) {
                words.next();
            }
        } else {
            return Err((format!("an answer has no `{path}`: nothing is below `{word}`'s parent"), "shorten the path".to_owned()));
        }
    }
    if at["properties"].is_object() || at["additionalProperties"].is_object() {
        return Err((format!("`{path}` is no single number of an answer"), "name one of the numbers below it".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_and_finds_its_number() {
        let expect = Expect::parse("clients.java-3.6.requests.stale <= 40").unwrap();
        assert_eq!((expect.op, expect.number), (Op::AtMost, 40.0));
        let answer = serde_json::json!({ "clients": { "java-3": {}, "java-3.6": { "requests": { "stale": 41 } } } });
        assert_eq!(expect.find(&answer), Some(41.0));
        assert!(!expect.op.holds(41.0, 40.0) && expect.op.holds(40.0, 40.0));
        assert_eq!(expect.find(&serde_json::json!({})), None);
    }

    #[test]
    fn every_operator_is_what_it_says() {
        for (text, two_and_three) in [
            ("requests.stale = 3", false),
            ("requests.stale != 3", true),
            ("requests.stale < 3", true),
            ("requests.stale >= 3", false),
            ("requests.stale > 3", false),
        ] {
            let expect = Expect::parse(text).unwrap();
            assert_eq!(expect.op.holds(2.0, expect.number), two_and_three, "{text}");
        }
    }

    #[test]
    fn a_path_that_no_answer_has_is_refused_with_a_suggestion() {
        let (message, help) = Expect::parse("requests.stael = 0").unwrap_err();
        assert!(message.contains("`stael` is not there"), "{message}");
        assert_eq!(help, "did you mean `stale`?");
        assert!(Expect::parse("requests = 0").unwrap_err().0.contains("no single number"));
        assert!(Expect::parse("requests.stale").unwrap_err().0.contains("compares nothing"));
        assert!(Expect::parse("requests.stale < few").unwrap_err().0.contains("no number"));
        assert!(Expect::parse("requests.stale_by_cause.never_told < 5").is_ok());
    }
}
