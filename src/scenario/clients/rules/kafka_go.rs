//! `ReaderConfig.Validate` and `NewReader` of kafka-go (`reader.go`). A `Writer` refuses nothing that the model has.

use super::Draft;

pub(super) fn look(draft: &mut Draft<'_>) {
    for (least, most) in [("MinBytes", "MaxBytes"), ("ReadBackoffMin", "ReadBackoffMax")] {
        // A zero stands for the default of its field.
        if draft.number(most) != Some(0) && draft.below(most, least) {
            let message = format!("`{most}` is below `{least}`");
            draft.refuse(&[most, least], message, format!("set `{most}` to `{least}` or more"));
        }
    }
}
