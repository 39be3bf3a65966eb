//! Stories of small quorums.
