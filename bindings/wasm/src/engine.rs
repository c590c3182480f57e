//! `Engine`: a bundle plus what is known of customers.
