//! The catalogue is embedded: a changed scenario rebuilds the crate.

fn main() {
    println!("cargo::rerun-if-changed=sims");
}
