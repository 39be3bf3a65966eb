//! What a page holds, whatever the names in it.

use super::{Page, render};
use crate::report::run::document;
use crate::timeline::Timeline;
use crate::timeline::tests::{scenario, told};

/// What stands in the script element that holds the data.
fn data(page: &str) -> &str {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    rest.split_once("</script>").unwrap().0
}

fn page(of: &str, set: &[(&str, &str)]) -> (String, Timeline) {
    let scenario = scenario(of, set);
    let (record, timeline) = told(&scenario);
    let document = document(&record);
    let page =
        Page { kafkasim: "0.1.0", document: &document, timeline: &timeline, configuration: &scenario.canonical, command: &record.repeat };
    (render(&page), timeline)
}

#[test]
fn a_page_is_one_small_file_that_asks_nobody_for_anything_and_holds_its_timeline() {
    let (page, timeline) = page("rolling-restart", &[]);
    assert!(page.len() < 2_000_000, "{}", page.len());
    for asks in ["http://", "https://", "src=", "url(", "@import", "fetch(", "XMLHttpRequest", "import("] {
        let found = page.replace("http://www.w3.org/2000/svg", "").matches(asks).count();
        assert_eq!(found, 0, "{asks}");
    }
    assert_eq!(serde_json::from_str::<Timeline>(data(&page)).unwrap(), timeline);
    assert!(page.contains("kafkasim run rolling-restart"), "the command that repeats it");
    let stale = format!("{} of ", timeline.counts.stale);
    assert!(page.contains(&stale) && page.contains("met a stale leader"), "the answer");
    assert!(!page.contains("id=\"calm\""));
}

#[test]
fn names_that_hold_markup_stay_names() {
    let name = "</script><script>alert(1)</script><!--'\"&\u{202e}";
    let escaped = serde_json::to_string(name).unwrap();
    let (page, timeline) = page("preferred-election", &[("name", &escaped), ("client.shop.name", &escaped), ("duration", "60s")]);
    assert!(timeline.clients.iter().any(|client| client.name.contains("<script>")));
    assert_eq!(page.matches("<script").count(), 2, "the data and the program");
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains('\u{202e}'));
    assert!(!data(&page).contains('<'));
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"), "and it is shown");
    serde_json::from_str::<Timeline>(data(&page)).unwrap();
}

#[test]
fn a_run_without_a_move_says_so() {
    let (page, timeline) = page("preferred-election", &[("faults", "[]"), ("expect", "[]"), ("duration", "10s")]);
    assert_eq!(timeline.counts.moves, 0);
    assert!(page.contains("id=\"calm\"><strong>No leader moved in the counted time."));
}
