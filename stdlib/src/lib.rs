//! The library written in Batuta.
