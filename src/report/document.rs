//! The document model: what an answer says, without how it looks.

/// An answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    /// What was asked, in a line.
    pub title: String,
    /// The answer to it, in a few sentences.
    pub verdict: Verdict,
    /// Everything else, in order.
    pub blocks: Vec<Block>,
}

impl Document {
    /// The same for a reader beside whom its pictures do not lie.
    #[must_use]
    pub fn without_pictures(mut self) -> Document {
        self.blocks.retain(|block| !matches!(block, Block::Picture { .. }));
        self
    }
}

/// The answer in a few sentences.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// The sentences.
    pub text: String,
    /// False when something was lost, broken or expected otherwise.
    pub good: bool,
}

/// A part of an answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Block {
    /// A title of what follows.
    Heading(String),
    /// Running text.
    Paragraph(String),
    /// Rows under named columns.
    Table(Table),
    /// Names with one value each.
    Pairs(Vec<(String, String)>),
    /// Short sentences of equal rank.
    Items(Vec<String>),
    /// A command to be copied.
    Command(String),
    /// A picture; a terminal shows none.
    Picture {
        /// What it shows.
        title: String,
        /// Where it lies, seen from the document.
        file: String,
    },
}

/// A title of what follows.
pub fn heading(text: &str) -> Block {
    Block::Heading(text.to_owned())
}

/// Running text.
pub fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph(text.into())
}

/// Which side a column's cells stand at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows under named columns.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// Names and sides of the columns.
    pub columns: Vec<(String, Align)>,
    /// Cells; every row has as many as there are columns.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns: a name that starts with `>` is a column of numbers.
    pub fn new(columns: &[&str]) -> Table {
        let column = |name: &&str| match name.strip_prefix('>') {
            Some(number) => (number.to_owned(), Align::Right),
            None => ((*name).to_owned(), Align::Left),
        };
        Table { columns: columns.iter().map(column).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When the row has not one cell for each column.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        assert_eq!(N, self.columns.len(), "one cell for each column");
        self.rows.push(cells.into());
    }
}
