//! Training for Stayput. Whatever trains is lowered into the core's own model forms.

pub mod simulate;
