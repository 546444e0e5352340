//! (in work)
pub mod test_run;
