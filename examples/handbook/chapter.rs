//! The chapters of the handbook: one for each folder of the catalogue that has pages.

/// A chapter: the folder of its scenarios, its heading, and what it opens with.
pub struct Chapter {
    pub folder: &'static str,
    pub heading: &'static str,
    pub opening: &'static str,
}

pub const CHAPTERS: [Chapter; 5] = [
    Chapter {
        folder: "causes",
        heading: "The causes",
        opening: "Leadership moved, and a client asked the broker that had it before. What differs is why it moved, how long nobody knew, and what you can do about it. \
                  `kafkasim triage` names these causes from your own logs ([TRIAGE.md](TRIAGE.md)).",
    },
    Chapter {
        folder: "neighbours",
        heading: "The neighbours",
        opening: "Errors that real clusters show in the same minutes, and that are taken for this one.",
    },
    Chapter {
        folder: "habits",
        heading: "The habits",
        opening: "What keeps the error rare. Each habit is a pair of runs, with it and without it, that see the same arrivals and the same delays; the difference is what the habit is worth.",
    },
    Chapter { folder: "questions", heading: "The questions", opening: "What everybody asks." },
    Chapter {
        folder: "incidents",
        heading: "Incidents that teach",
        opening: "Rarer than the causes above, and more expensive. Read them before they happen.",
    },
];
