//! Tests of the limits: rows and stories, complaints about others, and properties against a plain model.

mod kept;
mod model;
mod opensips;
mod properties;
mod scene;
mod stories;
mod thresholds;
mod windows;
