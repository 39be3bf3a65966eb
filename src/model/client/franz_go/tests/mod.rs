//! Stories of franz-go clients.
