//! The tables of runs: each row repeats its run, and CSV and Parquet say the same.

use super::bench::Bench;
use csv::StringRecord;

/// The header and the rows of a CSV file.
fn rows(bench: &Bench, file: &str) -> (StringRecord, Vec<StringRecord>) {
    let mut reader = csv::Reader::from_path(bench.path(file)).expect("it is there");
    let header = reader.headers().expect("it has a header").clone();
    (header, reader.records().collect::<Result<_, _>>().expect("every row has as many fields as the header"))
}

fn field<'r>(header: &StringRecord, row: &'r StringRecord, name: &str) -> &'r str {
    let place = header.iter().position(|column| column == name).unwrap_or_else(|| panic!("there is a column {name}"));
    &row[place]
}

#[test]
fn a_row_alone_is_enough_to_repeat_its_run_random_faults_and_all() {
    let bench = Bench::new();
    let words = ["random.toml", "--vary", "linger.ms=0,5ms", "--fault", "at 1s slow broker 2 by 3 for 5s", "--seeds", "3", "--out", "out"];
    assert_eq!(bench.sweep(&words).code, 0);
    let (header, rows) = rows(&bench, "out/runs.csv");
    assert_eq!(rows.len(), 6);
    for row in &rows {
        let answer = bench.shell(&format!("{} --format json", field(&header, row, "repeat"))).json();
        assert_eq!(answer["digest"], field(&header, row, "digest"), "{}", field(&header, row, "repeat"));
        assert_eq!(answer["records"]["sent"].to_string(), field(&header, row, "run.records.sent"));
        assert_eq!(answer["clients"]["app"]["metadata_requests"].to_string(), field(&header, row, "metadata_requests"));
    }
    assert!(rows.iter().any(|row| field(&header, row, "run.moves") != "0"), "brokers died");
}

#[test]
fn there_is_a_row_for_each_run_and_client_and_what_was_not_measured_is_empty() {
    let bench = Bench::new();
    bench.sweep(&["tiny.toml", "--vary", "linger.ms=0,5", "--seeds", "2", "--out", "out"]);
    let (header, rows) = rows(&bench, "out/runs.csv");
    let of = |name: &str| rows.iter().map(|row| field(&header, row, name).to_owned()).collect::<Vec<_>>();
    assert_eq!(of("client"), ["app", "reader"].repeat(4));
    assert_eq!(of("linger.ms"), ["0", "0", "5", "5"].repeat(2));
    assert_eq!(of("seed"), ["1", "1", "1", "1", "2", "2", "2", "2"]);
    assert!(rows.iter().all(|row| field(&header, row, "consumer.delivered").is_empty() == (field(&header, row, "role") == "producer")));
    let (header, rows) = self::rows(&bench, "out/windows.csv");
    assert!(!rows.is_empty(), "a leader was restarted");
    for row in &rows {
        assert!(["true", "false"].contains(&field(&header, row, "recovery_ended")));
        assert!(field(&header, row, "recovery_ms").parse::<f64>().is_ok());
    }
}

/// Readers that guess the type of a column from its first rows would take it for whole numbers, and stumble over the first word.
#[test]
fn the_words_of_a_key_come_before_its_numbers() {
    let bench = Bench::new();
    let words = ["tiny.toml", "--vary", "linger.ms=0,5ms", "--vary", "acks=1,all", "--seeds", "1", "--out", "out"];
    assert_eq!(bench.sweep(&words).code, 0);
    let (header, rows) = rows(&bench, "out/runs.csv");
    assert_eq!((field(&header, &rows[0], "linger.ms"), field(&header, &rows[0], "acks")), ("5ms", "all"));
}

#[cfg(feature = "parquet")]
#[test]
fn the_parquet_file_says_what_the_csv_file_says() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    let bench = Bench::new();
    bench.sweep(&["tiny.toml", "--vary", "linger.ms=0,5", "--first-seed", "18446744073709551614", "--seeds", "2", "--out", "out"]);
    let (header, rows) = rows(&bench, "out/runs.csv");
    let file = std::fs::File::open(bench.path("out/runs.parquet")).expect("it is there");
    let reader = SerializedFileReader::new(file).expect("it is Parquet");
    let typed: Vec<_> = reader.get_row_iter(None).expect("it has rows").collect::<Result<_, _>>().expect("they can be read");
    assert_eq!(typed.len(), rows.len());
    let mut kinds = std::collections::BTreeSet::new();
    for (typed, row) in typed.iter().zip(&rows) {
        assert_eq!(typed.len(), header.len());
        for ((name, cell), (column, text)) in typed.get_column_iter().zip(header.iter().zip(row)) {
            assert_eq!(name, column);
            let (kind, same) = match cell {
                Field::Null => ("null", text.is_empty()),
                Field::Str(value) => ("text", value == text),
                Field::Long(value) => ("whole", text == value.to_string()),
                Field::ULong(value) => ("seed", text == value.to_string()),
                Field::Double(value) => ("number", text.parse() == Ok(*value)),
                other => panic!("{name} is {other:?}"),
            };
            assert!(same, "{name}: {cell:?} and {text}");
            kinds.insert(kind);
        }
    }
    assert_eq!(kinds.len(), 5, "{kinds:?}");
}
