//! A run and a study, each as one HTML file. It opens from disk, asks no network for anything, and needs no framework.

mod blocks;
mod run;
mod shell;
mod study;
#[cfg(test)]
mod tests;

pub use run::{Page, render};
pub use study::{Configuration, StudyPage, render_study};
